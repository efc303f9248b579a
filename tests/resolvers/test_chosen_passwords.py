"""Wherever somebody chooses a password, for himself or for another, it meets one rule (CASES 89).

What the rule is stands in `tests/auth/test_guesses.py` and `test_identifiers.py`.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from graphql import GraphQLInputObjectType

import errors
from auth import passwords
from models import Catalog, ProviderRole, User, database
from permissions.catalog import Permission
from resolvers import accounts
from resolvers.accounts import Registration
from server.cli import OPERATOR
from server.graphql import SCHEMA
from settings import Settings
from tests.clients import Client
from tests.factories import PASSWORD, World
from tests.resolvers import steps, tenant_steps

NAME = "Quasimodo"
HIS = {"fullName": "Esmeralda Bell", "login": "esmeralda"}
EMAIL = "sanctuary@example.com"
GOOD = "a loaf\0of 🍞 rye bread "
Choosing = Callable[[World, str], Awaitable[tuple[Client, str, dict[str, Any]]]]


async def accepting(world: World, password: str) -> tuple[Client, str, dict[str, Any]]:
    tenant = await world.tenant(name=NAME)
    await steps.invite(await world.join(tenant), tenant, EMAIL)
    reference = {"token": await world.link_token(EMAIL)}
    given = {"invitation": reference, "registration": HIS | {"password": password}}
    return world.anonymous, "acceptInvitation", given


async def accepting_a_new_tenant(world: World, password: str) -> tuple[Client, str, dict[str, Any]]:
    servio = await tenant_steps.organization(world, Permission.TENANTS_INVITE)
    await tenant_steps.invite(await world.join(servio), servio, EMAIL, name=NAME)
    token = await world.link_token(EMAIL)
    given = {"token": token, "registration": HIS | {"password": password}}
    return world.anonymous, "acceptTenantInvitation", given


async def registering(world: World, password: str) -> tuple[Client, str, dict[str, Any]]:
    await world.anonymous.do("registerTenant", {"email": EMAIL, "tenantName": NAME})
    token = await world.link_token(EMAIL)
    given = {"token": token, "registration": HIS | {"password": password}}
    return world.anonymous, "completeRegistration", given


async def adding(world: World, password: str) -> tuple[Client, str, dict[str, Any]]:
    tenant = await world.tenant(Catalog.SUBSCRIBER, NAME)
    owner = await world.join(tenant)
    given = HIS | {"tenantId": tenant.id, "password": password, "role": "USER"}
    return owner.client, "addMember", given


async def setting_another_persons(
    world: World, password: str
) -> tuple[Client, str, dict[str, Any]]:
    client, _, given = await adding(world, PASSWORD)
    added = await client.do("addMember", given, "member { id }")
    return client, "setMemberPassword", {"memberId": added["member"]["id"], "password": password}


async def replacing_one_handed_over(
    world: World, password: str
) -> tuple[Client, str, dict[str, Any]]:
    client, _, given = await adding(world, "told on the phone")
    await client.do("addMember", given)
    given = {"login": HIS["login"], "password": "told on the phone", "newPassword": password}
    return world.anonymous, "signIn", given


async def member(world: World) -> tuple[Client, str]:
    person = await world.person(HIS["login"], full_name=HIS["fullName"], email=EMAIL)
    await world.join(await world.tenant(name=NAME), person=person)
    return person.client, person.id


async def changing(world: World, password: str) -> tuple[Client, str, dict[str, Any]]:
    client, _ = await member(world)
    return client, "changePassword", {"password": PASSWORD, "newPassword": password}


async def resetting(world: World, password: str) -> tuple[Client, str, dict[str, Any]]:
    await member(world)
    await world.anonymous.do("requestPasswordReset", {"login": HIS["login"]})
    given = {"token": await world.link_token(EMAIL), "newPassword": password}
    return world.anonymous, "resetPassword", given


async def support_setting_one(world: World, password: str) -> tuple[Client, str, dict[str, Any]]:
    _, user_id = await member(world)
    staff = await world.staff(ProviderRole.ADMIN)
    return staff.client, "updateUser", {"userId": user_id, "newPassword": password}


async def staff_making_an_account(
    world: World, password: str
) -> tuple[Client, str, dict[str, Any]]:
    staff = await world.staff(ProviderRole.ADMIN)
    return staff.client, "createUser", HIS | {"email": EMAIL, "password": password}


PLACES: list[Choosing] = [
    accepting,
    accepting_a_new_tenant,
    registering,
    adding,
    setting_another_persons,
    replacing_one_handed_over,
    changing,
    resetting,
    support_setting_one,
    staff_making_an_account,
]
REFUSED = {
    "short": "TOO_SHORT",
    "x" * 4096: "TOO_LONG",
    "password1234": "TOO_COMMON",
    "esmeralda-2026": "TOO_COMMON",
    "Quasimodo-2026": "TOO_COMMON",
}
CHOSEN = {
    "RegistrationInput.password",
    "AddMemberInput.password",
    "SetMemberPasswordInput.password",
    "SignInInput.newPassword",
    "ChangePasswordInput.newPassword",
    "ResetPasswordInput.newPassword",
    "UpdateUserInput.newPassword",
    "CreateUserInput.password",
}
ASKED_FOR = {
    f"{name}.password"
    for name in (
        "SignInInput",
        "ChangePasswordInput",
        "ChangeEmailInput",
        "DeleteMyAccountInput",
        "EnrolSecondFactorInput",
        "DisableSecondFactorInput",
        "RenewRecoveryCodesInput",
    )
}


def holding(password: str, given: dict[str, Any]) -> dict[str, Any]:
    """The input with that password where `@` stands."""
    return {
        key: holding(password, each)
        if isinstance(each, dict)
        else password
        if each == "@"
        else each
        for key, each in given.items()
    }


@pytest.fixture(autouse=True)
def opened(configure: Callable[..., Settings]) -> None:
    configure(registration=True)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
async def test_a_password_is_refused_wherever_it_is_chosen(
    world: World, place: Choosing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CASES 89: short, endless, common, of one's login, of the organisation; none is hashed."""
    client, mutation, given = await place(world, "@")
    hashed: list[str] = []
    make_hash = passwords.make_hash

    async def counted(password: str) -> str:
        hashed.append(password)
        return await make_hash(password)

    monkeypatch.setattr(passwords, "make_hash", counted)
    knows_no_tenant = place is staff_making_an_account
    for password, code in REFUSED.items():
        if password.startswith("Quasi") and knows_no_tenant:
            continue
        answer = await client.do(mutation, holding(password, given))
        assert answer["__typename"] == "InvalidInput", (mutation, password, answer)
        [field] = answer["fields"]
        assert (field["code"], field["path"][-1].lower()[-8:]) == (code, "password")
    assert hashed == []
    good = await client.do(mutation, holding(GOOD, given))
    assert good["__typename"] not in ("InvalidInput", "InvalidCredentials"), good
    assert hashed == [GOOD]


async def test_an_operator_chooses_none_either(world: World) -> None:
    """CASES 89: `create-user` goes the same way as staff who make an account."""
    for password in ("password1234", "esmeralda-2026", "sanctuary-2026"):
        given = Registration(HIS["fullName"], HIS["login"], password)
        with pytest.raises(errors.InvalidInput) as refusal:
            await accounts.create(OPERATOR, given, email=EMAIL)
        assert [fault.code for fault in refusal.value.faults] == ["TOO_COMMON"]
    async with database.transaction(database.SYSTEM, read_only=True):
        assert await User.filter(login=HIS["login"]).count() == 0


def test_every_field_for_a_password_is_known_here() -> None:
    """A new one has to be added to one list or the other, and to a place above."""
    types = SCHEMA._schema.type_map.values()  # noqa: SLF001 Strawberry offers no other way to it
    found = {
        f"{kind.name}.{name}"
        for kind in types
        if isinstance(kind, GraphQLInputObjectType)
        for name in kind.fields
        if name in ("password", "newPassword")
    }
    assert found == CHOSEN | ASKED_FOR
