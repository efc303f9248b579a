"""Wherever a name or an address comes in, it meets one rule (CASES 70 to 76).

What the rules are stands in `test_identifiers.py`; here is that no way in leaves them out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, get_named_type

from models import Catalog, ProviderRole, database
from permissions.catalog import Permission
from server.graphql import SCHEMA
from settings import Settings
from tests.clients import Client
from tests.factories import PASSWORD, World
from tests.resolvers import importing, steps, tenant_steps

ADDRESSES = (
    "mıke@example.org",
    "ﬁ@x.com",
    "а@example.com",
    "a＠example.com",
    "a\u00ad@example.com",
    "a@x.com,evil@y.com",
    "a@x.com\r\nBcc: evil@y.com",
    "Ann <ann@example.com>",
    "a@[127.0.0.1]",
    "a" * 65 + "@example.com",
    "",
)
NAMES = {
    "a\r\nBcc: evil@example.com": "INVALID",
    "a\u0000b": "INVALID",
    "a\u202eb": "INVALID",
    "x" * 10_000: "TOO_LONG",
    " \u00a0\t": "REQUIRED",
    "\ufe0f": "REQUIRED",
    "visit www.evil.com and win": "INVALID",
    "https://evil.example": "INVALID",
}
HERE = "@"
HIS = {"fullName": "Nina New", "login": "nina", "password": "a loaf of rye bread"}


@dataclass
class Way:
    """An input with `HERE` where the text goes; `field` is that of the schema."""

    field: str
    client: Client
    mutation: str
    given: dict[str, Any]


class Doors:
    """Everybody who may give a name or an address to something, and that something."""

    async def open(self, world: World) -> "Doors":
        self.world, self.anonymous = world, world.anonymous
        self.tenant = await world.tenant(Catalog.SUBSCRIBER)
        self.owner = await world.join(self.tenant)
        self.staff = await world.staff(ProviderRole.ADMIN)
        servio = await tenant_steps.organization(world, Permission.TENANTS_INVITE)
        self.organization = servio
        self.operator = await world.join(servio)
        added = HIS | {"tenantId": self.tenant.id, "role": "USER", "login": "added"}
        answer = await self.owner.do("addMember", added, "member { id }")
        self.member_id = answer["member"]["id"]
        app = {"tenantId": self.tenant.id, "name": "Books"}
        answer = await self.owner.do("createApp", app, "app { id }")
        self.app_id = answer["app"]["id"]
        answer = await self.owner.do(
            "createAppRole", {"appId": self.app_id, "code": "r", "name": "R"}, "appRole { id }"
        )
        self.app_role_id = answer["appRole"]["id"]
        return self

    def of_addresses(self) -> list[Way]:
        user = {"fullName": "Uma", "login": "uma", "password": HIS["password"], "email": HERE}
        invited = {"tenantId": self.tenant.id, "invitee": {"email": HERE}, "role": "USER"}
        owner, staff, person = self.owner.client, self.staff.client, {"userId": self.owner.id}
        offered = {"organizationId": self.organization.id, "name": "Lotus", "ownerEmail": HERE}
        return [
            Way("InviteeInput.email", owner, "inviteMember", invited),
            Way(
                "InviteeInput.login",
                owner,
                "inviteMember",
                invited | {"invitee": {"login": HERE}},
            ),
            Way("InviteTenantInput.ownerEmail", self.operator.client, "inviteTenant", offered),
            Way(
                "RegisterTenantInput.email",
                self.anonymous,
                "registerTenant",
                {"email": HERE, "tenantName": "Lotus"},
            ),
            Way(
                "ChangeEmailInput.email",
                owner,
                "changeEmail",
                {"email": HERE, "password": PASSWORD},
            ),
            Way("CreateUserInput.email", staff, "createUser", user),
            Way("UpdateUserInput.email", staff, "updateUser", person | {"email": HERE}),
        ]

    async def of_names(self) -> list[Way]:
        tenant, owner, staff = {"tenantId": self.tenant.id}, self.owner.client, self.staff.client
        await steps.invite(self.owner, self.tenant, steps.NINA, "USER")
        link = {"token": await self.world.link_token(steps.NINA)}
        user = HIS | {"login": "uma", "email": "uma@example.com", "fullName": HERE}
        invited = steps.invitation(self.tenant, "n@example.com", "USER")
        return [
            Way(
                "CreateTenantInput.name",
                owner,
                "createTenant",
                {"name": HERE, "catalog": "PROJECT"},
            ),
            Way("UpdateTenantInput.name", owner, "updateTenant", tenant | {"name": HERE}),
            Way(
                "RegisterTenantInput.tenantName",
                self.anonymous,
                "registerTenant",
                {"email": "r@example.com", "tenantName": HERE},
            ),
            Way(
                "InviteTenantInput.name",
                self.operator.client,
                "inviteTenant",
                tenant_steps.wanted(self.organization) | {"name": HERE},
            ),
            Way(
                "NewcomerInput.fullName",
                owner,
                "inviteMember",
                invited | {"newcomer": {"fullName": HERE}},
            ),
            Way(
                "RegistrationInput.fullName",
                self.anonymous,
                "acceptInvitation",
                {"invitation": link, "registration": HIS | {"fullName": HERE}},
            ),
            Way(
                "AddMemberInput.fullName",
                owner,
                "addMember",
                tenant | HIS | {"fullName": HERE, "role": "USER"},
            ),
            Way(
                "UpdateMemberInput.fullName",
                owner,
                "updateMember",
                {"memberId": self.member_id, "fullName": HERE},
            ),
            Way("UpdateProfileInput.fullName", owner, "updateProfile", {"fullName": HERE}),
            Way("CreateUserInput.fullName", staff, "createUser", user),
            Way(
                "UpdateUserInput.fullName",
                staff,
                "updateUser",
                {"userId": self.owner.id, "fullName": HERE},
            ),
            Way("CreateAppInput.name", owner, "createApp", tenant | {"name": HERE}),
            Way("UpdateAppInput.name", owner, "updateApp", {"appId": self.app_id, "name": HERE}),
            Way(
                "CreateAppRoleInput.name",
                owner,
                "createAppRole",
                {"appId": self.app_id, "code": "s", "name": HERE},
            ),
            Way(
                "UpdateAppRoleInput.name",
                owner,
                "updateAppRole",
                {"appRoleId": self.app_role_id, "name": HERE},
            ),
            Way(
                "CreateApiKeyInput.name",
                owner,
                "createApiKey",
                tenant | {"name": HERE, "permissions": ["members:view"]},
            ),
        ]


ELSEWHERE = {
    "MemberImportRowInput.email",  # see the test of imports
    "MemberImportRowInput.fullName",
    "TariffAppInput.name",  # of the provider alone, as are the names of tariffs
}


def holding(text: str | list[str], given: dict[str, Any]) -> dict[str, Any]:
    return {
        key: holding(text, each) if isinstance(each, dict) else text if each == HERE else each
        for key, each in given.items()
    }


@pytest.fixture
async def doors(world: World, configure: Callable[..., Settings]) -> Doors:
    rates = [name for name in Settings.model_fields if name.startswith("limit_")]
    configure(registration=True, **dict.fromkeys(rates, "1000000/minute"))
    return await Doors().open(world)


async def refused(way: Way, text: str) -> str:
    """The code of the one wrong field, at the place of the text."""
    answer = await way.client.do(way.mutation, holding(text, way.given))
    assert answer["__typename"] == "InvalidInput", (way.field, text[:40], answer)
    [fault] = answer["fields"]
    assert fault["path"][-1] == way.field.partition(".")[2], (way.field, answer)
    return str(fault["code"])


async def test_no_way_in_takes_what_is_not_one_plain_address(doors: Doors) -> None:
    """CASES 71, 73; a list is no address."""
    for way in doors.of_addresses():
        for text in ADDRESSES:
            assert await refused(way, text) == "INVALID", (way.field, text)
        kind = way.mutation[0].upper() + way.mutation[1:] + "Input"
        document = f"mutation($i: {kind}!) {{ {way.mutation}(input: $i) {{ __typename }} }}"
        several = holding(["a@x.com", "b@x.com"], way.given)
        [error] = (await way.client.execute(document, i=several))["errors"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT", way.field


async def test_no_way_in_takes_a_name_that_is_empty_hidden_endless_or_a_link(
    doors: Doors,
) -> None:
    """CASES 74, 76."""
    for way in await doors.of_names():
        for text, code in NAMES.items():
            assert await refused(way, text) == code, (way.field, text[:40])


async def test_an_import_refuses_the_same(doors: Doors) -> None:
    """CASES 71, 73, 74, 76: row by row."""
    rows: list[dict[str, Any]] = [{"email": text, "role": "USER"} for text in ADDRESSES if text]
    rows += [
        {"email": f"n{number}@example.com", "role": "USER", "fullName": text}
        for number, text in enumerate(NAMES)
        if text.strip() and "\0" not in text
    ]
    planned = await importing.planned(doors.owner, doors.tenant, rows)
    found = await doors.owner.ask(importing.QUERY, id=planned)
    assert found["memberImport"]["readyCount"] == 0
    assert found["memberImport"]["refusedCount"] == len(rows)


async def test_one_address_is_one_account_however_it_is_written(doors: Doors) -> None:
    """CASES 70: case, blanks, the two forms of an international domain."""
    staff, user = doors.staff, HIS | {"login": "first", "email": "Uma@Почта.рф"}
    assert (await staff.do("createUser", user))["__typename"] == "CreateUserPayload"
    for number, same in enumerate(
        ("uma@почта.рф", " UMA@ПОЧТА.РФ ", "uma@xn--80a1acny.xn--p1ai", "Uma@XN--80A1ACNY.xn--p1ai")
    ):
        answer = await staff.do("createUser", user | {"login": f"u{number}", "email": same})
        assert answer["fields"][0]["code"] == "TAKEN", same
        signed = await doors.anonymous.do("signIn", {"login": same, "password": HIS["password"]})
        assert signed["__typename"] == "PasswordChangeRequired", same
    async with database.transaction(database.SYSTEM, read_only=True):
        [row] = await database.rows(
            "select email_key from users where email_key like 'uma@%'",
        )
    assert row["email_key"] == "uma@xn--80a1acny.xn--p1ai"


def test_every_field_for_a_name_or_an_address_is_tried() -> None:
    """A new one has to be added to a list above."""
    names = "email", "ownerEmail", "fullName", "name", "tenantName"
    source = Path(__file__).read_text("utf-8")
    types = SCHEMA._schema.type_map.values()  # noqa: SLF001 Strawberry offers no other way to it
    for kind in types:
        if isinstance(kind, GraphQLInputObjectType):
            for name, field in kind.fields.items():
                if name in names and get_named_type(field.type).name == "String":
                    assert f'"{kind.name}.{name}"' in source, f"{kind.name}.{name}"
