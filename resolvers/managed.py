"""People without an e-mail: joined at once, on an account that the tenant manages (PRODUCT 3.3)."""

from collections.abc import Sequence
from dataclasses import dataclass

from auth import limits, passwords
from auth.viewer import Viewer
from models import AppRight, Member, MemberStatus, clock, database, ids
from permissions import checks
from permissions.catalog import Permission
from resolvers import accounts, audit, directory, identifiers, invitations, locks, rows


@dataclass(frozen=True, slots=True)
class Place:
    """What the new member is to be; `apps` are (id, right)."""

    role: str | None = None
    apps: Sequence[tuple[str, AppRight]] = ()
    max_sessions: int | None = None


async def add(
    viewer: Viewer, tenant_id: str, given: accounts.Registration, place: Place
) -> rows.Member:
    """The account exists and has joined; whoever adds it hands the password over.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied, errors.InvalidInput,
        errors.LoginTaken, errors.EmailRequired, errors.RoleNotGrantable, errors.RateLimited
    """
    user_id = checks.require_signed_in(viewer)
    checks.require(viewer.place(tenant_id), Permission.MEMBERS_INVITE)
    faults = identifiers.Faults()
    checked = accounts.read(given, faults)
    role = invitations.check_role(viewer.places[tenant_id].catalog, place.role, faults)
    invitations.check_sessions(place.max_sessions, faults)
    faults.settle()
    await limits.count(*invitations.counters(user_id, tenant_id))
    password_hash = await passwords.make_hash(checked.password)
    async with database.transaction(database.SYSTEM):
        actor = await locks.acting(viewer, tenant_id)
        checks.require(actor, Permission.MEMBERS_INVITE)
        checks.require_can_hand_out(actor, role)
        checks.require_email(actor, role, has_email=False)
        account_id = await accounts.register(
            viewer, checked, email=None, password_hash=password_hash, manager_id=tenant_id
        )
        member = await _join(tenant_id, str(account_id), checked, role, place)
        await _record(viewer, member)
        await invitations.give_apps(viewer, actor, member, place.apps)
        return await directory.changed(viewer, member.id)


async def _join(
    tenant_id: str, user_id: str, given: accounts.Registration, role: str, place: Place
) -> Member:
    now = clock.now()
    return await Member.create(
        id=ids.new("mem"),
        tenant_id=tenant_id,
        user_id=user_id,
        status=MemberStatus.JOINED,
        role=role,
        name_key=identifiers.fold(given.full_name),
        login_key=given.login,
        max_sessions=place.max_sessions,
        created_at=now,
        joined_at=now,
        updated_at=now,
    )


async def _record(viewer: Viewer, member: Member) -> None:
    await audit.record(
        viewer,
        "member.add",
        subject_id=member.id,
        tenant_id=member.tenant_id,
        changes={"role": (None, member.role), "status": (None, member.status)},
    )
