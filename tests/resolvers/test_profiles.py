"""One's own name and number (PRODUCT 5, source B)."""

import pytest

from models import AuditEvent, Catalog, MemberStatus, Tenant, User, database
from tests.clients import Person
from tests.factories import World

PHONE, OTHER = "+77051250043", "+77051250044"
ME = "{ me { user { fullName } phone canChangeFullName canChangeEmail } }"


async def account(person: Person) -> User:
    async with database.transaction(database.SYSTEM, read_only=True):
        return await User.get(id=person.id)


async def first_user(world: World) -> Person:
    tenant = await world.tenant(Catalog.ACCOUNT)
    return await world.join(tenant, "OWNER", is_first_user=True)


async def test_a_person_changes_his_full_name(stranger: Person) -> None:
    """B."""
    answer = await stranger.do(
        "updateProfile", {"fullName": " Stella Nova "}, "me { user { fullName } }"
    )
    assert answer["me"] == {"user": {"fullName": "Stella Nova"}}


async def test_lists_find_him_by_his_new_name_at_once(owner: Person, project: Tenant) -> None:
    """PRODUCT 4: search by prefix of name."""
    await owner.do("updateProfile", {"fullName": "Zoe Quick"})
    found = await owner.ask(
        'query($t: ID!) { members(tenantId: $t, filter: {search: "zoe"}) { totalCount } }',
        t=project.id,
    )
    assert found == {"members": {"totalCount": 1}}


async def test_a_person_fills_in_a_number_which_begins_unconfirmed(stranger: Person) -> None:
    """B."""
    answer = await stranger.do("updateProfile", {"phone": "+7 705 125 00 43"}, "me { phone }")
    assert answer["me"] == {"phone": PHONE}
    assert (await account(stranger)).phone_confirmed_at is None


async def test_an_unconfirmed_number_is_changed_and_taken_out_freely(world: World) -> None:
    """PRODUCT 5."""
    person = await world.person(phone=PHONE)
    assert (await person.do("updateProfile", {"phone": OTHER}, "me { phone }"))["me"] == {
        "phone": OTHER
    }
    assert (await person.do("updateProfile", {"phone": None}, "me { phone }"))["me"] == {
        "phone": None
    }


@pytest.mark.parametrize("phone", [OTHER, None])
async def test_a_confirmed_number_changes_only_with_the_code_sent_to_it(
    world: World, phone: str | None
) -> None:
    """B; issue 4.2."""
    person = await world.person(phone=PHONE, phone_confirmed_at="2026-01-01T00:00:00Z")
    answer = await person.do("updateProfile", {"phone": phone, "fullName": "Other"})
    assert [(f["path"], f["code"]) for f in answer["fields"]] == [(["phone"], "CONFIRMED")]
    assert (await person.ask(ME))["me"]["user"]["fullName"] != "Other"


async def test_saying_the_confirmed_number_again_changes_nothing(world: World) -> None:
    person = await world.person(phone=PHONE, phone_confirmed_at="2026-01-01T00:00:00Z")
    await person.do("updateProfile", {"phone": PHONE})
    assert (await account(person)).phone_confirmed_at is not None


async def test_every_wrong_field_is_named(stranger: Person) -> None:
    """CASES 74."""
    answer = await stranger.do("updateProfile", {"fullName": " ", "phone": "12"})
    assert [(f["path"], f["code"]) for f in answer["fields"]] == [
        (["fullName"], "REQUIRED"),
        (["phone"], "INVALID"),
    ]


async def test_the_first_user_of_an_account_cannot_change_his_full_name(world: World) -> None:
    """B; PRODUCT 2, rule 5: support can."""
    person = await first_user(world)
    answer = await person.do("updateProfile", {"fullName": "Other", "phone": PHONE})
    assert answer["__typename"] == "ProviderOnly"
    assert (await account(person)).phone is None


async def test_the_first_user_may_say_his_own_name_again(world: World) -> None:
    person = await first_user(world)
    answer = await person.do("updateProfile", {"fullName": person.full_name, "phone": PHONE})
    assert answer["__typename"] == "UpdateProfilePayload"


async def test_a_first_user_is_one_for_every_tenant_he_belongs_to(
    world: World, project: Tenant
) -> None:
    """PRODUCT 2, rule 5: anywhere he signs in, whatever his role has become."""
    person = await first_user(world)
    await world.join(project, "MANAGER", person)
    answer = await person.do("updateProfile", {"fullName": "Other"})
    assert answer["__typename"] == "ProviderOnly"


async def test_who_is_no_first_user_any_more_changes_his_name(world: World) -> None:
    """Support has removed him there."""
    tenant = await world.tenant(Catalog.ACCOUNT)
    person = await world.join(tenant, status=MemberStatus.REMOVED, is_first_user=True)
    answer = await person.do("updateProfile", {"fullName": "Other"})
    assert answer["__typename"] == "UpdateProfilePayload"


async def test_the_frontend_is_told_what_he_may_change_himself(
    world: World, stranger: Person
) -> None:
    """Issue 4: a frontend can build every screen of the manual."""
    wanted = "{ me { canChangeFullName canChangeEmail } }"
    assert (await stranger.ask(wanted))["me"] == {
        "canChangeFullName": True,
        "canChangeEmail": True,
    }
    registered = await world.person(email_is_registered=True)
    assert (await registered.ask(wanted))["me"] == {
        "canChangeFullName": True,
        "canChangeEmail": False,
    }
    assert (await (await first_user(world)).ask(wanted))["me"] == {
        "canChangeFullName": False,
        "canChangeEmail": False,
    }


async def test_what_he_may_change_is_read_once_for_all_of_it(
    stranger: Person, statements: list[str]
) -> None:
    costs = []
    for wanted in ("canChangeEmail", "canChangeFullName canChangeEmail"):
        statements.clear()
        await stranger.ask(f"{{ me {{ {wanted} }} }}")
        costs.append(len(statements))
    assert costs[0] == costs[1]


async def test_the_audit_names_the_fields_and_no_values(stranger: Person) -> None:
    """PRODUCT 4: never personal values."""
    await stranger.do("updateProfile", {"fullName": "Stella Nova", "phone": PHONE})
    async with database.transaction(database.SYSTEM, read_only=True):
        event = await AuditEvent.get(action="user.update")
    assert event.changes == {"full_name": [], "phone": []}
    assert (event.actor_id, event.subject_id) == (stranger.id, stranger.id)


async def test_changing_nothing_leaves_no_trace(stranger: Person) -> None:
    await stranger.do("updateProfile", {"fullName": stranger.full_name})
    async with database.transaction(database.SYSTEM, read_only=True):
        assert not await AuditEvent.filter(action="user.update").exists()
