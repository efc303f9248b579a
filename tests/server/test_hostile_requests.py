"""Valid requests with something wrong in them: values no client sends, bytes torn out."""

import json
import random
from typing import Any

import pytest

from models import Tenant
from tests.clients import Person

VALUES: list[Any] = [
    *[None, True, 0, -1, 2**31, 2**63, 1.5, [], [[]], {}, {"email": None}, ["\0"]],
    *["", " ", "\0", "a\0b", "\u202e", "\ufeff", "%", "\\", "' or 1=1 --", "a" * 33, "x" * 70_000],
    *["mem_" + "0" * 26, "😀" * 300],
]
MEMBERS = (
    "query($id: ID!, $first: Int, $after: String, $filter: MemberFilter, $by: MemberOrder) {"
    " members(tenantId: $id, first: $first, after: $after, filter: $filter, orderBy: $by) {"
    " totalCount edges { cursor node { id } } } }"
)


def requests(tenant: Tenant, owner: Person) -> list[tuple[str, dict[str, Any]]]:
    newcomer = {"fullName": "A B", "login": "ab", "phone": "+77051250043"}
    return [
        (
            MEMBERS,
            {
                "id": tenant.id,
                "first": 3,
                "filter": {"search": "ol", "roles": ["OWNER"], "statuses": ["JOINED"]},
                "by": {"field": "NAME", "direction": "DESC"},
            },
        ),
        ("query($id: ID!) { node(id: $id) { id } }", {"id": owner.member_id}),
        _mutation("signIn", login="olga", password="x", transport="BEARER"),
        _mutation("createTenant", name="Acme", catalog="ACCOUNT", locale="EN"),
        _mutation("changeRole", memberId=owner.member_id, role="MANAGER"),
        _mutation(
            "inviteMember",
            tenantId=tenant.id,
            invitee={"email": "a@example.com"},
            role="MANAGER",
            maxSessions=3,
            newcomer=newcomer,
        ),
        _mutation(
            "acceptInvitation",
            invitation={"token": "tnt_inv_x"},
            registration=newcomer | {"password": "long enough for all", "locale": "KK"},
        ),
    ]


def _mutation(verb: str, **values: Any) -> tuple[str, dict[str, Any]]:
    kind = f"{verb[0].upper()}{verb[1:]}Input!"
    return f"mutation($i: {kind}) {{ {verb}(input: $i) {{ __typename }} }}", {"i": values}


def spoilt(value: Any, chance: random.Random) -> Any:
    """The value with something of it replaced."""
    if isinstance(value, dict) and value and chance.random() < 0.8:
        name = chance.choice(list(value))
        return {**value, name: spoilt(value[name], chance)}
    return chance.choice(VALUES)


def torn(body: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(body))
    rest = chance.choice([body[at:], body[at + 1 :], body[at + 5 :]])
    return body[:at] + chance.randbytes(chance.randrange(3)) + rest


@pytest.mark.parametrize("count", [200, pytest.param(50_000, marks=pytest.mark.soak)])
async def test_no_request_makes_the_server_fail(project: Tenant, owner: Person, count: int) -> None:
    """CASES, figures: hostile requests."""
    chance, every = random.Random(count), requests(project, owner)  # noqa: S311 no secret
    for _ in range(count):
        query, variables = chance.choice(every)
        body = json.dumps({"query": query, "variables": spoilt(variables, chance)}).encode()
        body = torn(body, chance) if chance.random() < 0.4 else body
        answer = await owner.client.http.post(
            "/graphql", content=body, headers={"content-type": "application/json"}
        )
        codes = {error["extensions"]["code"] for error in answer.json().get("errors", [])}
        assert answer.status_code in {200, 400}, body
        assert codes <= {"BAD_USER_INPUT", "NOT_FOUND"}, body
