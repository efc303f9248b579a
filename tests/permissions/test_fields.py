from typing import Any

import pytest
from graphql import GraphQLObjectType
from strawberry.permission import PermissionExtension

from models import Catalog, Tenant
from permissions.fields import Anyone, Can, SignedIn
from server.graphql import SCHEMA
from tests.clients import Client, Person
from tests.factories import World
from tests.permissions.scenes import Scene, stage

OPEN = "Anyone"
SIGNED_IN = "SignedIn"
WITH = "with its object"  # who was given the object sees this of it
OWN = "one's own"  # the object is the viewer himself or made for him
PRIVATE = "null without members:invite or members:edit, unless oneself"
MANAGED = "null without members:invite or members:edit, for the invitee as well"
SHOWN = "null where the object behind it is not the viewer's to see"

FIELDS: dict[str, dict[str, str]] = {
    "Query": {
        OPEN: "me viewer node roleMatrix invitation",
        SIGNED_IN: "tenant tenants",
        "Can members:view": "members",
    },
    "Mutation": {
        OPEN: "signIn signOut acceptInvitation",
        SIGNED_IN: "createTenant changeRole removeMember leaveTenant setMemberEnabled"
        " resendInvitation revokeInvitation",
        "Can tenant:edit": "updateTenant",
        "Can tenant:delete": "deleteTenant",
        "Can members:invite": "inviteMember",
        "Can owners:transfer": "transferOwnership",
    },
    "Me": {OWN: "user login email emailVerified phone locale memberships invitations"},
    "User": {WITH: "id displayName fullName"},
    "Tenant": {
        WITH: "id name catalog locale createdAt roles",
        OWN: "viewer grantableRoles",
        "Can members:view": "members",
    },
    "TenantViewer": {OWN: "role permissions can member"},
    "Member": {
        WITH: "id tenant status role fullName email user isFirstUser createdAt joinedAt updatedAt",
        PRIVATE: "login phone permissions maxSessions invitation",
        OWN: "viewer",
    },
    "MemberViewer": {
        OWN: "grantableRoles canChangeRole canRemove canEnable canDisable canEdit canResend"
        " canRevoke canAssignApps"
    },
    "Invitation": {
        WITH: "id state createdAt expiresAt tenantName role apps invitedBy",
        MANAGED: "email sentAt delivery",
        SHOWN: "member",
    },
    "InvitationPreview": {
        WITH: "tenantName email role apps invitedBy expiresAt registrationRequired fullName login"
        " phone"
    },
    "InvitedApp": {WITH: "name right"},
    "Role": {WITH: "id code name permissions handsOut"},
    "RoleMatrix": {WITH: "catalog roles permissions"},
    "PageInfo": {WITH: "hasNextPage endCursor hasPreviousPage startCursor"},
    "TenantConnection": {WITH: "edges pageInfo totalCount"},
    "TenantEdge": {WITH: "cursor node"},
    "MemberConnection": {WITH: "edges pageInfo totalCount"},
    "MemberEdge": {WITH: "cursor node"},
    "InvitationConnection": {WITH: "edges pageInfo totalCount"},
    "InvitationEdge": {WITH: "cursor node"},
    "SignedIn": {OWN: "token expiresAt me"},
    "SignOutPayload": {OWN: "signedOut"},
    "CreateTenantPayload": {OWN: "tenant"},
    "UpdateTenantPayload": {WITH: "tenant"},
    "DeleteTenantPayload": {WITH: "tenantId"},
    "InviteMemberPayload": {WITH: "member emailQueued"},
    "AcceptInvitationPayload": {OWN: "member session"},
    "ResendInvitationPayload": {WITH: "invitation emailQueued"},
    "RevokeInvitationPayload": {WITH: "invitation"},
    "ChangeRolePayload": {WITH: "member"},
    "TransferOwnershipPayload": {WITH: "newOwner formerOwner"},
    "RemoveMemberPayload": {WITH: "member"},
    "LeaveTenantPayload": {WITH: "tenantId"},
    "SetMemberEnabledPayload": {WITH: "member"},
    "PermissionDenied": {WITH: "code message permission"},
    "NotFound": {WITH: "code message"},
    "InvalidInput": {WITH: "code message fields"},
    "FieldError": {WITH: "path code message"},
    "InvalidCredentials": {WITH: "code message"},
    "RateLimited": {WITH: "code message retryAfter"},
    "AlreadyMember": {WITH: "code message", SHOWN: "member"},
    "RoleNotGrantable": {WITH: "code message grantable"},
    "LastOwner": {WITH: "code message"},
    "LoginTaken": {WITH: "code message"},
    "InvitationUnavailable": {WITH: "code message"},
    "InvitationClosed": {WITH: "code message state"},
    "WrongAccount": {WITH: "code message invitedEmail"},
    "SignInRequired": {WITH: "code message"},
    "RegistrationRequired": {WITH: "code message"},
}


