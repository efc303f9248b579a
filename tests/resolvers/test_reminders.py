"""Owners hear of the ends of subscriptions; `tests/races/test_reports.py` has several workers."""

from datetime import timedelta

import pytest

from locales import Locale
from mail.mailbox import Mail
from models import Catalog, Member, MemberStatus, Subscription, Tenant, database
from models import clock as clock_module
from resolvers import reminders
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import World
from tests.resolvers import report_steps, steps
from tests.resolvers.report_steps import DAY

HOUR = timedelta(hours=1)
ENDS_IN = "Acme: the subscription to Start ends in {} days"
ENDED = "Acme: the subscription to Start has ended"


async def sent(world: World) -> list[Mail]:
    """What has been mailed since, once two workers have looked one after the other."""
    before = len(await world.mails())
    for _ in range(2):
        await reminders.send_due()
    mails = await world.mails()
    return mails[: len(mails) - before]


async def subjects(world: World) -> list[str]:
    return [mail.subject for mail in await sent(world)]


async def renew(subscription: Subscription) -> None:
    """As `resolvers.subscribing.renew` writes it."""
    await report_steps.change(
        subscription, ends_at=subscription.ends_at + 30 * DAY, reminded_days=None
    )


async def test_owners_hear_fourteen_three_and_no_days_before_the_end_once_each(
    world: World, clock: Clock, project: Tenant, owner: Person
) -> None:
    """Issue 5.8."""
    await report_steps.subscribe(project)
    clock.move(16 * DAY - HOUR)
    assert await subjects(world) == []
    clock.move(HOUR)
    [mail] = await sent(world)
    assert (mail.to, mail.subject) == (owner.email, ENDS_IN.format(14))
    for day, told in ((12, []), (4, []), (3, [ENDS_IN.format(3)]), (1, []), (0, [ENDED])):
        assert (day, await told_at(world, clock, day)) == (day, told)
    clock.move(2 * DAY)
    assert await subjects(world) == []


async def told_at(world: World, clock: Clock, day: int) -> list[str]:
    """The clock moves to that many days before the end."""
    [row] = await steps.stored(Subscription.filter())
    clock.move(row.ends_at - day * DAY - clock_module.now())
    return await subjects(world)


@pytest.mark.parametrize(
    ("days", "subject"),
    [
        (13, ENDS_IN.format(13)),
        (2.5, ENDS_IN.format(3)),
        (1, "Acme: the subscription to Start ends in 1 day"),
        (0.1, "Acme: the subscription to Start ends in 1 day"),
        (-5, ENDED),
    ],
)
@pytest.mark.usefixtures("owner")
async def test_after_a_worker_was_away_only_the_tightest_is_sent_and_says_how_long_it_is(
    world: World, project: Tenant, days: float, subject: str
) -> None:
    """Issue 5.8."""
    await report_steps.subscribe(project, days=days, begun=60)
    assert await subjects(world) == [subject]


@pytest.mark.usefixtures("owner")
async def test_what_ended_long_ago_is_no_news(world: World, project: Tenant) -> None:
    await report_steps.subscribe(project, days=-30.1, begun=60)
    assert await subjects(world) == []


@pytest.mark.usefixtures("owner")
async def test_nobody_hears_of_what_was_cancelled(world: World, project: Tenant) -> None:
    """Issue 5.8: who cancels it knows."""
    await report_steps.cancel(await report_steps.subscribe(project, days=5, begun=60))
    assert await subjects(world) == []


@pytest.mark.usefixtures("owner")
@pytest.mark.parametrize("waits", [False, True], ids=["before it is due", "while it waits"])
async def test_owners_of_a_deleted_tenant_hear_nothing(
    world: World, clock: Clock, project: Tenant, *, waits: bool
) -> None:
    """PRODUCT 4: its queued mails end."""
    await report_steps.subscribe(project, days=5)
    if waits:
        assert await reminders.send_due() == 1
    await report_steps.change(project, deleted_at=clock_module.now())
    assert await reminders.send_due() == 0
    assert await world.mails() == []


@pytest.mark.usefixtures("owner")
async def test_who_was_told_of_a_tighter_step_hears_of_no_wider_one(
    world: World, project: Tenant
) -> None:
    await report_steps.subscribe(project, days=10, reminded_days=3)
    assert await subjects(world) == []


@pytest.mark.usefixtures("owner")
async def test_an_end_that_another_subscription_to_the_same_tariff_follows_is_none(
    world: World, clock: Clock, project: Tenant
) -> None:
    """Issue 5.8: neither then, nor once that has ended too; another tariff makes up for nothing."""
    same, other = await report_steps.tariff(), await report_steps.tariff(EN="Plus")
    await report_steps.subscribe(project, same, days=-1, begun=60)
    following = await report_steps.subscribe(project, same, days=30)
    await report_steps.subscribe(project, other, days=-1, begun=60)
    assert await subjects(world) == [ENDED.replace("Start", "Plus")]
    await report_steps.cancel(following)
    assert await subjects(world) == []


