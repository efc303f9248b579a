"""API keys: made, shown once, rotated, revoked, and dead when their maker's place is."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auth import tokens
from models import Catalog, Document, Tenant, clock, database
from settings import Settings
from tests import keys
from tests.clients import Client, Person
from tests.conftest import Clock
from tests.factories import World
from tests.keys import Key
from tests.resolvers import steps, tariff_steps, tenant_steps

Configure = Callable[..., Settings]

VIEW, INVITE, MANAGE = "members:view", "members:invite", "keys:manage"
SUBSCRIBE = "subscriptions:manage"
LIST = "query($id: ID!) { members(tenantId: $id) { totalCount } }"
KEYS = """
query($id: ID!, $first: Int, $after: String) {
  apiKeys(tenantId: $id, first: $first, after: $after) {
    totalCount edges { node { id name } } pageInfo { endCursor hasNextPage } } }
"""


@pytest.fixture
async def key(world: World, owner: Person, project: Tenant) -> Key:
    return await keys.make(world, owner, project, VIEW, INVITE)


async def works(key: Key | Client, tenant: Tenant) -> bool:
    """Whether it reads the members; a dead one is told to sign in."""
    answer = await (key if isinstance(key, Client) else key.client).execute(LIST, id=tenant.id)
    if "errors" not in answer:
        return True
    [error] = answer["errors"]
    assert (answer["data"]["members"], error["extensions"]["code"]) == (None, "UNAUTHENTICATED")
    return False


async def register(*bodies: str) -> list[str]:
    """These documents are registered; their ids."""
    found = [hashlib.sha256(body.encode()).hexdigest() for body in bodies]
    async with database.transaction(database.SYSTEM):
        for one, body in zip(found, bodies, strict=True):
            await Document.create(id=one, body=body, created_at=clock.now())
    return found


def faults(answer: dict[str, Any]) -> list[tuple[list[str], str]]:
    assert answer["__typename"] == "InvalidInput", answer
    return [(fault["path"], fault["code"]) for fault in answer["fields"]]


async def test_a_new_key_is_told_whole(owner: Person, project: Tenant, key: Key) -> None:
    """Issue 7.1: name, permissions, expiry, last use; in the catalogue's order."""
    made, ends = (datetime.fromisoformat(key.told[name]) for name in ("createdAt", "expiresAt"))
    assert ends - made == timedelta(days=365)
    assert key.told == {
        "id": key.id,
        "name": "Portal",
        "displayName": "Portal",
        "state": "ACTIVE",
        "permissions": [VIEW, INVITE],
        "effectivePermissions": [VIEW, INVITE],
        "operations": None,
        "createdAt": key.told["createdAt"],
        "expiresAt": key.told["expiresAt"],
        "formerSecretUntil": None,
        "lastUsedAt": None,
        "revokedAt": None,
        "createdBy": {"id": owner.id},
        "tenant": {"id": project.id},
    }
    assert await keys.look(owner, key) == key.told


async def test_a_secret_is_shown_once_and_kept_as_a_digest(key: Key) -> None:
    """DESIGN 3: prefixed, so that scanners find leaks."""
    assert key.secret.startswith("tnt_key_")
    assert len(key.secret) == len("tnt_key_") + 43
    row = await keys.stored(key)
    assert row.token_digest == tokens.digest(key.secret)
    assert key.secret not in str(vars(row))


async def test_a_key_asks_as_itself_and_is_no_person(
    project: Tenant, owner: Person, key: Key
) -> None:
    """Contract: `me` is null for API keys, `viewer` is the key."""
    query = (
        "query($id: ID!) { me { login } viewer { __typename displayName ... on ApiKey { id name"
        " permissions tenant { name } } } tenant(id: $id) { viewer { role { code } member { id }"
        ' permissions yes: can(permission: "members:invite")'
        ' no: can(permission: "members:remove") } } }'
    )
    answer = await key.ask(query, id=project.id)
    assert answer["me"] is None
    assert answer["viewer"] == {
        "__typename": "ApiKey",
        "displayName": "Portal",
        "id": key.id,
        "name": "Portal",
        "permissions": [VIEW, INVITE],
        "tenant": {"name": "Acme"},
    }
    assert answer["tenant"]["viewer"] == {
        "role": None,
        "member": None,
        "permissions": [VIEW, INVITE],
        "yes": True,
        "no": False,
    }
    assert (await owner.ask("{ viewer { displayName } }"))["viewer"] == {"displayName": "Olga"}


