"""The first user of an ACCOUNT, removed and disabled by provider support (PRODUCT 2, rule 5)."""

from dataclasses import dataclass
from typing import Any

import pytest

from models import Catalog, Member, MemberStatus, Tenant
from tests.clients import Person
from tests.factories import World
from tests.resolvers import steps

MUTATIONS = {"removeFirstUser": "REMOVED", "disableFirstUser": "DISABLED"}
SELECT = """firstUser { memberId tenantName status role { code } isFirstUser }
    newOwner { memberId role { code } }"""


@dataclass
class Home:
    """An ACCOUNT of its first user, with a user in it."""

    tenant: Tenant
    first: Person
    user: Person
    staff: Person

    async def end(
        self, mutation: str, new_owner: str | None = None, *, of: str | None = None
    ) -> dict[str, Any]:
        given = {"memberId": of or self.first.member_id, "newOwnerMemberId": new_owner}
        return await self.staff.do(mutation, given, SELECT)


@pytest.fixture
async def home(world: World) -> Home:
    tenant = await world.tenant(Catalog.ACCOUNT, "Home")
    first = await world.join(tenant, "OWNER", await world.person("fred"), is_first_user=True)
    user = await world.join(tenant, "USER", await world.person("una"), grants=["members:view"])
    return Home(tenant, first, user, await world.staff())


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_support_names_another_owner_and_lets_the_first_user_go(
    home: Home, mutation: str
) -> None:
    """B."""
    answer = await home.end(mutation, home.user.member_id)
    assert answer["firstUser"] == {
        "memberId": home.first.member_id,
        "tenantName": "Home",
        "status": MUTATIONS[mutation],
        "role": {"code": "OWNER"},
        "isFirstUser": True,
    }
    assert answer["newOwner"] == {"memberId": home.user.member_id, "role": {"code": "OWNER"}}
    named = await steps.member(home.user.member_id)
    assert (named.role, named.grants, named.denials) == ("OWNER", [], [])
    assert (await steps.member(home.first.member_id)).status == MUTATIONS[mutation]


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_without_another_owner_who_can_act_one_has_to_be_named(
    world: World, home: Home, mutation: str
) -> None:
    """PRODUCT 2, rule 4."""
    await world.join(home.tenant, "OWNER", status=MemberStatus.DISABLED)
    before = await steps.everything()
    assert (await home.end(mutation))["__typename"] == "LastOwner"
    assert await steps.everything() == before


@pytest.mark.parametrize("role", ["OWNER", "USER"])
@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_where_somebody_else_owns_it_nobody_has_to_be_named(
    world: World, home: Home, mutation: str, role: str
) -> None:
    await world.join(home.tenant, "OWNER")
    await steps.edit(home.first.member_id, role=role)
    answer = await home.end(mutation)
    assert (answer["firstUser"]["status"], answer["newOwner"]) == (MUTATIONS[mutation], None)


@pytest.mark.parametrize("role", ["OWNER", "USER"])
@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_support_makes_no_owner_where_none_is_needed(
    world: World, home: Home, mutation: str, role: str
) -> None:
    """PRODUCT 2, rule 6: staff hold nothing in tenants beyond what is named."""
    await world.join(home.tenant, "OWNER")
    await steps.edit(home.first.member_id, role=role)
    before = await steps.everything()
    answer = await home.end(mutation, home.user.member_id)
    assert [(f["path"], f["code"]) for f in answer["fields"]] == [
        (["newOwnerMemberId"], "NOT_ALLOWED")
    ]
    assert await steps.everything() == before


async def test_an_owner_who_goes_at_the_same_moment_owns_nothing(world: World, home: Home) -> None:
    """PRODUCT 2, rule 4; broken without `locks.tenant` in `first_users._lock`."""
    other = await world.join(home.tenant, "OWNER")
    answer = await steps.meanwhile(
        home.tenant,
        home.end("removeFirstUser"),
        lambda: Member.filter(id=other.member_id).update(status=MemberStatus.DISABLED),
    )
    assert answer["__typename"] == "LastOwner"


