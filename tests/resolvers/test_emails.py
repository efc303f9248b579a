"""Another address for one's account (PRODUCT 5, source B)."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from models import AccountLink, AuditEvent, Catalog, Tenant, User, database
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import PASSWORD, World

NEW = "nova@example.com"


async def ask(person: Person, email: str = NEW, password: str = PASSWORD) -> dict[str, Any]:
    return await person.do("changeEmail", {"email": email, "password": password}, "expiresAt")


async def link(world: World, email: str = NEW) -> str:
    """The token in the newest mail to that address."""
    return await world.link_token(email)


async def confirm(world: World, token: str) -> str:
    answer = await world.anonymous.do("confirmEmail", {"token": token}, "email")
    return str(answer["__typename"])


async def account(person: Person) -> User:
    async with database.transaction(database.SYSTEM, read_only=True):
        return await User.get(id=person.id)


async def test_a_later_address_changes_by_a_link_to_the_new_one(
    world: World, stranger: Person
) -> None:
    """B; issue 4.1."""
    assert (await ask(stranger))["__typename"] == "ChangeEmailPayload"
    assert (await account(stranger)).email == stranger.email
    answer = await world.anonymous.do("confirmEmail", {"token": await link(world)}, "email")
    assert answer["email"] == NEW
    assert await stranger.ask("{ me { email emailVerified } }") == {
        "me": {"email": NEW, "emailVerified": True}
    }


async def test_the_old_address_is_told_and_does_not_read_the_new_one(
    world: World, stranger: Person
) -> None:
    """B: a notice to the old."""
    await ask(stranger)
    await confirm(world, await link(world))
    [notice] = [mail for mail in await world.mails() if mail.to == stranger.email]
    assert notice.subject == "Your e-mail address has changed"
    assert "no***@example.com" in notice.text
    assert NEW not in notice.text + notice.html


async def test_he_signs_in_with_the_new_address_only(world: World, stranger: Person) -> None:
    """PRODUCT 5: the e-mail is a sign-in name."""
    await ask(stranger)
    await confirm(world, await link(world))
    for email, answer in ((NEW, "SignedIn"), (stranger.email, "InvalidCredentials")):
        given = {"login": email, "password": PASSWORD}
        assert (await world.anonymous.do("signIn", given))["__typename"] == answer


async def test_lists_and_invitations_follow_the_new_address(
    world: World, owner: Person, project: Tenant
) -> None:
    """PRODUCT 3.7: what is offered to a verified address is in the list."""
    await owner.do(
        "inviteMember",
        {"tenantId": project.id, "invitee": {"email": NEW}, "role": "ACCOUNTANT"},
    )
    person = await world.join(project, "MANAGER", await world.person())
    other = await world.tenant()
    chief = await world.join(other)
    await chief.do(
        "inviteMember", {"tenantId": other.id, "invitee": {"email": NEW}, "role": "MANAGER"}
    )
    await ask(person)
    mail = next(m for m in await world.mails() if m.subject == "Confirm your new e-mail address")
    await confirm(world, mail.links[0].partition("#")[2])
    offered = await person.ask("{ me { invitations { edges { node { tenantName } } } } }")
    assert len(offered["me"]["invitations"]["edges"]) == 2
    found = await owner.ask(
        'query($t: ID!) { members(tenantId: $t, filter: {search: "nova", statuses: [JOINED]})'
        " { edges { node { id email } } } }",
        t=project.id,
    )
    assert [e["node"]["id"] for e in found["members"]["edges"]] == [person.member_id]


async def test_the_address_one_registered_with_changes_only_through_support(
    world: World,
) -> None:
    """B: for these data ask your provider."""
    person = await world.person(email_is_registered=True)
    assert (await ask(person))["__typename"] == "ProviderOnly"


async def test_somebody_who_came_by_invitation_has_registered_with_his_address(
    world: World, owner: Person, project: Tenant
) -> None:
    invitee = {"email": "guest@example.com"}
    await owner.do("inviteMember", {"tenantId": project.id, "invitee": invitee, "role": "MANAGER"})
    given = {"fullName": "Guest", "login": "guest", "password": "a long password"}
    answer = await world.anonymous.do(
        "acceptInvitation",
        {
            "invitation": {"token": await world.link_token("guest@example.com")},
            "registration": given,
            "transport": "BEARER",
        },
        "session { token }",
    )
    guest = world.client(answer["session"]["token"])
    refused = await guest.do("changeEmail", {"email": NEW, "password": given["password"]})
    assert refused["__typename"] == "ProviderOnly"


async def test_the_first_user_of_an_account_cannot_change_his_address(world: World) -> None:
    """B; PRODUCT 2, rule 5."""
    tenant = await world.tenant(Catalog.ACCOUNT)
    person = await world.join(tenant, is_first_user=True)
    assert (await ask(person))["__typename"] == "ProviderOnly"


async def test_who_became_a_first_user_meanwhile_cannot_follow_his_link(world: World) -> None:
    """The rule holds when the address changes, not only when it is asked for."""
    person = await world.person()
    await ask(person)
    token = await link(world)
    await world.join(await world.tenant(Catalog.ACCOUNT), "OWNER", person, is_first_user=True)
    assert await confirm(world, token) == "LinkUnavailable"
    assert (await account(person)).email == person.email


async def test_somebody_without_an_address_gives_himself_one(
    world: World, owner: Person, project: Tenant
) -> None:
    """PRODUCT 3.3: from then on no tenant manages the account."""
    person = await world.person(email=None, manager_id=project.id)
    await ask(person)
    assert await confirm(world, await link(world)) == "ConfirmEmailPayload"
    user = await account(person)
    assert (user.email, user.manager_id) == (NEW, None)


async def test_a_wrong_password_changes_nothing_and_is_counted(
    world: World, stranger: Person
) -> None:
    """A session alone is not enough; as failed sign-ins are (PRODUCT 3.11)."""
    for _ in range(10):
        answer = await ask(stranger, password="wrong")
        assert [(f["path"], f["code"]) for f in answer["fields"]] == [(["password"], "WRONG")]
    assert (await ask(stranger))["__typename"] == "RateLimited"
    assert await world.mails() == []


@pytest.mark.parametrize(
    ("email", "code"), [("nobody", "INVALID"), ("STELLA@example.com", "UNCHANGED")]
)
async def test_what_cannot_be_the_new_address_is_refused(
    stranger: Person, email: str, code: str
) -> None:
    answer = await ask(stranger, email)
    assert [(f["path"], f["code"]) for f in answer["fields"]] == [(["email"], code)]


async def test_the_answer_does_not_tell_whether_the_address_is_somebodys(
    world: World, stranger: Person
) -> None:
    """Nothing tells whether an address belongs to somebody; its owner is told."""
    other = await world.person("other")
    taken = await ask(stranger, other.email)
    [mail] = await world.mails()
    free = await ask(stranger)
    assert taken.keys() == free.keys()
    assert (mail.to, mail.links) == (other.email, ())
    assert mail.subject == "This address has an account already"


async def test_an_address_that_was_only_claimed_goes_to_who_proves_it(
    world: World, stranger: Person
) -> None:
    """PRODUCT 3.7; CASES 49."""
    claimant = await world.person("claimant", email=NEW, verified=False)
    await ask(stranger)
    await confirm(world, await link(world))
    assert (await account(stranger)).email == NEW
    assert (await account(claimant)).email is None


async def test_the_link_works_once(world: World, stranger: Person) -> None:
    await ask(stranger)
    token = await link(world)
    assert await confirm(world, token) == "ConfirmEmailPayload"
    assert await confirm(world, token) == "LinkUnavailable"


async def test_the_link_works_for_a_day(world: World, stranger: Person, clock: Clock) -> None:
    """CASES 59: one second before ok, at it refused."""
    await ask(stranger)
    token = await link(world)
    clock.move(timedelta(days=1))
    assert await confirm(world, token) == "LinkUnavailable"


async def test_a_new_link_kills_the_old_one(world: World, stranger: Person) -> None:
    await ask(stranger)
    old = await link(world)
    await ask(stranger, "second@example.com")
    assert await confirm(world, old) == "LinkUnavailable"
    assert await confirm(world, await link(world, "second@example.com")) == "ConfirmEmailPayload"


async def test_of_two_who_prove_one_address_at_once_one_has_it(
    world: World, stranger: Person
) -> None:
    """The unique index of verified addresses decides."""
    rival = await world.person("rival")
    await ask(stranger)
    first = await link(world)
    await ask(rival)
    second = await link(world)
    answers = await asyncio.gather(confirm(world, first), confirm(world, second))
    assert sorted(answers) == ["ConfirmEmailPayload", "LinkUnavailable"]


async def test_a_changed_address_kills_every_link_of_the_account(
    world: World, stranger: Person
) -> None:
    """CASES 92."""
    await world.anonymous.do("requestPasswordReset", {"login": stranger.email})
    reset = await world.link_token(stranger.email)
    await ask(stranger)
    await confirm(world, await link(world))
    given = {"token": reset, "newPassword": "another long one"}
    answer = await world.anonymous.do("resetPassword", given)
    assert answer["__typename"] == "LinkUnavailable"


@pytest.mark.parametrize("prefix", ["tnt_pwd_", "tnt_reg_", "tnt_inv_", "tnt_ses_", ""])
async def test_a_token_of_another_purpose_confirms_nothing(
    world: World, stranger: Person, prefix: str
) -> None:
    """CASES 55."""
    await ask(stranger)
    token = (await link(world)).replace("tnt_eml_", prefix)
    assert await confirm(world, token) == "LinkUnavailable"


async def test_no_row_and_no_answer_holds_the_token(world: World, stranger: Person) -> None:
    """CASES 82."""
    answer = await ask(stranger)
    token = await link(world)
    async with database.transaction(database.SYSTEM, read_only=True):
        for table in ("account_links", "outbox_entries", "audit_events"):
            assert token[8:] not in str(await database.rows(f"select * from {table}"))  # noqa: S608
    assert token[8:] not in str(answer)


async def test_one_account_asks_for_a_few_links_an_hour(world: World, stranger: Person) -> None:
    """Issue 4: wait so many seconds."""
    for number in range(5):
        assert (await ask(stranger, f"a{number}@example.com"))["__typename"] == "ChangeEmailPayload"
    answer = await ask(stranger, "last@example.com")
    assert answer["__typename"] == "RateLimited"
    assert 0 < answer["retryAfter"] <= 3600


async def test_following_links_is_counted(world: World, stranger: Person, configure: Any) -> None:
    """CASES 87."""
    configure(limit_links="2/minute")
    answers = [await confirm(world, "tnt_eml_x") for _ in range(3)]
    assert answers == ["LinkUnavailable", "LinkUnavailable", "RateLimited"]


async def test_the_audit_knows_of_the_change_without_the_address(
    world: World, stranger: Person
) -> None:
    """PRODUCT 4."""
    await ask(stranger)
    await confirm(world, await link(world))
    async with database.transaction(database.SYSTEM, read_only=True):
        event = await AuditEvent.get(action="user.change_email")
        assert await AccountLink.filter(closed_at=None).count() == 0
    assert (event.actor_id, event.changes) == (stranger.id, {"email": []})
