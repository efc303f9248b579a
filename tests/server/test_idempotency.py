"""Mutations under an `Idempotency-Key` (issue 7.7, CASES 135 and 136, ADR 0033).

What several requests at once make of it is in `tests/races`.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

import errors
from models import AuditEvent, IdempotencyKey, Session, Tenant, bundle, database
from resolvers import idempotency
from settings import Settings
from tests.clients import Client, Person
from tests.conftest import Clock
from tests.factories import PASSWORD, World
from tests.permissions.test_fields import INPUTS

Configure = Callable[..., Settings]

INVITE = """
mutation($input: InviteMemberInput!) {
  inviteMember(input: $input) {
    __typename
    ... on InviteMemberPayload { emailQueued member { id role { code } invitation { id } } }
    ... on Error { code message }
  }
}
"""
SIGN_IN = """
mutation($input: SignInInput!) {
  signIn(input: $input) { __typename ... on SignedIn { token me { login } } }
}
"""
CREATE = 'mutation { createTenant(input: {name: "%s", catalog: PROJECT}) { __typename } }'


async def send(
    client: Client, document: str, key: str | list[str] = "one", **variables: Any
) -> httpx2.Response:
    keys = [key] if isinstance(key, str) else key
    return await client.http.post(
        "/graphql",
        json={"query": document, "variables": variables},
        headers=[(b"idempotency-key", each.encode()) for each in keys],
    )


async def code(sending: Any) -> str:
    """Of the only error of an answer without data; null, where it happened in a field."""
    answer = (await sending).json()
    [error] = answer.pop("errors")
    assert answer == ({"data": None} if "path" in error else {})
    assert error["message"]
    return str(error["extensions"]["code"])


async def kind(sending: Any) -> str:
    [answer] = (await sending).json()["data"].values()
    return str(answer["__typename"])


def nina(project: Tenant, **given: Any) -> dict[str, Any]:
    invitee = {"email": "nina@example.com"}
    return {"tenantId": project.id, "invitee": invitee, "role": "MANAGER"} | given


def with_key(client: Client, key: str) -> Client:
    """Whatever he sends from now on goes under that key."""
    client.http.headers["idempotency-key"] = key
    return client


async def kept() -> int:
    async with database.transaction(database.SYSTEM, read_only=True):
        return await IdempotencyKey.all().count()


async def tenants(owner: Person) -> int:
    return int((await owner.ask("{ tenants { totalCount } }"))["tenants"]["totalCount"])


async def test_what_is_sent_again_is_answered_again_and_mailed_once(
    world: World, project: Tenant, owner: Person
) -> None:
    first = await send(owner.client, INVITE, input=nina(project))
    second = await send(owner.client, INVITE, input=nina(project))
    assert first.json()["data"]["inviteMember"]["__typename"] == "InviteMemberPayload"
    assert second.content == first.content
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert len(await world.mails()) == 1


async def test_another_server_answers_in_the_same_way(project: Tenant, owner: Person) -> None:
    """Nothing of it is remembered by a process."""
    first = await send(owner.client, INVITE, input=nina(project))
    second = await send(World().client(owner.token), INVITE, input=nina(project))
    assert second.content == first.content


async def test_without_a_key_nothing_is_kept(project: Tenant, owner: Person) -> None:
    await owner.do("inviteMember", nina(project))
    assert await kept() == 0


async def test_another_payload_under_the_same_key_is_refused(
    world: World, project: Tenant, owner: Person
) -> None:
    """CASES 136: another role, another selection, another name of the operation."""
    await send(owner.client, INVITE, input=nina(project))
    other = nina(project, role="ACCOUNTANT")
    assert await code(send(owner.client, INVITE, input=other)) == "IDEMPOTENCY_KEY_REUSED"
    shorter = INVITE.replace("emailQueued", "")
    assert await code(send(owner.client, shorter, input=nina(project))) == "IDEMPOTENCY_KEY_REUSED"
    assert len(await world.mails()) == 1


async def test_the_order_of_variables_does_not_count(project: Tenant, owner: Person) -> None:
    first = await send(owner.client, INVITE, input=nina(project))
    backwards = dict(reversed(nina(project).items()))
    assert (await send(owner.client, INVITE, input=backwards)).content == first.content


async def test_a_key_belongs_to_its_caller_and_its_mutation(
    project: Tenant, owner: Person, manager: Person, stranger: Person
) -> None:
    """CASES 136."""
    await send(owner.client, INVITE, input=nina(project))
    assert await kind(send(manager.client, INVITE, input=nina(project))) == "AlreadyMember"
    assert await kind(send(stranger.client, INVITE, input=nina(project))) == "NotFound"
    assert await kind(send(owner.client, CREATE % "New")) == "CreateTenantPayload"


async def test_a_key_is_good_for_a_day(
    project: Tenant, owner: Person, clock: Clock, configure: Configure
) -> None:
    """CASES 136: 24 hours."""
    first = await send(owner.client, CREATE % "New")
    clock.move(timedelta(hours=23, minutes=59))
    assert (await send(owner.client, CREATE % "New")).content == first.content
    assert await idempotency.forget_old() == 0
    clock.move(timedelta(minutes=2))
    assert await kind(send(owner.client, CREATE % "New")) == "CreateTenantPayload"
    assert await tenants(owner) == 3
    clock.move(timedelta(days=2))
    assert await idempotency.forget_old() == 1


async def test_a_session_is_opened_once_and_its_cookie_comes_again(
    world: World, owner: Person
) -> None:
    given = {"login": owner.login, "password": PASSWORD}
    first = await send(world.anonymous, SIGN_IN, input=given)
    second = await send(world.anonymous, SIGN_IN, input=given)
    assert first.json()["data"]["signIn"] == {
        "__typename": "SignedIn",
        "token": None,
        "me": {"login": "olga"},
    }
    assert second.content == first.content
    assert second.cookies["tenantry"] == first.cookies["tenantry"]
    async with database.transaction(database.SYSTEM, read_only=True):
        assert await Session.filter(user_id=owner.id).count() == 2


async def test_no_secret_stands_in_the_table_in_clear(world: World, owner: Person) -> None:
    """CASES 82: neither what was sent nor what was answered, nor what could be guessed from it."""
    given = {"login": owner.login, "password": PASSWORD, "transport": "BEARER"}
    first = await send(world.anonymous, SIGN_IN, "guessable", input=given)
    token = first.json()["data"]["signIn"]["token"]
    async with database.transaction(database.SYSTEM, read_only=True):
        [row] = await IdempotencyKey.all().values()
    text = json.dumps(row, default=str)
    assert not [secret for secret in (token, PASSWORD, "guessable") if secret in text]
    assert await World().client(token).ask("{ me { login } }") == {"me": {"login": "olga"}}


async def test_who_has_signed_out_is_told_so_again(owner: Person) -> None:
    """His token is dead by then, and is known all the same."""
    sign_out = "mutation { signOut { signedOut } }"
    first = await send(owner.client, sign_out)
    second = await send(owner.client, sign_out)
    assert first.json() == {"data": {"signOut": {"signedOut": True}}}
    assert second.content == first.content
    dropped, again = (each.headers["set-cookie"].split("; ") for each in (first, second))
    assert [each for each in again if not each.startswith("expires=")] == [
        each
        for each in dropped
        if not each.startswith("expires=")  # a moment, by the second
    ]
    assert await owner.ask("{ me { login } }") == {"me": None}


async def test_a_dead_token_is_not_everybodys(owner: Person, world: World) -> None:
    await send(owner.client, "mutation { signOut { signedOut } }")
    answer = await send(world.anonymous, "mutation { signOut { signedOut } }")
    assert answer.json() == {"data": {"signOut": {"signedOut": False}}}


async def test_what_changed_nothing_is_looked_at_again(project: Tenant, owner: Person) -> None:
    """Who corrects his input need not think of another key."""
    wrong = nina(project, invitee={"email": "nina"})
    assert await kind(send(owner.client, INVITE, input=wrong)) == "InvalidInput"
    assert await kind(send(owner.client, INVITE, input=wrong)) == "InvalidInput"
    assert await kept() == 0
    assert await kind(send(owner.client, INVITE, input=nina(project))) == "InviteMemberPayload"


async def test_a_refusal_under_the_lock_is_undone_and_leaves_nothing(
    project: Tenant, owner: Person
) -> None:
    leave = "mutation($id: ID!) { leaveTenant(input: {tenantId: $id}) { __typename } }"
    assert await kind(send(owner.client, leave, id=project.id)) == "LastOwner"
    assert await kept() == 0


async def test_failed_attempts_count_under_one_key_as_under_many(
    world: World, owner: Person, configure: Configure
) -> None:
    """CASES 5: an attempt is never taken back with the rest."""
    configure(limit_failed_sign_ins="3/hour")
    given = {"login": owner.login, "password": "not the right one"}
    kinds = [await kind(send(world.anonymous, SIGN_IN, input=given)) for _ in range(4)]
    assert kinds == ["InvalidCredentials"] * 3 + ["RateLimited"]


async def test_who_had_to_wait_sends_the_same_again(
    project: Tenant, owner: Person, configure: Configure, clock: Clock
) -> None:
    configure(limit_tenants="1/hour")
    assert await kind(send(owner.client, CREATE % "A", "a")) == "CreateTenantPayload"
    assert await kind(send(owner.client, CREATE % "B", "b")) == "RateLimited"
    clock.move(timedelta(hours=2))
    assert await kind(send(owner.client, CREATE % "B", "b")) == "CreateTenantPayload"


async def test_a_change_whose_answer_cannot_be_read_is_not_made(
    project: Tenant, owner: Person, world: World
) -> None:
    """Change, payload and what is kept of it are one: it may be sent again."""
    document = (
        'mutation($text: String) { createTenant(input: {name: "New", catalog: PROJECT}) {'
        " ... on CreateTenantPayload {"
        " tenant { members(filter: {search: $text}) { totalCount } } } } }"
    )
    assert await code(send(owner.client, document, text="\0")) == "BAD_USER_INPUT"
    assert (await tenants(owner), await kept()) == (1, 0)
    answer = await send(owner.client, document, text="o")
    made = answer.json()["data"]["createTenant"]["tenant"]
    assert made == {"members": {"totalCount": 1}}


async def test_an_answer_too_long_to_be_kept_is_not_given(
    owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.idempotency.LONGEST_ANSWER", 10)
    assert await code(send(owner.client, CREATE % "New")) == "BAD_USER_INPUT"
    assert (await tenants(owner), await kept()) == (1, 0)


async def test_a_change_that_is_not_committed_is_not_made(
    project: Tenant, owner: Person, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CASES 135: nor is there an answer, a mail or a record of it; then it is made."""

    async def fail(_: object) -> None:
        raise errors.ServiceUnavailable

    with monkeypatch.context() as patched:
        patched.setattr(bundle.Bundle, "commit", fail)
        sending = send(owner.client, INVITE, input=nina(project))
        assert await code(sending) == "SERVICE_UNAVAILABLE"
    async with database.transaction(database.SYSTEM, read_only=True):
        assert not await AuditEvent.filter(tenant_id=project.id).exists()
    assert (await kept(), await world.mails()) == (0, [])
    assert await kind(send(owner.client, INVITE, input=nina(project))) == "InviteMemberPayload"
    assert len(await world.mails()) == 1


