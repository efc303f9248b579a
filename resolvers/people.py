"""People as others see them: oneself, and whoever shares a tenant whose people one may see.

Provider staff see everybody, as in their search.
"""

from collections.abc import Sequence

import errors
from auth.viewer import Viewer
from models import database
from permissions import checks
from permissions.catalog import Permission
from resolvers import key_directory, rows

_SEEN = """
select u.id, u.full_name from users u where u.id = any($1) and ($4 or u.id = $2 or exists (
  select from members m where m.user_id = u.id and m.status in ('JOINED', 'DISABLED')
    and m.tenant_id = any($3) offset 0
))
"""


async def oneself(viewer: Viewer) -> rows.User | key_directory.ApiKey | None:
    """Whoever asks: a person, an API key, or nobody."""
    if viewer.key is not None:
        return await key_directory.get(viewer, viewer.key.id)
    account = viewer.account
    return rows.User(account.id, account.full_name) if account else None


async def get(viewer: Viewer, user_id: str) -> rows.User:
    """Raises:
    errors.NotFound: absent, or not the viewer's to see.
    """
    found = await many(viewer, [user_id])
    if user_id not in found:
        raise errors.NotFound
    return found[user_id]


async def many(viewer: Viewer, user_ids: Sequence[str]) -> dict[str, rows.User]:
    """Those of the people that the viewer may see, by id."""
    shared = [t for t in viewer.joined if checks.sees(viewer, t, Permission.MEMBERS_VIEW)]
    found = await database.rows(_SEEN, list(user_ids), viewer.user_id, shared, viewer.is_staff)
    return {r["id"]: rows.User(r["id"], r["full_name"]) for r in found}
