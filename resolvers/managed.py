"""People without an e-mail: joined at once, on an account that the tenant manages (PRODUCT 3.3)."""

from auth import limits, passwords
from auth.viewer import Viewer
from models import Member, MemberStatus, Tenant, clock, database, ids
from permissions import checks
from permissions.catalog import Permission
from resolvers import accounts, directory, identifiers, locks, newcomers, rows


async def add(
    viewer: Viewer, tenant_id: str, given: accounts.Registration, terms: newcomers.Terms
) -> rows.Member:
    """The account exists and has joined; whoever adds it hands the password over.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied, errors.InvalidInput,
        errors.LoginTaken, errors.EmailRequired, errors.RoleNotGrantable, errors.RateLimited
    """
    user_id = checks.require_caller(viewer)
    checks.require(viewer.place(tenant_id), Permission.MEMBERS_INVITE)
    async with database.transaction(viewer.scope, read_only=True):
        names = await Tenant.filter(id=tenant_id).values_list("name", flat=True)
    faults = identifiers.Faults()
    checked = accounts.read(given, faults, own=map(str, names))
    terms = terms.check(viewer.places[tenant_id].catalog, faults)
    faults.settle()
    await limits.count(*newcomers.counters(user_id, tenant_id))
    password_hash = await passwords.make_hash(checked.password)
    async with database.transaction(database.SYSTEM):
        actor = await locks.acting(viewer, tenant_id)
        checks.require(actor, Permission.MEMBERS_INVITE)
        newcomers.require_may_be(actor, terms, has_email=False)
        apps = await newcomers.apps(actor, terms)
        account_id = await accounts.register(
            viewer, checked, email=None, password_hash=password_hash, manager_id=tenant_id
        )
        member = await _join(tenant_id, str(account_id), checked, terms)
        await newcomers.settle(viewer, member, apps, action="member.add")
        return await directory.changed(viewer, member.id)


async def _join(
    tenant_id: str, user_id: str, given: accounts.Registration, terms: newcomers.Terms
) -> Member:
    now = clock.now()
    return await Member.create(
        id=ids.new("mem"),
        tenant_id=tenant_id,
        user_id=user_id,
        status=MemberStatus.JOINED,
        role=str(terms.role),
        name_key=identifiers.fold(given.full_name),
        login_key=given.login,
        max_sessions=terms.max_sessions,
        created_at=now,
        joined_at=now,
    )
