"""Who may look at what the API consists of: decided for each viewer, at each request."""

from hashlib import sha256
from typing import Any

import pytest
from graphql import GraphQLObjectType, GraphQLSchema, get_introspection_query, get_named_type

from models import Catalog, Member, MemberStatus, ProviderRole, Tenant, database
from resolvers import documents
from server.graphql import SCHEMA
from tests.clients import Client, Person
from tests.factories import World

SCHEMA_ITSELF = "{ __schema { queryType { name } } }"
TYPE = '{ __type(name: "Member") { name } }'
DOCUMENTS = (
    SCHEMA_ITSELF,
    TYPE,
    "{ me: __schema { queryType { name } } }",
    "{ me { login } __schema { queryType { name } } }",
    f"{{ ...A }} fragment A on Query {{ ...B }} fragment B on Query {TYPE}",
    "{ ... { ... on Query { __schema { queryType { name } } } } }",
    "{ __schema @include(if: true) { queryType { name } } }",
    "query Other { __schema { queryType { name } } }",
    get_introspection_query(),
)
MAY = "{ me { canExplore } }"


async def test_everybody_explores_in_development(anonymous: Client) -> None:
    """Issue 6.3, CASES 17."""
    for document in DOCUMENTS:
        assert any((await anonymous.ask(document)).values()), document


async def test_everybody_is_told_so_in_development(stranger: Person) -> None:
    assert await stranger.ask(MAY) == {"me": {"canExplore": True}}


@pytest.mark.usefixtures("production")
async def test_who_administers_nothing_does_not_explore_in_production(
    anonymous: Client, stranger: Person, accountant: Person
) -> None:
    """Issue 6.3, CASES 17: nothing of the operation is run."""
    known = [(person.client, "PERMISSION_DENIED") for person in (stranger, accountant)]
    for client, code in [(anonymous, "UNAUTHENTICATED"), *known]:
        for document in DOCUMENTS:
            answer = await client.execute(document)
            assert "data" not in answer, document
            assert [error["extensions"]["code"] for error in answer["errors"]] == [code], document


@pytest.mark.usefixtures("production")
async def test_who_does_not_explore_is_told_so(stranger: Person, accountant: Person) -> None:
    for person in (stranger, accountant):
        assert await person.ask(MAY) == {"me": {"canExplore": False}}


@pytest.mark.usefixtures("production")
async def test_who_may_edit_a_tenant_explores_in_production(
    owner: Person, manager: Person, administrator: Person
) -> None:
    """Issue 6.3."""
    for person in (owner, manager, administrator):
        assert await person.ask(MAY) == {"me": {"canExplore": True}}
        assert (await person.ask(TYPE))["__type"] == {"name": "Member"}


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize("role", ProviderRole)
async def test_staff_explores_in_production(world: World, role: ProviderRole) -> None:
    """Issue 6.3."""
    staff = await world.staff(role)
    assert await staff.ask(MAY) == {"me": {"canExplore": True}}
    assert (await staff.ask(TYPE))["__type"] == {"name": "Member"}


@pytest.mark.usefixtures("production")
async def test_a_single_permission_decides_as_well(world: World) -> None:
    """PRODUCT 2, rule 3: role + grants - denials."""
    account = await world.tenant(Catalog.ACCOUNT)
    granted = await world.join(account, "USER", grants=["tenant:edit"])
    assert await granted.ask(MAY) == {"me": {"canExplore": True}}
    assert await (await world.join(account, "USER")).ask(MAY) == {"me": {"canExplore": False}}


@pytest.mark.usefixtures("production")
async def test_one_place_of_several_is_enough_and_is_lost_at_once(
    world: World, project: Tenant, accountant: Person
) -> None:
    """CASES 17: by viewer and not by process; a right that is lost is lost at the next request."""
    other = await world.tenant(Catalog.SUBSCRIBER)
    await world.join(other, "OWNER", accountant)
    assert await accountant.ask(MAY) == {"me": {"canExplore": True}}
    async with database.transaction(database.SYSTEM):
        await Member.filter(tenant_id=other.id).update(status=MemberStatus.DISABLED)
    assert await accountant.refusal(SCHEMA_ITSELF) == "PERMISSION_DENIED"


@pytest.mark.usefixtures("production")
async def test_an_address_explores_no_further_than_a_body(anonymous: Client, owner: Person) -> None:
    query = {"query": TYPE}
    answer = (await anonymous.http.get("/graphql", params=query)).json()
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    answer = (await owner.client.http.get("/graphql", params=query)).json()
    assert answer["data"] == {"__type": {"name": "Member"}}


@pytest.mark.usefixtures("production")
async def test_events_explore_no_further_than_a_body(anonymous: Client) -> None:
    answer = await anonymous.http.post(
        "/graphql", json={"query": SCHEMA_ITSELF}, headers={"accept": "text/event-stream"}
    )
    assert '"errors"' in answer.text
    assert "__schema" not in answer.text


@pytest.mark.usefixtures("production")
async def test_a_document_that_is_named_explores_no_further(
    anonymous: Client, stranger: Person, owner: Person
) -> None:
    """CASES 17, 41: registered by an operator, or with the words of automatic persisted queries."""
    await documents.add({"explore": TYPE})
    hashed = {"persistedQuery": {"version": 1, "sha256Hash": sha256(TYPE.encode()).hexdigest()}}
    bodies: list[dict[str, Any]] = [
        {"documentId": "explore"},
        {"query": TYPE, "extensions": hashed},
    ]
    for body in bodies:
        for client, code in (
            (anonymous, "UNAUTHENTICATED"),
            (stranger.client, "PERMISSION_DENIED"),
        ):
            answer = (await client.http.post("/graphql", json=body)).json()
            assert answer["errors"][0]["extensions"]["code"] == code
            assert "data" not in answer
        answer = (await owner.client.http.post("/graphql", json=body)).json()
        assert answer["data"] == {"__type": {"name": "Member"}}
    answer = await owner.client.http.post("/graphql", json={"extensions": hashed})
    assert answer.status_code == 400


@pytest.mark.usefixtures("production")
async def test_the_name_of_a_type_is_for_everybody(anonymous: Client) -> None:
    """Clients cannot read a union without it."""
    data = await anonymous.ask('{ __typename invitation(token: "x") { __typename } }')
    assert data == {"__typename": "Query", "invitation": {"__typename": "InvitationUnavailable"}}


@pytest.mark.usefixtures("production")
async def test_a_change_or_a_subscription_explores_nothing(owner: Person) -> None:
    """The rule stands at queries, so nothing else may lead there."""
    for document in (
        "mutation { __schema { queryType { name } } }",
        'mutation { __type(name: "Member") { name } }',
        "subscription { __schema { queryType { name } } }",
        "mutation { signOut { ... on SignOutPayload { __schema { queryType { name } } } } }",
    ):
        answer = await owner.client.execute(document)
        assert "data" not in answer
        assert {error["extensions"]["code"] for error in answer["errors"]} == {"BAD_USER_INPUT"}
    assert await owner.ask(MAY) == {"me": {"canExplore": True}}


def test_no_field_leads_back_to_the_queries() -> None:
    schema: GraphQLSchema = SCHEMA._schema  # noqa: SLF001 Strawberry offers no other way
    kinds = [kind for kind in schema.type_map.values() if isinstance(kind, GraphQLObjectType)]
    leading = [(k.name, f) for k in kinds for f in k.fields if _of(k.fields[f]) == "Query"]
    assert leading == []


def _of(field: Any) -> str:
    return str(get_named_type(field.type))