async def test_no_cookie_is_set_for_a_session_that_was_not_opened(
    world: World, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: object) -> None:
        raise errors.ServiceUnavailable

    monkeypatch.setattr(bundle.Bundle, "commit", fail)
    given = {"login": owner.login, "password": PASSWORD}
    answer = await send(world.anonymous, SIGN_IN, input=given)
    assert "set-cookie" not in answer.headers


async def test_an_answer_sealed_under_a_secret_that_is_gone_is_nobodys(
    project: Tenant, owner: Person, configure: Configure
) -> None:
    """It cannot be said again, and must not be done again. One that is still listed opens."""
    old, new = SecretStr("o" * 32), SecretStr("n" * 32)
    configure(secret=(old,))
    first = await send(owner.client, CREATE % "New")
    configure(secret=(new, old))
    assert (await send(owner.client, CREATE % "New")).content == first.content
    configure(secret=(new,))
    assert await code(send(owner.client, CREATE % "New")) == "IDEMPOTENCY_KEY_REUSED"
    assert await tenants(owner) == 2


BAD_KEYS = ["", " ", '""', '"k', 'k"k', "k" * 256, "new\tline", "ключ", ["a", "b"]]


@pytest.mark.parametrize("key", BAD_KEYS)
async def test_a_key_is_1_to_255_printable_characters(owner: Person, key: str | list[str]) -> None:
    assert await code(send(owner.client, CREATE % "New", key)) == "BAD_USER_INPUT"
    assert await tenants(owner) == 1


