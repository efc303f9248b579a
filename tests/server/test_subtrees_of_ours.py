"""Our own schema: with compiled subtrees it answers as without them, by no more statements."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_required_argument,
)

import errors
from models import Tenant, database
from resolvers import apps
from schema import prepared
from server import subtrees
from server.graphql import SCHEMA
from settings import CHECKOUT, Settings
from tests.clients import Client, Person
from tests.factories import World
from tests.permissions import actors, readings
from tests.permissions.actors import Cast
from tests.resolvers import app_steps
from tests.server.test_graphiql_examples import EXAMPLES

Configure = Callable[..., Settings]
TYPES: Any = SCHEMA._schema.type_map  # noqa: SLF001 Strawberry offers no other way
LIMITS = dict.fromkeys(("tokens", "selections", "fields", "cost", "repeats"), 100_000)
PAGE = """query Page($id: ID!) { tenant(id: $id) { id name members(first: 50) { totalCount
    pageInfo { hasNextPage endCursor hasPreviousPage startCursor }
    edges { cursor node { id status fullName email role { code } user { id fullName }
    appAccess { edges { node { right app { id name } } } } } } } } }"""


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How many subtrees were `begun`, and of how many graphql-core was asked `again`; nothing has
    been sent before.
    """
    prepared._kept.cache_clear()  # noqa: SLF001 as below
    counts = {"begun": 0, "again": 0}

    def counting(name: str, method: str) -> None:
        real = getattr(subtrees._Run, method)  # noqa: SLF001 what is counted is inside

        def run(*given: Any) -> Any:
            counts[name] += 1
            return real(*given)

        monkeypatch.setattr(subtrees._Run, method, run)  # noqa: SLF001 as above

    counting("begun", "result")
    counting("again", "_plain")
    return counts


@pytest.fixture
async def cast(database: None) -> Cast:
    del database
    return await actors.gather(World())


def everything(kind: GraphQLObjectType | GraphQLInterfaceType, depth: int) -> str:
    """Whatever can be asked of it without arguments."""
    parts = ["__typename"]
    for name, field in kind.fields.items():
        inner: Any = get_named_type(field.type)
        if any(map(is_required_argument, field.args.values())):
            continue
        if is_leaf_type(inner):
            parts.append(name)
        elif depth and not is_abstract_type(inner):
            page = "(first: 5)" if "first" in field.args else ""
            parts.append(f"{name}{page} {everything(inner, depth - 1)}")
    return f"{{ {' '.join(parts)} }}"


def documents() -> Iterator[tuple[str, str]]:
    for kind, node_id in readings.KINDS.items():
        takes = f"({node_id}: ID!)" if node_id.startswith("$") else ""
        inside = f"... on {kind} {everything(TYPES[kind], 2)}"
        yield kind, f"query{takes} {{ node(id: {node_id}) {{ {inside} }} }}"
    for name in ("me", "viewer"):
        field = TYPES["Query"].fields[name]
        yield name, f"{{ {name} {everything(get_named_type(field.type), 2)} }}"


async def answer(client: Client, text: str, variables: dict[str, Any]) -> dict[str, Any]:
    """Errors in the order of their paths: theirs is the order in which they happened."""
    answered = await client.execute(text, **variables)
    for error in answered.get("errors", ()):
        error["extensions"].pop("requestId", None)
    answered.get("errors", []).sort(key=lambda error: list(map(str, error["path"])))
    return answered


async def both(
    configure: Configure, client: Client, text: str, variables: dict[str, Any]
) -> dict[str, Any]:
    """The answer, which is the same with and without, and with what was compiled before."""
    configure(accelerations=False, query_limits_person=LIMITS)
    plain = await answer(client, text, variables)
    configure(accelerations=True, query_limits_person=LIMITS)
    for _ in range(3):
        assert await answer(client, text, variables) == plain
    return plain


