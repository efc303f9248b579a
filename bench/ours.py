"""This server as a peer of the others: in production, every guard on.

The limits of what one person may do are raised, or they would end the measurement; counting stays.
"""

import itertools
import platform
import sys
import tomllib
from collections.abc import Sequence

import orjson

from bench import data, documents
from bench.databases import Database
from bench.work import WORKS, Call
from settings import CHECKOUT

TENANT = 2
_RATE = "1000000000/hour"
SETTINGS = {
    "environment": "production",
    "secret": "a-secret-for-measuring-that-opens-nothing",
    "smtp_url": "smtp://127.0.0.1:1",
    "mail_from": "Bench <bench@example.com>",
    "public_url": "https://bench.example.com",
    "stop_delay": "PT0S",
    "limit_invitations_per_inviter": _RATE,
    "limit_mails_per_tenant": _RATE,
    "limit_mails_of_server": _RATE,
}
_addresses = itertools.count(1)
_offers = itertools.count(1)


class Ours:
    """`accelerations`: whether the setting of that name is on."""

    name = "Tenantry"
    works = frozenset(WORKS)

    def __init__(self, name: str = name, *, accelerations: bool = True) -> None:
        self.name, self.accelerations = name, accelerations

    def version(self) -> str:
        project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
        return f"{project['version']}, Python {platform.python_version()}"

    def command(self, port: int, database_url: str) -> tuple[list[str], dict[str, str]]:
        settings = {**SETTINGS, "database_url": database_url}
        if not self.accelerations:
            settings["accelerations"] = "off"
        return (
            [sys.executable, "-m", "server", "serve", "--no-worker", "--port", str(port)],
            {f"TENANTRY_{name.upper()}": value for name, value in settings.items()},
        )

    async def prepare(self, database_url: str) -> None:
        """The data is its own."""

    def calls(self, work: str, count: int) -> Sequence[Call]:
        match work:
            case "page":
                return [asked(owner(TENANT), documents.PAGE, {"t": data.identity("ten", TENANT)})]
            case "small":
                return [asked(owner(TENANT), documents.SMALL, {"t": data.identity("ten", TENANT)})]
            case "me":
                return [asked(owner(TENANT), documents.ME)]
            case "invite":
                return [_invite(tenant, email) for tenant, email in invitees(count)]
        return [_accept(number) for number in offers(count)]

    def is_right(self, work: str, answer: bytes) -> bool:
        """Of the page its length as well: 50 members with three rights each."""
        said = orjson.loads(answer)
        if "errors" in said:
            return False
        found = said["data"]
        match work:
            case "page":
                edges = found["tenant"]["members"]["edges"]
                return len(edges) == 50 and all(is_whole(edge["node"]) for edge in edges)  # noqa: PLR2004 as asked
            case "small":
                return bool(found["tenant"]["id"] == data.identity("ten", TENANT))
            case "me":
                return bool(found["me"]["user"]["id"] == data.identity("usr", owner(TENANT)))
            case "invite":
                return bool(found["inviteMember"].get("emailQueued"))
        return bool(found["acceptInvitation"].get("member", {}).get("status") == "JOINED")


def owner(tenant: int) -> int:
    """Which user that is."""
    return (tenant - 1) * data.MEMBERS + 1


def invitees(count: int) -> list[tuple[int, str]]:
    """A tenant to invite to, one after the other, and an address that nobody has had."""
    numbers = itertools.islice(_addresses, count)
    return [(n % data.TENANTS + 1, f"invited{n}@example.com") for n in numbers]


async def offer(copy: Database, count: int) -> None:
    """So many, in a copy that has none; `offers` begins with the first of them."""
    global _offers  # noqa: PLW0603 all servers on that copy share them
    async with copy.connected() as connection:
        await data.offer(connection, count)
    _offers = itertools.count(1)


def offers(count: int) -> list[int]:
    """Offers, by number, that nobody has accepted."""
    return list(itertools.islice(_offers, count))


def is_whole(member: dict[str, dict[str, list[object]]]) -> bool:
    """A member with every right that the data gives him."""
    return len(member["appAccess"]["edges"]) == data.RIGHTS


def _invite(tenant: int, email: str) -> Call:
    given = {"tenantId": data.identity("ten", tenant), "invitee": {"email": email}}
    return asked(owner(tenant), documents.INVITE, {"input": given})


def _accept(offer: int) -> Call:
    given = {"invitation": {"id": data.identity("inv", offer)}}
    return asked(data.invited(offer), documents.ACCEPT, {"input": given})


def asked(user: int, document: str, variables: dict[str, object] | None = None) -> Call:
    """That document, sent by that user."""
    return Call(
        "/graphql",
        {"Content-Type": "application/json", **signed_in(user)},
        orjson.dumps({"query": document, "variables": variables or {}}).decode(),
    )


def signed_in(user: int) -> dict[str, str]:
    """The header that says so."""
    return {"Authorization": f"Bearer {data.token(user)}"}