@pytest.mark.usefixtures("owner")
async def test_the_end_of_a_renewed_subscription_is_announced_anew(
    world: World, clock: Clock, project: Tenant
) -> None:
    """Issue 5.8: "renewing resets" what was told."""
    subscription = await report_steps.subscribe(project, days=2)
    assert await subjects(world) == [ENDS_IN.format(2)]
    await renew(subscription)
    assert await subjects(world) == []
    clock.move(20 * DAY)
    assert await subjects(world) == [ENDS_IN.format(12)]


async def test_one_that_is_renewed_meanwhile_is_not_announced(
    world: World, project: Tenant, owner: Person
) -> None:
    """It was due when the worker looked, and is not under the lock."""
    subscription = await report_steps.subscribe(project, days=2)
    await renew(subscription)
    assert await reminders._send(subscription.id) == 0  # noqa: SLF001 the moment between the two
    await report_steps.cancel(subscription)
    assert await reminders._send(subscription.id) == 0  # noqa: SLF001


@pytest.mark.usefixtures("owner")
async def test_each_subscription_of_a_tenant_is_announced(world: World, project: Tenant) -> None:
    """Issue 5.8."""
    for name in ("Start", "Plus"):
        await report_steps.subscribe(project, await report_steps.tariff(EN=name), days=14)
    told = [ENDS_IN.format(14), ENDS_IN.format(14).replace("Start", "Plus")]
    assert sorted(await subjects(world)) == sorted(told)


@pytest.mark.parametrize("catalog", Catalog)
async def test_every_owner_hears_it_and_nobody_else(world: World, catalog: Catalog) -> None:
    """Issue 5.8: owners of every kind of tenant; PRODUCT 3.7: at a proven address."""
    tenant = await world.tenant(catalog)
    owners = [await world.join(tenant) for _ in range(2)]
    await world.join(tenant, "USER")
    await world.join(tenant, person=await world.person(verified=False))
    await world.join(tenant, status=MemberStatus.DISABLED)
    await report_steps.subscribe(tenant, days=5)
    await reminders.send_due()
    queued = [entry.recipient for entry in await steps.queued()]
    assert sorted(queued) == sorted(one.email for one in owners)


async def test_who_is_no_owner_any_more_when_the_mail_leaves_gets_none(
    world: World, project: Tenant, owner: Person
) -> None:
    await report_steps.subscribe(project, days=5)
    assert await reminders.send_due() == 1
    async with database.transaction(database.SYSTEM):
        await Member.filter(id=owner.member_id).update(role="MANAGER")
    assert await world.mails() == []


@pytest.mark.parametrize(
    ("permissions", "renewing"),
    [
        (["subscriptions:manage"], "Horizon"),
        (["tenants:invite"], "The provider of the service"),
        (None, "The provider of the service"),
    ],
    ids=["permitted", "not permitted", "serves no more"],
)
@pytest.mark.parametrize(("days", "can"), [(5, "can renew it"), (-1, "can subscribe you again")])
async def test_the_mail_says_who_can_renew_it(
    world: World, permissions: list[str] | None, renewing: str, days: int, can: str
) -> None:
    """PRODUCT 6.3: those that serve the tenant, where the provider has switched it on."""
    organization = await report_steps.organization(world)
    served = await report_steps.serve(world, organization)
    await report_steps.change(organization, servicing=permissions)
    await world.join(served)
    await report_steps.subscribe(served, days=days, begun=60)
    [mail] = await sent(world)
    assert f"{renewing} {can}" in mail.text


async def test_who_has_served_the_tenant_once_is_not_named(world: World) -> None:
    """PRODUCT 6.4."""
    organization = await report_steps.organization(world)
    served = await report_steps.serve(world, organization, ended_at=clock_module.now())
    await world.join(served)
    await report_steps.subscribe(served, days=5)
    [mail] = await sent(world)
    assert "Horizon" not in mail.text


async def test_each_owner_reads_it_in_his_language_else_in_the_tenants(world: World) -> None:
    """PRODUCT 8: the tariff's name too."""
    tenant = await world.tenant(locale="RU")
    people = {
        (await world.join(tenant, person=await world.person(locale=locale))).email: locale
        for locale in (*Locale, None)
    }
    await report_steps.subscribe(tenant, days=5)
    for mail in await sent(world):
        assert report_steps.NAMES[people[mail.to] or Locale.RU] in mail.subject


@pytest.mark.usefixtures("owner")
async def test_one_that_cannot_be_written_holds_up_no_other(world: World, project: Tenant) -> None:
    broken = await report_steps.tariff(RU="Начало")
    await report_steps.subscribe(project, broken, days=2)
    await report_steps.subscribe(project, days=5)
    for _ in range(2):
        with pytest.raises(ExceptionGroup):
            await reminders.send_due()
    assert [mail.subject for mail in await world.mails()] == [ENDS_IN.format(5)]
    await report_steps.change(broken, names={"EN": "Mended"})
    assert await subjects(world) == [ENDS_IN.format(2).replace("Start", "Mended")]