def listed() -> dict[str, str]:
    """The table, a line a field: `Member.login` and its rule."""
    return {
        f"{kind}.{field}": rule
        for kind, rules in FIELDS.items()
        for rule, fields in rules.items()
        for field in fields.split()
    }


def guards() -> dict[str, str | None]:
    """Every field of the schema's object types, and its guard as the table spells it."""
    kinds = [kind for kind in TYPES.values() if isinstance(kind, GraphQLObjectType)]
    return {
        f"{kind.name}.{name}": _guard(kind.name, name)
        for kind in kinds
        if not kind.name.startswith("__")
        for name in kind.fields
    }


TYPES = SCHEMA._schema.type_map  # noqa: SLF001 Strawberry offers no other way to the whole schema


def _guard(kind: str, name: str) -> str | None:
    field = TYPES[kind].fields[name].extensions["strawberry-definition"]  # type: ignore[attr-defined]
    found = [e for e in field.extensions if isinstance(e, PermissionExtension)]
    if not found:
        return None
    [[guard]] = [extension.permissions for extension in found]
    assert isinstance(guard, (Anyone, SignedIn, Can))
    return f"Can {guard.permission}" if isinstance(guard, Can) else type(guard).__name__


def test_every_field_that_can_be_asked_first_has_a_guard() -> None:
    """CASES 43: on purpose even where it is open to everybody."""
    first = {f: g for f, g in guards().items() if f.startswith(("Query.", "Mutation."))}
    assert [field for field, guard in first.items() if guard is None] == []


def test_every_field_has_an_entry_and_every_entry_a_field() -> None:
    """CASES 43: who adds a field says here what protects it."""
    assert sorted(listed()) == sorted(guards())


def test_the_guards_are_those_of_the_table() -> None:
    """Where the table names no guard, there is none, and the use case decides."""
    named = {
        field: rule if rule.startswith(("Can ", OPEN, SIGNED_IN)) else None
        for field, rule in listed().items()
    }
    assert guards() == named


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


@pytest.mark.parametrize("field", ["tenants", 'tenant(id: "ten_x")', 'members(tenantId: "ten_x")'])
async def test_anonymous_callers_are_told_to_sign_in(anonymous: Client, field: str) -> None:
    """Contract: refused with UNAUTHENTICATED."""
    assert await anonymous.refusal(f"{{ {field} {{ __typename }} }}") == "UNAUTHENTICATED"


INPUTS: dict[str, dict[str, Any]] = {
    "createTenant": {"name": "Acme", "catalog": "PROJECT"},
    "updateTenant": {"tenantId": "ten_x"},
    "deleteTenant": {"tenantId": "ten_x"},
    "inviteMember": {"tenantId": "ten_x", "invitee": {"email": "ann@example.com"}},
    "resendInvitation": {"invitationId": "inv_x"},
    "revokeInvitation": {"invitationId": "inv_x"},
    "changeRole": {"memberId": "mem_x", "role": "OWNER"},
    "transferOwnership": {"tenantId": "ten_x", "toMemberId": "mem_x"},
    "removeMember": {"memberId": "mem_x"},
    "leaveTenant": {"tenantId": "ten_x"},
    "setMemberEnabled": {"memberId": "mem_x", "enabled": True},
}


GUARDED = set(TYPES["Mutation"].fields) - set(FIELDS["Mutation"][OPEN].split())  # type: ignore[attr-defined]


@pytest.mark.parametrize("mutation", sorted(GUARDED))
async def test_anonymous_callers_change_nothing(anonymous: Client, mutation: str) -> None:
    """Contract: PermissionDenied with the code UNAUTHENTICATED, whatever is named."""
    answer = await anonymous.do(mutation, INPUTS[mutation])
    assert (answer["__typename"], answer["code"]) == ("PermissionDenied", "UNAUTHENTICATED")


@pytest.mark.parametrize("mutation", [name for name in INPUTS if name != "createTenant"])
async def test_whatever_a_stranger_names_does_not_exist(stranger: Person, mutation: str) -> None:
    """CASES 68: a tenant, member or invitation that nobody has."""
    answer = await stranger.do(mutation, INPUTS[mutation])
    assert (answer["__typename"], answer["code"]) == ("NotFound", "NOT_FOUND")


@pytest.mark.parametrize("field", ["me", "viewer", 'node(id: "ten_x")'])
async def test_anonymous_callers_are_nobody(anonymous: Client, field: str) -> None:
    """Contract: null, without an error."""
    assert await anonymous.ask(f"{{ it: {field} {{ __typename }} }}") == {"it": None}


async def test_a_tenant_that_is_not_ones_own_is_null_like_an_unknown_one(
    owner: Person, stranger: Person, project: Tenant
) -> None:
    """CASES 68: unknown and foreign are the same answer."""
    assert (await owner.ask(MEMBERS, id=project.id))["tenant"] is not None
    foreign = await stranger.client.post(MEMBERS, id=project.id)
    unknown = await stranger.client.post(MEMBERS, id="ten_00000000000000000000000000")
    assert foreign.content == unknown.content == b'{"data":{"tenant":null}}'