async def test_naming_who_owns_it_already_changes_nothing_of_him(world: World, home: Home) -> None:
    other = await world.join(home.tenant, "OWNER")
    answer = await home.end("removeFirstUser", other.member_id)
    assert answer["newOwner"]["memberId"] == other.member_id
    assert await steps.audit("member.change_role") == []


async def test_a_new_owner_has_joined_the_same_tenant_and_can_act(world: World, home: Home) -> None:
    """One answer for all who have not."""
    elsewhere = await world.join(await world.tenant(Catalog.ACCOUNT))
    disabled = await world.join(home.tenant, "USER", status=MemberStatus.DISABLED)
    pending = await steps.invite(home.first, home.tenant, role="USER")
    before = await steps.everything()
    for new_owner in (
        elsewhere.member_id,
        disabled.member_id,
        pending.member_id,
        home.first.member_id,
        "mem_x",
    ):
        answer = await home.end("removeFirstUser", new_owner)
        assert [(f["path"], f["code"]) for f in answer["fields"]] == [
            (["newOwnerMemberId"], "NOT_JOINED")
        ], new_owner
    assert await steps.everything() == before


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_support_acts_on_first_users_and_nobody_else(home: Home, mutation: str) -> None:
    """PRODUCT 2, rule 6."""
    before = await steps.everything()
    for member_id in (home.user.member_id, home.staff.id, "mem_" + "0" * 26):
        assert (await home.end(mutation, of=member_id))["__typename"] == "NotFound"
    assert await steps.everything() == before


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_who_was_removed_already_is_not_found(home: Home, mutation: str) -> None:
    await home.end("removeFirstUser", home.user.member_id)
    assert (await home.end(mutation))["__typename"] == "NotFound"


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_in_a_deleted_account_there_is_nobody_to_remove(home: Home, mutation: str) -> None:
    await home.first.do("deleteTenant", {"tenantId": home.tenant.id})
    assert (await home.end(mutation, home.user.member_id))["__typename"] == "NotFound"


async def test_disabling_who_is_disabled_changes_nothing_and_he_can_still_be_removed(
    home: Home,
) -> None:
    await home.end("disableFirstUser", home.user.member_id)
    before = await steps.everything()
    assert (await home.end("disableFirstUser"))["firstUser"]["status"] == "DISABLED"
    assert await steps.everything() == before
    assert (await home.end("removeFirstUser"))["firstUser"]["status"] == "REMOVED"


async def test_customers_enable_the_first_user_again_themselves(home: Home) -> None:
    """Only keeping him from acting is support's."""
    await home.end("disableFirstUser", home.user.member_id)
    enable = {"memberId": home.first.member_id, "enabled": True}
    answer = await home.user.do("setMemberEnabled", enable, "member { status }")
    assert answer["member"] == {"status": "JOINED"}


async def test_the_new_owner_and_who_was_removed_are_told_by_mail(world: World, home: Home) -> None:
    """PRODUCT 4: role changed, removed; disabling tells nobody."""
    await home.end("removeFirstUser", home.user.member_id)
    assert {(mail.to, home.staff.full_name in mail.text) for mail in await world.mails()} == {
        (home.first.email, True),
        (home.user.email, True),
    }


async def test_disabling_the_first_user_sends_him_no_mail(world: World, home: Home) -> None:
    await home.end("disableFirstUser", home.user.member_id)
    assert [mail.to for mail in await world.mails()] == [home.user.email]


async def test_a_first_user_who_was_removed_can_be_invited_and_is_none_any_more(
    home: Home,
) -> None:
    """PRODUCT 4: a new invitation revives nothing of the old."""
    await home.end("removeFirstUser", home.user.member_id)
    invited = await steps.invite(home.user, home.tenant, home.first.email, "USER")
    await steps.accept(home.first, id=invited.invitation_id)
    assert not (await steps.member(invited.member_id)).is_first_user
