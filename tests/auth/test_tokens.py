from base64 import urlsafe_b64decode
from collections.abc import Callable

import pytest

from auth import tokens
from models import Invitation, Session, Tenant, database, ids
from settings import Settings
from tests.clients import Person
from tests.factories import World

Configure = Callable[..., Settings]
OLD, NEW = "the old secret of this server " * 2, "the new secret of this server " * 2


def secret_bytes(token: str, prefix: str) -> bytes:
    body = token.removeprefix(prefix)
    return urlsafe_b64decode(body + "=" * (-len(body) % 4))


@pytest.mark.parametrize("prefix", [tokens.SESSION, tokens.INVITATION])
def test_a_token_holds_256_bits_behind_the_prefix_of_its_purpose(prefix: str) -> None:
    """CASES 53."""
    token = tokens.new(prefix)
    assert token.startswith(prefix)
    assert len(secret_bytes(token, prefix)) == 32


def test_no_two_tokens_are_alike() -> None:
    """CASES 53."""
    assert len({tokens.new(tokens.SESSION) for _ in range(10_000)}) == 10_000


@pytest.mark.parametrize("make", [tokens.new, lambda _: tokens.derive("tnt_inv_", ids.new("inv"))])
def test_every_bit_of_a_token_is_as_likely_as_not(make: Callable[[str], str]) -> None:
    """CASES 53: of 10,000, each of its 256 bits, with chances of a wrong alarm below 1 in 10^12."""
    count = 10_000
    numbers = [int.from_bytes(secret_bytes(make("tnt_inv_"), "tnt_inv_")) for _ in range(count)]
    assert len(set(numbers)) == count
    ones = [sum(number >> bit & 1 for number in numbers) for bit in range(256)]
    assert max(abs(each - count / 2) for each in ones) < 400


def test_a_token_is_not_shown_where_objects_are_printed() -> None:
    """CASES 82."""
    token = tokens.new(tokens.SESSION)
    assert repr(token) == "Token('tnt_ses_'...)"
    assert token[8:] not in f"{[token]} {token!r}"


def test_an_invitations_token_is_the_same_whenever_it_is_computed() -> None:
    token = tokens.of_invitation("inv_1", 1)
    assert token == tokens.of_invitation("inv_1", 1)
    assert len(secret_bytes(token, tokens.INVITATION)) == 32


@pytest.mark.parametrize(("invitation_id", "generation"), [("inv_1", 2), ("inv_2", 1)])
def test_every_invitation_and_every_resend_has_a_token_of_its_own(
    invitation_id: str, generation: int
) -> None:
    """CASES 60."""
    assert tokens.of_invitation(invitation_id, generation) != tokens.of_invitation("inv_1", 1)


def test_new_links_are_made_with_the_first_secret(configure: Configure) -> None:
    configure(secret=NEW)
    alone = tokens.of_invitation("inv_1", 1)
    configure(secret=f"{NEW},{OLD}")
    assert tokens.of_invitation("inv_1", 1) == alone
    configure(secret=f"{OLD},{NEW}")
    assert tokens.of_invitation("inv_1", 1) != alone


def test_a_mail_that_waits_is_written_with_the_secret_its_link_was_made_with(
    configure: Configure,
) -> None:
    configure(secret=OLD)
    made = tokens.of_invitation("inv_1", 1)
    configure(secret=f"{NEW},{OLD}")
    assert tokens.recall_invitation("inv_1", 1, tokens.digest(made)) == made


def test_a_link_of_a_forgotten_secret_cannot_be_written_again(configure: Configure) -> None:
    configure(secret=OLD)
    made = tokens.of_invitation("inv_1", 1)
    configure(secret=NEW)
    assert tokens.recall_invitation("inv_1", 1, tokens.digest(made)) is None


def test_what_no_token_can_be_has_a_digest_all_the_same() -> None:
    assert len(tokens.digest("\ud800")) == 64


async def test_a_link_that_was_mailed_works_after_the_secret_was_changed(
    world: World, project: Tenant, owner: Person, configure: Configure
) -> None:
    """DESIGN 1.6: a living link is known by its digest."""
    configure(secret=OLD)
    await owner.do(
        "inviteMember",
        {"tenantId": project.id, "invitee": {"email": "new@example.com"}, "role": "MANAGER"},
    )
    token = await world.link_token("new@example.com")
    configure(secret=NEW)
    data = await world.anonymous.ask(
        "query($token: String!) { invitation(token: $token) { __typename } }", token=token
    )
    assert data == {"invitation": {"__typename": "InvitationPreview"}}


async def test_the_database_knows_digests_only(
    world: World, project: Tenant, owner: Person
) -> None:
    """CASES 82."""
    await owner.do(
        "inviteMember",
        {"tenantId": project.id, "invitee": {"email": "new@example.com"}, "role": "MANAGER"},
    )
    link = await world.link_token("new@example.com")
    async with database.transaction(database.SYSTEM, read_only=True):
        [session, invitation] = await Session.get(), await Invitation.get()
        assert session.token_digest == tokens.digest(owner.token)
        assert invitation.token_digest == tokens.digest(link)
        for table in ("sessions", "invitations", "outbox_entries", "audit_events", "rate_limits"):
            rows = str(await database.rows(f"select * from {table}"))  # noqa: S608 names of ours
            assert owner.token[8:] not in rows
            assert link[8:] not in rows


async def test_a_token_of_one_purpose_is_unknown_to_another(
    world: World, project: Tenant, owner: Person
) -> None:
    """CASES 55."""
    await owner.do(
        "inviteMember",
        {"tenantId": project.id, "invitee": {"email": "new@example.com"}, "role": "MANAGER"},
    )
    link = await world.link_token("new@example.com")
    assert await world.client(link).ask("{ me { login } }") == {"me": None}
    look = "query($token: String!) { invitation(token: $token) { __typename } }"
    for token in (owner.token, owner.token.replace(tokens.SESSION, tokens.INVITATION)):
        data = await world.anonymous.ask(look, token=token)
        assert data == {"invitation": {"__typename": "InvitationUnavailable"}}


async def test_a_digest_opens_nothing(world: World, owner: Person) -> None:
    digest = tokens.digest(owner.token)
    for token in (digest, tokens.SESSION + digest, ids.new("ses")):
        assert await world.client(token).ask("{ me { login } }") == {"me": None}


def test_a_code_is_six_digits_and_the_same_whenever_it_is_computed() -> None:
    """Issue 4.2; ADR 0011: leading noughts included."""
    codes = [tokens.code(f"pho_{number}") for number in range(200)]
    assert all(len(code) == 6 and code.isdecimal() for code in codes)
    assert len(set(codes)) > 195
    assert tokens.code("pho_0") == codes[0]


def test_a_code_is_that_of_its_subject_alone() -> None:
    code = tokens.code("pho_1")
    assert tokens.is_code(code, "pho_1")
    assert not tokens.is_code(code, "pho_2")
    assert not tokens.is_code("\ud800", "pho_1")


def test_a_code_works_while_its_secret_is_in_the_list(configure: Configure) -> None:
    configure(secret=OLD)
    code = tokens.code("pho_1")
    configure(secret=f"{NEW},{OLD}")
    assert tokens.code("pho_1") != code
    assert tokens.is_code(code, "pho_1")
    configure(secret=NEW)
    assert not tokens.is_code(code, "pho_1")


def test_nothing_of_a_code_is_shown_where_objects_are_printed() -> None:
    """CASES 82."""
    assert repr(tokens.code("pho_1")) == "Token(''...)"
