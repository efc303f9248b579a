"""Applying an import: some dozens of rows at a time, each step whole or not at all (ADR 0030).

A row, its member, invitation, record and mail stand in one transaction, under the tenant's lock and
by the rights that whoever applied it has then. So a worker that dies loses nothing and doubles
nothing, and people's own changes of the tenant come in between two steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import orjson
import structlog

import errors
import settings
from auth import deputies, limits
from auth.viewer import Client, Viewer
from models import (
    Catalog,
    ImportRowState,
    MemberImport,
    MemberImportRow,
    Tenant,
    clock,
    database,
    ids,
)
from permissions import checks
from permissions.catalog import Permission
from resolvers import (
    import_columns,
    import_reasons,
    invitation_mails,
    invitations,
    invitees,
    locks,
    newcomers,
)
from resolvers.import_columns import Understood
from resolvers.import_reasons import ImportReason, Reason

_ROWS, _LEASE = 25, timedelta(seconds=15)

_CLAIM = """
update member_imports set lease = $1, leased_until = $2 where id = (
  select id from member_imports where state = 'APPLYING' and leased_until <= $3
  order by leased_until limit 1 for update skip locked
)
returning id
"""
_HOLD = "update member_imports set leased_until = $3 where id = $1 and lease = $2 returning id"
_GIVE_BACK = """
update member_imports i set lease = null, leased_until = $3::timestamptz,
  state = case when more.rows then 'APPLYING' else 'APPLIED' end,
  finished_at = case when more.rows then null else $3::timestamptz end
