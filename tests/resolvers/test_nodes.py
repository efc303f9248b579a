"""`node`: whatever has an id, where its own list would show it."""

from models import Session, Tenant
from tests.clients import Client, Person
from tests.factories import World
from tests.resolvers import steps

NODE = "query($id: ID!) { node(id: $id) { __typename id } }"


async def kind(who: Client | Person, node_id: str) -> str | None:
    """The type of what an id shows, if anything."""
    found = (await who.ask(NODE, id=node_id))["node"]
    assert found is None or found["id"] == node_id
    return found and str(found["__typename"])


async def test_an_id_shows_what_it_names_to_who_may_see_it(
    world: World, project: Tenant, owner: Person, accountant: Person, stranger: Person
) -> None:
    """Contract, CASES 103; who views members sees no invitations."""
    other = await world.join(await world.tenant())
    invited = await steps.invite(owner, project)
    kinds: dict[str, str | None] = {
        project.id: "Tenant",
        owner.member_id: "Member",
        invited.member_id: "Member",
        invited.invitation_id: "Invitation",
        owner.id: "User",
    }
    nothing = dict.fromkeys(kinds)

    async def shown(who: Client | Person) -> dict[str, str | None]:
        return {node_id: await kind(who, node_id) for node_id in kinds}

    assert await shown(owner) == kinds
    assert await shown(accountant) == kinds | {invited.invitation_id: None}
    assert await shown(other) == await shown(stranger) == await shown(world.anonymous) == nothing


async def test_a_foreign_id_is_the_same_answer_as_an_unknown_one(
    owner: Person, stranger: Person
) -> None:
    """DESIGN 3; whatever its prefix says."""
    prefixes = ("ten", "mem", "inv", "usr", "rol", "ses", "evt", "msg", "x", "")
    unknown = [f"{prefix}_{'0' * 26}" for prefix in prefixes]
    for node_id in (owner.member_id, *unknown, "", "mem", "_", "mem_" + "z" * 10_000):
        answer = await stranger.client.post(NODE, id=node_id)
        assert answer.content == b'{"data":{"node":null}}', node_id


async def test_an_invitation_shows_to_its_invitee_without_what_is_the_managers(
    world: World, project: Tenant, owner: Person
) -> None:
    """Contract: email, delivery and member are who manages members'."""
    nina = await world.person("nina")
    invited = await steps.invite(owner, project)
    query = (
        "query($id: ID!) { node(id: $id) { ... on Invitation {"
        " tenantName email delivery member { id } } } }"
    )
    by_invitee = (await nina.ask(query, id=invited.invitation_id))["node"]
    by_owner = (await owner.ask(query, id=invited.invitation_id))["node"]
    assert by_invitee == {"tenantName": "Acme", "email": None, "delivery": None, "member": None}
    assert by_owner == {
        "tenantName": "Acme",
        "email": steps.NINA,
        "delivery": "QUEUED",
        "member": {"id": invited.member_id},
    }


async def test_a_person_is_seen_by_himself_and_by_who_shares_a_tenant_whose_people_he_may_see(
    owner: Person, accountant: Person, stranger: Person
) -> None:
    assert await kind(stranger, stranger.id) == "User"
    assert await kind(accountant, owner.id) == "User"
    await owner.do("removeMember", {"memberId": accountant.member_id})
    assert await kind(accountant, owner.id) is None
    assert await kind(owner, accountant.id) is None


async def test_a_built_in_role_is_everybodys_and_its_id_is_fixed(anonymous: Client) -> None:
    """Contract."""
    found = await anonymous.ask(
        '{ node(id: "rol_subscriber_administrator") { ... on Role { code handsOut } } }'
    )
    assert found["node"] == {"code": "ADMINISTRATOR", "handsOut": ["USER"]}


async def test_a_session_is_nothing_to_ask_for(stranger: Person) -> None:
    [session] = await steps.stored(Session.filter(user_id=stranger.id))
    assert await kind(stranger, session.id) is None
