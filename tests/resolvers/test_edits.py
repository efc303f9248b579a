"""Editing pending and managed people (PRODUCT 4, source B narrowed; PRODUCT 3.3)."""

from typing import Any

import pytest

from models import AuditEvent, Catalog, Member, MemberStatus, Tenant, User, database
from tests.clients import Person
from tests.factories import PASSWORD, World
from tests.resolvers import steps

PHONE = "+77051250043"
SHOWN = "member { fullName phone }"


@pytest.fixture
async def subscriber(world: World) -> Tenant:
    return await world.tenant(Catalog.SUBSCRIBER)


@pytest.fixture
async def chief(world: World, subscriber: Tenant) -> Person:
    return await world.join(subscriber, "ADMINISTRATOR", await world.person("chief"))


async def managed(world: World, tenant: Tenant, role: str = "USER", **values: Any) -> Person:
    person = await world.person(email=None, manager_id=tenant.id, **values)
    return await world.join(tenant, role, person)


async def edit(who: Person, member_id: str, **given: Any) -> dict[str, Any]:
    return await who.do("updateMember", {"memberId": member_id} | given, SHOWN)


async def set_password(who: Person, member_id: str, given: str = "a new long one") -> Any:
    return await who.do("setMemberPassword", {"memberId": member_id, "password": given})


async def can_edit(who: Person, member_id: str) -> bool:
    found = await who.ask(
        "query($m: ID!) { node(id: $m) { ... on Member { viewer { canEdit } } } }", m=member_id
    )
    return bool(found["node"]["viewer"]["canEdit"])


async def test_a_managed_persons_name_and_phone_are_edited(
    world: World, subscriber: Tenant, chief: Person
) -> None:
    """B: change the data of a user."""
    person = await managed(world, subscriber)
    answer = await edit(chief, person.member_id, fullName="Ivo Depot", phone=PHONE)
    assert answer["member"] == {"fullName": "Ivo Depot", "phone": PHONE}
    assert await person.ask("{ me { phone user { fullName } } }") == {
        "me": {"phone": PHONE, "user": {"fullName": "Ivo Depot"}}
    }


async def test_what_was_typed_of_a_pending_person_is_corrected(
    owner: Person, project: Tenant
) -> None:
    """PRODUCT 4: name and phone of pending people."""
    invited = await steps.invite(owner, project)
    answer = await edit(owner, invited.member_id, fullName="Nora Lind", phone=PHONE)
    assert answer["member"] == {"fullName": "Nora Lind", "phone": PHONE}
    answer = await edit(owner, invited.member_id, fullName=None, phone=None)
    assert answer["member"] == {"fullName": None, "phone": None}


async def test_a_pending_person_is_found_by_the_corrected_name(
    owner: Person, project: Tenant
) -> None:
    invited = await steps.invite(owner, project)
    await edit(owner, invited.member_id, fullName="Nora Lind")
    found = await owner.ask(
        'query($t: ID!) { members(tenantId: $t, filter: {search: "nora l"}) { totalCount } }',
        t=project.id,
    )
    assert found == {"members": {"totalCount": 1}}


async def test_what_is_left_out_stays(world: World, subscriber: Tenant, chief: Person) -> None:
    person = await managed(world, subscriber, phone=PHONE)
    answer = await edit(chief, person.member_id, fullName="Ivo")
    assert answer["member"] == {"fullName": "Ivo", "phone": PHONE}


async def test_everybody_else_edits_himself(
    world: World, subscriber: Tenant, chief: Person
) -> None:
    """PRODUCT 4: accounts are shared between tenants."""
    person = await world.join(subscriber, "USER")
    answer = await edit(chief, person.member_id, fullName="Other")
    assert [(f["path"], f["code"]) for f in answer["fields"]] == [(["memberId"], "EDITS_HIMSELF")]
    assert not await can_edit(chief, person.member_id)


async def test_another_tenants_managed_person_edits_himself(
    world: World, subscriber: Tenant, chief: Person
) -> None:
    """PRODUCT 3.3: managed by that tenant."""
    elsewhere = await world.tenant(Catalog.SUBSCRIBER)
    person = await managed(world, elsewhere)
    await world.join(subscriber, "USER", person)
    assert (await edit(chief, person.member_id, fullName="X"))["__typename"] == "InvalidInput"
    assert (await set_password(chief, person.member_id))["__typename"] == "InvalidInput"


async def test_somebody_invited_by_login_edits_himself(
    world: World, owner: Person, project: Tenant, stranger: Person
) -> None:
    answer = await owner.do(
        "inviteMember",
        {"tenantId": project.id, "invitee": {"login": "stella"}, "role": "MANAGER"},
        "member { id }",
    )
    member_id = answer["member"]["id"]
    assert not await can_edit(owner, member_id)
    assert (await edit(owner, member_id, fullName="X"))["__typename"] == "InvalidInput"


async def test_whoever_has_a_verified_address_is_managed_no_more(
    world: World, subscriber: Tenant, chief: Person
) -> None:
    """PRODUCT 3.3."""
    person = await world.join(subscriber, "USER", await world.person(manager_id=subscriber.id))
    assert (await set_password(chief, person.member_id))["__typename"] == "InvalidInput"


