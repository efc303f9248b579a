"""What an API key may do: what it holds and its maker holds, and nothing that is a person's own."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from graphql import GraphQLField, GraphQLNonNull, is_required_input_field

from models import Catalog, Document, Member, Tenant, database
from models import clock as clocks
from permissions import roles
from resolvers.api_keys import NEVER_HELD
from server.graphql import SCHEMA
from tests import keys
from tests.clients import Client, Person
from tests.conftest import Clock
from tests.factories import World
from tests.keys import Key
from tests.permissions.matrix import ROLES, granted
from tests.permissions.test_fields import CALLER, FIELDS, INPUTS, PEOPLE, SIGNED_IN, STAFF
from tests.resolvers import app_steps

VIEW, INVITE, MANAGE = "members:view", "members:invite", "keys:manage"
CAN = "query($id: ID!) { tenant(id: $id) { viewer { permissions } } }"
LIST = "query($id: ID!) { members(tenantId: $id) { totalCount } }"
TYPES = SCHEMA._schema.type_map  # noqa: SLF001 Strawberry offers no other way to the whole schema
OWN = {str(permission) for permission in NEVER_HELD}

MATRIX = [(catalog, role) for catalog, found in ROLES.items() for role in found]


async def picture() -> dict[str, list[Any]]:
    """Every row that a request could have changed; when keys were used, and what was counted, is
    not of them.
    """
    async with database.transaction(database.SYSTEM, read_only=True):
        tables = await database.rows("select tablename from pg_tables where schemaname = 'public'")
        return {
            table: await database.rows(
                f"select to_jsonb(r) - 'last_used_at' as row from {table} r order by 1"  # noqa: S608
            )
            for table in sorted(row["tablename"] for row in tables)
            if table != "rate_limits"
        }


@pytest.mark.parametrize(("catalog", "role"), MATRIX, ids=str)
async def test_a_key_may_do_what_it_holds_and_its_maker_may(
    world: World, catalog: Catalog, role: str
) -> None:
    """Issue 7.1, CASES 100 and 101: for every role, with every permission of the catalogue and with
    each half of them.
    """
    tenant = await world.tenant(catalog)
    maker, other = await world.join(tenant), await world.join(tenant)
    every = [str(p) for p in roles.permissions(catalog) if p not in NEVER_HELD]
    every = [p for p in every if p not in ("tenants:invite", "subscriptions:manage")]
    halves = every, every[::2], every[1::2]
    made = [await keys.make(world, maker, tenant, *half) for half in halves]
    if role != "OWNER":
        async with database.transaction(database.SYSTEM):
            await database.rows("update members set role = $1 where id = $2", role, maker.member_id)
    for key, half in zip(made, halves, strict=True):
        told = (await key.ask(CAN, id=tenant.id))["tenant"]["viewer"]["permissions"]
        assert set(told) == granted(catalog, role).intersection(half) - OWN
        assert (await keys.look(other, key))["effectivePermissions"] == told


async def test_a_key_is_under_grants_and_denials_of_its_maker(
    world: World, owner: Person, project: Tenant, manager: Person
) -> None:
    """PRODUCT 2, rule 3: effective is role + grants - denials, for the maker as well."""
    switches = {"memberId": manager.member_id}
    await owner.do("setMemberPermissions", switches | {"on": [MANAGE]})
    key = await keys.make(world, manager, project, VIEW, INVITE, MANAGE)
    await owner.do("setMemberPermissions", switches | {"off": [MANAGE, INVITE]})
    assert (await key.ask(CAN, id=project.id))["tenant"]["viewer"]["permissions"] == [VIEW]


def root_fields(kind: str, guard: str) -> list[str]:
    return FIELDS[kind].get(guard, "").split()


@pytest.fixture
async def whole(world: World, owner: Person, project: Tenant) -> Key:
    """A key that holds all that an owner's can."""
    held = [str(p) for p in roles.permissions(Catalog.PROJECT) if p not in NEVER_HELD]
    return await keys.make(world, owner, project, *held)


async def told(key: Key, mutation: str) -> str:
    """The code that a mutation comes to, in its union or beside it."""
    kind = mutation[0].upper() + mutation[1:]
    takes, given = (
        ("", "") if INPUTS.get(mutation) is None else (f"($input: {kind}Input!)", "(input: $input)")
    )
    query = f"mutation{takes} {{ it: {mutation}{given} {{ __typename ... on Error {{ code }} }} }}"
    if mutation == "signOut":
        query = "mutation { it: signOut { signedOut } }"
    answer = await key.client.execute(query, input=INPUTS.get(mutation))
    if "errors" in answer:
        [error] = answer["errors"]
        return str(error["extensions"]["code"])
    return str(answer["data"]["it"].get("code"))