@pytest.mark.parametrize("key", ["k", "k" * 255, "a key", "8e03978e-40d5-43dd-bc93-6894a57f9324"])
async def test_a_key_in_quotes_is_the_same_key(owner: Person, key: str) -> None:
    """The draft has it in quotes."""
    first = await send(owner.client, CREATE % "New", key)
    second = await send(owner.client, CREATE % "New", f'"{key}"')
    assert first.json() == {"data": {"createTenant": {"__typename": "CreateTenantPayload"}}}
    assert second.content == first.content


async def test_queries_take_no_notice_of_it(owner: Person) -> None:
    """Nor of one that is none."""
    for key in ("one", ""):
        answer = await send(owner.client, "{ me { login } }", key)
        assert answer.json() == {"data": {"me": {"login": "olga"}}}
        assert "idempotency-replayed" not in answer.headers
    assert await kept() == 0


async def test_two_mutations_have_no_key_in_common(owner: Person) -> None:
    """One could succeed where the other has to be tried again."""
    two = (CREATE % "A").replace("mutation {", "mutation { a:")[:-1] + (CREATE % "B")[10:]
    assert await code(send(owner.client, two)) == "BAD_USER_INPUT"
    assert await tenants(owner) == 1
    both = (CREATE % "A").replace("mutation {", "mutation { __typename ")
    assert "errors" not in (await send(owner.client, both)).json()
    alone = await send(owner.client, "mutation { __typename }")
    assert alone.json() == {"data": {"__typename": "Mutation"}}


