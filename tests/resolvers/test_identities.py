"""Signing in through identity providers (PRODUCT 5, issue 4.4, ADR 0012)."""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from auth import sealing, tokens
from models import Identity, ProviderVisit, User, database, ids
from models import clock as clocks
from resolvers import visits as resolved_visits
from settings import Settings
from tests import authenticator, visits
from tests.clients import Client, Person
from tests.conftest import Clock
from tests.factories import PASSWORD, World
from tests.provider import Provider, signed_by_another
from tests.resolvers import steps
from tests.visits import link, linked, sent, sign_in

Configure = Callable[..., Settings]
OTHERS_SECRET = SecretStr("another secret of thirty-two characters")
DEAD, FAILED = "LinkUnavailable", "IdentityProviderFailed"
FINISHING = ["signInWithProvider", "linkIdentity"]


@pytest.fixture(autouse=True)
def _listed(provider: Provider, configure: Configure) -> None:
    configure(identity_providers=[provider.settings(), provider.oauth2_settings()])


async def without_password(person: Person) -> None:
    async with database.transaction(database.SYSTEM):
        await User.filter(id=person.id).update(password_hash=None)


async def test_everybody_sees_who_may_be_asked(anonymous: Client) -> None:
    """Issue 4.4: listed in the settings."""
    found = await anonymous.ask("{ identityProviders { name title } }")
    assert found["identityProviders"] == [
        {"name": "acme", "title": "Acme ID"},
        {"name": "hub", "title": "Hub"},
    ]


@pytest.mark.parametrize("name", ["acme", "hub"])
async def test_what_was_linked_from_a_session_signs_in(
    stranger: Person, anonymous: Client, name: str
) -> None:
    """Issue 4.4: OpenID Connect, and OAuth 2 with a user-info mapping."""
    answer = await link(stranger, name)
    assert answer["__typename"] == "LinkIdentityPayload"
    signed_in = await sign_in(anonymous, name)
    assert signed_in["__typename"] == "SignedIn"
    assert signed_in["me"] == {"login": stranger.login}


@pytest.mark.parametrize("is_verified", [True, False])
async def test_an_address_from_a_provider_finds_no_account(
    stranger: Person, anonymous: Client, provider: Provider, *, is_verified: bool
) -> None:
    """Issue 4.4, ADR 0012: verified or not, also where it is that of a verified account."""
    provider.email, provider.email_verified = stranger.email, is_verified
    answer = await sign_in(anonymous)
    assert answer["__typename"] == "IdentityNotLinked"
    assert await linked(stranger) == []


async def test_another_person_of_the_provider_is_another_identity(
    stranger: Person, anonymous: Client, provider: Provider
) -> None:
    """ADR 0012: whatever address he has by now."""
    await link(stranger)
    provider.subject = "person-2"
    assert (await sign_in(anonymous))["__typename"] == "IdentityNotLinked"


async def test_the_same_subject_of_another_provider_is_another_identity(
    stranger: Person, anonymous: Client
) -> None:
    """ADR 0012."""
    await link(stranger, "acme")
    assert (await sign_in(anonymous, "hub"))["__typename"] == "IdentityNotLinked"


async def test_ones_identities_show_where_they_are_from_and_when_they_were_used(
    stranger: Person, anonymous: Client, provider: Provider, clock: Clock
) -> None:
    """B: signing in through external providers is among the settings."""
    made = (await link(stranger))["identity"]
    await link(stranger, "hub")
    assert (await linked(stranger))[0] == made
    assert made["provider"] == {"name": "acme", "title": "Acme ID"}
    assert (made["email"], made["lastUsedAt"]) == ("ann@elsewhere.example", None)
    clock.move(timedelta(seconds=30))
    provider.email = "anna@elsewhere.example"
    await sign_in(anonymous)
    first, second = await linked(stranger)
    assert (first["email"], second["email"]) == ("anna@elsewhere.example", "ann@elsewhere.example")
    assert first["lastUsedAt"] > made["createdAt"]
    assert second["lastUsedAt"] is None