PERSONAL = [*root_fields("Mutation", SIGNED_IN), *root_fields("Mutation", STAFF)]


async def test_no_key_does_what_is_a_persons_own_or_the_providers(
    world: World, owner: Person, whole: Key
) -> None:
    """Issue 7.1: whatever the maker is, staff included."""
    async with database.transaction(database.SYSTEM):
        await database.rows("update users set provider_role = 'ADMIN' where id = $1", owner.id)
    before = await picture()
    codes = {mutation: await told(whole, mutation) for mutation in PERSONAL}
    assert codes == dict.fromkeys(PERSONAL, "PERMISSION_DENIED")
    assert await whole.refusal("{ users { totalCount } }") == "PERMISSION_DENIED"
    assert await whole.refusal('{ subscriptions(tenantId: "x") { totalCount } }') == (
        "PERMISSION_DENIED"
    )
    assert await picture() == before


async def test_no_key_stands_where_people_come_in(whole: Key) -> None:
    """A key neither signs in nor answers invitations: nothing of that is its tenant's affair."""
    before = await picture()
    for mutation in root_fields("Mutation", PEOPLE):
        field: GraphQLField = TYPES["Mutation"].fields[mutation]  # type: ignore[attr-defined]
        takes = "".join(f"(${n}: {a.type})" for n, a in field.args.items())
        gives = "".join(f"({n}: ${n})" for n in field.args)
        query = f"mutation{takes} {{ it: {mutation}{gives} {{ __typename }} }}"
        values = sample(field.args["input"].type) if field.args else None
        assert await whole.refusal(query, input=values) == "PERMISSION_DENIED", mutation
    assert await picture() == before


def sample(kind: Any) -> Any:
    """Some value of an input type: what has to be there, or one of what may."""
    if isinstance(kind, GraphQLNonNull):
        kind = kind.of_type
    if hasattr(kind, "values"):
        return next(iter(kind.values))
    if not hasattr(kind, "fields"):
        return "x"
    needed = [n for n, f in kind.fields.items() if is_required_input_field(f)]
    return {n: sample(kind.fields[n].type) for n in needed or list(kind.fields)[:1]}


async def test_a_key_has_no_people_of_its_own(whole: Key) -> None:
    """`me` is a person's; what may be asked by everybody it may ask."""
    answer = await whole.ask(
        "{ me { login } passwordMinLength roleMatrix(catalog: PROJECT) { catalog } }"
    )
    assert answer == {"me": None, "passwordMinLength": 12, "roleMatrix": {"catalog": "PROJECT"}}


async def test_no_key_holds_what_is_a_persons_own(
    world: World, owner: Person, project: Tenant, whole: Key, manager: Person
) -> None:
    """Who leaves, or passes a tenant on, gives up a place of his own."""
    before = await picture()
    answer = await whole.do(
        "transferOwnership", {"tenantId": project.id, "toMemberId": manager.member_id}
    )
    assert (answer["__typename"], answer["permission"]) == ("PermissionDenied", "owners:transfer")
    assert await picture() == before


@pytest.fixture
async def foreign(world: World, owner: Person) -> Tenant:
    """Another tenant that the key's maker owns as well."""
    other, own = await world.tenant(name="Other"), owner.member_id
    await world.join(other, "OWNER", owner)
    owner.member_id = own
    return other


async def place(person: Person, tenant: Tenant) -> str:
    async with database.transaction(database.SYSTEM, read_only=True):
        return (await Member.get(tenant_id=tenant.id, user_id=person.id)).id


