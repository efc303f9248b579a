"""Every operation by every kind of actor on a tenant of his own and on a foreign one, compared with
the tables of `operations`; and what is refused changes nothing.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from graphql import GraphQLObjectType

from server.graphql import SCHEMA
from settings import Settings
from tests.factories import World
from tests.figures import Measured
from tests.listeners import Ended, Hall, hall
from tests.permissions import actors, attempts, cells, operations, readings, snapshots
from tests.permissions.actors import Actor, Cast
from tests.permissions.cells import Row, rows
from tests.permissions.holdings import Holdings
from tests.permissions.snapshots import Snapshot
from tests.permissions.test_fields import FIELDS, OWN, TYPES, WITH

NOT_HIS = {
    **readings.LETTERS,
    "ROLE_NOT_GRANTABLE": "g",
    "PROVIDER_ONLY": "p",
    "NOT_PERMITTED_BY_PROVIDER": "n",
}
IN_VAIN = {
    *(
        "BAD_USER_INPUT",
        "WRONG_CODE",
        "CODE_UNAVAILABLE",
        "LINK_UNAVAILABLE",
        "INVITATION_UNAVAILABLE",
    ),
    *("IDENTITY_PROVIDER_FAILED", "REGISTRATION_CLOSED", "SIGN_IN_REQUIRED"),
}
ELSEWHERE = {
    "InvitationDelivery.invitation": "tests/server/test_live.py",
    "AlreadyMember.member": "tests/resolvers/test_invitations.py",
}
EMPTY = {"ApiKey": "operations revokedAt lastUsedAt", "Invitation": "sentAt"}
"""Null for everybody here; they have the guard of their neighbours."""
MUTATIONS, QUERIES = rows(operations.MUTATIONS), rows(operations.QUERIES)
SUBSCRIPTIONS = {
    "memberChanged": "($id: ID!) { it: memberChanged(tenantId: $id) { memberId } }",
    "invitationDelivery": "($id: ID!) { it: invitationDelivery(tenantId: $id) { invitationId } }",
    "memberImportProgress": "($id: ID!) { it: memberImportProgress(importId: $id) { importId } }",
    "myAccessChanged": "{ it: myAccessChanged { tenantId } }",
}
Letter = Callable[[str, Actor], Awaitable[str]]


@pytest.fixture
async def cast(configure: Callable[..., Settings], database: None) -> Cast:
    """App sessions last as long as the test does."""
    del database
    configure(app_session_lapse=timedelta(hours=1))
    return await actors.gather(World())


@pytest.fixture
async def snapshot(cast: Cast) -> AsyncIterator[Snapshot]:
    del cast
    async with snapshots.taken() as taken:
        yield taken


def roots(kind: str) -> set[str]:
    found = TYPES[kind]
    assert isinstance(found, GraphQLObjectType)
    return set(found.fields)


def test_every_operation_has_a_row_and_every_row_an_operation() -> None:
    """CASES 43: who adds one says who may do it."""
    assert set(MUTATIONS) == roots("Mutation")
    assert set(QUERIES) == roots("Query")
    assert set(rows(operations.SUBSCRIPTIONS)) == roots("Live")


def test_every_field_that_not_everybody_sees_has_a_row() -> None:
    """CASES 43: but for what is one's own, which others have no object of."""
    guarded = {
        f"{kind}.{field}"
        for kind, rules in FIELDS.items()
        for rule, fields in rules.items()
        for field in fields.split()
        if rule not in (WITH, OWN) and kind not in ("Query", "Mutation", "Live")
    }
    empty = {f"{kind}.{field}" for kind, fields in EMPTY.items() for field in fields.split()}
    assert {*rows(operations.FIELDS), *ELSEWHERE, *empty} == guarded


def test_every_kind_of_id_has_a_row() -> None:
    nodes = {kind.name for kind in SCHEMA._schema.get_possible_types(TYPES["Node"])}  # type: ignore[arg-type] # noqa: SLF001 as in test_fields
    assert set(rows(operations.NODES)) == nodes


