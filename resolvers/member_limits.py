"""How many app sessions a member may have at once (F; counted across the tenant's apps)."""

from auth.viewer import Viewer
from models import Member, database
from permissions import checks
from permissions.catalog import Permission
from resolvers import audit, directory, identifiers, locks, rows
from resolvers.identifiers import LEFT_OUT, LeftOut


async def change(
    viewer: Viewer, member_id: str, *, max_sessions: int | LeftOut | None = LEFT_OUT
) -> rows.Member:
    """The member has that many at most, None for no limit; those that are open go on.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied, errors.InvalidInput
    """
    checks.require_caller(viewer)
    faults = identifiers.Faults()
    rule = identifiers.given(identifiers.optional(identifiers.at_least_one))
    limit = faults.check(("maxSessions",), rule, max_sessions)
    async with database.transaction(viewer.scope):
        actor, member = await locks.member(viewer, member_id)
        checks.require(actor, Permission.MEMBERS_LIMIT)
        checks.require_reach(actor, member.role)
        faults.settle()
        if not isinstance(limit, LeftOut) and limit != member.max_sessions:
            await _write(viewer, member, limit)
        return await directory.changed(viewer, member_id)


async def _write(viewer: Viewer, member: Member, limit: int | None) -> None:
    before = member.max_sessions
    member.max_sessions = limit
    await member.save(update_fields=["max_sessions"])
    await audit.record(
        viewer,
        "member.set_limits",
        subject_id=member.id,
        tenant_id=member.tenant_id,
        changes={"max_sessions": (_said(before), _said(limit))},
    )


def _said(limit: int | None) -> str | None:
    return None if limit is None else str(limit)
