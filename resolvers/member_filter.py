"""Which of a tenant's members are wanted, and how that is found among a million of them.

What is asked for by a filter that the viewer may not look through is refused: it would tell him
what he may not see (PRODUCT 4).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import errors
from auth.viewer import Viewer
from models import InvitationState, MemberStatus, clock
from permissions import checks
from permissions.catalog import Permission
from resolvers import identifiers, pages
from resolvers.conditions import Conditions, in_utc

PRIVATE = (Permission.MEMBERS_INVITE, Permission.MEMBERS_EDIT)
"""Whoever has one of them sees what is not shown to every colleague."""
_INVITED = """
exists (
  select from invitations i where i.tenant_id = m.tenant_id and i.member_id = m.id and ({})
)
"""
_OPEN = {
    InvitationState.PENDING: "i.state = 'PENDING' and i.expires_at > {}",
    InvitationState.EXPIRED: "i.state = 'PENDING' and i.expires_at <= {}",
}
FEW = 20_000
_COUNTED = """
select coalesce(sum(number), 0)::bigint as count from member_counts
where tenant_id = $1 and status = any($2) and ($3::text[] is null or role = any($3))
"""


@dataclass(frozen=True, slots=True)
class Filter:
    """`updated_since`: changed at that moment or later; without a zone it is UTC."""

    search: str | None = None
    roles: Sequence[str] | None = None
    statuses: Sequence[MemberStatus] | None = None
    invitation_states: Sequence[InvitationState] | None = None
    app_id: str | None = None
    updated_since: datetime | None = None

    @property
    def text(self) -> str:
        """What is searched for, folded; empty where nothing is."""
        return identifiers.fold((self.search or "").strip())

    @property
    def is_counted(self) -> bool:
        """Of what it finds there is a count: nothing narrows it but roles and statuses."""
        wanted = replace(self, search=self.text or None, roles=None, statuses=None)
        return wanted == Filter()


async def counted(viewer: Viewer, tenant_id: str, wanted: Filter) -> int:
    """How many have those roles and statuses, whatever else is wanted of them."""
    statuses = _statuses(viewer, tenant_id, wanted)
    return await pages.count(_COUNTED, [tenant_id, statuses, wanted.roles])


async def are_few(viewer: Viewer, tenant_id: str, wanted: Filter) -> bool:
    """Whether a count says so: then they are to be fetched and put in order, and not met on the way
    through all members in that order. PostgreSQL does not know how many of a tenant have a role.
    """
    if wanted.roles is None and wanted.statuses is None:
        return False
    return await counted(viewer, tenant_id, wanted) <= FEW


def where_of(viewer: Viewer, tenant_id: str, wanted: Filter) -> Conditions:
    _require_may_ask(viewer, tenant_id, wanted)
    where = Conditions()
    where.add("m.tenant_id = {}", tenant_id)
    where.add("m.status = any({})", _statuses(viewer, tenant_id, wanted))
    if wanted.updated_since is not None:
        where.add("m.updated_at >= {}", in_utc(wanted.updated_since))
    if wanted.roles is not None:
        where.add("m.role = any({})", list(wanted.roles))
    if wanted.invitation_states is not None:
        _add_invitations(where, wanted.invitation_states)
    if wanted.text:
        _add_search(where, viewer, tenant_id, wanted.text)
    if wanted.app_id is not None:
        _add_app(where, viewer, tenant_id, wanted.app_id)
    return where


def _statuses(viewer: Viewer, tenant_id: str, wanted: Filter) -> list[str]:
    """Of what has changed, removals are part, for those who may see them."""
    if wanted.statuses is not None:
        return [status.value for status in wanted.statuses]
    removals = wanted.updated_since is not None and checks.sees(
        viewer, tenant_id, Permission.AUDIT_VIEW
    )
    return [s.value for s in MemberStatus if removals or s is not MemberStatus.REMOVED]


def _add_invitations(where: Conditions, states: Sequence[InvitationState]) -> None:
    """`states` may be none, which nobody is in."""
    asked = [_OPEN.get(state, f"i.state = '{state.value}'") for state in states]
    now = [clock.now()] * sum(state in _OPEN for state in states)
    where.add(_INVITED.format(" or ".join(asked) or "false"), *now)


def _add_search(where: Conditions, viewer: Viewer, tenant_id: str, text: str) -> None:
    keys = ["m.name_key", "m.email_key"]
    if checks.sees_any(viewer, tenant_id, PRIVATE):
        keys.append("m.login_key")
    where.add_prefix(text, *keys)


def _add_app(where: Conditions, viewer: Viewer, tenant_id: str, app_id: str) -> None:
    """An app that the viewer may not know of finds nobody, as an unknown one (PRODUCT 6.1)."""
    holds = (
        "exists (select from app_access x"
        " where x.tenant_id = m.tenant_id and x.member_id = {} and x.app_id = {{}})"
    )
    where.add(holds.format("m.id"), app_id)
    if not checks.sees_every_app(viewer, tenant_id):
        place = viewer.place(tenant_id) if viewer.key is None else None
        where.add(holds.format("{}"), place.member_id if place else None, app_id)


def _require_may_ask(viewer: Viewer, tenant_id: str, wanted: Filter) -> None:
    checks.require_sees(viewer, tenant_id, Permission.MEMBERS_VIEW)
    if MemberStatus.REMOVED in (wanted.statuses or ()):
        checks.require_sees(viewer, tenant_id, Permission.AUDIT_VIEW)
    if wanted.invitation_states is not None and not checks.sees_any(viewer, tenant_id, PRIVATE):
        raise errors.PermissionDenied(Permission.MEMBERS_INVITE)
