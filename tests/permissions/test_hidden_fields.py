from typing import Any

import pytest

from models import Catalog, Tenant
from tests.clients import Person
from tests.factories import World
from tests.permissions.scenes import Scene, stage

HIDDEN = "login phone permissions maxSessions invitation { id }"
MEMBERS = f"""query($id: ID!) {{ tenant(id: $id) {{ members {{ edges {{ node {{
    id fullName email status role {{ code }} {HIDDEN} }} }} }} }} }}"""


async def crowd(world: World, role: str) -> tuple[Scene, dict[str, dict[str, Any]]]:
    """Somebody of `role` among a joined and a pending member, and how he sees all of them."""
    scene = await stage(world, Catalog.PROJECT, role)
    joined = await world.person("joe", phone="+77051250043")
    await world.join(scene.tenant, "MANAGER", joined, max_sessions=3)
    newcomer = {"fullName": "Nina", "login": "nina", "phone": "+77051250044"}
    pending = scene.invitation("MANAGER") | {"newcomer": newcomer, "maxSessions": 2}
    await scene.keeper.do("inviteMember", pending)
    found = await scene.actor.ask(MEMBERS, id=scene.tenant.id)
    nodes = [edge["node"] for edge in found["tenant"]["members"]["edges"]]
    return scene, {node["fullName"] or "": node for node in nodes}


@pytest.mark.parametrize("role", ["OWNER", "MANAGER"])
async def test_who_invites_or_edits_sees_everything_of_a_member(world: World, role: str) -> None:
    """PRODUCT 4."""
    _, seen = await crowd(world, role)
    joe, nina = seen["Joe"], seen["Nina"]
    assert (joe["login"], joe["phone"], joe["maxSessions"]) == ("joe", "+77051250043", 3)
    assert "members:invite" in joe["permissions"]
    assert joe["invitation"] is None  # he was put there without one
    assert (nina["login"], nina["phone"], nina["maxSessions"]) == ("nina", "+77051250044", 2)
    assert nina["permissions"] == []
    assert nina["invitation"]["id"].startswith("inv_")


@pytest.mark.parametrize("role", ["ADMINISTRATOR", "ACCOUNTANT"])
async def test_who_only_sees_members_sees_name_address_role_and_status(
    world: World, role: str
) -> None:
    """PRODUCT 4: login, phone, invitation, permissions and limits are null."""
    _, seen = await crowd(world, role)
    for member in (seen["Joe"], seen["Nina"]):
        assert member["email"]
        assert (member["role"]["code"], bool(member["status"])) == ("MANAGER", True)
        hidden = ("login", "phone", "permissions", "maxSessions", "invitation")
        assert [member[field] for field in hidden] == [None] * 5


async def test_one_sees_everything_of_oneself(world: World) -> None:
    """PRODUCT 4: the member himself, whatever his role."""
    scene, seen = await crowd(world, "ACCOUNTANT")
    own = seen[scene.actor.full_name]
    assert own["login"] == scene.actor.login
    assert "members:view" in own["permissions"]


async def test_one_sees_the_invitation_one_came_by_as_its_invitee(world: World) -> None:
    """PRODUCT 4 and contract: not what is for who manages members."""
    scene = await stage(world, Catalog.PROJECT, "OWNER")
    nina = await world.person("nina")
    invited = scene.invitation("ACCOUNTANT") | {"invitee": {"email": nina.email}}
    await scene.actor.do("inviteMember", invited)
    token = await world.link_token(nina.email)
    accepted = await nina.do(
        "acceptInvitation",
        {"invitation": {"token": token}},
        "member { invitation { id state tenantName email sentAt delivery member { id } } }",
    )
    own = accepted["member"]["invitation"]
    assert (own["state"], own["tenantName"]) == ("ACCEPTED", scene.tenant.name)
    assert [own[field] for field in ("email", "sentAt", "delivery", "member")] == [None] * 4
    query = "query($id: ID!) { node(id: $id) { ... on Invitation { state email } } }"
    by_id = (await nina.ask(query, id=own["id"]))["node"]
    assert by_id == {"state": "ACCEPTED", "email": None}
    by_owner = (await scene.actor.ask(query, id=own["id"]))["node"]
    assert by_owner == {"state": "ACCEPTED", "email": nina.email}


async def test_who_sees_no_members_finds_himself_by_the_viewer(world: World) -> None:
    """PRODUCT 2 (F): a SUBSCRIBER's user does not see the others, and himself he does."""
    scene = await stage(world, Catalog.SUBSCRIBER, "USER")
    query = f"query($id: ID!) {{ tenant(id: $id) {{ viewer {{ member {{ id {HIDDEN} }} }} }} }}"
    member = (await scene.actor.ask(query, id=scene.tenant.id))["tenant"]["viewer"]["member"]
    assert (member["id"], member["login"]) == (scene.actor.member_id, scene.actor.login)
    assert await scene.actor.refusal(MEMBERS, id=scene.tenant.id) == "PERMISSION_DENIED"


async def test_a_tenant_that_is_not_ones_own_is_null_like_an_unknown_one(
    owner: Person, stranger: Person, project: Tenant
) -> None:
    """CASES 68: unknown and foreign are the same answer."""
    assert (await owner.ask(MEMBERS, id=project.id))["tenant"] is not None
    foreign = await stranger.client.post(MEMBERS, id=project.id)
    unknown = await stranger.client.post(MEMBERS, id="ten_00000000000000000000000000")
    assert foreign.content == unknown.content == b'{"data":{"tenant":null}}'
