"""Of a page of members no more columns are read than what is asked for is told from."""

import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type

from models import Tenant
from server.graphql import SCHEMA
from tests import statements
from tests.clients import Person
from tests.factories import World

MEMBER = SCHEMA._schema.type_map["Member"]  # noqa: SLF001 Strawberry offers no other way
LIST = "query($id: ID!) { members(tenantId: $id) { edges { node { id %s } } } } %s"
ONE = "query($id: ID!) { node(id: $id) { ... on Member { %s } } }"
PRIVATE = "m.grants as grants"


def told(name: str, kind: object, depth: int = 2) -> str:
    """The field with the plain fields below it, so that a value is read and not only made."""
    named = get_named_type(kind)  # type: ignore[call-overload]  # any type of the schema
    if is_leaf_type(named) or not isinstance(named, GraphQLObjectType):
        return name if is_leaf_type(named) else f"{name} {{ __typename }}"
    below = [
        told(inner, field.type, depth - 1)
        for inner, field in named.fields.items()
        if depth > 0 and not field.args and inner != "tenant"
    ]
    return f"{name} {{ {' '.join(['__typename', *below])} }}"


def fields() -> list[str]:
    assert isinstance(MEMBER, GraphQLObjectType)
    return [told(name, field.type) for name, field in MEMBER.fields.items()]


@pytest.fixture
async def people(world: World, project: Tenant, owner: Person) -> None:
    """Somebody who has joined, and somebody invited."""
    await world.join(project, "MANAGER")
    invited = {"tenantId": project.id, "invitee": {"email": "new@example.com"}, "role": "MANAGER"}
    await owner.do("inviteMember", invited)


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("field", fields(), ids=lambda field: field.split()[0])
async def test_each_field_is_told_where_it_is_all_that_is_asked_for(
    owner: Person, project: Tenant, field: str
) -> None:
    """As `node` tells it, which reads all columns."""
    listed = await owner.ask(LIST % (field, ""), id=project.id)
    assert len(listed["members"]["edges"]) == 3
    for edge in listed["members"]["edges"]:
        alone = await owner.ask(ONE % f"id {field}", id=edge["node"]["id"])
        assert edge["node"] == alone["node"]


@pytest.mark.parametrize(
    ("asked", "fragment"),
    [
        ("permissions", ""),
        ("may: permissions", ""),
        ("permissions @include(if: false)", ""),
        ("... on Member { permissionDetails { holds } }", ""),
        ("...Rights", "fragment Rights on Member { id ...Deep } fragment Deep on Member { %s }"),
    ],
)
async def test_columns_are_read_wherever_the_document_asks_for_them(
    owner: Person, project: Tenant, asked: str, fragment: str
) -> None:
    fragment = fragment.replace("%s", "permissions")
    assert PRIVATE in await read(owner, LIST % (asked, fragment), project)


async def test_no_column_is_read_that_nothing_is_told_from(owner: Person, project: Tenant) -> None:
    """Also where it is asked for elsewhere in the document."""
    elsewhere = "} } } me { memberships { edges { node { permissions }"
    for asked in ("", "status fullName role { code }", elsewhere):
        assert PRIVATE not in await read(owner, LIST % (asked, ""), project)


async def read(person: Person, query: str, tenant: Tenant) -> str:
    """The SQL that reads the page."""
    with statements.recorded(lambda sql: "order_key" in sql) as found:
        await person.ask(query, id=tenant.id)
    return found[0]
