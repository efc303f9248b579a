"""People as others see them: oneself, and whoever shares a tenant whose people one may see.

Provider staff see everybody, as in their search.
"""

import errors
from auth.viewer import Viewer
from models import database
from permissions import checks
from permissions.catalog import Permission
from resolvers import rows

_SEEN = """
select u.id, u.full_name from users u where u.id = $1 and ($4 or u.id = $2 or exists (
  select from members m where m.user_id = u.id and m.status in ('JOINED', 'DISABLED')
    and m.tenant_id = any($3)
))
"""


async def get(viewer: Viewer, user_id: str) -> rows.User:
    """Raises:
    errors.NotFound: absent, or not the viewer's to see.
    """
    shared = [t for t in viewer.joined if checks.sees(viewer, t, Permission.MEMBERS_VIEW)]
    found = await database.rows(_SEEN, user_id, viewer.user_id, shared, viewer.is_staff)
    if not found:
        raise errors.NotFound
    return rows.User(found[0]["id"], found[0]["full_name"])
