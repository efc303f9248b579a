"""Who is written to, at which address, in which language (PRODUCT 4, 8)."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from models import Channel, MemberStatus, Tenant
from resolvers import members
from settings import Settings
from tests.clients import Person
from tests.factories import World
from tests.production import PRODUCTION
from tests.resolvers import steps


async def remove(by: Person, member: Person) -> None:
    await by.do("removeMember", {"memberId": member.member_id})


async def test_people_are_written_to_in_their_own_language(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 8."""
    await remove(owner, await world.join(project, "MANAGER", await world.person(locale="KK")))
    assert [mail.locale for mail in await steps.queued()] == ["KK"]


async def test_who_has_chosen_no_language_is_written_to_in_the_tenants(world: World) -> None:
    """PRODUCT 8."""
    tenant = await world.tenant(locale="RU")
    await remove(await world.join(tenant), await world.join(tenant, "MANAGER"))
    assert [mail.locale for mail in await steps.queued()] == ["RU"]


async def test_an_invitation_is_written_in_the_language_named_for_it_else_in_the_tenants(
    world: World,
) -> None:
    """PRODUCT 3.1, 8."""
    tenant = await world.tenant(locale="RU")
    owner = await world.join(tenant)
    await steps.invite(owner, tenant, "a@example.com", locale="KK")
    await steps.invite(owner, tenant, "b@example.com")
    assert {mail.recipient: mail.locale for mail in await steps.queued()} == {
        "a@example.com": "KK",
        "b@example.com": "RU",
    }


async def test_an_address_that_is_not_proven_is_not_written_to(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 3.7: it may be somebody else's; neither is who has none."""
    claims = await world.person("claims", email=steps.NINA, verified=False)
    has_none = await world.person("none", email=None)
    for person in (claims, has_none):
        await remove(owner, await world.join(project, "MANAGER", person))
    assert await steps.queued() == []


async def test_an_inviter_without_a_proven_address_is_not_written_to(
    world: World, project: Tenant
) -> None:
    inviter = await world.person("inviter", verified=False)
    await world.join(project, "OWNER", inviter)
    await steps.invite(inviter, project)
    nina = await steps.register(world)
    assert [mail.to for mail in await world.mails()] == [nina.email]


async def test_nobody_is_written_to_for_what_he_has_done_himself(
    world: World, project: Tenant, owner: Person
) -> None:
    await world.join(project, "OWNER")
    await owner.do("changeRole", {"memberId": owner.member_id, "role": "MANAGER"})
    await owner.do("removeMember", {"memberId": owner.member_id})
    assert await steps.queued() == []


async def test_a_disabled_member_is_told_what_becomes_of_him(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 4: people affected are told."""
    disabled = await world.join(project, "ACCOUNTANT", status=MemberStatus.DISABLED)
    await owner.do("changeRole", {"memberId": disabled.member_id, "role": "MANAGER"})
    [mail] = await steps.queued()
    assert (mail.message, mail.recipient) == ("role_changed", disabled.email)


WANTED: dict[str, Any] = {
    "phone": "+77051250043",
    "phone_confirmed_at": datetime(2026, 11, 21, tzinfo=UTC),
    "wants_sms": True,
}


async def texts(world: World) -> list[str]:
    return [mail.text.strip() for mail in await world.mails() if mail.to == WANTED["phone"]]


async def test_who_wants_sms_gets_them_at_his_confirmed_number_beside_the_mail(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 5: role changed and removed."""
    person = await world.join(project, "MANAGER", await world.person("ann", **WANTED))
    await owner.do("changeRole", {"memberId": person.member_id, "role": "ACCOUNTANT"})
    assert await texts(world) == ["Acme: your role is now Accountant, changed by Olga."]
    await remove(owner, person)
    assert (await texts(world))[0] == "Acme: Olga has removed you."
    assert len([mail for mail in await world.mails() if mail.to == person.email]) == 2


async def test_an_sms_is_written_in_its_readers_language(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 8."""
    await remove(
        owner, await world.join(project, "MANAGER", await world.person(**WANTED, locale="KK"))
    )
    assert [(mail.channel, mail.locale) for mail in await steps.queued()] == [
        (Channel.MAIL, "KK"),
        (Channel.SMS, "KK"),
    ]


@pytest.mark.parametrize(
    "change",
    [{"wants_sms": False}, {"phone_confirmed_at": None}, {"phone": None}],
    ids=["not wanted", "unconfirmed", "no number"],
)
async def test_nobody_else_gets_notices_by_sms(
    world: World, project: Tenant, owner: Person, change: dict[str, object]
) -> None:
    """PRODUCT 5: an unconfirmed number only gets codes."""
    person = await world.person(**WANTED | change)
    await remove(owner, await world.join(project, "MANAGER", person))
    assert [mail.channel for mail in await steps.queued()] == [Channel.MAIL]


async def test_what_is_no_news_to_his_pocket_is_mailed_alone(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 5 names what is sent by SMS; being made an owner is not among it."""
    heir = await world.join(project, "MANAGER", await world.person(**WANTED))
    await owner.do("transferOwnership", {"tenantId": project.id, "toMemberId": heir.member_id})
    assert {mail.channel for mail in await steps.queued()} == {Channel.MAIL}


async def test_where_no_sms_are_sent_none_wait(
    world: World, project: Tenant, owner: Person, configure: Callable[..., Settings]
) -> None:
    """Production without a gateway: a queue that nobody empties would fill with numbers."""
    person = await world.join(project, "MANAGER", await world.person(**WANTED))
    viewer = await world.viewer(owner)
    configure(**PRODUCTION)
    await members.remove(viewer, person.member_id)
    assert [mail.channel for mail in await steps.queued()] == [Channel.MAIL]


async def test_an_sms_stays_short_however_long_the_names(world: World) -> None:
    """It is paid for by its length; a link in a name is none there either."""
    long = await world.tenant(name="evil.com " + "Ромашка " * 20)
    owner = await world.join(long, "OWNER", await world.person(full_name="x" * 200))
    person = await world.join(long, "MANAGER", await world.person(**WANTED))
    await owner.do("changeRole", {"memberId": person.member_id, "role": "ACCOUNTANT"})
    [text] = await texts(world)
    assert len(text) < 140
    assert "evil.com" not in text
    assert text.endswith(f"Accountant, changed by {'x' * 39}….")


async def test_a_name_that_looks_like_a_link_is_no_link_in_a_mail(
    world: World, project: Tenant
) -> None:
    """CASES 75, 76: escaped in HTML, defanged everywhere; the offer's own link is the only one."""
    inviter = await world.person("evil", full_name='<a href="//evil.com">win</a> evil.com')
    await world.join(project, "OWNER", inviter)
    await steps.invite(inviter, project)
    [mail] = await world.mails()
    assert "evil.com" not in mail.text + mail.subject + mail.html
    assert '<a href="//' not in mail.html
    assert len(mail.links) == 1