from (select exists (
  select from member_import_rows where tenant_id = $4 and member_import_id = $1 and state = 'READY'
) as rows) more
where i.id = $1 and i.lease = $2
"""
_SETTLE = """
update member_import_rows r
set state = done.state, reasons = done.reasons::jsonb, member_id = done.member_id
from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as done(id, state, reasons, member_id)
where r.id = done.id and r.state = 'READY'
"""
_FAIL_ALL = """
update member_import_rows set state = 'FAILED', reasons = $3::jsonb
where tenant_id = $1 and member_import_id = $2 and state = 'READY'
"""

_REFUSALS = (
    errors.AlreadyMember,
    errors.RoleNotGrantable,
    errors.EmailRequired,
    errors.PermissionDenied,
    errors.InvalidInput,
)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Step:
    """The next rows of an import that this worker holds."""

    held: MemberImport
    catalog: Catalog
    rows: Sequence[MemberImportRow]


@dataclass(frozen=True, slots=True)
class _Ready:
    """A row about to be invited, unless something refuses it already."""

    row: MemberImportRow
    understood: Understood
    known: invitees.Known | None
    refused: Sequence[Reason]


@dataclass(frozen=True, slots=True)
class _Done:
    row_id: str
    reasons: Sequence[Reason] = ()
    member_id: str | None = None


class _LeaseLost(Exception):
    """Another worker holds the import by now; what this one has done is taken back."""


async def apply_next() -> bool:
    """Do the next step of the import that has waited longest; whether there was one.

    Raises:
        errors.ServiceUnavailable, errors.Conflict, errors.Timeout: the step was not done; it is
            taken up again when the lease has lapsed.
    """
    async with database.transaction(database.SYSTEM):
        step = await _claim()
    if step is None:
        return False
    try:
        await _take(step)
    except _LeaseLost:
        _log.info("import.lease_lost", id=step.held.id)
    else:
        await _give_back(step.held)
    return True


async def _claim() -> _Step | None:
    now = clock.now()
    found = await database.rows(_CLAIM, ids.new("lse"), now + _LEASE, now)
    if not found:
        return None
    held = await MemberImport.get(id=found[0]["id"])
    ready = MemberImportRow.filter(
        tenant_id=held.tenant_id, member_import_id=held.id, state=ImportRowState.READY
    )
    tenant = await Tenant.get(id=held.tenant_id)
    return _Step(held, tenant.catalog, await ready.order_by("number").limit(_ROWS))


async def _take(step: _Step) -> None:
    held, client = step.held, Client(address="", request_id=step.held.request_id)
    viewer = await deputies.of(client, held.tenant_id, user_id=held.user_id, key_id=held.key_id)
    if viewer is None:
        await _fail_all(held)
        return
    try:
        await _invite(viewer, held, await _prepare(step))
    except (errors.NotFound, errors.PermissionDenied):
        await _fail_all(held)


async def _prepare(step: _Step) -> list[_Ready]:
    """What has its own transactions: limits are counted, logins looked up."""
    tenant_id = step.held.tenant_id
    rows = [import_columns.understand(row.given, step.catalog) for row in step.rows]
    known = await invitees.find_all(tenant_id, [row.invitee for row in rows])
    refused = await _over_limits(tenant_id, known)
    return [
        _Ready(row, read, who, import_reasons.of_faults(read.faults) or _missing(who) or over)
        for row, read, who, over in zip(step.rows, rows, known, refused, strict=True)
    ]


def _missing(known: invitees.Known | None) -> Sequence[Reason]:
    return [] if known else [Reason(ImportReason.NOT_FOUND)]


async def _over_limits(
    tenant_id: str, people: Sequence[invitees.Known | None]
) -> list[Sequence[Reason]]:
    """Of the tenant and the server, then of each address, as many as there is room for.

    Where strangers found tenants by themselves, a new one is held to its first day's invitations.
    """
    chosen = settings.load()
    tenants_own = [limits.counter("imported members", chosen.limit_imported_members, tenant_id)]
    if chosen.registration:
        tenants_own += newcomers.counters_of_new_tenant(tenant_id)
    room = await limits.take(len(people), *tenants_own, invitation_mails.counter_of_server())
    per_address = invitation_mails.counters_of_address
    mails = [per_address(tenant_id, one) if one else [] for one in people[:room]]
    waits = [*await limits.count_each(*mails), *[1] * (len(people) - room)]
    return [[Reason(ImportReason.RATE_LIMITED)] if wait else [] for wait in waits]


async def _invite(viewer: Viewer, held: MemberImport, rows: Sequence[_Ready]) -> None:
    """All in one transaction; where something fails that nobody foresaw, each in its own."""
    try:
        await _invite_together(viewer, held, rows)
    except (errors.Failure, _LeaseLost):
        raise
    except Exception:  # noqa: BLE001 the other rows go on
        if len(rows) > 1:
            for row in rows:
                await _invite(viewer, held, [row])
            return
        _log.exception("import.row_failed", id=held.id, row=rows[0].row.number)
        await _write_down(held, [_Done(rows[0].row.id, [Reason(ImportReason.INTERNAL)])])


async def _invite_together(viewer: Viewer, held: MemberImport, rows: Sequence[_Ready]) -> None:
    async with database.transaction(viewer.scope):
        actor = await locks.acting(viewer, held.tenant_id)
        checks.require(actor, Permission.MEMBERS_INVITE)
        await _hold(held)
        await _settle([await _invite_one(viewer, actor, row) for row in rows])


async def _invite_one(viewer: Viewer, actor: locks.Actor, ready: _Ready) -> _Done:
    if ready.refused or ready.known is None:
        return _Done(ready.row.id, ready.refused)
    try:
        member, _ = await invitations.offer(viewer, actor, ready.known, ready.understood.terms)
    except _REFUSALS as refusal:
        return _Done(ready.row.id, import_reasons.of(refusal))
    return _Done(ready.row.id, member_id=member.id)


async def _write_down(held: MemberImport, done: Sequence[_Done]) -> None:
    async with database.transaction(database.SYSTEM):
        await _hold(held)
        await _settle(done)


async def _fail_all(held: MemberImport) -> None:
    """Whoever applied it may not invite there any more, and nobody else stands for it."""
    reasons = import_reasons.stored([Reason(ImportReason.PERMISSION_DENIED)])
    async with database.transaction(database.SYSTEM):
        await _hold(held)
        await database.rows(_FAIL_ALL, held.tenant_id, held.id, orjson.dumps(reasons).decode())


async def _hold(held: MemberImport) -> None:
    """Until the end of the transaction nobody else takes it.

    Raises:
        _LeaseLost
    """
    if not await database.rows(_HOLD, held.id, held.lease, clock.now() + _LEASE):
        raise _LeaseLost


async def _settle(done: Sequence[_Done]) -> None:
    states = [ImportRowState.INVITED if one.member_id else ImportRowState.FAILED for one in done]
    await database.rows(
        _SETTLE,
        [one.row_id for one in done],
        [state.value for state in states],
        [orjson.dumps(import_reasons.stored(one.reasons)).decode() for one in done],
        [one.member_id for one in done],
    )


async def _give_back(held: MemberImport) -> None:
    """Others have their turn first; where no row is left, it is done."""
    async with database.transaction(database.SYSTEM):
        await database.rows(_GIVE_BACK, held.id, held.lease, clock.now(), held.tenant_id)
