"""Registering a tenant by oneself (PRODUCT 5, source B): it makes the first user."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from models import AuditEvent, Member, Tenant, User, database
from settings import Settings
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import World

EMAIL = "nora@example.com"
ACCOUNT = {"fullName": "Nora Lind", "login": "nora", "password": "a long enough one"}


@pytest.fixture(autouse=True)
def opened(configure: Callable[..., Settings]) -> None:
    """Registration is off unless it is switched on."""
    configure(registration=True)


async def request(world: World, **given: Any) -> dict[str, Any]:
    wanted = {"email": EMAIL, "tenantName": "Lotus"} | given
    return await world.anonymous.do("registerTenant", wanted, "expiresAt")


async def complete(
    client: Client, token: str, select: str = "tenant { id name catalog locale }", **given: Any
) -> dict[str, Any]:
    wanted = {"token": token, "registration": ACCOUNT | given, "transport": "BEARER"}
    return await client.do("completeRegistration", wanted, select)


async def link(world: World) -> str:
    await request(world)
    return await world.link_token(EMAIL)


async def test_the_link_makes_tenant_and_first_user_together(world: World) -> None:
    """B; PRODUCT 2, rule 5."""
    answer = await complete(
        world.anonymous, await link(world), "tenant { id name catalog } session { token }"
    )
    assert (answer["tenant"]["name"], answer["tenant"]["catalog"]) == ("Lotus", "ACCOUNT")
    nora = world.client(answer["session"]["token"])
    found = await nora.ask(
        "{ me { login email emailVerified memberships { edges { node {"
        " isFirstUser role { code } tenant { name } } } } } }"
    )
    place = {"isFirstUser": True, "role": {"code": "OWNER"}, "tenant": {"name": "Lotus"}}
    assert found["me"] == {
        "login": "nora",
        "email": EMAIL,
        "emailVerified": True,
        "memberships": {"edges": [{"node": place}]},
    }


async def test_nothing_exists_before_the_link_is_followed(world: World) -> None:
    await link(world)
    async with database.transaction(database.SYSTEM, read_only=True):
        assert not await User.exists()
        assert not await Tenant.exists()


async def test_a_tenant_of_another_catalogue_may_be_asked_for(world: World) -> None:
    await request(world, catalog="PROJECT", locale="KK")
    answer = await complete(world.anonymous, await world.link_token(EMAIL))
    assert (answer["tenant"]["catalog"], answer["tenant"]["locale"]) == ("PROJECT", "KK")


@pytest.mark.parametrize("step", ["asking", "following the link"])
async def test_registration_is_off_unless_the_provider_switches_it_on(
    world: World, configure: Callable[..., Settings], step: str
) -> None:
    """PRODUCT 5: a setting, off by default."""
    token = await link(world)
    assert Settings.model_fields["registration"].default is False
    configure(registration=False)
    done = await (request(world) if step == "asking" else complete(world.anonymous, token))
    assert done["__typename"] == "RegistrationClosed"


async def test_the_answer_does_not_tell_whether_the_address_is_registered(
    world: World, statements: list[str]
) -> None:
    """CASES 84: only the mail does."""
    ann = await world.person("ann")
    statements.clear()
    known = await request(world, email=ann.email)
    work = len(statements)
    assert known.keys() == (await request(world)).keys()
    assert len(statements) == 2 * work
    mails = {mail.to: mail for mail in await world.mails()}
    assert mails[EMAIL].subject == "Register Lotus"
    assert mails[ann.email].subject == "Register Lotus: you have an account already"
    assert mails[ann.email].links == ()


async def test_a_registered_address_registers_nothing_again(world: World) -> None:
    """CASES 91: the account keeps what it is."""
    token = await link(world)
    await world.person("early", email=EMAIL)
    assert (await complete(world.anonymous, token))["__typename"] == "LinkUnavailable"


async def test_an_address_that_was_only_claimed_goes_to_who_proves_it(world: World) -> None:
    """PRODUCT 3.7; CASES 49."""
    claimant = await world.person("claimant", email=EMAIL, verified=False)
    await complete(world.anonymous, await link(world))
    assert await claimant.ask("{ me { email } }") == {"me": {"email": None}}


async def test_every_wrong_field_of_the_wish_is_named(world: World) -> None:
    answer = await request(world, email="nobody", tenantName=" ")
    assert [(f["path"], f["code"]) for f in answer["fields"]] == [
        (["email"], "INVALID"),
        (["tenantName"], "REQUIRED"),
    ]


async def test_a_wrong_account_leaves_the_link_as_it_was(world: World) -> None:
    """Bad input never costs data."""
    await world.person("taken")
    token = await link(world)
    wrong = await complete(world.anonymous, token, password="short", fullName="")
    assert [f["path"] for f in wrong["fields"]] == [
        ["registration", "fullName"],
        ["registration", "password"],
    ]
    taken = await complete(world.anonymous, token, login="taken")
    assert taken["__typename"] == "LoginTaken"
    assert (await complete(world.anonymous, token))["__typename"].endswith("Payload")


async def test_a_link_of_a_registration_works_once_and_for_a_day(
    world: World, clock: Clock
) -> None:
    token = await link(world)
    answers = await asyncio.gather(*(complete(world.anonymous, token) for _ in range(2)))
    kinds = sorted(answer["__typename"] for answer in answers)
    assert kinds == ["CompleteRegistrationPayload", "LinkUnavailable"]
    await request(world, email="late@example.com")
    late = await world.link_token("late@example.com")
    clock.move(timedelta(days=1))
    assert (await complete(world.anonymous, late))["__typename"] == "LinkUnavailable"


async def test_registrations_are_counted(world: World, configure: Callable[..., Settings]) -> None:
    """By address, by client, and by links that are tried (CASES 86, 87)."""
    for _ in range(5):
        await request(world)
    assert (await request(world))["__typename"] == "RateLimited"
    configure(limit_links="1/minute")
    assert (await complete(world.anonymous, "tnt_reg_x"))["__typename"] == "LinkUnavailable"
    assert (await complete(world.anonymous, "tnt_reg_y"))["__typename"] == "RateLimited"


async def test_the_audit_knows_who_made_the_tenant(world: World) -> None:
    await complete(world.anonymous, await link(world))
    async with database.transaction(database.SYSTEM, read_only=True):
        event = await AuditEvent.get(action="tenant.create")
        member = await Member.get()
    assert event.actor_id == member.user_id
