"""Whatever text is sent, and wherever, it is no failure of ours (issue 2: what bad input gets)."""

import json

from models import Tenant
from tests.clients import Person
from tests.resolvers import steps

TEXTS = {
    "NUL": "\u0000",
    "NUL behind a prefix": "mem_\u0000",
    "endless": "x" * 10_000,
    "longer when it is folded": "ﬃ" * 200,
    "turned round": "\u202ea",
    "beyond the first plane": "\U0010ffff",
    "SQL": "'; drop table users; --",
    "wildcards": "%\\_",
    "blanks": " \t\r\n",
    "nothing": "",
    "half an address": "https://[a",
}
QUERIES = (
    "{ node(id: $x) { id } }",
    "{ tenant(id: $x) { id } }",
    "{ tenant(id: $t) { viewer { can(permission: $x) } } }",
    "{ tenants(filter: { search: $x }) { totalCount } }",
    "{ members(tenantId: $x) { totalCount } }",
    "{ members(tenantId: $t, filter: { search: $x }) { totalCount } }",
    "{ members(tenantId: $t, filter: { roles: [$x] }) { totalCount } }",
    "{ members(tenantId: $t, after: $x) { totalCount } }",
    "{ members(tenantId: $t, before: $x) { totalCount } }",
    "{ me { memberships(after: $x) { edges { cursor } } } }",
    "{ me { invitations(after: $x) { edges { cursor } } } }",
    "{ invitation(token: $x) { __typename } }",
)
MUTATIONS = {
    "signIn": "login: $x, password: $x",
    "createTenant": "name: $x, catalog: PROJECT",
    "updateTenant": "tenantId: $t, name: $x",
    "deleteTenant": "tenantId: $x",
    "inviteMember": "tenantId: $t, invitee: { email: $x }, role: $x,"
    " newcomer: { fullName: $x, login: $x, phone: $x }",
    "acceptInvitation": "invitation: { token: $x }, registration:"
    " { fullName: $x, login: $x, password: $x, phone: $x }",
    "resendInvitation": "invitationId: $x",
    "revokeInvitation": "invitationId: $x",
    "changeRole": "memberId: $x, role: $x",
    "transferOwnership": "tenantId: $t, toMemberId: $x, thenRole: $x",
    "removeMember": "memberId: $x",
    "leaveTenant": "tenantId: $x",
    "setMemberEnabled": "memberId: $x, enabled: true",
    "addMember": "tenantId: $t, fullName: $x, login: $x, password: $x, phone: $x, role: $x",
    "declineInvitation": "invitation: { token: $x }, reason: $x, blockTenant: true",
    "unblockTenant": "tenantId: $x",
    "createApp": "tenantId: $t, name: $x, url: $x",
    "setAppAccess": "memberId: $x, set: [{ appId: $x, right: LAUNCH }], unset: [$x]",
}


def operations(text: str, tenant: Tenant) -> list[str]:
    """Every place where a text can stand, with `text` in it."""
    mutations = (
        f"mutation {{ {name}(input: {{ {arguments} }}) {{ __typename }} }}"
        for name, arguments in MUTATIONS.items()
    )
    literal, tenant_id = json.dumps(text, ensure_ascii=False), json.dumps(tenant.id)
    return [
        operation.replace("$x", literal).replace("$t", tenant_id)
        for operation in (*QUERIES, *mutations)
    ]


async def test_no_text_is_a_failure_of_ours(project: Tenant, owner: Person) -> None:
    """CASES 26, 34, 74."""
    for name, text in TEXTS.items():
        for operation in operations(text, project):
            answer = await owner.client.post(operation)
            assert answer.status_code in (200, 400), (name, operation)
            assert b'"INTERNAL"' not in answer.content, (name, operation)
    assert (await owner.ask("{ me { login } }"))["me"] == {"login": owner.login}


async def test_text_that_is_none_is_refused_before_anything_is_done(
    project: Tenant, owner: Person
) -> None:
    """Lone surrogates, as JSON writes them and as GraphQL does."""
    before = await steps.everything()
    for operation in operations("x", project):
        by_graphql = json.dumps({"query": operation.replace('"x"', '"\\ud800"')})
        by_json = by_graphql.replace("\\\\ud800", "\\ud800")
        for body in (by_graphql, by_json):
            answer = await owner.client.http.post(
                "/graphql", content=body, headers={"content-type": "application/json"}
            )
            assert b'"BAD_USER_INPUT"' in answer.content, body
    assert await steps.everything() == before
