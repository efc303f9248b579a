"""How tests speak to the server: GraphQL over HTTP, as frontends do."""

from dataclasses import dataclass
from typing import Any

import httpx2
from starlette.applications import Starlette

from server.graphql import SCHEMA

BASE_URL = "http://127.0.0.1:8000"


class Client:
    """One caller with his own cookies; `token` is sent as a bearer token."""

    def __init__(
        self, app: Starlette, token: str | None = None, address: str = "127.0.0.1"
    ) -> None:
        self.http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app, client=(address, 50000)),
            base_url=BASE_URL,
            headers={"authorization": f"Bearer {token}"} if token else {},
        )

    async def post(self, query: str, **variables: Any) -> httpx2.Response:
        body = {"query": query, "variables": variables}
        return await self.http.post("/graphql", json=body)

    async def execute(self, query: str, **variables: Any) -> dict[str, Any]:
        """The whole answer, errors included."""
        answer: dict[str, Any] = (await self.post(query, **variables)).json()
        return answer

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of a query that has no errors."""
        answer = await self.execute(query, **variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    async def refusal(self, query: str, **variables: Any) -> str:
        """The code of the only error of a query."""
        [error] = (await self.execute(query, **variables))["errors"]
        code: str = error["extensions"]["code"]
        return code

    async def do(
        self,
        mutation: str,
        input: dict[str, Any] | None = None,  # noqa: A002 GraphQL's word
        select: str = "",
    ) -> dict[str, Any]:
        """One mutation's member of its union, with `__typename` and, of errors, all facts.

        `input` is None for a mutation that takes none; `select` what to read of the payload,
        without braces: `member { id }`.
        """
        kind = mutation[0].upper() + mutation[1:]
        success = "SignedIn" if mutation.startswith("signIn") else f"{kind}Payload"
        wanted = f"... on {success} {{ {select} }}" if select else ""
        takes, given = "", ""
        if input is not None:
            takes, given = f"($input: {kind}Input!)", "(input: $input)"
        data = await self.ask(
            f"mutation{takes} {{ it: {mutation}{given} {{"
            f" __typename {wanted} {_errors(kind + 'Result')} }} }}",
            input=input,
        )
        answer: dict[str, Any] = data["it"]
        return answer


FACTS = {
    "PermissionDenied": "permission",
    "InvalidInput": "fields { path code message }",
    "RateLimited": "retryAfter",
    "RoleNotGrantable": "grantable",
    "InvitationClosed": "state",
    "WrongAccount": "invitedEmail",
    "AlreadyMember": "known: member { id }",
    "WrongCode": "attemptsLeft",
    "SessionLimitReached": "limit sessions { id }",
    "NotPermittedByProvider": "lacks: permission",
    "SubscriptionEnded": "endedAt",
    "AlreadySubscribed": "subscriptionId",
}


def _errors(union: str) -> str:
    """Fragments for every error that the union holds; GraphQL refuses others."""
    kinds = [kind.name for kind in SCHEMA._schema.type_map[union].types]  # type: ignore[attr-defined] # noqa: SLF001
    facts = [f"... on {kind} {{ {FACTS[kind]} }}" for kind in kinds if kind in FACTS]
    return " ".join(["... on Error { code message }", *facts])


@dataclass
class Person:
    """Somebody with an account, signed in; `member_id` is his place in the tenant of the test."""

    id: str
    login: str
    email: str
    full_name: str
    client: Client
    token: str
    member_id: str = ""

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        return await self.client.ask(query, **variables)

    async def refusal(self, query: str, **variables: Any) -> str:
        return await self.client.refusal(query, **variables)

    async def do(
        self,
        mutation: str,
        input: dict[str, Any] | None = None,  # noqa: A002 GraphQL's word
        select: str = "",
    ) -> dict[str, Any]:
        return await self.client.do(mutation, input, select)