async def test_every_field_of_every_object_is_told_alike(
    cast: Cast, configure: Configure, runs: dict[str, int]
) -> None:
    """By somebody of each group; graphql-core is asked again only where there is an error."""
    for actor in [each for each in cast if "key" not in each.name][::4]:
        variables = readings.variables(actor.own, cast)
        for name, text in documents():
            again = runs["again"]
            needed = {key: value for key, value in variables.items() if f"${key}:" in text}
            told = await both(configure, actor.client, text, needed)
            assert "data" in told, f"{name} for {actor.name}"
            assert runs["again"] == again or "errors" in told
    assert runs["begun"] > runs["again"] > 0


async def test_our_pages_and_examples_are_answered_alike(
    project: Tenant, owner: Person, configure: Configure, runs: dict[str, int]
) -> None:
    folder = CHECKOUT / "examples" / "portal" / "queries"
    portal = [file.read_text() for file in sorted(folder.glob("*.graphql"))]
    given, asked = {"tenantId": project.id, "id": project.id}, 0
    for text in (*EXAMPLES, *portal, PAGE):
        operation, takes = text.partition("{")[0], set(re.findall(r"\$(\w+):", text))
        if "query " in operation and takes <= {*given, "after"}:
            variables = {name: value for name, value in given.items() if name in takes}
            told = await both(configure, owner.client, text, variables)
            assert "errors" not in told, text
            asked += 1
    assert asked > 5
    assert runs["begun"] > asked
    assert runs["again"] == 0


async def counted(person: Person, project: Tenant, statements: list[str]) -> int:
    """Statements of the page, once it has been asked for often enough."""
    for _ in range(2):
        await person.ask(PAGE, id=project.id)
    statements.clear()
    found = await person.ask(PAGE, id=project.id)
    assert found["tenant"]["members"]["edges"][0]["node"]["appAccess"]["edges"]
    return len(statements)


async def test_a_page_takes_as_many_statements_whatever_its_size(
    world: World,
    project: Tenant,
    owner: Person,
    configure: Configure,
    statements: list[str],
    runs: dict[str, int],
) -> None:
    """And no more than without compiled subtrees."""
    app = await app_steps.create(owner, project)
    await app_steps.give(owner, owner.member_id, app)
    few = await counted(owner, project, statements)
    for _ in range(7):
        member = await world.join(project, "MANAGER")
        await app_steps.give(owner, member.member_id, app)
    assert await counted(owner, project, statements) == few
    assert runs == {"begun": runs["begun"], "again": 0}
    configure(accelerations=False)
    assert await counted(owner, project, statements) == few


async def test_a_document_is_compiled_when_it_comes_again(
    project: Tenant, owner: Person, runs: dict[str, int]
) -> None:
    for times in range(3):
        await owner.ask(PAGE, id=project.id)
        assert runs["begun"] == times


async def test_the_payload_of_a_change_is_read_in_its_own_transaction(
    project: Tenant, owner: Person, runs: dict[str, int]
) -> None:
    """After the commit, as without."""
    app = await app_steps.create(owner, project)
    for name in ("One", "Two", "Three"):
        answered = await owner.do(
            "updateApp", {"appId": app, "name": name}, "app { name tenant { id } }"
        )
        assert answered["app"] == {"name": name, "tenant": {"id": project.id}}
    assert runs == {"begun": 2, "again": 0}


async def test_what_the_database_refuses_is_told_once(
    project: Tenant, owner: Person, runs: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The transaction has failed: graphql-core is refused in the same way."""
    await owner.ask(PAGE, id=project.id)

    async def held(*_: object) -> Any:
        await database.rows("select * from nothing")

    monkeypatch.setattr(apps, "held_by", held)
    answered = [await owner.client.execute(PAGE, id=project.id) for _ in range(2)]
    for each in answered:
        codes = {error["extensions"]["code"] for error in each["errors"]}
        assert codes == {"INTERNAL"}
        assert [error["path"][-1] for error in each["errors"]] == ["appAccess"]
    assert runs["again"] == 2


async def test_what_one_may_not_know_of_is_null_without_an_error(
    project: Tenant, owner: Person, runs: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def held(*_: object) -> Any:
        raise errors.NotFound

    monkeypatch.setattr(apps, "held_by", held)
    for _ in range(2):
        found = await owner.ask(PAGE, id=project.id)
        assert found["tenant"]["members"]["edges"][0]["node"]["appAccess"] is None
    assert runs == {"begun": 1, "again": 1}
