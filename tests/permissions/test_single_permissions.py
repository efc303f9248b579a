"""Single permissions at every door: what is granted opens it, what is denied closes it, each at the
next request (PRODUCT 2, rule 3). `tests/resolvers/test_single_permissions.py` has the switching.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from models import Catalog, Member
from tests.factories import World
from tests.permissions.matrix import CELLS, Cell
from tests.permissions.scenes import Scene, stage
from tests.permissions.test_matrix import CAN, OPERATIONS, PERMISSIONS
from tests.resolvers import steps

MANAGER = (Catalog.PROJECT, "MANAGER")
USER = (Catalog.ACCOUNT, "USER")
GRANTED = [cell for cell in CELLS if cell.sign == "g"]
ALWAYS = ("tenant:view", "members:leave")
TAKEN = [cell for cell in CELLS if cell.holds and cell.role != "OWNER"]
DENIED = [c for c in TAKEN if c.permission not in ALWAYS and c.permission in OPERATIONS]
NEEDS = {"audit:view": ["members:view"]}  # removed members are found in the list


async def switch(scene: Scene, **lists: Sequence[str]) -> dict[str, Any]:
    """The keeper switches permissions of the actor."""
    values = {"memberId": scene.actor.member_id, **lists}
    return await scene.keeper.do("setMemberPermissions", values)


async def can(scene: Scene, permission: str) -> bool:
    found = await scene.actor.ask(CAN, id=scene.tenant.id, p=permission)
    held: bool = found["tenant"]["viewer"]["can"]
    return held


@pytest.mark.parametrize("cell", GRANTED, ids=str)
async def test_what_is_switched_on_per_user_is_his_once_it_is_granted(
    world: World, cell: Cell
) -> None:
    """PRODUCT 2, ACCOUNT: every `granted` cell; `test_matrix` shows that he lacks it before."""
    scene = await stage(world, cell.catalog, cell.role)
    assert not await can(scene, cell.permission)
    await switch(scene, on=[cell.permission, *NEEDS.get(cell.permission, [])])
    assert await can(scene, cell.permission)
    for operation in OPERATIONS.get(cell.permission, []):
        if operation.__name__ != "invite_an_owner":
            assert await operation(scene) is None


async def test_what_an_accounts_users_never_hold_cannot_be_granted(world: World) -> None:
    """PRODUCT 2, ACCOUNT: every cell without a `+` or `granted`."""
    scene = await stage(world, *USER)
    never = [c.permission for c in CELLS if (c.catalog, c.role, c.sign) == (*USER, "-")]
    answer = await switch(scene, on=never)
    assert [(f["path"], f["code"]) for f in answer["fields"]] == [
        (["on", str(index)], "UNKNOWN_PERMISSION") for index in range(len(never))
    ]


@pytest.mark.parametrize("cell", DENIED, ids=str)
async def test_what_is_denied_cannot_be_done_whatever_the_role_says(
    world: World, cell: Cell
) -> None:
    """PRODUCT 2, rule 3: every cell that has an operation, and again once it is given back."""
    scene = await stage(world, cell.catalog, cell.role)
    await switch(scene, off=[cell.permission])
    assert not await can(scene, cell.permission)
    for operation in OPERATIONS[cell.permission]:
        assert await operation(scene) == "PERMISSION_DENIED"
    await switch(scene, on=[cell.permission])
    assert await can(scene, cell.permission)


@pytest.mark.parametrize("catalog", [Catalog.PROJECT, Catalog.SUBSCRIBER])
async def test_in_other_catalogues_whatever_a_role_lacks_can_be_granted(
    world: World, catalog: Catalog
) -> None:
    """PRODUCT 2, rule 3 as it is written (ADR 0015)."""
    for role in {c.role for c in CELLS if c.catalog is catalog} - {"OWNER", "OPERATOR"}:
        scene = await stage(world, catalog, role)
        signs = {c.permission: c.sign for c in CELLS if (c.catalog, c.role) == (catalog, role)}
        serving = {c.permission for c in CELLS if c.sign == "s"}
        await switch(scene, on=[p for p, s in signs.items() if s == "-" and p not in serving])
        found = await scene.actor.ask(PERMISSIONS, id=scene.tenant.id)
        assert found["tenant"]["viewer"]["permissions"] == [p for p in signs if p not in serving]


Door = Callable[[Scene], Awaitable[bool]]
"""Whether it is open to the actor at this request."""


async def login_search(scene: Scene) -> bool:
    await steps.edit(scene.keeper.member_id, login_key="keeper")
    query = 'query($t: ID!) { members(tenantId: $t, filter: { search: "keep" }) { totalCount } }'
    found = await scene.actor.ask(query, t=scene.tenant.id)
    return bool(found["members"]["totalCount"])


async def invitations_filter(scene: Scene) -> bool:
    query = (
        "members(tenantId: $tenant, filter: { invitationStates: [PENDING] }) { edges { cursor } }"
    )
    return await scene.refused_query(query) is None


async def private_fields(scene: Scene) -> bool:
    query = "query($id: ID!) { node(id: $id) { ... on Member { login permissions } } }"
    node = (await scene.actor.ask(query, id=scene.keeper.member_id))["node"]
    return node["login"] is not None and node["permissions"] is not None


async def another_member(scene: Scene) -> bool:
    query = "query($id: ID!) { node(id: $id) { id } }"
    return (await scene.actor.ask(query, id=scene.keeper.member_id))["node"] is not None


async def another_person(scene: Scene) -> bool:
    query = "query($id: ID!) { node(id: $id) { id } }"
    return (await scene.actor.ask(query, id=scene.keeper.id))["node"] is not None


async def the_list_of_apps(scene: Scene) -> bool:
    await scene.app()
    query = "query($t: ID!) { tenant(id: $t) { apps { totalCount } } }"
    found = await scene.actor.ask(query, t=scene.tenant.id)
    return bool(found["tenant"]["apps"]["totalCount"])


async def an_app_by_id(scene: Scene) -> bool:
    query = "query($id: ID!) { node(id: $id) { id } }"
    return (await scene.actor.ask(query, id=await scene.app()))["node"] is not None


async def an_invitation_by_id(scene: Scene) -> bool:
    target = await scene.target(scene.lowest, "PENDING")
    query = "query($id: ID!) { node(id: $id) { id } }"
    return (await scene.actor.ask(query, id=target.invitation_id))["node"] is not None


async def resending(scene: Scene) -> bool:
    target = await scene.target(scene.lowest, "PENDING")
    return await scene.refused("resendInvitation", invitationId=target.invitation_id) is None


async def revoking(scene: Scene) -> bool:
    target = await scene.target(scene.lowest, "PENDING")
    return await scene.refused("revokeInvitation", invitationId=target.invitation_id) is None


async def inviting_with_an_app(scene: Scene) -> bool:
    rights = [{"appId": await scene.app(), "right": "LAUNCH"}]
    return (
        await scene.refused("inviteMember", **scene.invitation(scene.lowest), apps=rights) is None
    )


async def inviting_with_a_limit(scene: Scene) -> bool:
    return (
        await scene.refused("inviteMember", **scene.invitation(scene.lowest), maxSessions=1) is None
    )


async def adding_with_a_limit(scene: Scene) -> bool:
    values = {"fullName": "Ann", "login": f"a{next(scene.world.numbers)}", "maxSessions": 1}
    more = {"tenantId": scene.tenant.id, "role": scene.lowest, "password": "twelve letters"}
    return await scene.refused("addMember", **values, **more) is None


def offered(flag: str, status: str = "JOINED") -> Door:
    """What `Member.viewer` says of a member."""

    async def door(scene: Scene) -> bool:
        target = await scene.target(scene.lowest, status)
        query = f"query($id: ID!) {{ node(id: $id) {{ ... on Member {{ viewer {{ {flag} }} }} }} }}"
        node = (await scene.actor.ask(query, id=target.member_id))["node"]
        return bool(node["viewer"][flag])

    door.__name__ = flag
    return door


DOORS: dict[str, tuple[Door, ...]] = {
    "members:view": (another_member, another_person),
    "members:invite": (
        login_search,
        invitations_filter,
        private_fields,
        an_invitation_by_id,
        resending,
        revoking,
        offered("canResend", "PENDING"),
        offered("canRevoke", "PENDING"),
    ),
    "members:remove": (offered("canRemove"),),
    "members:disable": (offered("canDisable"), offered("canEnable", "DISABLED")),
    "members:edit": (private_fields, invitations_filter, offered("canEdit", "PENDING")),
    "members:grant": (offered("switchablePermissions"),),
    "members:limit": (inviting_with_a_limit, adding_with_a_limit),
    "apps:assign": (
        the_list_of_apps,
        an_app_by_id,
        inviting_with_an_app,
        offered("canAssignApps"),
    ),
    "apps:manage": (the_list_of_apps, an_app_by_id),
}
BESIDE = {
    # What a door asks for as well; `members:view` is needed to see whom one acts on.
    "members:view": [],
    "members:limit": ["members:invite"],
    "apps:assign": ["members:view", "members:invite"],
    "apps:manage": [],
}
EITHER = {
    # What opens some of the same doors.
    "members:invite": ["members:edit"],
    "members:edit": ["members:invite"],
    "apps:assign": ["apps:manage"],
    "apps:manage": ["apps:assign"],
}


async def state(scene: Scene, permission: str) -> dict[str, bool]:
    return {door.__name__: await door(scene) for door in DOORS[permission]}


def all_are(permission: str, *, open_: bool) -> dict[str, bool]:
    return {door.__name__: open_ for door in DOORS[permission]}


@pytest.mark.parametrize("permission", DOORS)
async def test_a_grant_opens_every_door_and_taking_it_back_closes_them(
    world: World, permission: str
) -> None:
    """PRODUCT 2, rule 3, and 4: fields, filters, lists, `Member.viewer`, what comes along."""
    scene = await stage(world, *USER)
    await switch(scene, on=BESIDE.get(permission, ["members:view"]))
    assert await state(scene, permission) == all_are(permission, open_=False)
    await switch(scene, on=[permission])
    assert await state(scene, permission) == all_are(permission, open_=True)
    await switch(scene, off=[permission])
    assert await state(scene, permission) == all_are(permission, open_=False)


@pytest.mark.parametrize("permission", DOORS)
async def test_a_denial_closes_every_door_and_lifting_it_opens_them(
    world: World, permission: str
) -> None:
    """PRODUCT 2, rule 3: as above, for a role that has all of it."""
    scene = await stage(world, *MANAGER)
    await switch(scene, off=[permission, *EITHER.get(permission, [])])
    assert await state(scene, permission) == all_are(permission, open_=False)
    await switch(scene, on=[permission])
    assert await state(scene, permission) == all_are(permission, open_=True)


async def test_a_user_hands_out_his_role_once_he_may_do_something_with_members(
    world: World,
) -> None:
    """PRODUCT 2, ACCOUNT's last row: any `members:` permission beyond viewing and leaving."""
    scene, handing_out = await stage(world, *USER), []
    query = "query($t: ID!) { tenant(id: $t) { grantableRoles { code } } }"
    for cell in GRANTED:
        await switch(scene, on=[cell.permission])
        tenant = (await scene.actor.ask(query, t=scene.tenant.id))["tenant"]
        if tenant["grantableRoles"]:
            assert tenant["grantableRoles"] == [{"code": "USER"}]
            handing_out.append(cell.permission)
        await switch(scene, off=[cell.permission])
    assert handing_out == [
        *("members:invite", "members:remove", "members:disable"),
        *("members:edit", "members:grant", "members:limit"),
    ]


