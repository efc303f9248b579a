"""Reports to operators (PRODUCT 6.3); `tests/races/test_reports.py` has several workers."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from locales import Locale
from mail.mailbox import Mail
from models import (
    Member,
    MemberStatus,
    OperatorReport,
    OutboxState,
    Servicing,
    Tenant,
    User,
    database,
)
from resolvers import operator_reports
from settings import Settings
from tests import databases
from tests.clients import Person
from tests.conftest import DEFAULTS, Clock
from tests.factories import World
from tests.mail.letters import Page
from tests.resolvers import report_steps, steps
from tests.resolvers.report_steps import DAY

WEEK = timedelta(days=7)
MINUTES = timedelta(minutes=5)


@pytest.fixture
async def organization(world: World) -> Tenant:
    """Its first report is due in a week."""
    found = await report_steps.organization(world)
    await operator_reports.send_due()
    return found


@pytest.fixture
async def operator(world: World, organization: Tenant) -> Person:
    return await report_steps.operator(world, organization)


@pytest.fixture
async def served(world: World, organization: Tenant) -> Tenant:
    return await report_steps.serve(world, organization)


async def next_mails(world: World, clock: Clock, after: timedelta = WEEK) -> list[Mail]:
    """Those of the reports that are due by then."""
    before = len(await world.mails())
    clock.move(after)
    await operator_reports.send_due()
    return (await world.mails())[: len(await world.mails()) - before]


async def next_text(world: World, clock: Clock, after: timedelta = WEEK) -> str:
    [mail] = await next_mails(world, clock, after)
    return mail.text


def said(title: str, text: str) -> list[str]:
    """What a section of a report lists."""
    section = text.partition(f"{title}: ")[2].partition("\n\n")[0]
    return [line.removeprefix("- ") for line in section.splitlines()[1:]]


async def test_operators_get_mail_reports_on_the_tenants_they_serve_new_subscriptions_ending_ones_and_more(  # noqa: E501
    world: World, clock: Clock, organization: Tenant, operator: Person
) -> None:
    """F: "получает рассылки с отчетами по обслуживаемым абонентам"; each section with its total."""
    new, ending, ended = [
        await report_steps.serve(world, organization, name) for name in ("New", "Ending", "Ended")
    ]
    await report_steps.subscribe(new)
    await report_steps.subscribe(new, days=60)
    await report_steps.subscribe(ending, days=7 + 13, begun=60)
    await report_steps.subscribe(ended, days=3, begun=60)
    [mail] = await next_mails(world, clock)
    assert mail.to == operator.email
    assert mail.subject == "Subscriptions of the tenants that Horizon serves"
    for part in (mail.text, Page(mail.html).said):
        for title in ("New subscriptions: 2", "Ending within 14 days: 1", "Ended: 1"):
            assert title in part
    assert [line[:12] for line in said("New subscriptions", mail.text)] == ["New: Start, "] * 2
    assert said("Ending within 14 days", mail.text)[0].startswith("Ending: Start, ")
    assert said("Ended", mail.text)[0].startswith("Ended: Start, ")
    assert "Tenants served: 3\nTheir subscriptions now: 3" in mail.text


async def test_each_is_told_of_once_as_new_and_once_as_ended(
    world: World, clock: Clock, operator: Person, served: Tenant
) -> None:
    """Issue 5.8: nothing is left out between two reports, and nothing told twice."""
    told = []
    for _ in range(5):
        await report_steps.subscribe(served, days=1)
        told.append(await next_text(world, clock))
    for text in told:
        assert "New subscriptions: 1\n" in text
        assert "Ended: 1\n" in text


async def test_one_that_ends_on_the_fourteenth_day_is_ending_and_the_next_not(
    world: World, clock: Clock, operator: Person, served: Tenant
) -> None:
    """Issue 5.8."""
    await report_steps.subscribe(served, days=7 + 13.9, begun=60)
    await report_steps.subscribe(served, days=7 + 14.1, begun=60)
    assert "Ending within 14 days: 1\n" in await next_text(world, clock)


async def test_what_was_cancelled_has_ended_and_is_not_about_to(
    world: World, clock: Clock, operator: Person, served: Tenant
) -> None:
    cancelled = await report_steps.subscribe(served, days=10, begun=20)
    await report_steps.cancel(cancelled)
    text = await next_text(world, clock)
    assert "Ending within 14 days: 0\n" in text
    assert "Ended: 1\n" in text
    assert "Their subscriptions now: 0" in text


async def test_one_cancelled_this_moment_is_told_of_in_the_next_report_alone(
    world: World, clock: Clock, operator: Person, served: Tenant
) -> None:
    """What another transaction is writing is not seen yet, so the last minute is left for later."""
    subscription = await report_steps.subscribe(served, days=15, begun=20)
    await report_steps.subscribe(served)
    clock.move(WEEK - timedelta(seconds=30))
    await report_steps.cancel(subscription)
    text = await next_text(world, clock, timedelta(seconds=31))
    assert "Ending within 14 days: 0\n" in text
    assert "Ended: 0\n" in text
    assert "Ended: 1\n" in await next_text(world, clock)


async def test_no_more_than_fifty_rows_stand_in_a_section_and_all_are_counted(
    world: World, clock: Clock, operator: Person, served: Tenant
) -> None:
    """Issue 5.8."""
    tariff = await report_steps.tariff()
    for _ in range(53):
        await report_steps.subscribe(served, tariff)
    text = await next_text(world, clock)
    assert "New subscriptions: 53\n" in text
    assert said("New subscriptions", text)[50:] == ["and 3 more subscriptions"]


async def test_nobody_gets_an_empty_one(
    world: World, clock: Clock, operator: Person, served: Tenant
) -> None:
    """Issue 5.8: one that goes on with nothing near its end is no news."""
    await report_steps.subscribe(served, days=300, begun=60)
    assert await next_mails(world, clock) == []


async def test_the_first_comes_an_interval_later_and_then_each_interval(
    world: World, clock: Clock, operator: Person, served: Tenant
) -> None:
    """Issue 5.8: weekly by default."""
    assert Settings.model_fields["report_interval"].default == WEEK
    await report_steps.subscribe(served)
    assert await next_mails(world, clock, WEEK - MINUTES) == []
    assert len(await next_mails(world, clock, 2 * MINUTES)) == 1
    await report_steps.subscribe(served)
    assert await next_mails(world, clock, WEEK - 2 * MINUTES) == []
    assert len(await next_mails(world, clock, MINUTES)) == 1


async def test_one_that_another_worker_has_written_meanwhile_is_not_written_again(
    world: World, operator: Person, organization: Tenant, served: Tenant
) -> None:
    """It was due when this one looked, and is not under the lock."""
    await report_steps.subscribe(served)
    assert await operator_reports._send(organization.id) == 0  # noqa: SLF001 the moment between


async def test_the_interval_is_a_setting(
    world: World, clock: Clock, configure: Callable[..., Settings]
) -> None:
    """Issue 5.8."""
    configure(report_interval=DAY)
    organization = await report_steps.organization(world)
    await report_steps.operator(world, organization)
    await operator_reports.send_due()
    await report_steps.subscribe(await report_steps.serve(world, organization))
    assert len(await next_mails(world, clock, DAY)) == 1


async def test_a_worker_that_was_away_for_a_month_writes_one_report_and_keeps_the_day(
    world: World, clock: Clock, operator: Person, served: Tenant
) -> None:
    """Issue 5.8."""
    await report_steps.subscribe(served)
    clock.move(20 * DAY)
    await report_steps.subscribe(served)
    text = await next_text(world, clock, 10 * DAY)
    assert "New subscriptions: 2\n" in text
    await report_steps.subscribe(served)
    assert await next_mails(world, clock, 5 * DAY - MINUTES) == []
    assert len(await next_mails(world, clock, MINUTES)) == 1


async def test_the_schedule_survives_a_restart(
    world: World,
    clock: Clock,
    operator: Person,
    served: Tenant,
    database_urls: tuple[str, str],
) -> None:
    """Issue 5.8: nothing of it is in the process."""
    await report_steps.subscribe(served)
    [before] = await steps.stored(OperatorReport.filter())
    clock.move(WEEK - MINUTES)
    await database.stop()
    await databases.open_pool(database_urls[0], DEFAULTS)
    assert await operator_reports.send_due() == 0
    [after] = await steps.stored(OperatorReport.filter())
    assert (after.covered_until, after.due_at) == (before.covered_until, before.due_at)
    assert len(await next_mails(world, clock, MINUTES)) == 1


async def test_what_was_before_a_worker_noticed_the_organization_is_in_its_first_report(
    world: World, clock: Clock
) -> None:
    organization = await report_steps.organization(world)
    await report_steps.operator(world, organization)
    await report_steps.subscribe(await report_steps.serve(world, organization))
    clock.move(MINUTES)
    assert await next_mails(world, clock, MINUTES) == []
    assert "New subscriptions: 1\n" in await next_text(world, clock)


@pytest.mark.parametrize("role", ["OWNER", "ADMINISTRATOR", "USER"])
async def test_only_operators_get_it(
    world: World, clock: Clock, organization: Tenant, operator: Person, served: Tenant, role: str
) -> None:
    """F: it is what makes an operator; and of those served, nobody does."""
    await world.join(organization, role)
    await world.join(served, role)
    await report_steps.subscribe(served)
    assert [mail.to for mail in await next_mails(world, clock)] == [operator.email]


async def test_each_operator_gets_one_and_who_cannot_be_reached_gets_none(
    world: World, clock: Clock, organization: Tenant, operator: Person, served: Tenant
) -> None:
    """PRODUCT 3.7: an address that is not proven may be somebody else's."""
    other = await report_steps.operator(world, organization)
    await report_steps.operator(world, organization, await world.person(verified=False))
    await report_steps.operator(world, organization, await world.person(email=None))
    for status in (MemberStatus.DISABLED, MemberStatus.REMOVED):
        await world.join(organization, "OPERATOR", status=status)
    await report_steps.subscribe(served)
    clock.move(WEEK)
    assert await operator_reports.send_due() == 2
    queued = [entry.recipient for entry in await steps.queued()]
    assert sorted(queued) == sorted([operator.email, other.email])