async def test_a_provider_that_is_not_listed_any_more_shows_by_its_name(
    stranger: Person, configure: Configure
) -> None:
    await link(stranger)
    configure(identity_providers=[])
    [shown] = await linked(stranger)
    assert shown["provider"] == {"name": "acme", "title": "acme"}


@pytest.mark.parametrize("mutation", ["startProviderSignIn", "startProviderLink"])
async def test_nobody_is_sent_to_a_provider_that_is_not_listed(
    stranger: Person, mutation: str
) -> None:
    answer = await stranger.do(mutation, {"provider": "nobody"})
    assert answer["__typename"] == "NotFound"


@pytest.mark.parametrize("mutation", ["startProviderSignIn", "startProviderLink"])
async def test_a_provider_that_is_away_sends_nobody_anywhere(
    stranger: Person, provider: Provider, configure: Configure, mutation: str
) -> None:
    configure(identity_providers=[provider.settings(issuer="http://127.0.0.1:9")])
    answer = await stranger.do(mutation, {"provider": "acme"})
    assert answer["__typename"] == FAILED
    assert await steps.stored(ProviderVisit.filter()) == []


@pytest.mark.parametrize("finishing", FINISHING)
async def test_a_provider_that_lies_signs_nobody_in_and_links_nothing(
    stranger: Person, provider: Provider, finishing: str
) -> None:
    provider.sign = signed_by_another
    answer = await stranger.do(finishing, await back_of(stranger, finishing))
    assert answer["__typename"] == FAILED
    assert "sign in with your password" in answer["message"]
    assert await linked(stranger) == []


async def back_of(who: Person, finishing: str) -> dict[str, Any]:
    starting = {"signInWithProvider": "startProviderSignIn", "linkIdentity": "startProviderLink"}
    return await sent(who, starting[finishing])


@pytest.mark.parametrize("finishing", FINISHING)
@pytest.mark.parametrize(
    "wrong",
    [{"visit": "tnt_vis_nobodys"}, {"visit": "\0"}, {"state": "another"}, {"state": ""}],
    ids=str,
)
async def test_what_does_not_belong_together_is_refused(
    stranger: Person, provider: Provider, finishing: str, wrong: dict[str, str]
) -> None:
    """Issue 4.4: state; the code is not even looked at."""
    back = await back_of(stranger, finishing)
    assert (await stranger.do(finishing, back | wrong))["__typename"] == DEAD
    assert "/token" not in provider.asked


@pytest.mark.parametrize("finishing", FINISHING)
async def test_the_code_of_another_visit_is_refused(stranger: Person, finishing: str) -> None:
    """PKCE: an attacker's code brought to somebody else's visit proves nothing."""
    his, attackers = await back_of(stranger, finishing), await sent(stranger)
    answer = await stranger.do(finishing, his | {"code": attackers["code"]})
    assert answer["__typename"] == FAILED


@pytest.mark.parametrize("finishing", FINISHING)
async def test_a_visit_lasts_ten_minutes(
    stranger: Person, clock: Clock, provider: Provider, finishing: str
) -> None:
    back = await back_of(stranger, finishing)
    clock.move(timedelta(minutes=10))
    assert (await stranger.do(finishing, back))["__typename"] == DEAD
    assert "/token" not in provider.asked


@pytest.mark.parametrize("finishing", FINISHING)
async def test_a_visit_is_used_once(stranger: Person, provider: Provider, finishing: str) -> None:
    """Issue 4.4: a visit that is brought again is refused, whatever the provider says."""
    await link(stranger)
    provider.forgets_codes = False
    back = await back_of(stranger, finishing)
    assert (await stranger.do(finishing, back))["__typename"] != DEAD
    assert (await stranger.do(finishing, back))["__typename"] == DEAD


async def test_a_visit_to_sign_in_links_nothing_and_the_other_way_round(
    stranger: Person, anonymous: Client
) -> None:
    """ADR 0012: nobody is made to finish what he has not begun."""
    to_sign_in = await sent(stranger)
    assert (await stranger.do("linkIdentity", to_sign_in))["__typename"] == DEAD
    to_link = await sent(stranger, "startProviderLink")
    assert (await visits.finish(anonymous, to_link))["__typename"] == DEAD


