"""What provider staff do to accounts: make them, and change what customers cannot (PRODUCT 5)."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

import errors
from auth.viewer import Viewer
from models import (
    AccountLink,
    AuditEvent,
    Catalog,
    LinkPurpose,
    MemberStatus,
    ProviderRole,
    RecoveryCode,
    SecondFactor,
    User,
    clock,
    ids,
)
from models import database as db
from resolvers import accounts, first_users, pages, staff_directory, support
from tests.clients import Client, Person
from tests.factories import CLIENT, PASSWORD, World
from tests.resolvers import steps

NEW = "handed over on paper"
NINA = {"login": "nina", "email": steps.NINA, "fullName": "Nina New", "password": NEW}
PHONE = "+77051250043"


@pytest.fixture
async def staff(world: World) -> Person:
    return await world.person("sam", provider_role=ProviderRole.SUPPORT)


@pytest.fixture
async def admin(world: World) -> Person:
    return await world.person("adam", provider_role=ProviderRole.ADMIN)


async def update(by: Person, of: Person, **changes: Any) -> dict[str, Any]:
    select = "user { id fullName account { login email emailVerified phone phoneStatus } }"
    return await by.do("updateUser", {"userId": of.id, **changes}, select)


async def account(person: Person) -> User:
    [user] = await steps.stored(User.filter(id=person.id))
    return user


async def enrol(person: Person, **values: Any) -> None:
    """A second factor, which counts from `confirmed_at` on, and a recovery code."""
    async with db.transaction(db.SYSTEM):
        await SecondFactor.create(
            user_id=person.id, secret="sealed", created_at=clock.now(), **values
        )
        await RecoveryCode.create(id=ids.new("rec"), user_id=person.id, digest="x")


def faults(answer: dict[str, Any]) -> list[tuple[list[str], str]]:
    return [(fault["path"], fault["code"]) for fault in answer["fields"]]


async def sign_in(client: Client, login: str, password: str, **more: Any) -> dict[str, Any]:
    return await client.do("signIn", {"login": login, "password": password, **more})


@pytest.mark.parametrize("role", ProviderRole)
async def test_staff_make_accounts_whose_address_counts_as_verified(
    world: World, role: ProviderRole
) -> None:
    """PRODUCT 3.7, issue 4.8."""
    answer = await (await world.staff(role)).do(
        "createUser",
        NINA | {"phone": "+7 705 1250043", "locale": "KK"},
        "user { fullName account { login email emailVerified phone phoneStatus locale providerRole"
        " endedAt memberships { memberId } } }",
    )
    assert answer["user"] == {
        "fullName": "Nina New",
        "account": {
            "login": "nina",
            "email": steps.NINA,
            "emailVerified": True,
            "phone": PHONE,
            "phoneStatus": "UNCONFIRMED",
            "locale": "KK",
            "providerRole": None,
            "endedAt": None,
            "memberships": [],
        },
    }


async def test_a_password_that_staff_set_is_replaced_at_the_first_sign_in(
    staff: Person, anonymous: Client
) -> None:
    """Whoever set it does not keep it to himself."""
    await staff.do("createUser", NINA)
    first = await sign_in(anonymous, "nina", NEW)
    assert first["__typename"] == "PasswordChangeRequired"
    second = await sign_in(anonymous, "nina", NEW, newPassword="one of her own")
    assert second["__typename"] == "SignedIn"


async def test_the_audit_says_who_made_an_account(staff: Person) -> None:
    answer = await staff.do("createUser", NINA, "user { id }")
    [row] = await steps.audit("user.create")
    assert (row.actor_id, row.subject_id, row.as_staff) == (staff.id, answer["user"]["id"], True)


@pytest.mark.parametrize("role", ProviderRole)
async def test_only_an_admin_makes_staff(staff: Person, admin: Person, role: ProviderRole) -> None:
    """Issue 4.8."""
    wanted = NINA | {"providerRole": role}
    assert (await staff.do("createUser", wanted))["__typename"] == "PermissionDenied"
    answer = await admin.do("createUser", wanted, "user { account { providerRole } }")
    assert answer["user"] == {"account": {"providerRole": role}}


async def test_all_wrong_values_of_an_account_are_named_at_once(staff: Person) -> None:
    wrong = {"login": "n", "email": "x", "fullName": " ", "password": "short", "phone": "1"}
    answer = await staff.do("createUser", wrong)
    paths = {path[0] for path, _ in faults(answer)}
    assert paths == {"login", "email", "fullName", "password", "phone"}


async def test_staff_are_told_that_an_address_or_a_login_is_taken(
    staff: Person, stranger: Person
) -> None:
    """They may know whose it is."""
    address = await staff.do("createUser", NINA | {"email": stranger.email})
    login = await staff.do("createUser", NINA | {"login": stranger.login})
    assert faults(address) == [(["email"], "TAKEN")]
    assert login["__typename"] == "LoginTaken"


async def test_support_changes_whatever_a_person_cannot(staff: Person, stranger: Person) -> None:
    """PRODUCT 5: the login and the address he registered with change only through support."""
    answer = await update(staff, stranger, fullName="Stella Star", login="star", email=steps.NINA)
    assert answer["user"] == {
        "id": stranger.id,
        "fullName": "Stella Star",
        "account": {
            "login": "star",
            "email": steps.NINA,
            "emailVerified": True,
            "phone": None,
            "phoneStatus": None,
        },
    }
    assert not (await account(stranger)).email_is_registered


async def test_what_support_changed_is_what_one_signs_in_with(
    staff: Person, stranger: Person, anonymous: Client
) -> None:
    await update(staff, stranger, login="star", email=steps.NINA)
    answers = [
        (await sign_in(anonymous, name, PASSWORD))["__typename"]
        for name in ("star", steps.NINA, stranger.login, stranger.email)
    ]
    assert answers == ["SignedIn"] * 2 + ["InvalidCredentials"] * 2


async def test_what_support_leaves_out_or_repeats_stays_and_nobody_is_told(
    staff: Person, stranger: Person
) -> None:
    await enrol(stranger)
    before = await steps.everything()
    same = {"fullName": stranger.full_name, "login": stranger.login, "email": stranger.email}
    answer = await update(staff, stranger, **same, removePhone=True, removeSecondFactor=True)
    assert answer["__typename"] == "UpdateUserPayload"
    assert await steps.everything() == before


async def test_an_address_that_was_only_claimed_counts_as_verified_once_support_says_so(
    world: World, staff: Person
) -> None:
    claims = await world.person("claims", verified=False)
    answer = await update(staff, claims, email=claims.email)
    assert answer["user"]["account"]["emailVerified"]
    assert [mail.to for mail in await world.mails()] == [claims.email]


async def test_who_only_claims_an_address_loses_it_to_whom_support_gives_it(
    world: World, staff: Person, stranger: Person
) -> None:
    """PRODUCT 3.7."""
    claims = await world.person("claims", email=steps.NINA, verified=False)
    await update(staff, stranger, email=steps.NINA)
    assert (await account(claims)).email is None


@pytest.mark.parametrize("change", ["login", "email"])
async def test_what_is_somebody_elses_is_not_given_and_nothing_is_done(
    world: World, staff: Person, stranger: Person, change: str
) -> None:
    other = await world.person("other")
    before = await steps.everything()
    wanted = {"login": "star", "email": steps.NINA, change: getattr(other, change)}
    answer = await update(staff, stranger, **wanted, fullName="Stella Star")
    if change == "email":
        assert faults(answer) == [(["email"], "TAKEN")]
    else:
        assert answer["__typename"] == "LoginTaken"
    assert await steps.everything() == before


async def test_all_wrong_values_of_a_change_are_named_at_once(
    staff: Person, stranger: Person
) -> None:
    wrong = {"login": "n", "email": "x", "fullName": " ", "newPassword": "short"}
    answer = await update(staff, stranger, **wrong)
    assert {path[0] for path, _ in faults(answer)} == set(wrong)


async def test_support_takes_a_confirmed_number_out_whose_holder_has_lost_it(
    world: World, staff: Person
) -> None:
    """PRODUCT 5."""
    person = await world.person(phone=PHONE, phone_confirmed_at=clock.now(), wants_sms=True)
    answer = await update(staff, person, removePhone=True)
    assert answer["user"]["account"]["phone"] is None
    assert [mail.to for mail in await world.mails()] == [person.email]


async def test_a_password_from_support_ends_every_session_and_is_replaced(
    world: World, staff: Person, stranger: Person, anonymous: Client
) -> None:
    """CASES 98."""
    await update(staff, stranger, newPassword=NEW)
    assert await stranger.ask("{ me { login } }") == {"me": None}
    assert (await sign_in(anonymous, "stella", PASSWORD))["__typename"] == "InvalidCredentials"
    assert (await sign_in(anonymous, "stella", NEW))["__typename"] == "PasswordChangeRequired"


async def test_support_removes_a_second_factor_whose_holder_has_lost_it(
    staff: Person, stranger: Person, anonymous: Client
) -> None:
    """Issue 4.1 and 4.5: with its recovery codes."""
    await enrol(stranger, confirmed_at=clock.now())
    assert (await sign_in(anonymous, "stella", PASSWORD))["__typename"] == "SecondFactorRequired"
    await update(staff, stranger, removeSecondFactor=True)
    assert (await sign_in(anonymous, "stella", PASSWORD))["__typename"] == "SignedIn"
    assert await steps.stored(RecoveryCode.filter()) == []


@pytest.mark.parametrize("change", [{"email": steps.NINA}, {"newPassword": NEW}])
async def test_links_about_an_account_are_dead_after_support_changed_its_address_or_password(
    staff: Person, stranger: Person, change: dict[str, str]
) -> None:
    """CASES 92."""
    now = clock.now()
    async with db.transaction(db.SYSTEM):
        for number, purpose in enumerate(LinkPurpose):
            await AccountLink.create(
                id=ids.new("lnk"),
                user_id=stranger.id,
                purpose=purpose,
                email=stranger.email,
                facts={},
                token_digest=str(number),
                created_at=now,
                expires_at=now + timedelta(hours=1),
            )
    await update(staff, stranger, **change)
    assert all(link.closed_at for link in await steps.stored(AccountLink.filter()))


async def test_invitations_are_his_by_the_address_that_support_gave_him(
    world: World, staff: Person, stranger: Person
) -> None:
    """PRODUCT 3.7: in the list are those to his verified address."""
    owners = [await world.join(await world.tenant(name=name)) for name in ("Old", "New")]
    for owner, email in zip(owners, (stranger.email, steps.NINA), strict=True):
        tenant = (await owner.ask("{ tenants { edges { node { id } } } }"))["tenants"]["edges"][0]
        given = {"tenantId": tenant["node"]["id"], "invitee": {"email": email}, "role": "MANAGER"}
        await owner.do("inviteMember", given)
    await update(staff, stranger, email=steps.NINA)
    shown = await stranger.ask("{ me { invitations { edges { node { tenantName } } } } }")
    assert [e["node"]["tenantName"] for e in shown["me"]["invitations"]["edges"]] == ["New"]


async def test_the_lists_of_his_tenants_find_him_by_what_support_wrote(
    world: World, staff: Person
) -> None:
    tenant = await world.tenant()
    owner = await world.join(tenant, "OWNER", await world.person("olga"))
    await update(staff, owner, fullName="Zoe Zenith", login="zoe", email="zoe@example.org")
    query = "query($id: ID!, $s: String) { members(tenantId: $id, filter: { search: $s }) {"
    query += " totalCount } }"
    for text, count in (("zoe z", 1), ("zoe@example.org", 1), ("zoe", 1), ("olga", 0)):
        found = await owner.ask(query, id=tenant.id, s=text)
        assert found["members"]["totalCount"] == count, text


async def test_the_old_and_the_new_address_are_told_what_was_changed_and_not_to_what(
    world: World, staff: Person, stranger: Person
) -> None:
    """Issue 4.1: a mail to the old and the new address."""
    await update(staff, stranger, fullName="Stella Star", email=steps.NINA)
    mails = await world.mails()
    assert {mail.to for mail in mails} == {stranger.email, steps.NINA}
    for mail in mails:
        assert "Full name" in mail.text
        assert "E-mail address" in mail.text
        assert "Password" not in mail.text
        assert "Star" not in mail.text + mail.subject
        assert steps.NINA not in mail.text


async def test_an_old_address_that_was_never_proven_is_not_written_to(
    world: World, staff: Person
) -> None:
    claims = await world.person("claims", verified=False)
    await update(staff, claims, email=steps.NINA)
    assert [mail.to for mail in await world.mails()] == [steps.NINA]


async def test_a_new_password_is_told_by_sms_as_well(world: World, staff: Person) -> None:
    """PRODUCT 5: to a confirmed number, if its holder wants them."""
    person = await world.person(phone=PHONE, phone_confirmed_at=clock.now(), wants_sms=True)
    await update(staff, person, fullName="Zoe")
    await update(staff, person, newPassword=NEW)
    assert [mail.to for mail in await world.mails()].count(PHONE) == 1


async def test_the_audit_of_the_account_and_of_each_of_his_tenants_names_who_changed_it(
    world: World, staff: Person, stranger: Person
) -> None:
    """Issue 4.8: where he is disabled too, and not where he has been removed."""
    living = (MemberStatus.JOINED, MemberStatus.DISABLED)
    for status in (*living, MemberStatus.REMOVED):
        await world.join(await world.tenant(), "OWNER", stranger, status=status)
    await world.join(await world.tenant(deleted_at=clock.now()), "OWNER", stranger)
    await update(staff, stranger, fullName="Stella Star", newPassword=NEW)
    rows = await steps.audit("user.update")
    assert {(row.actor_id, row.as_staff) for row in rows} == {(staff.id, True)}
    assert {tuple(sorted(row.changes.items())) for row in _plain(rows)} == {
        (("full_name", ()), ("password", ()))
    }
    assert rows[0].subject_id == stranger.id
    assert rows[0].tenant_id is None
    places = [await steps.member(row.subject_id) for row in rows[1:]]
    assert [(place.tenant_id, place.status) for place in places] == [
        (row.tenant_id, status) for row, status in zip(rows[1:], living, strict=True)
    ]


def _plain(rows: list[AuditEvent]) -> list[AuditEvent]:
    for row in rows:
        row.changes = {name: tuple(values) for name, values in row.changes.items()}
    return rows


async def test_staff_are_changed_by_an_admin_only(staff: Person, admin: Person) -> None:
    """Nobody helps himself to an account that may do more."""
    for target in (staff, admin):
        refused = await update(staff, target, newPassword=NEW)
        assert refused["__typename"] == "PermissionDenied"
    answer = await update(admin, staff, fullName="Samuel")
    assert answer["user"]["fullName"] == "Samuel"


async def test_an_account_that_is_not_there_or_has_ended_is_not_changed(
    world: World, staff: Person
) -> None:
    ended = await world.person(ended_at=clock.now())
    for user_id in (ended.id, "usr_" + "0" * 26):
        answer = await staff.do("updateUser", {"userId": user_id, "fullName": "Zoe"})
        assert answer["__typename"] == "NotFound"


USE_CASES: dict[str, Callable[[Viewer], Awaitable[object]]] = {
    "create": lambda v: support.create(
        v, accounts.Registration("Nina", "nina", NEW), email=steps.NINA
    ),
    "update": lambda v: support.update(v, "usr_x", support.Edit(full_name="Nina")),
    "remove": lambda v: first_users.remove(v, "mem_x"),
    "disable": lambda v: first_users.disable(v, "mem_x"),
    "find": lambda v: staff_directory.page(v, pages.Window()),
    "count": staff_directory.count,
}


@pytest.mark.parametrize("name", USE_CASES)
async def test_what_is_for_staff_is_decided_by_the_use_case_itself(
    world: World, owner: Person, name: str
) -> None:
    """Whoever calls it; the guards of the schema stand before it."""
    with pytest.raises(errors.Unauthenticated):
        await USE_CASES[name](Viewer(CLIENT))
    with pytest.raises(errors.PermissionDenied):
        await USE_CASES[name](await world.viewer(owner))


async def test_support_gives_a_managed_person_an_address_and_an_end_of_being_managed(
    world: World, staff: Person
) -> None:
    """PRODUCT 3.3: no other tenant can invite him until he has a verified one."""
    tenant = await world.tenant(Catalog.SUBSCRIBER)
    managed = await world.person(email=None, manager_id=tenant.id)
    await update(staff, managed, email=steps.NINA)
    assert (await account(managed)).manager_id is None
