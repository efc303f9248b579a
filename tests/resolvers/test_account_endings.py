"""Ending one's account (PRODUCT 5): personal data goes everywhere, ids stay in the audit."""

import asyncio
from typing import Any

import pytest

from models import AuditEvent, Catalog, Member, MemberStatus, Tenant, database
from tests.clients import Person
from tests.factories import PASSWORD, World
from tests.resolvers import steps

PHONE, CANARY = "+77051250043", "quetzal"
TABLES = (
    "users members invitations sessions outbox_entries account_links phone_codes identities"
    " provider_visits second_factors recovery_codes avatars tenant_blocks audit_events"
)


async def end(person: Person, password: str = PASSWORD) -> dict[str, Any]:
    return await person.do("deleteMyAccount", {"password": password}, "userId")


async def status(person: Person) -> MemberStatus:
    async with database.transaction(database.SYSTEM, read_only=True):
        return (await Member.get(id=person.member_id)).status


async def test_an_account_ends_and_its_places_with_it(
    world: World, project: Tenant, owner: Person, manager: Person
) -> None:
    """PRODUCT 4: the end of the account."""
    assert (await end(manager))["userId"] == manager.id
    assert await status(manager) is MemberStatus.REMOVED
    assert await manager.ask("{ me { login } }") == {"me": None}


async def test_who_has_ended_his_account_does_not_sign_in(world: World, stranger: Person) -> None:
    await end(stranger)
    for login in (stranger.login, stranger.email, stranger.id):
        given = {"login": login, "password": PASSWORD}
        assert (await world.anonymous.do("signIn", given))["__typename"] == "InvalidCredentials"


async def test_nobody_finds_an_ended_account_by_the_id_it_is_known_by(
    world: World, owner: Person, project: Tenant, stranger: Person
) -> None:
    await end(stranger)
    answer = await owner.do(
        "inviteMember",
        {"tenantId": project.id, "invitee": {"login": stranger.id}, "role": "MANAGER"},
    )
    assert answer["__typename"] == "NotFound"


async def test_nothing_personal_is_left_anywhere(
    world: World, owner: Person, project: Tenant
) -> None:
    """PRODUCT 5; issue 4.1: erased everywhere, ids kept in the audit."""
    person = await world.person(CANARY, full_name=f"{CANARY} name", phone=PHONE)
    await world.join(project, "MANAGER", person)
    await person.do("requestPasswordReset", {"login": CANARY})
    await person.do("updateProfile", {"fullName": f"{CANARY} again"})
    await person.do("changeEmail", {"email": f"{CANARY}2@example.com", "password": PASSWORD})
    await end(person)
    await world.mails()
    async with database.transaction(database.SYSTEM, read_only=True):
        for table in TABLES.split():
            rows = str(await database.rows(f"select * from {table}"))  # noqa: S608 names of ours
            assert CANARY not in rows.lower(), table
            assert PHONE not in rows, table
        assert await AuditEvent.filter(actor_id=person.id, action="user.end").exists()


async def test_what_was_typed_of_him_where_he_never_joined_goes_too(
    world: World, owner: Person, project: Tenant
) -> None:
    """A declined invitation keeps the address that was typed."""
    person = await world.person(CANARY)
    invited = await steps.invite(owner, project, person.email)
    await owner.do("revokeInvitation", {"invitationId": invited.invitation_id})
    await end(person)
    async with database.transaction(database.SYSTEM, read_only=True):
        assert CANARY not in str(await database.rows("select * from members"))


async def test_somebody_without_an_address_ends_his_account_as_well(world: World) -> None:
    person = await world.person(email=None)
    assert (await end(person))["__typename"] == "DeleteMyAccountPayload"
    assert await world.mails() == []


async def test_his_login_and_address_are_free_again(world: World, stranger: Person) -> None:
    await end(stranger)
    again = await world.person(stranger.login)
    assert again.id != stranger.id


async def test_the_last_mail_says_that_it_is_over(world: World, stranger: Person) -> None:
    await stranger.do("requestPasswordReset", {"login": stranger.login})
    await end(stranger)
    assert [mail.subject for mail in await world.mails()] == ["Your account has ended"]


async def test_the_last_owner_of_a_tenant_does_not_end_his_account(owner: Person) -> None:
    """PRODUCT 5."""
    assert (await end(owner))["__typename"] == "LastOwner"
    assert await owner.ask("{ me { login } }") == {"me": {"login": "olga"}}


async def test_a_disabled_owner_does_not_count_as_another_one(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 2, rule 4."""
    await world.join(project, status=MemberStatus.DISABLED)
    assert (await end(owner))["__typename"] == "LastOwner"


async def test_an_owner_beside_another_one_ends_his_account(
    world: World, project: Tenant, owner: Person
) -> None:
    await world.join(project)
    assert (await end(owner))["__typename"] == "DeleteMyAccountPayload"


async def test_two_owners_who_end_their_accounts_at_once_leave_one(
    world: World, project: Tenant, owner: Person
) -> None:
    """CASES 111, 112; without `locks.tenant` in `_lock_places` both would go."""
    other = await world.join(project)
    answers = await asyncio.gather(end(owner), end(other))
    kinds = sorted(answer["__typename"] for answer in answers)
    assert kinds == ["DeleteMyAccountPayload", "LastOwner"]


async def test_the_first_user_of_an_account_asks_support(world: World) -> None:
    """PRODUCT 2, rule 5: he cannot leave."""
    tenant = await world.tenant(Catalog.ACCOUNT)
    await world.join(tenant)
    first = await world.join(tenant, is_first_user=True)
    assert (await end(first))["__typename"] == "ProviderOnly"
    assert await status(first) is MemberStatus.JOINED


async def test_a_deleted_tenant_keeps_nobody(world: World, owner: Person, project: Tenant) -> None:
    await owner.do("deleteTenant", {"tenantId": project.id})
    assert (await end(owner))["__typename"] == "DeleteMyAccountPayload"


async def test_an_invitation_to_his_login_ends_with_the_account(
    world: World, owner: Person, project: Tenant, stranger: Person
) -> None:
    answer = await owner.do(
        "inviteMember",
        {"tenantId": project.id, "invitee": {"login": "stella"}, "role": "MANAGER"},
        "member { id }",
    )
    await end(stranger)
    found = await owner.ask(
        "query($m: ID!) { node(id: $m) { ... on Member { status fullName login email } } }",
        m=answer["member"]["id"],
    )
    assert found["node"] == {"status": "REMOVED", "fullName": None, "login": None, "email": None}


@pytest.mark.parametrize("tries", [1, 11])
async def test_it_takes_the_password(stranger: Person, tries: int) -> None:
    """A session alone is not enough; failures are counted."""
    answers = [(await end(stranger, "wrong"))["__typename"] for _ in range(tries)]
    assert answers[-1] == ("InvalidInput" if tries == 1 else "RateLimited")


async def test_the_audit_of_each_tenant_says_that_the_account_ended(
    world: World, project: Tenant, owner: Person, manager: Person
) -> None:
    await end(manager)
    async with database.transaction(database.SYSTEM, read_only=True):
        event = await AuditEvent.get(action="member.end_account")
    assert (event.tenant_id, event.actor_id, event.subject_id) == (
        project.id,
        manager.id,
        manager.member_id,
    )
    assert event.changes == {"status": ["JOINED", "REMOVED"]}