async def test_a_key_is_found_by_who_manages_keys_and_by_itself(
    world: World, project: Tenant, owner: Person, manager: Person, key: Key
) -> None:
    """CASES 103: and by nobody else, a key that may do other things included."""
    node = "query($id: ID!) { node(id: $id) { id } }"
    other = await keys.make(world, owner, project, VIEW)
    assert await owner.ask(node, id=key.id) == {"node": {"id": key.id}}
    assert await key.ask(node, id=key.id) == {"node": {"id": key.id}}
    assert await manager.ask(node, id=key.id) == {"node": None}
    assert await other.ask(node, id=key.id) == {"node": None}


async def test_the_list_has_every_key_newest_first_in_pages(
    world: World, project: Tenant, owner: Person, manager: Person
) -> None:
    """Issue 7.1: those that were revoked as well."""
    made = [await keys.make(world, owner, project, VIEW, name=f"key {n}") for n in range(3)]
    await owner.do("revokeApiKey", {"id": made[0].id})
    first = (await owner.ask(KEYS, id=project.id, first=2))["apiKeys"]
    assert [edge["node"]["name"] for edge in first["edges"]] == ["key 2", "key 1"]
    assert first["totalCount"] == 3
    after = first["pageInfo"]["endCursor"]
    rest = (await owner.ask(KEYS, id=project.id, first=2, after=after))["apiKeys"]
    assert [edge["node"]["name"] for edge in rest["edges"]] == ["key 0"]
    assert await manager.refusal(KEYS, id=project.id) == "PERMISSION_DENIED"


async def test_every_wrong_field_of_a_new_key_is_told_at_once(
    owner: Person, project: Tenant
) -> None:
    """CASES 70: a blank name, unknown, doubled and personal permissions, documents that nobody
    registered, and a moment that has passed.
    """
    answer = await keys.create(
        owner,
        project,
        *("members:view", "members:fly", "members:view", "members:leave", "owners:transfer"),
        name=" ",
        operations=["nowhere"],
        expiresAt="2020-01-01T00:00:00Z",
    )
    assert faults(answer) == [
        (["name"], "REQUIRED"),
        (["expiresAt"], "PAST"),
        (["permissions", "1"], "NOT_FOR_KEYS"),
        (["permissions", "2"], "TWICE"),
        (["permissions", "3"], "NOT_FOR_KEYS"),
        (["permissions", "4"], "NOT_FOR_KEYS"),
        (["operations", "0"], "UNKNOWN_DOCUMENT"),
    ]
    assert (await owner.ask(KEYS, id=project.id))["apiKeys"]["totalCount"] == 0


@pytest.mark.parametrize(
    ("values", "path", "code"),
    [
        ({"permissions": []}, ["permissions"], "REQUIRED"),
        ({"operations": []}, ["operations"], "REQUIRED"),
        ({"name": "x" * 101}, ["name"], "TOO_LONG"),
        ({"name": "see https://evil.example"}, ["name"], "INVALID"),
        ({"permissions": ["tenants:invite"]}, ["permissions", "0"], "NOT_FOR_KEYS"),
        ({"permissions": ["documents:manage"]}, ["permissions", "0"], "NOT_FOR_KEYS"),
        ({"permissions": ["members:view\u0000"]}, ["permissions", "0"], "NOT_FOR_KEYS"),
        ({"expiresAt": "9999-12-31T23:59:59-14:00"}, ["expiresAt"], "TOO_FAR_AHEAD"),
        ({"expiresAt": "0001-01-01T00:00:00+14:00"}, ["expiresAt"], "PAST"),
    ],
)
async def test_what_a_key_cannot_be(
    owner: Person, project: Tenant, values: dict[str, Any], path: list[str], code: str
) -> None:
    """CASES 102: an empty scope is no scope; a catalogue's permissions are those of its table."""
    assert faults(await keys.create(owner, project, VIEW, **values)) == [(path, code)]


