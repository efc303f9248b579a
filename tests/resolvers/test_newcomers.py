"""Accepting as a newcomer: the account is made in the act (PRODUCT 3.4, 3.5, 3.9)."""

from collections.abc import Callable
from typing import Any

import pytest

from models import Invitation, InvitationState, Tenant, User, clock, ids
from settings import Settings
from tests.clients import Client, Person
from tests.factories import PASSWORD, World
from tests.resolvers import steps

ME = "{ me { login email emailVerified phone locale user { fullName } } }"


@pytest.fixture
async def token(world: World, project: Tenant, owner: Person) -> str:
    """The link of an invitation to somebody not registered."""
    await steps.invite(owner, project)
    return await world.link_token(steps.NINA)


def given(**values: Any) -> dict[str, Any]:
    return steps.NEWCOMER | values


async def account(user_id: str) -> dict[str, Any]:
    return next(row for row in (await steps.everything())["users"] if row["id"] == user_id)


async def test_accepting_makes_an_account_whose_address_is_verified(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 3.4, C; 3.7: proven by a mailed link."""
    await steps.invite(owner, project)
    nina = await steps.register(world, phone="+7 705 125 0043", locale="KK")
    assert (await nina.ask(ME))["me"] == {
        "login": "nina",
        "email": steps.NINA,
        "emailVerified": True,
        "phone": "+77051250043",
        "locale": "KK",
        "user": {"fullName": "Nina New"},
    }


async def test_the_pending_member_becomes_the_joined_one_with_the_same_id(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 4; a limit set at once holds from acceptance (3.1)."""
    invited = await steps.invite(owner, project, maxSessions=2)
    nina = await steps.register(world)
    shown = await nina.ask(
        "query($t: ID!) { tenant(id: $t) {"
        " viewer { role { code } member { id status maxSessions } } } }",
        t=project.id,
    )
    [invitation] = await steps.stored(Invitation.filter(id=invited.invitation_id))
    assert shown["tenant"]["viewer"] == {
        "role": {"code": "ACCOUNTANT"},
        "member": {"id": invited.member_id, "status": "JOINED", "maxSessions": 2},
    }
    assert invitation.state is InvitationState.ACCEPTED


async def test_a_session_comes_as_a_token_only_where_it_is_asked_for(
    world: World, anonymous: Client, token: str
) -> None:
    """Contract: BEARER; the token works at once."""
    answer = await anonymous.do(
        "acceptInvitation",
        {"invitation": {"token": token}, "registration": given(), "transport": "BEARER"},
        "session { token expiresAt me { login } }",
    )
    assert answer["session"]["me"] == {"login": "nina"}
    assert "tenantry" not in anonymous.http.cookies
    signed_in = world.client(answer["session"]["token"])
    assert (await signed_in.ask("{ me { login } }"))["me"] == {"login": "nina"}


async def test_a_session_comes_as_a_cookie_otherwise_and_shows_no_token(
    anonymous: Client, token: str
) -> None:
    """Contract: COOKIE is the default."""
    answer = await anonymous.do(
        "acceptInvitation",
        {"invitation": {"token": token}, "registration": given()},
        "session { token }",
    )
    assert answer["session"] == {"token": None}
    assert (await anonymous.ask("{ me { login } }"))["me"] == {"login": "nina"}


async def test_what_the_inviter_typed_gives_way_to_what_the_newcomer_says(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 3.4, F: he checks and corrects his data."""
    typed = {"fullName": "Wrong Name", "login": "wrong", "phone": "+77051250043"}
    invited = await steps.invite(owner, project, newcomer=typed)
    await steps.register(world)
    shown = await owner.ask(
        "query($m: ID!) { node(id: $m) { ... on Member {"
        " fullName login phone user { fullName } } } }",
        m=invited.member_id,
    )
    assert shown["node"] == {
        "fullName": "Nina New",
        "login": "nina",
        "phone": None,
        "user": {"fullName": "Nina New"},
    }
    row = await steps.member(invited.member_id)
    assert (row.full_name, row.login, row.phone) == (None, None, None)


async def test_a_newcomer_who_names_no_language_is_spoken_to_in_the_invitations(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 8."""
    await steps.invite(owner, project, locale="RU")
    nina = await steps.register(world)
    assert (await nina.ask("{ me { locale } }"))["me"] == {"locale": "RU"}


async def test_the_inviter_is_told_who_has_joined(
    world: World, project: Tenant, owner: Person
) -> None:
    await steps.invite(owner, project)
    await steps.register(world)
    mail = (await world.mails())[0]
    assert (mail.to, mail.subject) == (owner.email, "Nina New has joined Acme")
    assert "E-mail: nina@example.com" in mail.text


async def test_a_newcomer_must_register_to_accept(anonymous: Client, token: str) -> None:
    assert await steps.accept(anonymous, token=token) == {
        "__typename": "RegistrationRequired",
        "code": "REGISTRATION_REQUIRED",
        "message": "Choose a login and a password to accept.",
    }


async def test_all_wrong_fields_of_a_registration_are_named_at_once(
    anonymous: Client, token: str
) -> None:
    wrong = {"fullName": "", "login": "N", "password": "short", "phone": "0"}
    answer = await steps.accept(anonymous, token=token, registration=wrong)
    assert [(".".join(f["path"]), f["code"]) for f in answer["fields"]] == [
        ("registration.fullName", "REQUIRED"),
        ("registration.login", "INVALID"),
        ("registration.password", "TOO_SHORT"),
        ("registration.phone", "INVALID"),
    ]
    assert answer["fields"][2]["message"] == "At least 12 characters."


async def test_how_long_a_password_must_be_is_a_setting(
    anonymous: Client, token: str, configure: Callable[..., Settings]
) -> None:
    """PRODUCT 4: 12 characters at least by default."""
    configure(password_min_length=14)
    answer = await steps.accept(anonymous, token=token, registration=given(password="p" * 13))
    assert [f["message"] for f in answer["fields"]] == ["At least 14 characters."]


@pytest.mark.parametrize(
    "password", ["  blanks at both ends  ", "\u0000 in the middle", "🔑 rain on tin " * 5]
)
async def test_a_password_is_kept_verbatim(anonymous: Client, token: str, password: str) -> None:
    """CASES 89."""
    await steps.accept(anonymous, token=token, registration=given(password=password))
    same = await anonymous.do("signIn", {"login": "nina", "password": password})
    other = await anonymous.do("signIn", {"login": "nina", "password": password.strip(" \u0000🔑")})
    assert (same["__typename"], other["__typename"]) == ("SignedIn", "InvalidCredentials")


@pytest.mark.parametrize("login", ["olga", " OLGA "])
async def test_a_taken_login_is_told_and_the_link_works_on(
    anonymous: Client, token: str, login: str
) -> None:
    """PRODUCT 4: compared case-folded, unique."""
    before = await steps.everything()
    taken = await steps.accept(anonymous, token=token, registration=given(login=login))
    assert taken["__typename"] == "LoginTaken"
    assert await steps.everything() == before
    accepted = await steps.accept(anonymous, token=token, registration=given())
    assert accepted["__typename"] == "AcceptInvitationPayload"


@pytest.mark.parametrize("registration", [None, steps.NEWCOMER])
async def test_somebody_registered_must_sign_in_and_nothing_of_his_account_changes(
    world: World, project: Tenant, owner: Person, registration: dict[str, Any] | None
) -> None:
    """CASES 91."""
    await world.person("nina")
    await steps.invite(owner, project)
    token = await world.link_token(steps.NINA)
    before = await steps.everything()
    answer = await steps.accept(world.anonymous, token=token, registration=registration)
    assert answer["__typename"] == "SignInRequired"
    assert await steps.everything() == before


async def test_an_unverified_account_loses_the_address_and_nothing_else(
    world: World, anonymous: Client, token: str
) -> None:
    """PRODUCT 3.7, CASES 49, 91: holding the mailed token is the proof."""
    squatter = await world.person("squatter", email=steps.NINA, verified=False)
    refused = await steps.accept(squatter, token=token)
    assert (refused["__typename"], refused["invitedEmail"]) == ("WrongAccount", "ni***@example.com")
    before = await account(squatter.id)
    accepted = await steps.accept(anonymous, token=token, registration=given())
    after = await account(squatter.id)
    assert accepted["__typename"] == "AcceptInvitationPayload"
    assert {key for key, value in after.items() if value != before[key]} == {
        "email",
        "email_key",
        "updated_at",
    }
    by_login = await anonymous.do("signIn", {"login": "squatter", "password": PASSWORD})
    assert by_login["__typename"] == "SignedIn"
    assert (await squatter.ask("{ me { email } tenants { totalCount } }")) == {
        "me": {"email": None},
        "tenants": {"totalCount": 0},
    }


@pytest.mark.parametrize("field", ["role", "email", "isAdmin", "tenantId"])
async def test_a_registration_cannot_say_more_than_who_one_is(
    anonymous: Client, token: str, field: str
) -> None:
    """CASES 48, 67: role and address are the invitation's."""
    before = await steps.everything()
    code = await anonymous.refusal(
        "mutation($input: AcceptInvitationInput!) {"
        " acceptInvitation(input: $input) { __typename } }",
        input={"invitation": {"token": token}, "registration": given(**{field: "OWNER"})},
    )
    assert code == "BAD_USER_INPUT"
    assert await steps.everything() == before


async def test_who_registers_the_address_at_the_same_moment_has_to_sign_in(
    anonymous: Client, project: Tenant, token: str
) -> None:
    """CASES 57: the account that is there first is nobody else's to take."""

    async def register() -> None:
        now = clock.now()
        await User.create(
            id=ids.new("usr"),
            login="other",
            email=steps.NINA,
            email_key=steps.NINA,
            email_verified_at=now,
            full_name="Nina Other",
            created_at=now,
            updated_at=now,
        )

    accepting = steps.accept(anonymous, token=token, registration=given())
    answer = await steps.meanwhile(project, accepting, register)
    assert answer["__typename"] == "SignInRequired"
    assert await steps.stored(User.filter(login="nina")) == []


async def test_who_accepts_while_the_tenant_is_deleted_finds_nothing(
    anonymous: Client, project: Tenant, token: str
) -> None:
    """CASES 57."""
    accepting = steps.accept(anonymous, token=token, registration=given())
    answer = await steps.meanwhile(
        project, accepting, lambda: Tenant.filter(id=project.id).update(deleted_at=clock.now())
    )
    assert answer["__typename"] == "InvitationUnavailable"
    assert await steps.stored(User.filter(login="nina")) == []
