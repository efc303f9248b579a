"""Whose avatar who sees (PRODUCT 5)."""

from typing import Any

import pytest

import errors
from auth.viewer import Viewer
from models import Avatar, MemberStatus, ProviderRole, Tenant, User, database
from resolvers import avatars
from tests import pictures
from tests.clients import Client, Person
from tests.factories import CLIENT, World
from tests.resolvers import steps

ME = "{ me { avatarUrl user { id avatarUrl } } }"
MEMBERS = """query($id: ID!) { members(tenantId: $id) {
  edges { node { user { id avatarUrl } } } } }"""


async def shown(who: Person, tenant: Tenant) -> dict[str, str | None]:
    """The avatars in a list of members, by user id."""
    edges = (await who.ask(MEMBERS, id=tenant.id))["members"]["edges"]
    users = [edge["node"]["user"] for edge in edges]
    return {user["id"]: user["avatarUrl"] for user in users}


async def seen(who: Person | Client, path: str) -> bool:
    """Whether he may load the picture."""
    client = who.client if isinstance(who, Person) else who
    status: int = (await client.http.get(path)).status_code
    assert status in {200, 404}
    return status == 200


async def test_who_has_put_up_an_avatar_sees_it(stranger: Person) -> None:
    """PRODUCT 5."""
    assert (await stranger.ask(ME))["me"] == {
        "avatarUrl": None,
        "user": {"id": stranger.id, "avatarUrl": None},
    }
    url = (await pictures.put(stranger.client)).json()["url"]
    assert url.startswith(f"http://127.0.0.1:8000/avatars/{stranger.id}/")
    assert (await stranger.ask(ME))["me"]["avatarUrl"] == url
    assert (await stranger.ask(ME))["me"]["user"]["avatarUrl"] == url
    assert await seen(stranger, pictures.path(url))


async def test_who_writes_to_support_for_a_tenant_sees_its_people(
    project: Tenant, owner: Person, accountant: Person
) -> None:
    """PRODUCT 5: in a PROJECT everybody holds `support:use`."""
    path = await pictures.put_up(owner.client)
    assert str((await shown(accountant, project))[owner.id]).endswith(path)
    assert await seen(accountant, path)


async def test_who_does_not_write_to_support_sees_nobody_but_himself(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 5: `support:use` was denied to him."""
    denied = await world.join(project, "ACCOUNTANT", denials=["support:use"])
    own, others = [await pictures.put_up(who.client) for who in (denied, owner)]
    found = await shown(denied, project)
    assert found[owner.id] is None
    assert str(found[denied.id]).endswith(own)
    assert (await seen(denied, own), await seen(denied, others)) == (True, False)


async def test_a_right_in_one_tenant_shows_nobody_of_another(
    world: World, project: Tenant, owner: Person, accountant: Person
) -> None:
    """He belongs to both, and writes to support for one of them."""
    other = await world.tenant()
    await world.join(other, "ACCOUNTANT", accountant, denials=["support:use"])
    hidden = await world.join(other)
    path = await pictures.put_up(hidden.client)
    assert (await shown(accountant, other))[hidden.id] is None
    assert not await seen(accountant, path)
    assert not await seen(owner, path)


@pytest.mark.parametrize("status", [MemberStatus.PENDING, MemberStatus.REMOVED])
async def test_people_who_are_not_there_yet_or_any_more_are_not_seen(
    world: World, project: Tenant, owner: Person, stranger: Person, status: MemberStatus
) -> None:
    path = await pictures.put_up(stranger.client)
    await world.join(project, "MANAGER", stranger, status=status)
    assert not await seen(owner, path)


async def test_a_disabled_member_is_seen_and_sees_nobody(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 4: he finds nothing of the tenant any more."""
    disabled = await world.join(project, "MANAGER", status=MemberStatus.DISABLED)
    his, owners = [await pictures.put_up(who.client) for who in (disabled, owner)]
    assert await seen(owner, his)
    assert not await seen(disabled, owners)


@pytest.mark.parametrize("role", ProviderRole)
async def test_staff_see_everybody(world: World, stranger: Person, role: ProviderRole) -> None:
    """PRODUCT 5."""
    assert await seen(await world.staff(role), await pictures.put_up(stranger.client))


async def test_who_writes_to_support_sees_staff(
    world: World, accountant: Person, stranger: Person, anonymous: Client
) -> None:
    """PRODUCT 5: in whatever tenant; others do not, nor does who is not signed in."""
    staff = await world.staff()
    path = await pictures.put_up(staff.client)
    assert await seen(accountant, path)
    assert not await seen(stranger, path)
    assert not await seen(anonymous, path)
    async with database.transaction(database.SYSTEM):
        await User.filter(id=staff.id).update(provider_role=None)
    assert not await seen(accountant, path)


async def test_of_a_page_the_avatars_are_one_statement(
    world: World, project: Tenant, owner: Person, statements: list[str]
) -> None:
    """DESIGN 1.1."""
    for _ in range(3):
        await pictures.put_up((await world.join(project, "MANAGER")).client)
    statements.clear()
    found = await shown(owner, project)
    assert [url is None for url in found.values()].count(False) == 3
    assert len([sql for sql in statements if "avatars" in sql]) == 1


async def test_another_picture_has_another_address_and_the_old_one_is_gone(
    stranger: Person,
) -> None:
    """Issue 4.3: addresses are kept in caches for ever."""
    old = await pictures.put_up(stranger.client)
    new = await pictures.put_up(stranger.client, pictures.BLUE)
    assert old != new
    assert (await seen(stranger, old), await seen(stranger, new)) == (False, True)
    assert len(await steps.stored(Avatar.filter())) == 1


async def test_the_same_picture_has_the_same_address(stranger: Person) -> None:
    assert len({await pictures.put_up(stranger.client) for _ in range(2)}) == 1


async def test_one_may_have_no_avatar(stranger: Person) -> None:
    """Issue 4.3: initials are the client's business."""
    path = await pictures.put_up(stranger.client)
    removed = [await stranger.do("removeAvatar", select="removed") for _ in range(2)]
    assert [answer["removed"] for answer in removed] == [True, False]
    assert (await stranger.ask(ME))["me"]["avatarUrl"] is None
    assert not await seen(stranger, path)


async def test_changing_and_removing_stand_in_the_audit(stranger: Person) -> None:
    """PRODUCT 4."""
    await pictures.put_up(stranger.client)
    for _ in range(2):
        await stranger.do("removeAvatar")
    found = await steps.audit("user.change_avatar", "user.remove_avatar")
    assert [event.action for event in found] == ["user.change_avatar", "user.remove_avatar"]
    assert {(event.actor_id, event.subject_id) for event in found} == {(stranger.id, stranger.id)}


async def test_an_account_that_has_ended_meanwhile_gets_no_avatar(
    world: World, stranger: Person
) -> None:
    """Drawing takes a while."""
    viewer = await world.viewer(stranger)
    async with database.transaction(database.SYSTEM):
        ended = User.filter(id=stranger.id)
        await ended.update(ended_at=(await ended.get()).created_at)
    with pytest.raises(errors.Unauthenticated):
        await avatars.put(viewer, pictures.file())
    assert await steps.stored(Avatar.filter()) == []


@pytest.mark.usefixtures("world")
async def test_nobody_puts_up_or_removes_a_picture_without_being_signed_in() -> None:
    changes: list[Any] = [avatars.put(Viewer(CLIENT), b""), avatars.remove(Viewer(CLIENT))]
    for change in changes:
        with pytest.raises(errors.Unauthenticated):
            await change
