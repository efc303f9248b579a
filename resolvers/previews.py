"""What a mailed link offers, and whether whoever opens it is the one whom it is for."""

from auth.viewer import Viewer
from models import Catalog
from permissions import roles
from resolvers import offers, references, rows


async def look(viewer: Viewer, token: str) -> rows.Preview:
    """What the link offers, to whoever holds it; whoever calls this counts links before.

    Raises:
        errors.InvitationUnavailable: every kind of dead link.
        errors.AlreadyMember: the viewer accepted this very invitation before and is in. Disabled he
            finds a dead link, as the tenant is out of his sight (PRODUCT 4).
    """
    found = await references.behind(viewer, references.Reference(token=token))
    newcomer = found["invitee_id"] is None
    return rows.Preview(
        tenant_name=found["tenant_name"],
        email=found["email"],
        role=roles.role(Catalog(found["catalog"]), found["role"]),
        invited_by=rows.User(found["inviter_id"], found["inviter_name"]),
        expires_at=found["expires_at"],
        registration_required=newcomer,
        viewer_is_invited=references.is_invitee(viewer, found),
        locale=await offers.language(found),
        full_name=found["full_name"] if newcomer else None,
        login=found["login"] if newcomer else None,
        phone=found["phone"] if newcomer else None,
        apps=offers.apps_of(found),
    )