async def test_what_somebody_else_has_begun_cannot_be_linked(
    stranger: Person, owner: Person
) -> None:
    """ADR 0012: an attacker's identity in his victim's account would be the attacker's way in."""
    attackers = await sent(stranger, "startProviderLink")
    assert (await owner.do("linkIdentity", attackers))["__typename"] == DEAD
    assert await linked(owner) == []


@pytest.mark.parametrize("finishing", FINISHING)
@pytest.mark.parametrize("change", [{"identity_providers": []}, {"secret": (OTHERS_SECRET,)}])
async def test_a_visit_ends_with_its_provider_and_with_the_servers_secret(
    stranger: Person, configure: Configure, finishing: str, change: dict[str, Any]
) -> None:
    back = await back_of(stranger, finishing)
    configure(**change)
    assert (await stranger.do(finishing, back))["__typename"] == DEAD


async def test_somebody_elses_identity_stays_his(
    stranger: Person, owner: Person, anonymous: Client
) -> None:
    await link(stranger)
    answer = await link(owner)
    assert answer["__typename"] == "IdentityTaken"
    assert await linked(owner) == []
    assert (await sign_in(anonymous))["me"] == {"login": stranger.login}


async def test_linking_what_one_has_changes_nothing(world: World, stranger: Person) -> None:
    first, again = await link(stranger), await link(stranger)
    assert again == first
    assert len(await world.mails()) == 1


async def test_linking_and_unlinking_are_told_and_recorded(world: World, stranger: Person) -> None:
    """DESIGN 1.1: codes and ids in the audit, no address."""
    identity_id = (await link(stranger))["identity"]["id"]
    await stranger.do("unlinkIdentity", {"identityId": identity_id})
    off, on = await world.mails()
    assert {on.to, off.to} == {stranger.email}
    assert (on.subject, off.subject) == (
        "Signing in through Acme ID is on",
        "Signing in through Acme ID is off",
    )
    for mail in (on, off):
        assert "it concerns your account" in mail.text
    recorded = await steps.audit("identity.link", "identity.unlink")
    assert [(row.action, row.actor_id, row.subject_id, row.changes) for row in recorded] == [
        (action, stranger.id, identity_id, {"provider": [None, "acme"]})
        for action in ("identity.link", "identity.unlink")
    ]


async def test_signing_in_is_recorded_as_the_person_who_did(
    stranger: Person, anonymous: Client
) -> None:
    await link(stranger)
    await sign_in(anonymous)
    [opened] = await steps.audit("session.open")
    assert opened.actor_id == stranger.id


async def test_what_was_unlinked_signs_nobody_in(stranger: Person, anonymous: Client) -> None:
    """Issue 4.4."""
    identity_id = (await link(stranger))["identity"]["id"]
    answer = await stranger.do("unlinkIdentity", {"identityId": identity_id}, "identityId")
    assert answer == {"__typename": "UnlinkIdentityPayload", "identityId": identity_id}
    assert await linked(stranger) == []
    assert (await sign_in(anonymous))["__typename"] == "IdentityNotLinked"


async def test_nobody_unlinks_what_is_not_his(stranger: Person, owner: Person) -> None:
    """DESIGN 3: unknown and not one's own are one answer."""
    identity_id = (await link(stranger))["identity"]["id"]
    for unknown in (identity_id, "idn_x"):
        answer = await owner.do("unlinkIdentity", {"identityId": unknown})
        assert answer["__typename"] == "NotFound"
    assert len(await linked(stranger)) == 1


async def test_the_last_way_in_is_not_unlinked(stranger: Person) -> None:
    """Issue 4.4."""
    first = (await link(stranger))["identity"]["id"]
    await without_password(stranger)
    answer = await stranger.do("unlinkIdentity", {"identityId": first})
    assert answer["__typename"] == "LastWayIn"
    second = (await link(stranger, "hub"))["identity"]["id"]
    assert (await unlink(stranger, first))["__typename"] == "UnlinkIdentityPayload"
    assert (await unlink(stranger, second))["__typename"] == "LastWayIn"


