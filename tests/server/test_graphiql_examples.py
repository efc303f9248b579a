"""The queries that GraphiQL opens with."""

import re

import pytest
from graphql import OperationDefinitionNode, parse, validate

from models import Tenant
from server.graphql import SCHEMA
from settings import CHECKOUT
from tests.clients import Person

SOURCE = (CHECKOUT / "web" / "src" / "graphiql" / "examples.ts").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^  `(.+?)`,$", SOURCE, re.MULTILINE | re.DOTALL)
JOB = "WhoAmI MyTenants Members Invite Resend ChangeRole RoleMatrix Changes"
SCHEMA_CORE = SCHEMA._schema  # noqa: SLF001 Strawberry offers no other way


def operation(example: str) -> OperationDefinitionNode:
    [found] = parse(example).definitions
    assert isinstance(found, OperationDefinitionNode)
    return found


def name(example: str) -> str:
    found = operation(example).name
    assert found
    return found.value


def test_the_main_job_is_there_in_its_order() -> None:
    """Issue 6.3."""
    assert " ".join(map(name, EXAMPLES)) == JOB


@pytest.mark.parametrize("example", EXAMPLES, ids=name)
def test_an_example_fits_the_schema_and_its_comment_the_editor(example: str) -> None:
    assert validate(SCHEMA_CORE, parse(example)) == []
    comment, _, _ = example.partition(f"{operation(example).operation.value} {name(example)}")
    assert all(re.fullmatch(r"# .{1,50}", line) for line in comment.splitlines())


@pytest.mark.parametrize("example", EXAMPLES, ids=name)
def test_an_example_says_which_tenant_it_is_about(example: str) -> None:
    """By the one name that the page fills in."""
    names = [v.variable.name.value for v in operation(example).variable_definitions or ()]
    assert "id" not in names
    assert set(names) <= {"tenantId", "memberId", "invitationId", "email", "role"}


async def test_each_does_what_it_says(project: Tenant, owner: Person) -> None:
    """With what the ones before have shown."""
    queries = dict(zip(map(name, EXAMPLES), EXAMPLES, strict=True))
    assert (await owner.ask(queries["WhoAmI"]))["me"]["login"] == "olga"
    assert (await owner.ask(queries["MyTenants"]))["tenants"]["totalCount"] == 1
    given = {"tenantId": project.id, "email": "nina@example.com", "role": "MANAGER"}
    invited = (await owner.ask(queries["Invite"], **given))["inviteMember"]
    assert invited["emailQueued"]
    found = (await owner.ask(queries["Members"], tenantId=project.id))["members"]["edges"]
    [nina] = [each["node"] for each in found if each["node"]["status"] == "PENDING"]
    assert nina["id"] == invited["member"]["id"]
    resent = await owner.ask(queries["Resend"], invitationId=nina["invitation"]["id"])
    assert resent["resendInvitation"]["emailQueued"]
    changed = await owner.ask(queries["ChangeRole"], memberId=nina["id"], role="ACCOUNTANT")
    assert changed["changeRole"]["member"]["role"] == {"code": "ACCOUNTANT"}
    matrix = (await owner.ask(queries["RoleMatrix"], tenantId=project.id))["tenant"]
    assert matrix["roles"][0]["code"] == "OWNER"
