"""A partner portal of one file, to copy from: it keeps an exact copy of a tenant's members.

    PORTAL_KEY=tnt_key_... .venv/bin/python examples/portal/portal.py --tenant ten_... follow

It knows the server by the five documents in `queries/`. What makes the copy exact: a page of
changes and the cursor behind it are written in one transaction, so that whatever kills the portal,
it goes on where the copy stands. The live stream only wakes it; nothing rests on it.
"""

import argparse
import json
import os
import random
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

QUERIES = {file.stem: file.read_text() for file in Path(__file__).parent.glob("queries/*.graphql")}
POLL, LONGEST_PAUSE, SILENCE = 15.0, 60.0, 40.0  # seconds; a stream says something every 15
PASSING = {"RATE_LIMITED", "SERVICE_UNAVAILABLE", "INTERNAL"}
FIELDS = ("id", "fullName", "email", "status", "updatedAt")
TABLES = """
create table if not exists members
  (id primary key, full_name, email, status, updated_at, role);
create table if not exists roles (code primary key, name);
create table if not exists position (tenant_id primary key, cursor);
"""
BEGIN = "insert into position select ?, null where not exists (select 1 from position)"
INSERT = "insert into members values (?, ?, ?, ?, ?, ?)"

Row = tuple[str | None, ...]


class Refused(Exception):
    """The server says no and would again: the key, its rights or the tenant are not right."""


class Server:
    """GraphQL over HTTP; asks again where another attempt can help."""

    def __init__(self, url: str, key: str, tenant: str) -> None:
        headers = {"authorization": f"Bearer {key}"}
        self.http = httpx.Client(base_url=url, headers=headers, timeout=30)
        self.tenant = tenant

    def ask(self, name: str, **variables: object) -> dict[str, Any]:
        attempt = 0
        while True:
            answer = None
            with suppress(httpx.TransportError):
                answer = self.http.post("/graphql", json=self._body(name, variables))
            if answer is not None and (data := _data(answer)) is not None:
                _keep_within(answer)
                return data
            time.sleep(_pause(answer, attempt))
            attempt += 1

    def wakes(self) -> Iterator[None]:
        """One for each time that something may have changed, until the stream ends."""
        accept = {"accept": "text/event-stream"}
        body, timeout = self._body("wake", {}), httpx.Timeout(30, read=SILENCE)
        with self.http.stream("POST", "/graphql", json=body, headers=accept, timeout=timeout) as s:
            yield from (None for line in s.iter_lines() if line.startswith("event: next"))

    def _body(self, name: str, variables: dict[str, object]) -> dict[str, object]:
        return {"query": QUERIES[name], "variables": {"tenantId": self.tenant, **variables}}


def _data(answer: httpx.Response) -> dict[str, Any] | None:
    """None where it is worth asking again."""
    if answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return None
    body = answer.json()
    errors = body.get("errors", ())
    if PASSING & {error.get("extensions", {}).get("code") for error in errors}:
        return None
    if errors:
        raise Refused("; ".join(error["message"] for error in errors))
    data: dict[str, Any] = body["data"]
    if None in data.values():
        raise Refused("There is no such tenant for this key.")
    return data


def _pause(answer: httpx.Response | None, attempt: int) -> float:
    """What the server asks for, else longer from time to time; never in step with others."""
    own = min(LONGEST_PAUSE, 0.25 * 2.0**attempt) * random.uniform(0.5, 1)  # noqa: S311 no secret
    asked: str = answer.headers.get("retry-after", "") if answer is not None else ""
    return max(own, float(asked) if asked.isdigit() else 0)


def _keep_within(answer: httpx.Response) -> None:
    """`RateLimit: "points";r=0;t=12`: nothing is left for 12 seconds."""
    limit = answer.headers.get("ratelimit", "")
    facts = dict(part.partition("=")[::2] for part in limit.split(";"))
    if facts.get("r") == "0":
        time.sleep(float(facts["t"]))


class Copy:
    """The members and how far they have been read, in one SQLite file."""

    def __init__(self, file: str, tenant: str) -> None:
        self.db = sqlite3.connect(file, timeout=30)
        self.db.executescript(TABLES)
        with self.db:
            self.db.execute(BEGIN, [tenant])
        if self.db.execute("select tenant_id from position").fetchone() != (tenant,):
            raise Refused(f"{file} is a copy of another tenant.")

    def cursor(self) -> str | None:
        [[cursor]] = self.db.execute("select cursor from position")
        return cursor  # type: ignore[no-any-return]

    def take(self, page: dict[str, Any]) -> None:
        """All of a page and the cursor behind it, or nothing."""
        with self.db:
            for change in (edge["node"] for edge in page["edges"]):
                self.db.execute("delete from members where id = ?", [change["memberId"]])
                if not change["removed"]:
                    self.db.execute(INSERT, row(change["member"]))
            self.db.execute("update position set cursor = ?", [page["pageInfo"]["endCursor"]])

    def name(self, roles: list[dict[str, str]]) -> None:
        with self.db:
            self.db.executemany("insert or replace into roles values (:code, :name)", roles)

    def members(self) -> set[Row]:
        return set(self.db.execute("select * from members"))


def row(member: dict[str, Any]) -> Row:
    return (*(member[field] for field in FIELDS), member["role"]["code"])


def copy_all(server: Server, copy: Copy) -> None:
    more = True
    while more:
        page = server.ask("changes", after=copy.cursor())["memberChanges"]
        copy.take(page)
        more = page["pageInfo"]["hasNextPage"]


def follow(server: Server, copy: Copy) -> None:
    wake = threading.Event()
    threading.Thread(target=listen, args=(server, wake), daemon=True).start()
    while True:
        wake.clear()  # before reading: what comes meanwhile is read in the next round
        copy_all(server, copy)
        wake.wait(POLL)


def listen(server: Server, wake: threading.Event) -> None:
    """For ever; while there is no stream, `follow` looks by itself."""
    while True:
        with suppress(httpx.HTTPError):
            for _ in server.wakes():
                wake.set()
        time.sleep(_pause(None, attempt=3))


def check(server: Server, copy: Copy) -> None:
    """Compare with the list; while members change the two may differ for a moment."""
    listed: set[Row] = set()
    after, more = None, True
    while more:
        page = server.ask("members", after=after)["members"]
        listed |= {row(edge["node"]) for edge in page["edges"]}
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    differences = sorted(map(list, listed ^ copy.members()), key=str)
    json.dump({"members": len(listed), "differences": differences}, sys.stdout)
    sys.exit(1 if differences else 0)


def run(command: str, server: Server, copy: Copy) -> None:
    tenant = server.ask("tenant")["tenant"]
    if not tenant["viewer"]["mayRead"]:
        raise Refused(f"The key does not hold members:view in {tenant['name']}.")
    copy.name(server.ask("roles")["tenant"]["roles"])
    {"copy": copy_all, "follow": follow, "check": check}[command](server, copy)


def main() -> None:
    parser = argparse.ArgumentParser(description="Keeps a copy of a tenant's members.")
    parser.add_argument("command", choices=["copy", "follow", "check"])
    parser.add_argument("--server", default="http://127.0.0.1:8000")
    parser.add_argument("--tenant", required=True, help="Its id, ten_...")
    parser.add_argument("--file", default="members.db")
    given = parser.parse_args()
    key = os.environ.get("PORTAL_KEY", "")  # noqa: TID251 a program of its own
    try:
        run(given.command, Server(given.server, key, given.tenant), Copy(given.file, given.tenant))
    except Refused as refusal:
        sys.exit(str(refusal))


if __name__ == "__main__":
    main()