async def unlink(person: Person, identity_id: str) -> dict[str, Any]:
    return await person.do("unlinkIdentity", {"identityId": identity_id})


async def test_a_provider_that_is_not_listed_any_more_is_no_way_in(
    stranger: Person, provider: Provider, configure: Configure
) -> None:
    await link(stranger, "hub")
    identity_id = (await link(stranger))["identity"]["id"]
    await without_password(stranger)
    configure(identity_providers=[provider.settings()])
    assert (await unlink(stranger, identity_id))["__typename"] == "LastWayIn"


async def test_of_two_identities_unlinked_at_once_one_stays(stranger: Person) -> None:
    """Issue 4.4. Breaks without `profiles.lock` in `identities.unlink`."""
    both = [(await link(stranger, name))["identity"]["id"] for name in ("acme", "hub")]
    await without_password(stranger)
    outside = {one: contextvars.copy_context() for one in both}
    async with database.transaction(database.SYSTEM):
        await Identity.filter(user_id=stranger.id).select_for_update()
        tasks = [asyncio.create_task(unlink(stranger, o), context=c) for o, c in outside.items()]
        while len(await database.rows("select from pg_locks where not granted")) < 2:  # noqa: ASYNC110 no event
            await asyncio.sleep(0.01)
    answers = [(await task)["__typename"] for task in tasks]
    assert sorted(answers) == ["LastWayIn", "UnlinkIdentityPayload"]


async def at_once(work: Callable[[], Awaitable[dict[str, Any]]]) -> list[str]:
    return sorted(answer["__typename"] for answer in await asyncio.gather(work(), work()))


async def test_of_two_who_finish_one_visit_one_signs_in(
    world: World, stranger: Person, anonymous: Client, provider: Provider
) -> None:
    """Where the provider exchanges a code twice. Breaks without the `raise` in `visits.use`."""
    await link(stranger)
    provider.forgets_codes = False
    back = await sent(anonymous)
    assert await at_once(lambda: visits.finish(world.anonymous, back)) == [DEAD, "SignedIn"]


async def test_of_two_who_finish_one_visit_one_links(stranger: Person, provider: Provider) -> None:
    provider.forgets_codes = False
    back = await sent(stranger, "startProviderLink")
    found = await at_once(lambda: stranger.do("linkIdentity", back))
    assert found == ["LinkIdentityPayload", DEAD]
    assert len(await linked(stranger)) == 1


async def test_one_identity_is_linked_to_one_account_whatever_two_do_at_once(
    stranger: Person, owner: Person
) -> None:
    """ADR 0012: UNIQUE (provider, subject)."""
    answers = await asyncio.gather(link(stranger), link(owner))
    assert sorted(a["__typename"] for a in answers) == ["IdentityTaken", "LinkIdentityPayload"]


async def test_the_second_factor_is_asked_for_and_the_visit_goes_on(
    stranger: Person, anonymous: Client, provider: Provider, clock: Clock
) -> None:
    """Issue 4.5: a code is exchanged once only, so the visit keeps what the provider has said."""
    await link(stranger)
    app, _ = await authenticator.switch_on(stranger)
    clock.move(authenticator.STEP)
    back = await sent(anonymous)
    provider.asked.clear()
    assert (await visits.finish(anonymous, back))["__typename"] == "SecondFactorRequired"
    wrong = await visits.finish(anonymous, back, secondFactor=app.wrong)
    assert wrong["fields"][0]["path"] == ["secondFactor"]
    answer = await visits.finish(anonymous, back, secondFactor=app.code())
    assert answer["me"] == {"login": stranger.login}
    assert provider.asked.count("/token") == 1
    again = await visits.finish(anonymous, back, secondFactor=app.code(1))
    assert again["__typename"] == DEAD


