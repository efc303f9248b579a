"""The feed of a tenant's members: each once, where his latest change has put him (ADR 0027).

Whoever reads it from the beginning has copied the list; whoever goes on from the last cursor, at
any later time, misses nothing: a place is given only once all places before it are to be seen.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

from auth.viewer import Viewer
from models import MemberStatus
from permissions import checks
from permissions.catalog import Permission
from resolvers import directory, pages, rows


@dataclass(frozen=True, slots=True)
class Change:
    """`member` as he is now; None where he is removed, and the viewer does not see such."""

    member_id: str
    is_removed: bool
    member: rows.Member | None


NOBODY = Change("", is_removed=False, member=None)


async def page(viewer: Viewer, tenant_id: str, window: pages.Window) -> pages.Page[Change]:
    """What follows the cursor, removals included; all there is where there is no cursor.

    Raises:
        errors.NotFound, errors.PermissionDenied
        errors.InvalidInput: of the window.
    """
    checks.require_sees(viewer, tenant_id, Permission.MEMBERS_VIEW)
    return await pages.read(
        "select m.revision as order_key, m.* from members m where m.tenant_id = $1",
        [tenant_id],
        order=pages.Order(f"memberChanges:{tenant_id}", "m.revision", "m.id", number=True),
        window=window,
        make=partial(_change, viewer),
        around=directory.around(),
    )


def _change(viewer: Viewer, record: dict[str, Any]) -> Change:
    return Change(
        record["id"],
        record["status"] == MemberStatus.REMOVED,
        directory.seen(viewer, record) if directory.visible(viewer, record) else None,
    )