def tried(tenant_id: str, member: str, invitation: str, app: str, key: str) -> dict[str, Any]:
    """What is attempted on things of another tenant, by mutation."""
    return {
        "inviteMember": {
            "tenantId": tenant_id,
            "invitee": {"email": "b@example.com"},
            "role": "MANAGER",
        },
        "addMember": {"tenantId": tenant_id, "role": "MANAGER"}
        | {"fullName": "Ann", "login": "ann", "password": "a password of a test"},
        "createApp": {"tenantId": tenant_id, "name": "Books"},
        "createApiKey": {"tenantId": tenant_id, "name": "x", "permissions": [VIEW]},
        "updateTenant": {"tenantId": tenant_id, "name": "Mine"},
        "deleteTenant": {"tenantId": tenant_id},
        "changeRole": {"memberId": member, "role": "MANAGER"},
        "removeMember": {"memberId": member},
        "setMemberEnabled": {"memberId": member, "enabled": False},
        "updateMember": {"memberId": member, "fullName": "X"},
        "setMemberPassword": {"memberId": member, "password": "a password of a test"},
        "setMemberLimits": {"memberId": member, "maxSessions": 1},
        "setMemberPermissions": {"memberId": member, "on": [VIEW]},
        "setAppAccess": {"memberId": member},
        "setAppRoles": {"memberId": member, "appId": app, "roles": []},
        "updateApp": {"appId": app, "name": "X"},
        "removeApp": {"appId": app},
        "resendInvitation": {"invitationId": invitation},
        "revokeInvitation": {"invitationId": invitation},
        "rotateApiKey": {"id": key},
        "revokeApiKey": {"id": key},
    }


async def test_a_key_reaches_nothing_of_another_tenant_of_its_makers(
    world: World, owner: Person, project: Tenant, whole: Key, foreign: Tenant
) -> None:
    """CASES 103: by argument, by id, nested, by batch; not found, and no row."""
    named = {"tenantId": foreign.id, "invitee": {"email": "ann@example.com"}, "role": "MANAGER"}
    invited = await owner.do("inviteMember", named, "member { id invitation { id } }")
    app = await app_steps.create(owner, foreign)
    theirs = await keys.make(world, owner, foreign, VIEW)
    member = await place(owner, foreign)
    before = await picture()
    for node in (foreign.id, member, invited["member"]["invitation"]["id"], app, theirs.id):
        assert await whole.ask("query($id: ID!) { node(id: $id) { id } }", id=node) == {
            "node": None
        }
    answer = await whole.ask(
        "query($id: ID!) { tenant(id: $id) { name members { totalCount } }"
        " tenants { totalCount edges { node { id } } } apps { totalCount } }",
        id=foreign.id,
    )
    assert answer["tenant"] is None
    assert answer["tenants"] == {"totalCount": 1, "edges": [{"node": {"id": project.id}}]}
    assert (await whole.ask(LIST, id=foreign.id))["members"] is None
    acts = tried(foreign.id, member, invited["member"]["invitation"]["id"], app, theirs.id)
    found = {mutation: await whole.do(mutation, given) for mutation, given in acts.items()}
    assert {mutation: answer["__typename"] for mutation, answer in found.items()} == dict.fromkeys(
        acts, "NotFound"
    )
    assert await picture() == before


ELSEWHERE = {
    *("subscribeTenant", "renewSubscription", "cancelSubscription"),
    *("inviteTenant", "resendTenantInvitation", "revokeTenantInvitation"),
    *(mutation for mutation in INPUTS if "Webhook" in mutation),
    "applyMemberImport",
}
"""Serving, imports and webhooks are tried with their own tests."""


def test_every_field_for_callers_is_tried_on_another_tenant() -> None:
    """Who opens a field to keys tries it above."""
    assert {*root_fields("Mutation", CALLER)} - ELSEWHERE <= set(tried(*"xxxxx"))


Spoil = Callable[[World, Person, Tenant, Key, Clock], Awaitable[Client]]


async def unknown(world: World, _: Person, __: Tenant, key: Key, ___: Clock) -> Client:
    return world.client(key.secret[:-4] + "AAAA")


async def as_session(world: World, _: Person, __: Tenant, key: Key, ___: Clock) -> Client:
    return world.client(key.secret.replace("tnt_key_", "tnt_ses_"))


async def expired(_: World, __: Person, ___: Tenant, key: Key, clock: Clock) -> Client:
    clock.move(timedelta(days=365))
    return key.client


async def revoked(_: World, owner: Person, __: Tenant, key: Key, ___: Clock) -> Client:
    await owner.do("revokeApiKey", {"id": key.id})
    return key.client


async def rotated_out(world: World, owner: Person, _: Tenant, key: Key, __: Clock) -> Client:
    await keys.rotate(world, owner, key, overlapSeconds=0)
    return key.client


async def disabled(world: World, owner: Person, tenant: Tenant, key: Key, _: Clock) -> Client:
    other = await world.join(tenant)
    await other.do("setMemberEnabled", {"memberId": owner.member_id, "enabled": False})
    return key.client


async def removed(world: World, owner: Person, tenant: Tenant, key: Key, _: Clock) -> Client:
    other = await world.join(tenant)
    await other.do("removeMember", {"memberId": owner.member_id})
    return key.client