async def test_a_key_ends_when_its_maker_says_in_utc_where_no_zone_is_named(
    world: World, owner: Person, project: Tenant
) -> None:
    """Issue 7.1: expiry."""
    soon = (datetime.now(UTC) + timedelta(days=2)).replace(microsecond=0)
    made = await keys.make(world, owner, project, VIEW, expiresAt=soon.isoformat())
    naive = soon.replace(tzinfo=None).isoformat()
    other = await keys.make(world, owner, project, VIEW, expiresAt=naive)
    assert {datetime.fromisoformat(k.told["expiresAt"]) for k in (made, other)} == {soon}


async def test_the_operator_says_how_long_keys_work(
    world: World, owner: Person, project: Tenant, configure: Configure
) -> None:
    configure(api_key_lifetime=timedelta(days=30), api_key_longest_lifetime=timedelta(days=10))
    made = await keys.make(world, owner, project, VIEW)
    told = [datetime.fromisoformat(made.told[name]) for name in ("createdAt", "expiresAt")]
    assert told[1] - told[0] == timedelta(days=10)
    late = (clock.now() + timedelta(days=11)).isoformat()
    answer = await keys.create(owner, project, VIEW, expiresAt=late)
    assert faults(answer) == [(["expiresAt"], "TOO_FAR_AHEAD")]


