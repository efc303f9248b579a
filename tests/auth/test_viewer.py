from datetime import timedelta

import pytest

from auth import viewer
from auth.viewer import Viewer
from models import Catalog, MemberStatus, Session, Tenant, database
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import CLIENT, World

CAN = "query($id: ID!) { tenant(id: $id) { viewer { role { code } } members { totalCount } } }"
ME = "{ me { login } }"


async def last_used(person: Person) -> list[float]:
    async with database.transaction(database.SYSTEM, read_only=True):
        return [s.last_used_at.timestamp() for s in await Session.filter(user_id=person.id)]


@pytest.mark.parametrize("token", [None, "", "tnt_ses_unknown", "tnt_key_1", "garbage", "\ud800"])
@pytest.mark.usefixtures("database")
async def test_whoever_has_no_living_session_is_nobody(token: str | None) -> None:
    async with database.transaction(database.NOBODY, read_only=True):
        nobody = await viewer.identify(CLIENT, token)
    assert nobody == Viewer(CLIENT)
    assert nobody.user_id is None
    assert nobody.joined == ()


async def test_a_viewer_knows_his_places_and_acts_where_he_has_joined(
    world: World, project: Tenant, owner: Person
) -> None:
    elsewhere, former = await world.tenant(Catalog.ACCOUNT), await world.tenant()
    await world.join(elsewhere, "USER", owner, status=MemberStatus.DISABLED)
    await world.join(former, "OWNER", owner, status=MemberStatus.REMOVED)
    found = await world.viewer(owner)
    assert set(found.places) == {project.id, elsewhere.id}
    assert found.joined == (project.id,)
    assert found.place(elsewhere.id) is None
    assert found.places[elsewhere.id].role == "USER"
    assert found.places[elsewhere.id].catalog is Catalog.ACCOUNT


async def test_a_viewers_scope_is_the_tenants_he_may_act_in(
    world: World, project: Tenant, owner: Person
) -> None:
    disabled = await world.tenant()
    await world.join(disabled, "OWNER", owner, status=MemberStatus.DISABLED)
    found = await world.viewer(owner)
    assert found.scope == database.Scope.viewer(owner.id, (project.id,))
    assert found.scope_with(disabled.id).tenant_ids == (project.id, disabled.id)


async def test_a_payload_is_read_with_the_tenants_before_the_change_as_well(
    world: World, project: Tenant, owner: Person, stranger: Person
) -> None:
    """PRODUCT 4."""
    after = (await world.viewer(stranger)).after(await world.viewer(owner))
    assert after.joined == ()
    assert after.scope == database.Scope.viewer(stranger.id, (project.id,))


async def test_a_role_lost_is_lost_at_the_next_request(
    project: Tenant, owner: Person, manager: Person
) -> None:
    """CASES 97."""
    await owner.do("changeRole", {"memberId": manager.member_id, "role": "ACCOUNTANT"})
    data = await manager.ask(CAN, id=project.id)
    assert data["tenant"]["viewer"]["role"] == {"code": "ACCOUNTANT"}
    denied = await manager.do(
        "inviteMember",
        {"tenantId": project.id, "invitee": {"email": "x@example.com"}, "role": "ACCOUNTANT"},
    )
    assert denied["__typename"] == "PermissionDenied"


async def test_a_removed_member_is_a_stranger_at_the_next_request(
    project: Tenant, owner: Person, manager: Person
) -> None:
    """CASES 97."""
    await owner.do("removeMember", {"memberId": manager.member_id})
    assert await manager.ask(CAN, id=project.id) == {"tenant": None}


async def test_a_disabled_member_is_a_stranger_at_the_next_request_until_enabled(
    project: Tenant, owner: Person, manager: Person
) -> None:
    """CASES 97."""
    for enabled in (False, True):
        await owner.do("setMemberEnabled", {"memberId": manager.member_id, "enabled": enabled})
        data = await manager.ask(CAN, id=project.id)
        assert (data["tenant"] is not None) is enabled


async def test_a_deleted_tenant_is_out_of_sight_at_the_next_request(
    project: Tenant, owner: Person, manager: Person
) -> None:
    """PRODUCT 4."""
    await owner.do("deleteTenant", {"tenantId": project.id})
    for person in (owner, manager):
        assert await person.ask(CAN, id=project.id) == {"tenant": None}


async def test_signing_out_ends_this_session_at_once_and_no_other(
    world: World, owner: Person
) -> None:
    """CASES 98."""
    other = world.client(await world.session(owner.id))
    assert await owner.ask("mutation { signOut { signedOut } }") == {"signOut": {"signedOut": True}}
    assert await owner.ask(ME) == {"me": None}
    assert await other.ask(ME) == {"me": {"login": "olga"}}


async def test_a_session_ends_thirty_days_after_its_last_use(owner: Person, clock: Clock) -> None:
    """PRODUCT 4."""
    clock.move(timedelta(days=30) - timedelta(seconds=1))
    assert await owner.ask(ME) == {"me": {"login": "olga"}}
    clock.move(timedelta(days=30) - timedelta(seconds=1))
    assert await owner.ask(ME) == {"me": {"login": "olga"}}
    clock.move(timedelta(days=30))
    assert await owner.ask(ME) == {"me": None}


async def test_the_last_use_is_written_once_a_minute_at_most(owner: Person, clock: Clock) -> None:
    """DESIGN 1.4."""
    begun = await last_used(owner)
    clock.move(timedelta(seconds=59))
    await owner.ask(ME)
    assert await last_used(owner) == begun
    clock.move(timedelta(seconds=2))
    await owner.ask(ME)
    assert await last_used(owner) == [pytest.approx(begun[0] + 61, abs=1)]


async def test_nothing_is_written_for_nobody(world: World, statements: list[str]) -> None:
    await world.anonymous.ask(ME)
    assert not [sql for sql in statements if "update" in sql.lower()]


async def test_using_one_session_touches_no_other(
    world: World, owner: Person, clock: Clock
) -> None:
    await world.session(owner.id)
    clock.move(timedelta(minutes=5))
    await owner.ask(ME)
    idle, used = sorted(await last_used(owner))
    assert used - idle == pytest.approx(300, abs=2)