async def demoted(world: World, owner: Person, tenant: Tenant, key: Key, _: Clock) -> Client:
    other = await world.join(tenant)
    answer = await other.do("changeRole", {"memberId": owner.member_id, "role": "ACCOUNTANT"})
    assert answer["__typename"] == "ChangeRolePayload"
    return key.client


async def narrow(world: World, owner: Person, tenant: Tenant, _: Key, __: Clock) -> Client:
    return (await keys.make(world, owner, tenant, VIEW, "tenant:view")).client


async def limited(world: World, owner: Person, tenant: Tenant, _: Key, __: Clock) -> Client:
    async with database.transaction(database.SYSTEM):
        await database.rows("insert into documents values ('listed', 'x', now())")
    made = await keys.make(world, owner, tenant, INVITE, operations=["listed"])
    return made.client


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        *[(dead, "UNAUTHENTICATED") for dead in (unknown, as_session, expired, revoked)],
        *[(dead, "UNAUTHENTICATED") for dead in (rotated_out, disabled, removed)],
        *[(less, "PERMISSION_DENIED") for less in (demoted, narrow, limited)],
    ],
)
async def test_a_bad_key_gets_one_refusal_and_changes_no_row(
    world: World,
    owner: Person,
    project: Tenant,
    whole: Key,
    clock: Clock,
    spoil: Spoil,
    code: str,
) -> None:
    """Issue 7, "How it is judged", and CASES 99 to 102: in all its forms."""
    client = await spoil(world, owner, project, whole, clock)
    before = await picture()
    values = {"tenantId": project.id, "invitee": {"email": "ann@example.com"}, "role": "MANAGER"}
    mutation = "mutation($input: InviteMemberInput!) { it: inviteMember(input: $input) {"
    answer = await client.execute(
        f"{mutation} __typename ... on Error {{ code }} }} }}", input=values
    )
    assert codes_of(answer) == [code]
    log = "query($id: ID!) { tenant(id: $id) { log: auditLog { edges { node { id } } } } }"
    read = await client.execute(log, id=project.id)
    assert codes_of(read) == [code]
    assert (read.get("data") or {"tenant": None})["tenant"] in (None, {"log": None})
    assert await picture() == before


def codes_of(answer: dict[str, Any]) -> list[str]:
    """The codes of an answer, of its errors or else of the union in `it`."""
    if "errors" in answer:
        return [error["extensions"]["code"] for error in answer["errors"]]
    return [answer["data"]["it"].get("code")]


async def test_a_key_invites_no_owner_without_owners_create(
    world: World, owner: Person, project: Tenant
) -> None:
    """CASES 101: it hands out its maker's roles, OWNER only where it holds what that takes."""
    key = await keys.make(world, owner, project, INVITE, "members:change_role", "tenant:view")
    values = {"tenantId": project.id, "invitee": {"email": "ann@example.com"}, "role": "OWNER"}
    less = ["MANAGER", "ADMINISTRATOR", "ACCOUNTANT"]
    answer = await key.do("inviteMember", values)
    assert (answer["__typename"], answer["grantable"]) == ("RoleNotGrantable", less)
    query = (
        "query($id: ID!) { tenant(id: $id) { grantableRoles { code }"
        " addMemberOptions { roles { role { code } } } } }"
    )
    told = (await key.ask(query, id=project.id))["tenant"]
    assert [role["code"] for role in told["grantableRoles"]] == less
    assert [o["role"]["code"] for o in told["addMemberOptions"]["roles"]] == less
    answer = await key.do("changeRole", {"memberId": owner.member_id, "role": "MANAGER"})
    assert (answer["__typename"], answer["permission"]) == ("PermissionDenied", "owners:remove")
    other = await keys.make(world, owner, project, "members:change_role", "owners:remove")
    answer = await other.do("changeRole", {"memberId": owner.member_id, "role": "MANAGER"})
    assert (answer["__typename"], answer["permission"]) == ("PermissionDenied", "owners:create")


async def test_a_key_switches_only_what_it_holds_itself(
    world: World, owner: Person, project: Tenant, manager: Person
) -> None:
    """PRODUCT 2, rule 1, for the key and not for its maker."""
    key = await keys.make(world, owner, project, "members:grant", VIEW)
    answer = await key.do(
        "setMemberPermissions", {"memberId": manager.member_id, "off": ["tenant:edit"]}
    )
    assert (answer["__typename"], answer["permission"]) == ("PermissionDenied", "tenant:edit")


