"""Planning an import: every row is looked at with all that could be wrong with it, and nothing but
the plan is written (issue 7.3).

What is looked up is looked up for all rows at once, so that a plan costs as many statements for one
row as for ten thousand; what is computed is computed beside the event loop.
"""

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import orjson

import settings
from auth import limits
from auth.viewer import Viewer
from models import ImportRowState, ImportState, MemberImport, clock, database, ids
from permissions import checks
from permissions.catalog import Permission
from resolvers import (
    app_access,
    identifiers,
    import_columns,
    import_files,
    import_reasons,
    invitees,
    member_imports,
    newcomers,
)
from resolvers.import_columns import Given, Understood
from resolvers.import_reasons import ImportReason, Reason

_MOST_REASONS = 100

_INSERT = """
insert into member_import_rows (id, tenant_id, member_import_id, number, given, state, reasons)
select given.id, $1, $2, given.number, given.typed::jsonb, given.state, given.reasons::jsonb
from unnest($3::text[], $4::int[], $5::text[], $6::text[], $7::text[])
  as given(id, number, typed, state, reasons)
"""


@dataclass(frozen=True, slots=True)
class _Found:
    """What all rows need to know: the registered by their logins, None of who is nobody that can be
    invited; logins that were one too many to look up; who is a member; the tenant's apps.
    """

    by_login: Mapping[str, invitees.Known | None]
    not_tried: Collection[str]
    members: Collection[tuple[str, str]]
    apps: Collection[str]


async def plan(
    viewer: Viewer, tenant_id: str, source: str | Sequence[Given]
) -> member_imports.Import:
    """What would become of each row of a file or list; `apply` makes it so.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied, errors.RateLimited
        errors.InvalidInput: the file cannot be read; what is wrong with single rows stands there.
    """
    user_id = checks.require_caller(viewer)
    checks.require(viewer.place(tenant_id), Permission.MEMBERS_INVITE)
    actor, rate = viewer.places[tenant_id], settings.load().limit_import_plans
    await limits.count(limits.counter("import plans", rate, user_id))
    given, rows = await asyncio.to_thread(_understand, source, actor)
    by_login, not_tried = await _registered(user_id, tenant_id, rows)
    async with database.transaction(viewer.scope, read_only=True):
        members = await _members(tenant_id, rows, by_login)
        named = {app.app_id for row in rows for app in row.terms.apps}
        apps = await app_access.known_of(tenant_id, sorted(named))
    found = _Found(by_login, not_tried, members, apps)
    reasons = await asyncio.to_thread(_judge, actor, rows, found)
    async with database.transaction(viewer.scope):
        return await _write(viewer, tenant_id, given, reasons)


def _understand(
    source: str | Sequence[Given], actor: checks.Actor
) -> tuple[list[Given], list[Understood]]:
    if isinstance(source, str):
        given = import_files.read(source)
    else:
        given = import_files.check(source, ("source", "rows"))
    return given, [import_columns.understand(row, actor.catalog) for row in given]


async def _registered(
    user_id: str, tenant_id: str, rows: Sequence[Understood]
) -> tuple[Mapping[str, invitees.Known | None], Collection[str]]:
    """Logins tell who exists, so each counts as an invitation of one (PRODUCT 3.2)."""
    logins = list(dict.fromkeys(row.invitee.login for row in rows if row.invitee.login is not None))
    if not logins:
        return {}, ()
    tried = await limits.take(len(logins), newcomers.counter_of_inviter(user_id))
    people = [invitees.Invitee(login=login) for login in logins[:tried]]
    known = await invitees.find_all(tenant_id, people)
    return dict(zip(logins[:tried], known, strict=True)), set(logins[tried:])


async def _members(
    tenant_id: str,
    rows: Sequence[Understood],
    by_login: Mapping[str, invitees.Known | None],
) -> Collection[tuple[str, str]]:
    """Those persons that rows name and that are members."""
    people = {login: known for login, known in by_login.items() if known is not None}
    addresses = {row.person: row.invitee.email for row in rows if row.invitee.login is None}
    asked = {("login", login): known for login, known in people.items()} | {
        person: invitees.Known(email, None, invitees.Newcomer())
        for person, email in addresses.items()
        if person is not None
    }
    places = await invitees.places(tenant_id, list(asked.values()))
    return {person for person, place in zip(asked, places, strict=True) if place is not None}


def _judge(actor: checks.Actor, rows: Sequence[Understood], found: _Found) -> list[list[Reason]]:
    first, judged = dict[tuple[str, str], int](), list[list[Reason]]()
    for number, row in enumerate(rows, 1):
        before = first.setdefault(row.person, number) if row.person else number
        reasons = import_reasons.of_faults(row.faults)
        if before != number:
            reasons.append(Reason(ImportReason.DUPLICATE, row=before))
        reasons += _of_person(row, found)
        judged.append([*reasons, *_of_terms(actor, row, found)][:_MOST_REASONS])
    return judged


def _of_person(row: Understood, found: _Found) -> Iterator[Reason]:
    login = row.invitee.login
    if login in found.not_tried:
        yield Reason(ImportReason.RATE_LIMITED)
    elif login is not None and found.by_login[login] is None:
        yield Reason(ImportReason.NOT_FOUND)
    if row.person in found.members:
        yield Reason(ImportReason.ALREADY_MEMBER)


def _of_terms(actor: checks.Actor, row: Understood, found: _Found) -> Iterator[Reason]:
    known = found.by_login.get(row.invitee.login or "")
    has_email = known is None or known.address is not None
    for refusal in newcomers.refusals(actor, row.terms, has_email=has_email):
        yield from import_reasons.of(refusal)
    faults = identifiers.Faults()
    app_access.check(row.terms.apps, found.apps, ("apps",), faults)
    yield from import_reasons.of_faults(faults.found)


async def _write(
    viewer: Viewer, tenant_id: str, given: Sequence[Given], reasons: Sequence[list[Reason]]
) -> member_imports.Import:
    made = await MemberImport.create(
        id=ids.new("imp"),
        tenant_id=tenant_id,
        user_id=checks.require_caller(viewer),
        key_id=viewer.key.id if viewer.key else None,
        state=ImportState.PLANNED,
        total=len(given),
        request_id=viewer.client.request_id,
        created_at=clock.now(),
    )
    await database.rows(
        _INSERT,
        tenant_id,
        made.id,
        [ids.new("imr") for _ in given],
        list(range(1, len(given) + 1)),
        [orjson.dumps(dict(row)).decode() for row in given],
        [(ImportRowState.REFUSED if found else ImportRowState.READY).value for found in reasons],
        [orjson.dumps(import_reasons.stored(found)).decode() for found in reasons],
    )
    return await member_imports.changed(made.id)
