"""What the schema does not know is refused and never handed on (CASES 44, 67)."""

import pytest
from graphql import GraphQLInputObjectType, GraphQLScalarType

from tests.clients import Client
from tests.permissions import attempts
from tests.permissions.attempts import TYPES

MORE = ("isAdmin", "role__startswith", "tenant__owner__password__startswith", "providerRole")
INPUTS = [kind for kind in TYPES.values() if isinstance(kind, GraphQLInputObjectType)]


def test_no_input_takes_whatever_it_is_given() -> None:
    """CASES 44: there is no scalar that could hold an object or a filter of the ORM."""
    scalars = {name for name, kind in TYPES.items() if isinstance(kind, GraphQLScalarType)}
    assert scalars == {
        *("Boolean", "DateTime", "ID", "Int", "String", "PermissionCode", "RoleCode"),
    }


def test_no_input_names_who_somebody_is() -> None:
    """CASES 48, 67: role and provider's role are given only by those who hand them out."""
    named = {
        f"{kind.name}.{field}"
        for kind in INPUTS
        for field in kind.fields
        if field in ("role", "providerRole", "isAdmin", "userId", "permissions")
    }
    assert named == {
        *("InviteMemberInput.role", "AddMemberInput.role", "ChangeRoleInput.role"),
        *("MemberImportRowInput.role", "CreateUserInput.providerRole", "UpdateUserInput.userId"),
        "CreateApiKeyInput.permissions",
    }


@pytest.mark.parametrize("more", MORE)
async def test_a_field_that_no_input_has_is_refused(anonymous: Client, more: str) -> None:
    """CASES 44, 67: for every mutation, before anything is asked of anybody."""
    for mutation, field in TYPES["Mutation"].fields.items():
        if not field.args:
            continue
        kind = field.args["input"].type.of_type
        if more in kind.fields:
            continue
        query = attempts.document(mutation)
        answer = await anonymous.execute(query, input={more: "OWNER"})
        assert "data" not in answer, mutation
        codes = {error["extensions"]["code"] for error in answer["errors"]}
        assert codes == {"BAD_USER_INPUT"}, mutation
        assert "OWNER" not in str(answer), mutation
