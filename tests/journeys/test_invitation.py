"""One person's ways into a tenant: over HTTP on a socket, with mail as it arrives."""

from datetime import timedelta

import pytest

from models import Tenant
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import World
from tests.journeys import steps
from tests.journeys.site import Browser, Site
from tests.journeys.steps import NEWCOMER, REGISTRATION

LINK_LIVES = timedelta(days=3)
DEAD = "InvitationUnavailable"


@pytest.fixture
async def inviter(site: Site, owner: Person) -> Browser:
    """The owner, signed in on the site."""
    return await site.signed_in(owner.login)


async def test_a_newcomer_is_invited_and_joins_and_is_changed_and_removed(
    site: Site, inviter: Browser, owner: Person, project: Tenant
) -> None:
    """PRODUCT 3.4 and 4."""
    await steps.newcomers_way(site, inviter, project.id, owner.email)


async def test_somebody_registered_joins_by_the_link(
    site: Site, inviter: Browser, project: Tenant, stranger: Person
) -> None:
    """PRODUCT 3.7."""
    member_id = await steps.invite(inviter, project.id, stranger.email)
    token = (await site.letter(stranger.email)).token
    browser = site.browser()
    assert not (await steps.offer(browser, token))["registrationRequired"]
    assert (await steps.accept(browser, token))["__typename"] == "SignInRequired"
    await browser.sign_in(stranger.email)
    assert (await steps.accept(browser, token))["session"] is None
    listed = await steps.member(inviter, project.id, member_id)
    assert listed is not None
    assert listed["status"] == "JOINED"


async def test_somebody_registered_joins_from_his_own_list(
    site: Site, inviter: Browser, project: Tenant, stranger: Person
) -> None:
    """PRODUCT 3.7: before he accepts the tenant is not among his."""
    member_id = await steps.invite(inviter, project.id, stranger.email)
    browser = await site.signed_in(stranger.login)
    mine = "{ me { invitations { edges { node { id tenantName } } } } tenants { totalCount } }"
    found = await browser.ask(mine)
    [edge] = found["me"]["invitations"]["edges"]
    assert edge["node"]["tenantName"] == project.name
    assert found["tenants"] == {"totalCount": 0}
    answer = await browser.do(
        "acceptInvitation", {"invitation": {"id": edge["node"]["id"]}}, "member { id status }"
    )
    assert answer["member"] == {"id": member_id, "status": "JOINED"}
    assert await browser.ask(mine) == {
        "me": {"invitations": {"edges": []}},
        "tenants": {"totalCount": 1},
    }


async def test_after_a_resend_the_new_link_works_and_the_old_one_is_dead(
    site: Site, inviter: Browser, project: Tenant
) -> None:
    """PRODUCT 3.6; CASES 60."""
    member_id = await steps.invite(inviter, project.id, NEWCOMER)
    first = await site.letter(NEWCOMER)
    await steps.resend(inviter, member_id)
    second = await site.letter(NEWCOMER)
    browser = site.browser()
    assert (await steps.offer(browser, first.token))["__typename"] == DEAD
    refused = await steps.accept(browser, first.token, registration=REGISTRATION)
    assert refused["__typename"] == DEAD
    joined = await steps.accept(browser, second.token, registration=REGISTRATION)
    assert joined["member"]["id"] == member_id


async def test_after_three_days_the_link_is_dead_until_it_is_sent_again(
    site: Site, clock: Clock, inviter: Browser, project: Tenant
) -> None:
    """PRODUCT 3.5 and 3.6; CASES 59."""
    member_id = await steps.invite(inviter, project.id, NEWCOMER)
    first = await site.letter(NEWCOMER)
    clock.move(LINK_LIVES)
    browser = site.browser()
    assert (await steps.offer(browser, first.token))["__typename"] == DEAD
    refused = await steps.accept(browser, first.token, registration=REGISTRATION)
    assert refused["__typename"] == DEAD
    listed = await steps.member(inviter, project.id, member_id)
    assert listed is not None
    assert listed["status"] == "PENDING"
    await steps.resend(inviter, member_id)
    second = await site.letter(NEWCOMER)
    joined = await steps.accept(browser, second.token, registration=REGISTRATION)
    assert joined["member"]["status"] == "JOINED"


async def test_with_the_wrong_account_nothing_happens_to_the_invitation(
    site: Site, inviter: Browser, world: World, project: Tenant, stranger: Person
) -> None:
    """PRODUCT 3.9; CASES 47."""
    member_id = await steps.invite(inviter, project.id, stranger.email)
    token = (await site.letter(stranger.email)).token
    wrong = await site.signed_in((await world.person()).login)
    refused = await steps.accept(wrong, token)
    assert (refused["__typename"], refused["invitedEmail"]) == ("WrongAccount", "st***@example.com")
    assert await wrong.ask("{ tenants { totalCount } }") == {"tenants": {"totalCount": 0}}
    right = await site.signed_in(stranger.login)
    assert (await steps.accept(right, token))["member"]["id"] == member_id


async def test_opening_the_link_changes_nothing(
    site: Site, inviter: Browser, project: Tenant
) -> None:
    """PRODUCT 3.4; CASES 78: mail scanners open links, fifty times if they like."""
    member_id = await steps.invite(inviter, project.id, NEWCOMER)
    letter = await site.letter(NEWCOMER)
    scanner = site.browser()
    pages = {(await scanner.http.get(letter.link)).status_code for _ in range(50)}
    assert pages == {200}
    offers = [await steps.offer(scanner, letter.token) for _ in range(3)]
    assert all(offer["__typename"] == "InvitationPreview" for offer in offers)
    joined = await steps.accept(site.browser(), letter.token, registration=REGISTRATION)
    assert joined["member"]["id"] == member_id
