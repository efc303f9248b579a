"""Finding people, and what each may see of them (PRODUCT 4)."""

from datetime import timedelta
from typing import Any

import pytest

from models import Catalog, MemberStatus, Tenant
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import World
from tests.resolvers import steps

LIST = """
query($t: ID!, $filter: MemberFilter, $orderBy: MemberOrder) {
  members(tenantId: $t, filter: $filter, orderBy: $orderBy) {
    totalCount edges { node { id fullName email } } } }
"""


async def find(
    who: Person, tenant: Tenant, order: dict[str, str] | None = None, **wanted: Any
) -> list[str]:
    """The names (or addresses) of whom a list shows; `wanted` is its filter."""
    shown = (await who.ask(LIST, t=tenant.id, filter=wanted, orderBy=order))["members"]
    found = [edge["node"]["fullName"] or edge["node"]["email"] for edge in shown["edges"]]
    assert shown["totalCount"] == len(found)
    return found


@pytest.fixture
async def team(world: World, project: Tenant, owner: Person) -> Tenant:
    """The owner and a few more: joined, disabled, and pending ones."""
    for login, name, role in (
        ("anna", "Анна Сейтқали", "MANAGER"),
        ("real_1", "100% Real", "ACCOUNTANT"),
        ("abe", "Zoë", "ACCOUNTANT"),
    ):
        await world.join(project, role, await world.person(login, full_name=name))
    off = await world.person("off", full_name="Offline")
    await world.join(project, "MANAGER", off, status=MemberStatus.DISABLED)
    await steps.invite(owner, project, newcomer={"fullName": "Nina Typed", "login": "typed"})
    await steps.invite(owner, project, "bob@example.com", "OWNER")
    return project


async def test_people_are_found_by_how_their_name_address_or_login_begins(
    team: Tenant, owner: Person
) -> None:
    """PRODUCT 4: case-folded; wildcards mean themselves; pending people too."""
    searches = {
        "анна": ["Анна Сейтқали"],
        "АННА СЕЙТҚ": ["Анна Сейтқали"],
        "сейтқали": [],
        "anna@EXAMPLE": ["Анна Сейтқали"],
        "abe": ["Zoë"],
        "zoe\u0308": ["Zoë"],
        "100%": ["100% Real"],
        "%": [],
        "real_": ["100% Real"],
        "real%": [],
        "reali": [],
        "\\": [],
        " nina ": ["Nina Typed"],
        "typed": ["Nina Typed"],
        "bob": ["bob@example.com"],
        "off": ["Offline"],
    }
    assert {text: await find(owner, team, search=text) for text in searches} == searches
    assert len(await find(owner, team, search="  ")) == 7


async def test_people_are_found_by_login_only_by_who_may_see_it(world: World, team: Tenant) -> None:
    """PRODUCT 4: also of himself only by name and address."""
    anna = await world.person("other.login", full_name="Anna", email="anna2@example.com")
    accountant = await world.join(team, "ACCOUNTANT", anna)
    assert await find(accountant, team, search="real_") == ["100% Real"]
    assert await find(accountant, team, search="typed") == []
    assert await find(accountant, team, search="other.login") == []