LOSSES: dict[str, Callable[[Person], object]] = {
    "the role": lambda who: Member.filter(id=who.member_id).update(role="USER"),
    "the place": lambda who: Member.filter(id=who.member_id).update(status="REMOVED"),
    "the address": lambda who: User.filter(id=who.id).update(email="new@example.com"),
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("waits", [False, True], ids=["before it is due", "while it waits"])
async def test_who_has_lost_the_role_gets_none(
    world: World, clock: Clock, operator: Person, served: Tenant, loss: str, *, waits: bool
) -> None:
    """PRODUCT 6.4: nor does an address that is not his any more."""
    await report_steps.subscribe(served)
    clock.move(WEEK)
    if waits:
        assert await operator_reports.send_due() == 1
    async with database.transaction(database.SYSTEM):
        await LOSSES[loss](operator)  # type: ignore[misc]  # a query
    await operator_reports.send_due()
    assert operator.email not in [mail.to for mail in await world.mails()]


async def test_each_reads_it_in_his_language_else_in_the_organizations(
    world: World, clock: Clock
) -> None:
    """PRODUCT 8: the tariffs' names too."""
    organization = await report_steps.organization(world, locale="KK")
    for locale in (*Locale, None):
        await report_steps.operator(world, organization, await world.person(locale=locale))
    await operator_reports.send_due()
    await report_steps.subscribe(await report_steps.serve(world, organization))
    texts = sorted(mail.text for mail in await next_mails(world, clock))
    told = [name for text in texts for name in report_steps.NAMES.values() if name in text]
    assert sorted(told) == sorted([*report_steps.NAMES.values(), report_steps.NAMES["KK"]])


async def test_nothing_is_told_of_tenants_that_are_not_served(
    world: World, clock: Clock, organization: Tenant, operator: Person, served: Tenant
) -> None:
    """PRODUCT 6.4: any more, by others, by nobody, or deleted."""
    other = await report_steps.organization(world)
    former = await report_steps.serve(world, organization, "Former")
    deleted = await report_steps.serve(world, organization, "Deleted")
    theirs = await report_steps.serve(world, other, "Theirs")
    alone = await world.tenant(name="Alone")
    for tenant in (served, former, deleted, theirs, alone):
        await report_steps.subscribe(tenant)
    async with database.transaction(database.SYSTEM):
        await Servicing.filter(tenant_id=former.id).update(ended_at=clock.now())
        await Tenant.filter(id=deleted.id).update(deleted_at=clock.now())
    [mail] = await next_mails(world, clock)
    assert "New subscriptions: 1\n" in mail.text
    assert said("New subscriptions", mail.text)[0].startswith("Acme: ")
    assert "Tenants served: 1\n" in mail.text


async def test_an_organization_that_serves_no_more_gets_none(
    world: World, clock: Clock, organization: Tenant, operator: Person, served: Tenant
) -> None:
    """PRODUCT 6.4."""
    await report_steps.subscribe(served)
    await report_steps.change(organization, servicing=None)
    assert await next_mails(world, clock) == []


@pytest.mark.parametrize("waits", [False, True], ids=["before it is due", "while it waits"])
async def test_an_organization_that_is_deleted_gets_none(
    world: World,
    clock: Clock,
    organization: Tenant,
    operator: Person,
    served: Tenant,
    *,
    waits: bool,
) -> None:
    """PRODUCT 4: its queued mails end."""
    await report_steps.subscribe(served)
    clock.move(WEEK)
    if waits:
        assert await operator_reports.send_due() == 1
    await report_steps.change(organization, deleted_at=clock.now())
    assert await operator_reports.send_due() == 0
    assert await world.mails() == []


async def test_an_organization_whose_report_cannot_be_written_holds_up_no_other(
    world: World, clock: Clock, organization: Tenant, operator: Person, served: Tenant
) -> None:
    """It is due still, and comes once it can be."""
    broken = await report_steps.organization(world)
    await operator_reports.send_due()
    his = await report_steps.operator(world, broken)
    tariff = await report_steps.tariff(RU="Начало")
    await report_steps.subscribe(await report_steps.serve(world, broken), tariff)
    await report_steps.subscribe(served)
    clock.move(WEEK + MINUTES)
    for _ in range(2):
        with pytest.raises(ExceptionGroup) as failed:
            await operator_reports.send_due()
        assert [type(error) for error in failed.value.exceptions] == [KeyError]
    assert [mail.to for mail in await world.mails()] == [operator.email]
    await report_steps.change(tariff, names=report_steps.NAMES)
    assert await operator_reports.send_due() == 1
    assert [entry.state for entry in await steps.queued()] == [OutboxState.QUEUED]
    assert [entry.recipient for entry in await steps.queued()] == [his.email]