async def test_a_person_beyond_reach_is_not_edited(
    world: World, subscriber: Tenant, chief: Person
) -> None:
    """PRODUCT 2, rule 2: an administrator acts on users only."""
    person = await managed(world, subscriber, "ADMINISTRATOR")
    assert (await edit(chief, person.member_id))["__typename"] == "PermissionDenied"
    assert (await set_password(chief, person.member_id))["__typename"] == "PermissionDenied"
    assert not await can_edit(chief, person.member_id)


async def test_who_may_not_edit_hears_nothing_else(world: World, subscriber: Tenant) -> None:
    """Bad input does not tell whom it concerns."""
    person = await managed(world, subscriber)
    user = await world.join(subscriber, "USER")
    assert (await edit(user, person.member_id, phone="x"))["__typename"] == "PermissionDenied"
    answer = await set_password(user, person.member_id, "short")
    assert answer["permission"] == "members:edit"


async def test_a_confirmed_number_is_its_holders(
    world: World, subscriber: Tenant, chief: Person
) -> None:
    """B: who lost the number asks support."""
    then = "2026-01-01T00:00:00Z"
    person = await managed(world, subscriber, phone=PHONE, phone_confirmed_at=then)
    answer = await edit(chief, person.member_id, phone=None)
    assert [(f["path"], f["code"]) for f in answer["fields"]] == [(["phone"], "CONFIRMED")]


async def test_a_managed_person_keeps_a_name(
    world: World, subscriber: Tenant, chief: Person
) -> None:
    person = await managed(world, subscriber)
    answer = await edit(chief, person.member_id, fullName=None)
    assert [(f["path"], f["code"]) for f in answer["fields"]] == [(["fullName"], "REQUIRED")]


async def test_a_managed_first_user_of_an_account_keeps_his_name(
    world: World, subscriber: Tenant, chief: Person
) -> None:
    """PRODUCT 2, rule 5: through every door."""
    person = await managed(world, subscriber)
    own, place = await world.tenant(Catalog.ACCOUNT), person.member_id
    await world.join(own, "OWNER", person, is_first_user=True)
    assert (await edit(chief, place, fullName="Other"))["__typename"] == "ProviderOnly"


async def test_a_new_password_is_handed_over_and_replaced_when_he_signs_in(
    world: World, subscriber: Tenant, chief: Person
) -> None:
    """B; PRODUCT 3.3."""
    person = await managed(world, subscriber)
    assert (await set_password(chief, person.member_id))["__typename"].endswith("Payload")
    assert await person.ask("{ me { login } }") == {"me": None}
    given = {"login": person.login, "password": PASSWORD}
    assert (await world.anonymous.do("signIn", given))["__typename"] == "InvalidCredentials"
    given["password"] = "a new long one"
    assert (await world.anonymous.do("signIn", given))["__typename"] == "PasswordChangeRequired"
    given["newPassword"] = "his own long one"
    assert (await world.anonymous.do("signIn", given))["__typename"] == "SignedIn"


async def test_a_password_handed_over_kills_every_link_of_the_account(
    world: World, subscriber: Tenant, chief: Person
) -> None:
    """CASES 92."""
    person = await managed(world, subscriber)
    await person.do("changeEmail", {"email": "ivo@example.com", "password": PASSWORD})
    token = await world.link_token("ivo@example.com")
    await set_password(chief, person.member_id)
    answer = await world.anonymous.do("confirmEmail", {"token": token})
    assert answer["__typename"] == "LinkUnavailable"


async def test_a_pending_person_has_no_password_yet(owner: Person, project: Tenant) -> None:
    invited = await steps.invite(owner, project)
    answer = await set_password(owner, invited.member_id)
    assert [(f["path"], f["code"]) for f in answer["fields"]] == [(["memberId"], "NOT_JOINED")]


async def test_a_handed_over_password_follows_the_rules(
    world: World, subscriber: Tenant, chief: Person
) -> None:
    person = await managed(world, subscriber)
    answer = await set_password(chief, person.member_id, "short")
    assert [(f["path"], f["code"]) for f in answer["fields"]] == [(["password"], "TOO_SHORT")]


async def test_a_removed_person_is_not_there_to_be_edited(
    world: World, subscriber: Tenant, chief: Person
) -> None:
    person = await managed(world, subscriber)
    async with database.transaction(database.SYSTEM):
        await Member.filter(id=person.member_id).update(status=MemberStatus.REMOVED)
    assert (await edit(chief, person.member_id))["__typename"] == "NotFound"


async def test_the_audit_of_the_tenant_names_fields_and_no_values(
    world: World, subscriber: Tenant, chief: Person
) -> None:
    """PRODUCT 4."""
    person = await managed(world, subscriber)
    await edit(chief, person.member_id, fullName="Ivo", phone=PHONE)
    await edit(chief, person.member_id, fullName="Ivo", phone=PHONE)
    await set_password(chief, person.member_id)
    async with database.transaction(database.SYSTEM, read_only=True):
        events = await AuditEvent.filter(tenant_id=subscriber.id).order_by("id")
        user = await User.get(id=person.id)
    assert [(e.action, e.actor_id, e.subject_id, e.changes) for e in events] == [
        ("member.edit", chief.id, person.member_id, {"full_name": [], "phone": []}),
        ("member.set_password", chief.id, person.member_id, {"password": []}),
    ]
    assert user.password_expired
