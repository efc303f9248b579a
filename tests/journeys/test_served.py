"""The same ways through `python -m server serve`, a process of its own."""

import asyncio
import base64
import hashlib
import hmac
from pathlib import Path

import asyncpg

from models import database
from tests import processes
from tests.factories import PASSWORD, World
from tests.journeys import steps
from tests.journeys.site import Browser, Mailbox, Site, Smtp
from tests.journeys.steps import NEWCOMER, REGISTRATION
from tests.mail import sink as sinks
from tests.mail.sink import Sink

OWNER = "olga@example.com"
SECRET = "a secret of the server that is long enough for it"
CREATE_OWNER = ("create-user", "--login", "olga", "--email", OWNER, "--full-name", "Olga Owner")
TABLES = "select tablename from pg_tables where schemaname = 'public'"


async def owner_of_acme(site: Site) -> tuple[Browser, str]:
    """Signed in, and the tenant's id."""
    owner = await site.signed_in("olga")
    made = await owner.do("createTenant", {"name": "Acme", "catalog": "PROJECT"}, "tenant { id }")
    return owner, made["tenant"]["id"]


async def test_a_newcomers_way_with_nothing_but_python(data_dir: Path) -> None:
    """The first paragraph of issue 2: embedded database, development mailbox, worker inside."""
    made = await processes.run(*CREATE_OWNER, "--password-stdin", typed=PASSWORD, data_dir=data_dir)
    assert made.status == 0, made.printed
    async with (
        processes.serving(data_dir=data_dir) as server,
        Site(server.url, Mailbox(server.url)) as site,
    ):
        owner, tenant_id = await owner_of_acme(site)
        await steps.newcomers_way(site, owner, tenant_id, OWNER)


async def test_no_secret_is_kept_or_told_in_clear(
    database_urls: tuple[str, str], world: World, tmp_path: Path
) -> None:
    """CASES 50, 51 and 82: not in the database, not in the log, not in an answer of the API.

    One mail has left, one waits, one link was sent again, one sign-in failed.
    """
    await world.person("olga", email=OWNER)
    settings = {"database_url": database_urls[0], "data_dir": tmp_path, "secret": SECRET}
    async with (
        sinks.listening(Sink()) as sink,
        processes.serving(smtp_url=sink.url, **settings) as server,
        Site(server.url, Smtp(sink)) as site,
    ):
        links = await lead_a_life(site, sink)
        signed_in = await site.browser().do(
            "signIn", {"login": "olga", "password": PASSWORD, "transport": "BEARER"}, "token"
        )
        kept = await everything_in(database_urls[0])
        cookies = [value for b in site.browsers for value in b.http.cookies.values()]
        bodies = [body for browser in site.browsers for body in browser.bodies]
    secrets = [*links, *cookies, signed_in["token"], PASSWORD, REGISTRATION["password"], SECRET]
    assert len(links) == 3
    assert len(cookies) == 2
    for living in (*links[1:], *cookies):
        assert hashlib.sha256(living.encode()).hexdigest() in kept
    for secret in secrets:
        assert secret not in kept
        assert secret not in server.log
        assert [secret in body for body in bodies].count(True) == (secret == signed_in["token"])
    for prefix in ("tnt_inv_", "tnt_ses_"):
        assert prefix not in kept
        assert prefix not in server.log


async def lead_a_life(site: Site, sink: Sink) -> list[str]:
    """The tokens of the invitations' links that were mailed, and of one that waits."""
    owner, tenant_id = await owner_of_acme(site)
    await site.browser().do("signIn", {"login": "olga", "password": PASSWORD + "?"})
    first_id = await steps.invite(owner, tenant_id, NEWCOMER)
    first = await site.letter(NEWCOMER)
    await steps.resend(owner, first_id)
    second = await site.letter(NEWCOMER)
    newcomer = site.browser()
    await steps.offer(newcomer, first.token)
    await steps.accept(newcomer, second.token, registration=REGISTRATION)
    await steps.member(newcomer, tenant_id, first_id)
    await site.letter(OWNER)

    sink.replies["RCPT"] = ["450 later"]
    waiting_id = await steps.invite(owner, tenant_id, "waits@example.com")
    while sink.replies["RCPT"]:  # noqa: ASYNC110 the sink tells nobody
        await asyncio.sleep(0.05)
    query = "query($id: ID!) { node(id: $id) { ... on Member { invitation { id } } } }"
    invitation = (await owner.ask(query, id=waiting_id))["node"]["invitation"]["id"]
    return [first.token, second.token, _token(invitation)]


def _token(invitation_id: str) -> str:
    """As the worker will compute it."""
    message = f"tnt_inv_{invitation_id}:1".encode()
    mac = hmac.digest(SECRET.encode(), message, "sha256")
    return "tnt_inv_" + base64.urlsafe_b64encode(mac).decode().rstrip("=")


async def everything_in(url: str) -> str:
    """Every row of every table, as text."""
    connection = await asyncpg.connect(**database.parse(url) | {"user": "postgres"})
    tables = [record["tablename"] for record in await connection.fetch(TABLES)]
    rows = [await connection.fetch(f"select t::text from {table} t") for table in tables]  # noqa: S608
    await connection.close()
    return "\n".join(record["t"] for found in rows for record in found)
