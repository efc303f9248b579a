"""A walk of random steps through the API: what many people of many tenants ask and try at once.

Each names what is his and what is not as it happens, filters and searches, goes on from cursors
that others were given, sends a header of a foreign tenant. A step is a field at the root of an
operation, or an export.
"""

import asyncio
import itertools
import json
import random
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from graphql import GraphQLNamedType
from starlette.types import ASGIApp, Message

from tests.isolation import documents
from tests.isolation.documents import Document
from tests.isolation.population import Asker, Population

AT_ONCE, BEFORE_LOOKING_AROUND = 12, 60
DOCUMENTS = 60
_CURSOR = re.compile(r'ursor":"([A-Za-z0-9_-]{20,})"')
_PREFIXES = {
    "tenantId": ("ten",),
    "organizationId": ("ten",),
    "memberId": ("mem",),
    "toMemberId": ("mem",),
    "newOwnerMemberId": ("mem",),
    "appId": ("app",),
    "unset": ("app",),
    "appRoleId": ("aro",),
    "roles": ("aro",),
    "importId": ("imp",),
    "invitationId": ("inv", "tin"),
    "sessionId": ("aps",),
    "subscriptionId": ("sub",),
    "userId": ("usr",),
}
_TEXTS: list[Any] = ["z", "zq1", "Person", "Acme", "https://example.com/", "x"]
_VALUES: dict[str, list[Any]] = {
    "Boolean": [True, False],
    "Int": [1],
    "DateTime": ["2020-01-01T00:00:00Z", None],
    "RoleCode": ["OWNER", "MANAGER", "ACCOUNTANT"],
    "PermissionCode": ["members:view", "members:invite", "apps:manage"],
}


@dataclass
class Walk:
    """`foreign`: what was told to whom it does not concern, by the field that told it."""

    app: ASGIApp
    population: Population
    chance: random.Random
    steps: int = 0
    foreign: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    cursors: list[str] = field(default_factory=list)
    _heard: list[tuple[Asker, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._queries = documents.queries(self.chance, DOCUMENTS)
        self._mutations = documents.mutations(self.chance)

    async def go(self, steps: int) -> None:
        """A few at once all the time, on one loop and the connections of one pool."""
        for turn in itertools.count():
            if self.steps >= steps:
                break
            await asyncio.gather(*(self._step() for _ in range(AT_ONCE)))
            if turn % BEFORE_LOOKING_AROUND == 0:
                await self.judge()
        await self.judge()

    async def judge(self) -> None:
        """Look through what was answered, by what is known to be whose by now."""
        await self.population.look_around()
        for asker, name, text in self._heard:
            self.foreign[name] += len(self.population.foreign(asker, text))
        self._heard.clear()
        self.foreign = +self.foreign

    async def _step(self) -> None:
        asker, kind = self.chance.choice(self.population.askers), self.chance.random()
        if kind < 0.02:
            await self._export(asker)
        elif kind < 0.04:
            await self._invite(asker)
        elif kind < 0.35:
            await self._change(asker)
        else:
            await self._ask(asker)

    async def _ask(self, asker: Asker) -> None:
        document = self.chance.choice(self._queries)
        answer = await self._post(
            asker, document.text, document.variables(partial(self._draw, asker))
        )
        self._note(asker, document, answer)

    async def _change(self, asker: Asker) -> None:
        """What it names is not his, or not all of it."""
        document = self.chance.choice(self._mutations)
        variables = document.variables(partial(self._draw, asker))
        while not self.population.foreign(asker, json.dumps(variables)):
            variables = document.variables(partial(self._draw, asker))
        self._note(asker, document, await self._post(asker, document.text, variables))

    async def _invite(self, asker: Asker) -> None:
        """So that something is new all the time."""
        tenant_id = self.chance.choice(sorted(asker.tenants))
        name = self.population.mark(frozenset([tenant_id]))
        given = {
            "tenantId": tenant_id,
            "invitee": {"email": f"{name}@example.com"},
            "role": "ACCOUNTANT",
        }
        text = (
            "mutation($input: InviteMemberInput!) { f0: inviteMember(input: $input) { __typename"
            " ... on InviteMemberPayload { member { id email } } } }"
        )
        document = Document(text, {"f0": ("inviteMember", {})})
        self._note(asker, document, await self._post(asker, text, {"input": given}))

    async def _export(self, asker: Asker) -> None:
        tenant_id = self.population.pick(self.chance, "ten")
        text = await self._send(asker, "GET", f"/tenants/{tenant_id}/members.csv", b"")
        self.steps += 1
        self._heard.append((asker, "members.csv", text))

    async def _post(self, asker: Asker, query: str, variables: dict[str, Any]) -> str:
        body = json.dumps({"query": query, "variables": variables}).encode()
        return await self._send(asker, "POST", "/graphql", body)

    def _note(self, asker: Asker, document: Document, text: str) -> None:
        self.steps += len(document.fields)
        self.cursors += _CURSOR.findall(text)[:3]
        del self.cursors[:-500]
        answer = json.loads(text)
        self.answered.update(e["extensions"]["code"] for e in answer.get("errors", ()))
        for alias, (name, _) in document.fields.items():
            found = (answer.get("data") or {}).get(alias)
            self.answered[name] += found is not None
            self._heard.append((asker, name, json.dumps(found)))
        self._heard.append((asker, "errors", json.dumps(answer.get("errors"))))

    def _draw(self, asker: Asker, name: str, kind: GraphQLNamedType) -> Any:
        if name in ("first", "last", "after", "before"):
            return self._window(name)
        if kind.name == "ID":
            return self._id(asker, name)
        return self.chance.choice(documents.choices(kind) or _VALUES.get(kind.name, _TEXTS))

    def _window(self, name: str) -> Any:
        """Forwards mostly; now and then from where somebody else has come to."""
        if name == "first":
            return self.chance.choice([3, 10])
        if name != "after" or not self.cursors or self.chance.random() < 0.7:
            return None
        return self.chance.choice(self.cursors)

    def _id(self, asker: Asker, name: str) -> str | None:
        """Half of them of his own tenants, where there is one."""
        kind = self.chance.choice(_PREFIXES.get(name) or tuple(self.population.ids))
        picked = self.population.pick(self.chance, kind)
        if picked is None or self.chance.random() < 0.5:
            return picked
        tries = (self.population.pick(self.chance, kind) for _ in range(20))
        return next((t for t in tries if t and not self.population.is_foreign(asker, t)), picked)

    async def _send(self, asker: Asker, method: str, path: str, body: bytes) -> str:
        foreign = self.population.pick(self.chance, "ten") or ""
        headers = {
            "host": "127.0.0.1:8000",
            "authorization": f"Bearer {asker.token}",
            "content-type": "application/json",
            "x-tenant-id": foreign,
        }
        return await send(self.app, method, path, headers, body)


async def send(app: ASGIApp, method: str, path: str, headers: dict[str, str], body: bytes) -> str:
    """One request, without what a client library takes time for."""
    sent: list[bytes] = []
    given = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Message:
        return next(given, {"type": "http.disconnect"})

    async def keep(message: Message) -> None:
        sent.append(message.get("body", b""))

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8000),
    }
    await app(scope, receive, keep)
    return b"".join(sent).decode()