async def test_mutations_do_what_the_table_says_and_what_is_refused_changes_nothing(
    cast: Cast, snapshot: Snapshot, measured: Measured
) -> None:
    """Issue 8.3, PRODUCT 2 to 6, CASES 68, 103; each attempt finds everything as it was."""

    async def own(name: str, actor: Actor) -> str:
        return await attempt(name, actor, attempts.given(name, cast, actor.own, actor.mine))

    async def foreign(name: str, actor: Actor) -> str:
        given = attempts.given(name, cast, actor.foreign, cast.somebody)
        return await attempt(name, actor, given)

    async def attempt(name: str, actor: Actor, given: attempts.Input) -> str:
        answer = await actor.client.execute(attempts.document(name), input=given)
        letter = told(answer)
        changed = await snapshot.changed()
        if changed:
            await snapshot.put_back()
        return f"<{letter} {changed}>" if changed and letter != "+" else letter

    found = {
        name: Row(
            "".join([await own(name, actor) for actor in cast]),
            "".join([await foreign(name, actor) for actor in cast if row.foreign]),
        )
        for name, row in MUTATIONS.items()
    }
    assert not different(MUTATIONS, found)
    number = sum(len(row.own + row.foreign) for row in found.values())
    measured("crossings of a mutation, a kind of actor and his own or a foreign tenant", number)


def told(answer: dict[str, Any]) -> str:
    """A mutation's letter, or its code where the tables have none for it."""
    if "errors" in answer:
        code = answer["errors"][0]["extensions"]["code"]
    else:
        code = answer["data"]["it"].get("code", "+")
    return "w" if code in IN_VAIN else NOT_HIS.get(code, code)


def different(table: dict[str, Row], found: dict[str, Row]) -> str:
    """The rows that differ: as the table has them, and as the server answers."""
    return "\n".join(
        f"{name}\n  table   {cells.spread(one)}\n  server  {cells.spread(other)}"
        for name, row in table.items()
        for one, other in ((row.own, found[name].own), (row.foreign, found[name].foreign))
        if one != other
    )


async def test_what_is_shown_is_what_the_tables_say(cast: Cast, snapshot: Snapshot) -> None:
    """Issue 8.3, PRODUCT 2, 4 and 6, CASES 43, 103; reading changes nothing."""
    differing = [
        different(table, await seen(table, way, cast))
        for table, way in (
            (QUERIES, readings.ROOTS.__getitem__),
            (rows(operations.NODES), readings.of_node),
            (rows(operations.FIELDS), readings.of_field),
        )
    ]
    assert not "\n".join(filter(None, differing))
    assert await snapshot.changed() == []


async def seen(table: dict[str, Row], way: Callable[[str], str], cast: Cast) -> dict[str, Row]:
    found = dict.fromkeys(table, Row("", ""))
    for actor in cast:
        own = await shown(list(table), way, actor, readings.variables(actor.own, cast))
        foreign = await shown(list(table), way, actor, readings.variables(actor.foreign, cast))
        for name, row in found.items():
            other = row.foreign + foreign[name] if table[name].foreign else ""
            found[name] = Row(row.own + own[name], other)
    return found


async def shown(
    names: list[str], way: Callable[[str], str], actor: Actor, variables: dict[str, str]
) -> dict[str, str]:
    """Each one's letter, asked a few at a time."""
    found: dict[str, str] = {}
    for some in (names[i : i + 10] for i in range(0, len(names), 10)):
        asked = {f"f{names.index(name)}": way(name) for name in some}
        text = readings.document(asked)
        given = {key: value for key, value in variables.items() if f"${key}:" in text}
        answer = await actor.client.execute(text, **given)
        found |= {
            name: readings.letter(answer, f"f{names.index(name)}", variables["tenant"])
            for name in some
        }
    return found


async def test_who_listens_is_who_may_by_the_table(
    cast: Cast, configure: Callable[..., Settings]
) -> None:
    """Issue 8.3, CASES 43, 103: over a real socket, up to the first word."""
    table = rows(operations.SUBSCRIPTIONS)
    async with hall(configure) as server:
        found = {
            name: Row(
                "".join([await heard(server, name, actor, actor.own) for actor in cast]),
                "".join([await heard(server, name, a, a.foreign) for a in cast if row.foreign]),
            )
            for name, row in table.items()
        }
    assert not different(table, found)


async def heard(server: Hall, name: str, actor: Actor, held: Holdings) -> str:
    """How a subscription begins."""
    named = held.done if name == "memberImportProgress" else held.tenant.id
    given = {} if name == "myAccessChanged" else {"id": named}
    async with server.events(actor.who, f"subscription{SUBSCRIPTIONS[name]}", **given) as events:
        try:
            await events.next()
        except Ended as ended:
            return readings.LETTERS.get(ended.code or "", str(ended.code))
    return "+"
