"""What waited says nothing to somebody it is not for any more, for whatever reason it is not."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from locales import Locale
from mail import letters, outbox
from mail.letters import Letter
from mail.messages import Message
from models import (
    AccountLink,
    Channel,
    Member,
    MemberStatus,
    OutboxEntry,
    Tenant,
    User,
    clock,
    direct,
)
from models import database as db
from tests.clients import Person
from tests.factories import World

PHONE = "+77051250043"

Change = Callable[[Person, Tenant], Awaitable[Any]]


def account(**values: Any) -> Change:
    return lambda person, _: User.filter(id=person.id).update(**values)


def place(**values: Any) -> Change:
    return lambda person, _: Member.filter(id=person.member_id).update(**values)


async def deletion(_: Person, tenant: Tenant) -> None:
    await Tenant.filter(id=tenant.id).update(deleted_at=clock.now())


async def letter(
    message: str, to: Person, tenant: Tenant | None = None, *, change: Change | None = None
) -> Letter | None:
    """What leaves of a message to that person after `change` came over it."""
    by_phone = message == "sms"
    async with db.transaction(db.SYSTEM):
        entry = outbox.entry(
            Message("role_changed" if by_phone else message, {}),
            to=PHONE if by_phone else str(to.email),
            locale=Locale.KK,
            now=clock.now(),
            tenant_id=tenant.id if tenant else None,
            user_id=to.id,
            channel=Channel.SMS if by_phone else Channel.MAIL,
        )
        await direct.insert(entry)
        if change is not None:
            await change(to, tenant or Tenant())
        return await letters.of(entry)


FORMER = {
    "demoted": place(role="MANAGER"),
    "disabled": place(status=MemberStatus.DISABLED),
    "removed": place(status=MemberStatus.REMOVED),
    "with another address": account(email="olga@example.org"),
    "with an address that is not shown to be hers": account(email_verified_at=None),
    "of a tenant that is deleted": deletion,
}


async def test_what_only_owners_may_read_leaves_for_an_owner(
    project: Tenant, owner: Person
) -> None:
    for message in ("subscription_ends", "subscription_ended", "webhook_disabled"):
        found = await letter(message, owner, project)
        assert found == Letter(message, Locale.KK)


@pytest.mark.parametrize("change", FORMER.values(), ids=FORMER)
async def test_what_only_owners_may_read_does_not_leave_for_a_former_one(
    project: Tenant, owner: Person, change: Change
) -> None:
    for message in ("subscription_ends", "subscription_ended", "webhook_disabled"):
        assert await letter(message, owner, project, change=change) is None


async def test_an_owner_elsewhere_is_not_told(world: World, owner: Person, manager: Person) -> None:
    other = await world.tenant(name="Other")
    await world.join(other, "MANAGER", owner)
    assert await letter("subscription_ends", owner, other) is None
    assert await letter("subscription_ends", manager, other) is None


async def test_what_operators_are_told_is_for_operators(project: Tenant, owner: Person) -> None:
    assert await letter("operator_report", owner, project) is None


SWITCHED = {
    "off": account(wants_news=False),
    "to another address": account(email="stella@example.org"),
    "to an address that is not shown to be hers": account(email_verified_at=None),
}


async def test_news_leave_for_who_wants_them_with_a_way_out(world: World) -> None:
    reader = await world.person("stella", wants_news=True)
    found = await letter("news", reader)
    assert found is not None
    assert (found.template, found.locale) == ("news", Locale.KK)
    assert f"/unsubscribe/{reader.id}/" in str(found.unsubscribe)
    assert found.headers()["List-Unsubscribe"] == f"<{found.unsubscribe}>"
    assert found.secrets() == {"unsubscribe": found.unsubscribe}


@pytest.mark.parametrize("change", SWITCHED.values(), ids=SWITCHED)
async def test_news_do_not_leave_once_they_are_switched(world: World, change: Change) -> None:
    await world.person("other", wants_news=True)
    reader = await world.person("stella", wants_news=True)
    assert await letter("news", reader, change=change) is None


UNREACHED = {
    "who wants no SMS": account(wants_sms=False),
    "at another number": account(phone="+77051250044"),
    "at a number that is not confirmed": account(phone_confirmed_at=None),
}


@pytest.fixture
async def caller(world: World) -> Person:
    """She has a confirmed number and wants SMS."""
    return await world.person("stella", phone=PHONE, phone_confirmed_at=clock.now(), wants_sms=True)


async def test_an_sms_leaves_for_who_wants_it(caller: Person, project: Tenant) -> None:
    assert await letter("sms", caller, project) == Letter("role_changed", Locale.KK)


@pytest.mark.parametrize("change", UNREACHED.values(), ids=UNREACHED)
async def test_an_sms_does_not_leave_for_somebody_else(
    caller: Person, project: Tenant, change: Change
) -> None:
    assert await letter("sms", caller, project, change=change) is None


async def test_a_mail_needs_no_confirmed_number(project: Tenant, owner: Person) -> None:
    assert await letter("role_changed", owner, project) == Letter("role_changed", Locale.KK)


@pytest.mark.parametrize("column", ["closed_at", "expires_at"])
async def test_a_link_that_leads_nowhere_is_not_mailed(world: World, column: str) -> None:
    """One that was used or overtaken, and one whose time is over."""
    person = await world.person()
    await world.anonymous.do("requestPasswordReset", {"login": person.login})
    async with db.transaction(db.SYSTEM):
        entry = await OutboxEntry.get(link_id__isnull=False)
        assert await letters.of(entry) is not None
        await AccountLink.filter(id=entry.link_id).update(**{column: clock.now()})
        assert await letters.of(entry) is None