@pytest.mark.parametrize("mutation", sorted(INPUTS))
async def test_every_mutation_takes_a_key(world: World, mutation: str) -> None:
    """Whoever is not signed in gets the same answer twice."""
    caller = with_key(world.anonymous, "one")
    first = await caller.do(mutation, INPUTS[mutation])
    assert await caller.do(mutation, INPUTS[mutation]) == first


async def test_a_payload_is_read_before_the_change_is_true_to_others(owner: Person) -> None:
    """The payload is read with the rights before or after the change, as without a key."""
    first = await send(
        owner.client,
        'mutation { createTenant(input: {name: "New", catalog: PROJECT}) {'
        " ... on CreateTenantPayload { tenant { name viewer { role { code } }"
        " members { edges { node { fullName } } } } } } }",
    )
    assert first.json()["data"]["createTenant"]["tenant"] == {
        "name": "New",
        "viewer": {"role": {"code": "OWNER"}},
        "members": {"edges": [{"node": {"fullName": "Olga"}}]},
    }


async def test_browsers_may_send_it_and_read_that_an_answer_came_again(
    configure: Configure, database: None
) -> None:
    configure(allowed_origins=("https://app.example.com",))
    asking = {
        "origin": "https://app.example.com",
        "access-control-request-method": "POST",
        "access-control-request-headers": "idempotency-key",
    }
    http = World().anonymous.http
    answer = await http.options("/graphql", headers=asking)
    assert answer.status_code == 200
    assert "idempotency-key" in answer.headers["access-control-allow-headers"]
    told = await http.get("/graphql?query={__typename}", headers={"origin": asking["origin"]})
    assert "idempotency-replayed" in told.headers["access-control-expose-headers"]