async def test_a_key_makes_no_key_that_is_wider_than_itself(
    world: World, owner: Person, project: Tenant
) -> None:
    """CASES 102: neither in permissions nor in time; what it makes has the same maker."""
    key = await keys.make(world, owner, project, MANAGE, VIEW, expiresAt=ahead(days=10))
    child = await keys.make(world, key, project, VIEW)
    assert child.told["createdBy"] == {"id": owner.id}
    assert child.told["expiresAt"] == key.told["expiresAt"]
    before = await picture()
    wider = await keys.create(key, project, VIEW, INVITE)
    assert (wider["__typename"], wider["permission"]) == ("PermissionDenied", INVITE)
    longer = await keys.create(key, project, VIEW, expiresAt=ahead(days=11))
    assert [(f["path"], f["code"]) for f in longer["fields"]] == [(["expiresAt"], "TOO_FAR_AHEAD")]
    assert await picture() == before


async def test_a_limited_key_makes_no_key_that_may_ask_more(
    world: World, owner: Person, project: Tenant
) -> None:
    """CASES 102: neither one that is not limited nor one that has other documents."""
    body = "mutation($input: CreateApiKeyInput!) { it: createApiKey(input: $input) { __typename } }"
    async with database.transaction(database.SYSTEM):
        for name, text in (("make", body), ("other", "{ me { login } }")):
            await Document.create(id=name, body=text, created_at=clocks.now())
    key = await keys.make(world, owner, project, MANAGE, VIEW, operations=["make"])
    made = []
    for operations in (None, ["other"], ["make", "other"], ["make"]):
        given = {"tenantId": project.id, "name": "x", "permissions": [VIEW]}
        variables = {"input": given | {"operations": operations}}
        asked = {"documentId": "make", "variables": variables}
        answer = (await key.client.http.post("/graphql", json=asked)).json()
        made.append(answer["data"]["it"]["__typename"])
    assert made == [*["PermissionDenied"] * 3, "CreateApiKeyPayload"]


async def test_nobody_comes_by_the_secret_of_a_key_that_is_wider_than_he(
    world: World, owner: Person, project: Tenant, manager: Person
) -> None:
    """PRODUCT 2, rules 1 and 2: as if he made it, in the place of its maker."""
    other = await world.join(project, "MANAGER")
    for person in (manager, other):
        await owner.do("setMemberPermissions", {"memberId": person.member_id, "on": [MANAGE]})
    owners = await keys.make(world, owner, project, VIEW)
    theirs = await keys.make(world, other, project, VIEW, INVITE)
    denied = await manager.do("rotateApiKey", {"id": owners.id})
    assert (denied["__typename"], denied["permission"]) == ("PermissionDenied", "owners:remove")
    await keys.rotate(world, manager, theirs)
    await owner.do("setMemberPermissions", {"memberId": manager.member_id, "off": [INVITE]})
    denied = await manager.do("rotateApiKey", {"id": theirs.id})
    assert denied["__typename"] == "PermissionDenied"
    revoked = await manager.do("revokeApiKey", {"id": owners.id})
    assert revoked["__typename"] == "RevokeApiKeyPayload"


async def test_a_key_rotates_itself_and_no_key_that_is_wider(
    world: World, owner: Person, project: Tenant
) -> None:
    """CASES 102: whoever has the secret has the rights."""
    end = {"expiresAt": ahead(days=10)}
    key = await keys.make(world, owner, project, MANAGE, VIEW, **end)
    alike = await keys.make(world, owner, project, VIEW, **end)
    longer = await keys.make(world, owner, project, VIEW)
    wider = await keys.make(world, owner, project, VIEW, INVITE, **end)
    key = await keys.rotate(world, key, key)
    await keys.rotate(world, key, alike)
    for refused, permission in ((longer, None), (wider, INVITE)):
        answer = await key.do("rotateApiKey", {"id": refused.id})
        assert (answer["__typename"], answer["permission"]) == ("PermissionDenied", permission)


async def test_a_key_without_keys_manage_leaves_keys_alone(
    world: World, owner: Person, project: Tenant
) -> None:
    """Itself included."""
    key = await keys.make(world, owner, project, VIEW)
    before = await picture()
    for mutation in ("rotateApiKey", "revokeApiKey"):
        answer = await key.do(mutation, {"id": key.id})
        assert (answer["__typename"], answer["permission"]) == ("PermissionDenied", MANAGE)
    assert await picture() == before


def ahead(**time: float) -> str:
    return (clocks.now() + timedelta(**time)).isoformat()
