"""The hand-written routes as a peer: what all others are compared with."""

import sys
from collections.abc import Sequence
from importlib import metadata

import orjson

from bench import data, ours
from bench.work import WORKS, Call

LIBRARIES = ("starlette", "uvicorn", "asyncpg", "orjson")


class Handwritten:
    """`at_once`: it begins a transaction in one trip with the look-up, as ours does."""

    name = "hand-written"
    works = frozenset(WORKS)

    def __init__(self, name: str = name, *, at_once: bool = False) -> None:
        self.name, self.at_once = name, at_once

    def version(self) -> str:
        return ", ".join(f"{library} {metadata.version(library)}" for library in LIBRARIES)

    def command(self, port: int, database_url: str) -> tuple[list[str], dict[str, str]]:
        command = [sys.executable, "-m", "bench.handwritten", str(port), database_url]
        return [*command, *(["at-once"] if self.at_once else [])], {}

    async def prepare(self, database_url: str) -> None:
        """The data is ours."""

    def calls(self, work: str, count: int) -> Sequence[Call]:
        tenant, headers = data.identity("ten", ours.TENANT), ours.signed_in(ours.owner(ours.TENANT))
        match work:
            case "page":
                return [Call(f"/tenants/{tenant}/members?first=50", headers, "", "GET")]
            case "small":
                return [Call(f"/tenants/{tenant}", headers, "", "GET")]
            case "me":
                return [Call("/me", headers, "", "GET")]
            case "invite":
                return [_invite(tenant, email) for tenant, email in ours.invitees(count)]
        return [_accept(number) for number in ours.offers(count)]

    def is_right(self, work: str, answer: bytes) -> bool:
        said = orjson.loads(answer)
        match work:
            case "page":
                edges = said["members"]["edges"]
                return len(edges) == 50 and all(ours.is_whole(edge["node"]) for edge in edges)  # noqa: PLR2004 as asked
            case "small":
                return bool(said["id"] == data.identity("ten", ours.TENANT))
            case "me":
                return bool(said["user"]["id"] == data.identity("usr", ours.owner(ours.TENANT)))
            case "invite":
                return bool(said["emailQueued"])
        return bool(said["member"]["status"] == "JOINED")


def _invite(tenant: int, email: str) -> Call:
    path = f"/tenants/{data.identity('ten', tenant)}/invitations"
    headers = {"Content-Type": "application/json", **ours.signed_in(ours.owner(tenant))}
    return Call(path, headers, orjson.dumps({"email": email}).decode())


def _accept(offer: int) -> Call:
    path = f"/invitations/{data.identity('inv', offer)}/acceptance"
    return Call(path, ours.signed_in(data.invited(offer)), "")