async def test_a_visit_that_waits_for_a_code_keeps_its_state(
    stranger: Person, anonymous: Client
) -> None:
    """Knowing the visit alone is not enough after the exchange either."""
    await link(stranger)
    await authenticator.switch_on(stranger)
    back = await sent(anonymous)
    await visits.finish(anonymous, back)
    assert (await visits.finish(anonymous, back | {"state": "x"}))["__typename"] == DEAD


async def test_whoever_unlinks_while_a_code_is_asked_for_is_not_signed_in(
    stranger: Person, anonymous: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity_id = (await link(stranger))["identity"]["id"]

    async def meanwhile(*_: object) -> None:
        await unlink(stranger, identity_id)

    monkeypatch.setattr("resolvers.second_factors.require", meanwhile)
    assert (await sign_in(anonymous))["__typename"] == "IdentityNotLinked"


async def test_an_account_that_has_ended_is_signed_in_to_by_nobody(
    stranger: Person, anonymous: Client
) -> None:
    """PRODUCT 5: personal data goes, a person's ids with providers too."""
    await link(stranger)
    await stranger.do("deleteMyAccount", {"password": PASSWORD})
    assert await steps.stored(Identity.filter()) == []
    assert (await sign_in(anonymous))["__typename"] == "IdentityNotLinked"


@pytest.mark.parametrize("mutation", ["startProviderSignIn", "startProviderLink"])
async def test_visits_are_limited_by_client_address(
    world: World, stranger: Person, configure: Configure, mutation: str
) -> None:
    """DESIGN 3: limits are settings."""
    configure(limit_provider_visits="2/hour")
    for _ in range(2):
        await sent(world.anonymous)
    answer = await stranger.do(mutation, {"provider": "acme"})
    assert answer["__typename"] == "RateLimited"
    assert 0 < answer["retryAfter"] <= 3600
    await sent(world.client(address="127.0.0.2"))


@pytest.mark.parametrize("finishing", FINISHING)
async def test_failures_of_finishing_are_limited_with_failed_sign_ins(
    stranger: Person, anonymous: Client, configure: Configure, finishing: str
) -> None:
    """PRODUCT 3.11: 100 an hour per client address."""
    configure(limit_failed_sign_ins_per_client="2/hour")
    back = await back_of(stranger, finishing)
    await stranger.do(finishing, back | {"state": "x"})
    await anonymous.do("signIn", {"login": "nobody", "password": "x"})
    assert (await stranger.do(finishing, back))["__typename"] == "RateLimited"


async def test_what_turns_out_well_is_no_failure(
    stranger: Person, anonymous: Client, configure: Configure
) -> None:
    configure(limit_failed_sign_ins_per_client="1/hour")
    assert (await link(stranger))["__typename"] == "LinkIdentityPayload"
    for _ in range(2):
        assert (await sign_in(anonymous))["__typename"] == "SignedIn"


async def test_no_secret_of_a_visit_stands_in_clear(anonymous: Client) -> None:
    """DESIGN 3: digests of token and state, the verifier sealed."""
    back = await sent(anonymous)
    [row] = await steps.stored(ProviderVisit.filter())
    async with database.transaction(database.SYSTEM, read_only=True):
        stored = str(await database.rows("select * from provider_visits"))
    verifier = sealing.unseal(row.verifier)
    assert verifier is not None
    for secret in (back["visit"], back["state"], verifier):
        assert secret not in stored
    assert row.token_digest == tokens.digest(back["visit"])
    assert back["visit"].startswith(tokens.VISIT)
    assert {ids.prefix(row.id), row.user_id} == {"vis", None}


async def test_expired_visits_are_forgotten(anonymous: Client, clock: Clock) -> None:
    await sent(anonymous)
    clock.move(resolved_visits.LIFETIME - timedelta(seconds=5))
    await sent(anonymous)
    clock.move(timedelta(seconds=5))
    assert await resolved_visits.forget_expired() == 1
    [left] = await steps.stored(ProviderVisit.filter())
    assert left.expires_at > clocks.now()