@pytest.mark.parametrize(("catalog", "role"), [USER, MANAGER])
async def test_an_offer_falls_and_stands_with_its_inviters_permission(
    world: World, catalog: Catalog, role: str
) -> None:
    """PRODUCT 3.10: at acceptance the inviter must still be able to give that role."""
    scene, nina = await stage(world, catalog, role), await world.person("nina")
    await switch(scene, on=["members:invite"])
    await steps.invite(scene.actor, scene.tenant, nina.email, scene.lowest)
    token = await world.link_token(nina.email)
    await switch(scene, off=["members:invite"])
    mine = "{ me { invitations { edges { node { id } } } } }"
    assert (await steps.look(nina, token))["__typename"] == "InvitationUnavailable"
    assert (await nina.ask(mine))["me"]["invitations"]["edges"] == []
    assert (await steps.accept(nina, token=token))["__typename"] == "InvitationUnavailable"
    await switch(scene, on=["members:invite"])
    assert (await steps.accept(nina, token=token))["__typename"] == "AcceptInvitationPayload"


async def test_what_is_denied_while_somebody_waits_is_refused(world: World) -> None:
    """DESIGN 1.4: rights are read again under the tenant's lock."""
    scene = await stage(world, *MANAGER)
    invited = scene.actor.do("inviteMember", scene.invitation(scene.lowest))
    answer = await steps.meanwhile(
        scene.tenant,
        invited,
        lambda: Member.filter(id=scene.actor.member_id).update(denials=["members:invite"]),
    )
    assert (answer["code"], answer["permission"]) == ("PERMISSION_DENIED", "members:invite")