async def test_pending_people_are_found_and_shown_only_as_the_inviter_typed_them(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 4, CASES 84: whether an address is registered does not show."""
    await world.person("nina.login", full_name="Real Name", email=steps.NINA, phone="+77051250043")
    invited = await steps.invite(owner, project)
    assert await find(owner, project, search="real") == []
    assert await find(owner, project, search="nina.login") == []
    assert await find(owner, project, search="nina@") == [steps.NINA]
    shown = await owner.ask(
        "query($m: ID!) { node(id: $m) { ... on Member {"
        " fullName login phone permissions user { id } joinedAt } } }",
        m=invited.member_id,
    )
    assert shown["node"] == dict.fromkeys(("fullName", "login", "phone", "user", "joinedAt")) | {
        "permissions": []
    }


async def test_joined_people_are_found_as_they_are_and_not_as_they_were_typed(
    world: World, project: Tenant, owner: Person
) -> None:
    await steps.invite(owner, project, newcomer={"fullName": "Typed", "login": "typed"})
    await steps.register(world)
    assert await find(owner, project, search="typed") == []
    assert await find(owner, project, search="nina n") == ["Nina New"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"roles": ["ACCOUNTANT"]}, {"100% Real", "Zoë", "Nina Typed"}),
        ({"roles": ["OWNER", "MANAGER"], "statuses": ["JOINED"]}, {"Olga", "Анна Сейтқали"}),
        ({"roles": []}, set()),
        ({"statuses": ["DISABLED", "PENDING"]}, {"Offline", "Nina Typed", "bob@example.com"}),
        ({"statuses": []}, set()),
        ({"invitationStates": ["PENDING"]}, {"Nina Typed", "bob@example.com"}),
        ({"invitationStates": ["ACCEPTED", "REVOKED", "EXPIRED", "DECLINED"]}, set()),
    ],
)
async def test_lists_are_narrowed_by_role_status_and_state_of_the_invitation(
    team: Tenant, owner: Person, wanted: dict[str, Any], found: set[str]
) -> None:
    """PRODUCT 4."""
    assert set(await find(owner, team, **wanted)) == found


async def test_the_state_of_an_invitation_counts_as_it_is_now(
    world: World, project: Tenant, owner: Person, clock: Clock
) -> None:
    """PRODUCT 4: EXPIRED is no state of the member, and is computed."""
    await steps.invite(owner, project)
    await steps.register(world)
    await steps.invite(owner, project, "late@example.com")
    gone = await steps.invite(owner, project, "gone@example.com")
    await owner.do("revokeInvitation", {"invitationId": gone.invitation_id})
    clock.move(timedelta(days=3))
    states = {
        "ACCEPTED": ["Nina New"],
        "EXPIRED": ["late@example.com"],
        "PENDING": [],
        "REVOKED": [],
    }
    assert {s: await find(owner, project, invitationStates=[s]) for s in states} == states
    assert await find(owner, project, invitationStates=["REVOKED"], statuses=["REMOVED"]) == [
        "gone@example.com"
    ]


async def test_lists_are_narrowed_to_who_has_a_right_on_an_app(team: Tenant, owner: Person) -> None:
    """PRODUCT 4; who may know of the app is `test_apps`'s."""
    app = await owner.do("createApp", {"tenantId": team.id, "name": "Books"}, "app { id }")
    assert await find(owner, team, appId=app["app"]["id"]) == ["Olga"]
    assert await find(owner, team, appId="app_" + "0" * 26) == []


async def test_only_who_invites_or_edits_asks_for_the_state_of_invitations(
    project: Tenant, accountant: Person
) -> None:
    code = await accountant.refusal(LIST, t=project.id, filter={"invitationStates": ["PENDING"]})
    assert code == "PERMISSION_DENIED"


@pytest.mark.parametrize(
    ("field", "ascending"),
    [
        ("CREATED_AT", ["Olga", "Анна Сейтқали", "100% Real", "Zoë", "Offline"]),
        ("NAME", ["100% Real", "Offline", "Olga", "Zoë", "Анна Сейтқали"]),
    ],
)
async def test_lists_are_ordered_both_ways(
    team: Tenant, owner: Person, field: str, ascending: list[str]
) -> None:
    """PRODUCT 4; oldest first where nothing is said."""
    who = {"statuses": ["JOINED", "DISABLED"]}
    up, down = ({"field": field, "direction": way} for way in ("ASC", "DESC"))
    assert await find(owner, team, up, **who) == ascending
    assert await find(owner, team, down, **who) == ascending[::-1]
    assert await find(owner, team, {"field": field}, **who) == ascending


async def test_people_without_a_name_are_ordered_by_their_address(
    team: Tenant, owner: Person
) -> None:
    found = await find(owner, team, {"field": "NAME"}, statuses=["PENDING"])
    assert found == ["bob@example.com", "Nina Typed"]


SEEN = """
query($m: ID!) { node(id: $m) { ... on Member {
  fullName email status role { code } login phone maxSessions permissions invitation { id } } } }
"""


async def test_who_views_members_sees_name_address_role_and_status_and_no_more(
    world: World, project: Tenant, owner: Person, accountant: Person
) -> None:
    """PRODUCT 4: the rest is his own, and who invites or edits'."""
    ann = await world.person("ann", phone="+77051250043")
    await world.join(project, "MANAGER", ann, max_sessions=2)
    public = {"fullName": "Ann", "email": "ann@example.com", "status": "JOINED"} | {
        "role": {"code": "MANAGER"}
    }
    hidden = ("login", "phone", "maxSessions", "permissions", "invitation")
    by_accountant = (await accountant.ask(SEEN, m=ann.member_id))["node"]
    by_owner = (await owner.ask(SEEN, m=ann.member_id))["node"]
    by_himself = (await ann.ask(SEEN, m=ann.member_id))["node"]
    assert by_accountant == public | dict.fromkeys(hidden)
    assert by_himself == by_owner
    assert by_owner["permissions"].pop() == "apps:manage"
    assert (by_owner["login"], by_owner["phone"], by_owner["maxSessions"]) == (
        "ann",
        "+77051250043",
        2,
    )


async def test_an_invitation_shows_to_who_manages_members_and_to_the_member_himself(
    world: World, project: Tenant, owner: Person, accountant: Person
) -> None:
    """PRODUCT 4; address, delivery and member are the managers'."""
    query = (
        "query($m: ID!) { node(id: $m) { ... on Member { invitation {"
        " id state email delivery sentAt member { id } } } } }"
    )
    invited = await steps.invite(owner, project)
    assert await accountant.ask(query, m=invited.member_id) == {"node": {"invitation": None}}
    nina = await steps.register(world)
    by_owner = (await owner.ask(query, m=invited.member_id))["node"]["invitation"]
    by_nina = (await nina.ask(query, m=invited.member_id))["node"]["invitation"]
    assert by_owner.pop("sentAt")
    assert by_owner == {
        "id": invited.invitation_id,
        "state": "ACCEPTED",
        "email": steps.NINA,
        "delivery": "SENT",
        "member": {"id": invited.member_id},
    }
    hidden = dict.fromkeys(("email", "delivery", "sentAt", "member"))
    assert by_nina == {"id": invited.invitation_id, "state": "ACCEPTED"} | hidden


async def test_who_may_not_view_members_sees_himself_only(world: World) -> None:
    """PRODUCT 2, F: a SUBSCRIBER's user."""
    tenant = await world.tenant(Catalog.SUBSCRIBER)
    owner, user = await world.join(tenant), await world.join(tenant, "USER")
    assert await user.refusal(LIST, t=tenant.id) == "PERMISSION_DENIED"
    assert (await user.ask(SEEN, m=owner.member_id)) == {"node": None}
    assert (await user.ask(SEEN, m=user.member_id))["node"]["login"] == user.login


async def test_a_tenants_members_are_the_same_list(team: Tenant, owner: Person) -> None:
    shown = await owner.ask(
        'query($t: ID!) { tenant(id: $t) { members(filter: { search: "z" }, first: 1) {'
        " totalCount edges { node { fullName tenant { id } } } } } }",
        t=team.id,
    )
    assert shown["tenant"]["members"] == {
        "totalCount": 1,
        "edges": [{"node": {"fullName": "Zoë", "tenant": {"id": team.id}}}],
    }


async def test_ones_own_memberships_are_those_one_has_joined_disabled_or_not(
    world: World, stranger: Person
) -> None:
    """PRODUCT 4; oldest first, in pages."""
    for status in MemberStatus:
        if status is not MemberStatus.PENDING:
            tenant = await world.tenant(name=status.title())
            await world.join(tenant, "MANAGER", stranger, status=status)
    pending = await world.tenant(name="Pending")
    await steps.invite(await world.join(pending), pending, stranger.email)
    query = (
        "query($after: String) { me { memberships(first: 1, after: $after) {"
        " pageInfo { hasNextPage } edges { cursor node { status tenant { name } } } } } }"
    )
    first = (await stranger.ask(query))["me"]["memberships"]
    [edge] = first["edges"]
    second = (await stranger.ask(query, after=edge["cursor"]))["me"]["memberships"]
    assert (edge["node"], first["pageInfo"]) == (
        {"status": "JOINED", "tenant": {"name": "Joined"}},
        {"hasNextPage": True},
    )
    assert [e["node"]["tenant"]["name"] for e in second["edges"]] == ["Disabled"]
    assert second["pageInfo"] == {"hasNextPage": False}