async def test_a_tenant_has_no_more_living_keys_than_it_can_look_after(
    world: World, owner: Person, project: Tenant, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that have ended do not count."""
    monkeypatch.setattr("resolvers.api_keys.MOST", 1)
    answer = await keys.create(owner, project, VIEW)
    assert faults(answer) == [(["tenantId"], "TOO_MANY_KEYS")]
    assert answer["fields"][0]["message"] == "A tenant has at most 1 API keys. Revoke one first."
    await owner.do("revokeApiKey", {"id": key.id})
    await keys.make(world, owner, project, VIEW)


async def test_nobody_makes_a_key_that_may_more_than_himself(
    world: World, owner: Person, project: Tenant, manager: Person
) -> None:
    """Issue 7.1: a subset of what the creator holds; the refusal names what he lacks."""
    assert (await keys.create(manager, project, VIEW))["permission"] == MANAGE
    await owner.do("setMemberPermissions", {"memberId": manager.member_id, "on": [MANAGE]})
    await keys.make(world, manager, project, VIEW, MANAGE)
    answer = await keys.create(manager, project, VIEW, "tenant:delete")
    assert (answer["__typename"], answer["permission"]) == ("PermissionDenied", "tenant:delete")


async def test_a_rotation_gives_a_new_secret_and_lets_the_old_one_work_for_a_day(
    world: World, owner: Person, project: Tenant, key: Key, clock: Clock
) -> None:
    """Issue 7.1: rotation with overlap."""
    rotated = await keys.rotate(world, owner, key)
    assert rotated.secret != key.secret
    assert rotated.told["expiresAt"] == key.told["expiresAt"]
    assert rotated.told["formerSecretUntil"] is not None
    assert await works(key, project)
    assert await works(rotated, project)
    clock.move(timedelta(days=1))
    assert not await works(key, project)
    assert await works(rotated, project)
    assert (await keys.look(owner, key))["formerSecretUntil"] is None


async def test_a_rotation_without_overlap_ends_the_old_secret_at_once(
    world: World, owner: Person, project: Tenant, key: Key
) -> None:
    """After a leak."""
    rotated = await keys.rotate(world, owner, key, overlapSeconds=0)
    assert rotated.told["formerSecretUntil"] is None
    assert not await works(key, project)
    assert await works(rotated, project)


async def test_a_second_rotation_ends_the_first_secret(
    world: World, owner: Person, project: Tenant, key: Key
) -> None:
    """Two secrets of a key work at most."""
    second = await keys.rotate(world, owner, key)
    third = await keys.rotate(world, owner, key)
    assert [await works(k, project) for k in (key, second, third)] == [False, True, True]


@pytest.mark.parametrize("seconds", [-1, 604801])
async def test_an_overlap_is_a_week_at_most(owner: Person, key: Key, seconds: int) -> None:
    answer = await owner.do("rotateApiKey", {"id": key.id, "overlapSeconds": seconds})
    assert faults(answer) == [(["overlapSeconds"], "OUT_OF_BOUNDS")]
    assert answer["fields"][0]["message"] == "A whole number from 0 to 604800."


async def test_an_old_secret_never_outlives_its_key(
    world: World, owner: Person, project: Tenant, clock: Clock
) -> None:
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    key = await keys.make(world, owner, project, VIEW, expiresAt=soon)
    rotated = await keys.rotate(world, owner, key, overlapSeconds=604800)
    clock.move(timedelta(hours=1))
    assert not await works(key, project)
    assert not await works(rotated, project)
    assert (await keys.look(owner, key))["state"] == "EXPIRED"


async def test_a_key_that_does_not_work_is_not_rotated(
    owner: Person, project: Tenant, key: Key, manager: Person
) -> None:
    """Neither revoked nor without its maker: a new secret would promise what is not so."""
    await owner.do("revokeApiKey", {"id": key.id})
    answer = await owner.do("rotateApiKey", {"id": key.id}, keys.MADE)
    assert faults(answer) == [(["id"], "KEY_NOT_ACTIVE")]


async def test_a_revoked_key_is_dead_at_the_next_request_for_good(
    world: World, owner: Person, project: Tenant, key: Key
) -> None:
    """CASES 99: no cache anywhere; the secret from before a rotation as well."""
    rotated = await keys.rotate(world, owner, key)
    answer = await owner.do("revokeApiKey", {"id": key.id}, f"apiKey {{ {keys.FIELDS} }}")
    assert answer["apiKey"]["state"] == "REVOKED"
    assert answer["apiKey"]["effectivePermissions"] == []
    assert answer["apiKey"]["formerSecretUntil"] is None
    assert not await works(key, project)
    assert not await works(rotated, project)


async def test_revoking_again_changes_nothing(owner: Person, key: Key) -> None:
    select = "apiKey { revokedAt }"
    first = await owner.do("revokeApiKey", {"id": key.id}, select)
    assert await owner.do("revokeApiKey", {"id": key.id}, select) == first
    assert len(await steps.audit("api_key.revoke")) == 1


async def test_a_key_that_manages_keys_may_revoke_itself(
    world: World, owner: Person, project: Tenant
) -> None:
    """The payload is read with the rights before the change (PRODUCT 4)."""
    key = await keys.make(world, owner, project, MANAGE, VIEW)
    answer = await key.do("revokeApiKey", {"id": key.id}, "apiKey { state tenant { id } }")
    assert answer["apiKey"] == {"state": "REVOKED", "tenant": {"id": project.id}}
    assert not await works(key, project)


async def test_the_audit_tells_what_became_of_a_key_and_what_it_did(
    world: World, owner: Person, manager: Person, project: Tenant, key: Key
) -> None:
    """Issue 7.1: the key is the actor; who holds audit:view alone sees its name and no more."""
    await keys.rotate(world, owner, key)
    values = {"tenantId": project.id, "invitee": {"email": "ann@example.com"}, "role": "MANAGER"}
    await key.do("inviteMember", values)
    await owner.do("revokeApiKey", {"id": key.id})
    query = (
        "query($id: ID!) { tenant(id: $id) { auditLog(first: 4) { edges { node { action actor {"
        " __typename displayName ... on ApiKey { state permissions } } } } } } }"
    )
    told = {}
    for person in (owner, manager):
        log = (await person.ask(query, id=project.id))["tenant"]["auditLog"]["edges"]
        told[person.login] = {edge["node"]["action"]: edge["node"]["actor"] for edge in log}
    olga = {"__typename": "User", "displayName": "Olga"}
    name = {"__typename": "ApiKey", "displayName": "Portal"}
    assert told["olga"] == {
        "api_key.create": olga,
        "api_key.rotate": olga,
        "member.invite": name | {"state": "REVOKED", "permissions": [VIEW, INVITE]},
        "api_key.revoke": olga,
    }
    assert told["mark"]["member.invite"] == name | {"state": None, "permissions": None}


async def test_the_audit_is_narrowed_to_a_key(owner: Person, project: Tenant, key: Key) -> None:
    values = {"tenantId": project.id, "invitee": {"email": "ann@example.com"}, "role": "MANAGER"}
    await key.do("inviteMember", values)
    query = (
        "query($id: ID!, $key: ID!) { tenant(id: $id) { auditLog(filter: { actorIds: [$key] }) {"
        " edges { node { action } } } } }"
    )
    log = (await owner.ask(query, id=project.id, key=key.id))["tenant"]["auditLog"]
    assert [edge["node"]["action"] for edge in log["edges"]] == ["member.invite"]


async def test_a_key_invites_in_its_makers_name(
    world: World, owner: Person, project: Tenant, key: Key
) -> None:
    """The maker answers for it: the mail names him, and the offer stands or falls with him
    (PRODUCT 3.10).
    """
    values = {"tenantId": project.id, "invitee": {"email": "ann@example.com"}, "role": "MANAGER"}
    answer = await key.do(
        "inviteMember",
        values,
        "emailQueued member { invitation { id invitedBy { ... on User { id } } } }",
    )
    assert answer["emailQueued"]
    invitation = answer["member"]["invitation"]
    assert invitation["invitedBy"] == {"id": owner.id}
    assert "Olga" in next(m for m in await world.mails() if m.to == "ann@example.com").text
    again = await key.do("resendInvitation", {"invitationId": invitation["id"]}, "emailQueued")
    assert again["emailQueued"]
    gone = await key.do(
        "revokeInvitation", {"invitationId": invitation["id"]}, "invitation { state }"
    )
    assert gone["invitation"] == {"state": "REVOKED"}


async def test_whatever_a_key_does_to_an_account_is_its_own_doing(
    world: World, owner: Person, project: Tenant
) -> None:
    """PRODUCT 3.3: it adds and edits people whom the tenant manages; the audit names the key."""
    key = await keys.make(world, owner, project, INVITE, "members:edit", "members:limit")
    person = {"fullName": "Nora", "login": "nora", "password": "a password of a test"}
    given = {"tenantId": project.id, "role": "ACCOUNTANT"} | person
    member = {"memberId": (await key.do("addMember", given, "member { id }"))["member"]["id"]}
    await key.do("updateMember", member | {"fullName": "Nora Ann"})
    await key.do("setMemberLimits", member | {"maxSessions": 2})
    await key.do("setMemberPassword", member | {"password": "another of a test"})
    told = await keys.look(owner, key)
    done = [*await steps.audit("member.edit"), *await steps.audit("member.set_limits")]
    done += [*await steps.audit("member.add"), *await steps.audit("user.create")]
    done += [*await steps.audit("member.set_password")]
    assert [row.actor_id for row in done] == [told["id"]] * 5


async def test_an_app_that_a_key_makes_is_its_makers_and_not_its_own(
    world: World, owner: Person, project: Tenant
) -> None:
    """PRODUCT 6.1: rights on apps are a person's own; who administers has one."""
    key = await keys.make(world, owner, project, "apps:manage")
    values = {"tenantId": project.id, "name": "Books"}
    made = (await key.do("createApp", values, "app { id viewerRight }"))["app"]
    assert made["viewerRight"] is None
    query = "query($id: ID!) { node(id: $id) { ... on App { viewerRight } } }"
    assert (await owner.ask(query, id=made["id"]))["node"] == {
        "viewerRight": "LAUNCH_AND_ADMINISTER"
    }
    assert (await key.ask(query, id=made["id"]))["node"] == {"viewerRight": None}
    renamed = await key.do("updateApp", {"appId": made["id"], "name": "B"}, "app { viewerRight }")
    assert renamed["app"] == {"viewerRight": None}
    sessions = "query($id: ID!) { node(id: $id) { ... on App { sessions { totalCount } } } }"
    assert await key.refusal(sessions, id=made["id"]) == "PERMISSION_DENIED"


async def test_a_key_finds_no_apps_by_its_makers_rights(
    world: World, owner: Person, project: Tenant, key: Key
) -> None:
    """PRODUCT 6.1: without apps:manage or apps:assign an app does not exist, in filters neither."""
    values = {"tenantId": project.id, "name": "Books"}
    app = (await owner.do("createApp", values, "app { id }"))["app"]["id"]
    query = (
        "query($id: ID!, $app: ID!) { apps { totalCount } tenant(id: $id) { apps { totalCount } }"
        " node(id: $app) { id } members(tenantId: $id, filter: { appId: $app }) { totalCount } }"
    )
    none = {"totalCount": 0}
    assert await key.ask(query, id=project.id, app=app) == {
        "apps": none,
        "tenant": {"apps": none},
        "node": None,
        "members": none,
    }
    wider = await keys.make(world, owner, project, VIEW, "apps:assign")
    seen = await wider.ask(query, id=project.id, app=app)
    assert (seen["apps"], seen["members"]) == (none, {"totalCount": 1})
    assert seen["node"] == {"id": app}


async def test_a_key_sees_its_maker_as_it_sees_everybody(
    owner: Person, key: Key, world: World, project: Tenant
) -> None:
    """PRODUCT 4: nothing of the maker's is the key's own."""
    query = "query($id: ID!) { node(id: $id) { ... on Member { login phone permissions } } }"
    hidden = {"login": None, "phone": None, "permissions": None}
    narrow = await keys.make(world, owner, project, VIEW)
    assert (await narrow.ask(query, id=owner.member_id))["node"] == hidden
    assert (await key.ask(query, id=owner.member_id))["node"]["login"] == "olga"


async def test_a_key_is_used_at_most_once_a_minute_in_writing(
    owner: Person, project: Tenant, key: Key, clock: Clock
) -> None:
    """DESIGN 4: outside the request."""
    assert await works(key, project)
    first = (await keys.look(owner, key))["lastUsedAt"]
    assert first is not None
    assert await works(key, project)
    assert (await keys.look(owner, key))["lastUsedAt"] == first
    clock.move(timedelta(minutes=1))
    assert await works(key, project)
    assert (await keys.look(owner, key))["lastUsedAt"] > first


async def test_a_key_is_shown_as_a_bearer_and_never_as_a_cookie(
    world: World, project: Tenant, key: Key
) -> None:
    """Issue 7.1: a browser would send a cookie for other sites as well."""
    body = {"query": LIST, "variables": {"id": project.id}}
    answer = await world.anonymous.http.post(
        "/graphql", json=body, headers={"cookie": f"tenantry={key.secret}"}
    )
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    got = await key.client.http.get("/graphql", params={"query": "{ viewer { displayName } }"})
    assert got.json() == {"data": {"viewer": {"displayName": "Portal"}}}


async def test_a_key_limited_to_documents_may_ask_nothing_else(
    world: World, owner: Person, project: Tenant
) -> None:
    """Issue 7.1 and "How it is judged": neither read nor written, whatever it holds."""
    mine, other = await register("{ viewer { displayName } }", "{ viewer { __typename } }")
    listed = [f"sha256:{mine}"]
    key = await keys.make(world, owner, project, VIEW, INVITE, operations=listed)
    assert key.told["operations"] == [mine]
    asked = [
        await key.client.http.post("/graphql", json={"documentId": id_}) for id_ in (mine, other)
    ]
    assert asked[0].json() == {"data": {"viewer": {"displayName": "Portal"}}}
    assert asked[1].json()["errors"][0]["extensions"]["code"] == "PERMISSION_DENIED"
    assert await key.refusal("{ viewer { displayName } }") == "PERMISSION_DENIED"
    assert await key.refusal(LIST, id=project.id) == "PERMISSION_DENIED"
    values = {"tenantId": project.id, "invitee": {"email": "ann@example.com"}, "role": "MANAGER"}
    before = await steps.audit("member.invite")
    invite = "mutation($input: InviteMemberInput!) { inviteMember(input: $input) { __typename } }"
    assert await key.refusal(invite, input=values) == "PERMISSION_DENIED"
    assert await steps.audit("member.invite") == before


async def test_disabling_a_maker_suspends_his_keys(
    world: World, owner: Person, project: Tenant, key: Key
) -> None:
    """Issue 7.1: dead at the next request; it comes back with him."""
    other = await world.join(project)
    switch = {"memberId": owner.member_id, "enabled": False}
    await other.do("setMemberEnabled", switch)
    assert not await works(key, project)
    assert (await keys.look(other, key))["state"] == "SUSPENDED"
    await other.do("setMemberEnabled", switch | {"enabled": True})
    assert await works(key, project)


async def test_a_maker_who_comes_back_revives_no_key(
    world: World, owner: Person, project: Tenant, key: Key
) -> None:
    """PRODUCT 4: a new invitation revives nothing of the old member."""
    other = await world.join(project)
    await other.do("removeMember", {"memberId": owner.member_id})
    assert not await works(key, project)
    invitation = {"tenantId": project.id, "invitee": {"login": "olga"}, "role": "OWNER"}
    await other.do("inviteMember", invitation)
    token = await world.link_token("olga@example.com")
    accepted = await owner.do("acceptInvitation", {"invitation": {"token": token}}, "member { id }")
    assert accepted["member"]["id"] != owner.member_id
    assert not await works(key, project)
    told = await keys.look(owner, key)
    assert (told["state"], told["effectivePermissions"]) == ("ENDED", [])
    assert told["createdBy"] == {"id": owner.id}
    answer = await owner.do("rotateApiKey", {"id": key.id}, keys.MADE)
    assert faults(answer) == [(["id"], "KEY_NOT_ACTIVE")]


async def test_leaving_ends_ones_keys(
    world: World, owner: Person, project: Tenant, key: Key
) -> None:
    """Issue 7.1."""
    await world.join(project)
    await owner.do("leaveTenant", {"tenantId": project.id})
    assert not await works(key, project)


async def test_ending_ones_account_ends_ones_keys(
    world: World, owner: Person, project: Tenant, key: Key
) -> None:
    """Issue 7.1; his name has gone and the list goes on."""
    other = await world.join(project)
    answer = await owner.do("deleteMyAccount", {"password": "a password of a test"})
    assert answer["__typename"] == "DeleteMyAccountPayload"
    assert not await works(key, project)
    assert (await keys.look(other, key))["state"] == "ENDED"


async def test_deleting_a_tenant_ends_its_keys(owner: Person, project: Tenant, key: Key) -> None:
    """PRODUCT 4."""
    await owner.do("deleteTenant", {"tenantId": project.id})
    assert not await works(key, project)


async def test_an_expired_key_is_dead(project: Tenant, key: Key, clock: Clock) -> None:
    """Issue 7.1."""
    clock.move(timedelta(days=365))
    assert not await works(key, project)


async def test_demoting_a_maker_caps_his_keys(world: World, owner: Person, project: Tenant) -> None:
    """CASES 100: at the next request, and it is told."""
    key = await keys.make(world, owner, project, VIEW, INVITE)
    other = await world.join(project)
    await other.do("changeRole", {"memberId": owner.member_id, "role": "ACCOUNTANT"})
    assert await works(key, project)
    values = {"tenantId": project.id, "invitee": {"email": "ann@example.com"}, "role": "MANAGER"}
    answer = await key.do("inviteMember", values)
    assert (answer["__typename"], answer["permission"]) == ("PermissionDenied", INVITE)
    told = await keys.look(other, key)
    assert (told["permissions"], told["effectivePermissions"]) == ([VIEW, INVITE], [VIEW])


async def test_a_servicing_organization_s_key_serves_with_what_it_holds(
    world: World,
) -> None:
    """Issue 7.1: for the tenants it serves; the served tenant's audit names the key."""
    granted = ["tenants:invite", "subscriptions:manage"]
    organization = await world.tenant(Catalog.SUBSCRIBER, name="Servers", servicing=granted)
    served = await world.tenant(Catalog.SUBSCRIBER, name="Served")
    await world.serve(served, by=organization)
    maker = await world.join(organization)
    key = await keys.make(world, maker, organization, "tenants:invite")
    listing = "query($id: ID!) { tenant(id: $id) { servicedTenants { edges { node { id } } } } }"
    found = await key.ask(listing, id=organization.id)
    assert found["tenant"]["servicedTenants"]["edges"] == [{"node": {"id": served.id}}]
    offer = {"organizationId": organization.id, "name": "New", "ownerEmail": "neo@example.com"}
    assert (await key.do("inviteTenant", offer))["__typename"] == "InviteTenantPayload"
    wanted = {"tenantId": served.id, "tariffCode": "start"}
    answer = await key.do("subscribeTenant", wanted)
    assert (answer["__typename"], answer["permission"]) == (
        "PermissionDenied",
        "subscriptions:manage",
    )
    plain = await keys.make(world, maker, organization, "tenant:view")
    assert await plain.refusal(listing, id=organization.id) == "PERMISSION_DENIED"
    assert (await plain.do("subscribeTenant", wanted))["__typename"] == "NotFound"


async def test_a_served_tenants_audit_names_the_key_and_nothing_more_of_it(world: World) -> None:
    """PRODUCT 6.4: the key belongs to another tenant; what it did is told where it did it."""
    organization = await tenant_steps.organization(world, SUBSCRIBE)
    served = await world.tenant(Catalog.SUBSCRIBER, name="Served")
    theirs, maker = await world.join(served), await world.join(organization)
    await world.serve(served, by=organization)
    await tariff_steps.make(world)
    key = await keys.make(world, maker, organization, SUBSCRIBE)
    wanted = {"tenantId": served.id, "tariffCode": "start"}
    begun = await key.do("subscribeTenant", wanted, "subscription { id }")
    renewed = {"subscriptionId": begun["subscription"]["id"]}
    assert (await key.do("renewSubscription", renewed))["__typename"].endswith("Payload")
    query = (
        "query($id: ID!) { tenant(id: $id) { auditLog(first: 1) { edges { node { action actor {"
        " displayName ... on ApiKey { id permissions tenant { id } } } } } } } }"
    )
    [edge] = (await theirs.ask(query, id=served.id))["tenant"]["auditLog"]["edges"]
    actor = {"displayName": "Portal", "id": key.id, "permissions": None, "tenant": None}
    assert edge["node"] == {"action": "subscription.renew", "actor": actor}


async def test_what_the_provider_switches_off_no_key_does_any_more(world: World) -> None:
    """PRODUCT 6.3: the key holds it, and so does its maker's role; the provider decides."""
    organization = await tenant_steps.organization(world, SUBSCRIBE, tenant_steps.INVITES)
    maker = await world.join(organization)
    key = await keys.make(world, maker, organization, SUBSCRIBE)
    await tenant_steps.permit(organization)
    served = await world.tenant(Catalog.SUBSCRIBER, name="Served")
    await world.serve(served, by=organization)
    answer = await key.do("subscribeTenant", {"tenantId": served.id, "tariffCode": "start"})
    assert answer["__typename"] == "NotPermittedByProvider"
    denied = await key.do("inviteTenant", tenant_steps.wanted(organization))
    assert (denied["__typename"], denied["permission"]) == ("PermissionDenied", "tenants:invite")


async def test_a_key_serves_nobody_where_only_its_maker_would(world: World) -> None:
    """CASES 103: the maker is an operator of another organization as well."""
    organization = await tenant_steps.organization(world, SUBSCRIBE)
    maker = await world.join(organization)
    elsewhere = await world.tenant(Catalog.PROJECT)
    await world.join(elsewhere, person=maker)
    key = await keys.make(world, maker, elsewhere, "tenant:view", VIEW)
    served = await world.tenant(Catalog.SUBSCRIBER, name="Served")
    await world.serve(served, by=organization)
    await tariff_steps.make(world)
    begun = await tariff_steps.subscribe(maker, served)
    before = await steps.everything()
    wanted = {"tenantId": served.id, "tariffCode": "start"}
    assert (await key.do("subscribeTenant", wanted))["__typename"] == "NotFound"
    for mutation in ("renewSubscription", "cancelSubscription"):
        values = {"subscriptionId": begun["subscription"]["id"]}
        assert (await key.do(mutation, values))["__typename"] == "NotFound"
    offer = tenant_steps.wanted(organization)
    assert (await key.do("inviteTenant", offer))["__typename"] == "NotFound"
    assert await steps.everything() == before
