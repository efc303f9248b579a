"""A tenant's members as a file (issue 7.2): streamed, harmless to spreadsheets, never half."""

import asyncio
import csv
import tracemalloc
from collections.abc import Callable
from io import StringIO
from typing import Any

import httpx2
import pytest

from models import Catalog, MemberStatus, Tenant, database
from server import members_csv
from settings import Settings
from tests import keys
from tests.clients import BASE_URL, Client, Person
from tests.factories import World
from tests.resolvers import steps

HEADER = (
    "id,status,role,fullName,email,login,phone,permissions,maxSessions,isFirstUser,createdAt,"
    "joinedAt,updatedAt"
)
MANY = """
insert into members (id, tenant_id, status, role, email, email_key, full_name, name_key,
  is_first_user, created_at)
select 'mem_' || n, $1, 'PENDING', 'ACCOUNTANT', n || '@example.com', n || '@example.com', 'M' || n,
  'm' || n, false, now() from generate_series($2::int, $3) n
"""


def path(tenant: Tenant | str, query: str = "") -> str:
    return f"/tenants/{tenant if isinstance(tenant, str) else tenant.id}/members.csv{query}"


async def get(client: Client, tenant: Tenant | str, query: str = "", **more: Any) -> Any:
    return await client.http.get(path(tenant, query), **more)


async def read(client: Client, tenant: Tenant, query: str = "") -> list[dict[str, str]]:
    answer = await get(client, tenant, query)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"), newline="")))


async def code(client: Client, tenant: Tenant | str, query: str = "") -> tuple[int, str]:
    answer = await get(client, tenant, query)
    [error] = answer.json()["errors"]
    assert error["message"]
    return answer.status_code, error["extensions"]["code"]


async def fill(tenant: Tenant, last: int, *, first: int = 1) -> None:
    """Pending members with these numbers."""
    async with database.transaction(database.SYSTEM):
        await database.rows(MANY, tenant.id, first, last)


async def test_the_file_has_a_line_for_each_member_under_a_header_that_stays(
    owner: Person, project: Tenant, manager: Person
) -> None:
    """docs/portals.md names the columns; what the API shows stands in them."""
    invited = await steps.invite(owner, project, newcomer={"fullName": 'Nina "N", Typed'})
    answer = await get(owner.client, project)
    lines = answer.content.decode().split("\r\n")
    assert lines[0] == f"\ufeff{HEADER}"
    assert lines[-1] == ""
    by_id = {row["id"]: row for row in await read(owner.client, project)}
    assert set(by_id) == {owner.member_id, manager.member_id, invited.member_id}
    pending, mark = by_id[invited.member_id], by_id[manager.member_id]
    assert (pending["status"], pending["fullName"], pending["joinedAt"]) == (
        "PENDING",
        'Nina "N", Typed',
        "",
    )
    assert (mark["role"], mark["email"], mark["login"]) == ("MANAGER", "mark@example.com", "mark")
    assert "members:invite" in mark["permissions"].split(" ")


async def test_it_is_an_attachment_that_nothing_keeps(owner: Person, project: Tenant) -> None:
    headers = (await get(owner.client, project)).headers
    assert headers["content-type"] == "text/csv; charset=utf-8; header=present"
    name = f"members-{project.id}.csv"
    assert headers["content-disposition"] == f'attachment; filename="{name}"'
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"


async def test_its_head_is_to_be_had_alone(owner: Person, project: Tenant) -> None:
    answer = await owner.client.http.head(path(project))
    assert answer.status_code == 200
    assert "members-" in answer.headers["content-disposition"]


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+7701", "'+7701"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\rx", "'\rx"),
        ("\nx", "'\nx"),
        ("  =1", "'  =1"),
        ("\uff1d1", "'\uff1d1"),
        ("\uff0b1", "'\uff0b1"),
        ("\uff0d1", "'\uff0d1"),
        ("\uff20x", "'\uff20x"),
        ("'=1", "''=1"),
        ("O'Neill", "O'Neill"),
        ("Анна", "Анна"),
        ("", ""),
    ],
)
def test_what_begins_like_a_formula_is_text_to_a_spreadsheet(text: str, cell: str) -> None:
    """OWASP, CSV injection; who reads takes off one apostrophe and has what was there."""
    assert members_csv.harmless(text) == cell
    assert cell.removeprefix("'") == text


async def test_names_that_are_formulas_are_harmless_in_the_file(
    world: World, owner: Person, project: Tenant
) -> None:
    await world.join(project, "ACCOUNTANT", await world.person(full_name='=HYPERLINK("x")'))
    names = [row["fullName"] for row in await read(owner.client, project)]
    assert names == ["Olga", '\'=HYPERLINK("x")']


async def test_what_the_reader_does_not_see_is_empty(
    owner: Person, project: Tenant, accountant: Person
) -> None:
    """PRODUCT 4: login, phone, permissions and limits are for himself and who invites or edits."""
    by_id = {row["id"]: row for row in await read(accountant.client, project)}
    other, own = by_id[owner.member_id], by_id[accountant.member_id]
    assert (other["login"], other["permissions"]) == ("", "")
    assert own["login"] == "carl"


async def test_rows_are_chosen_by_status_and_role(
    world: World, owner: Person, project: Tenant, manager: Person, accountant: Person
) -> None:
    off = await world.join(project, "ACCOUNTANT", status=MemberStatus.DISABLED)
    gone = await world.join(project, "ACCOUNTANT", status=MemberStatus.REMOVED)
    for query, wanted in {
        "": [owner, manager, accountant, off],
        "?status=DISABLED": [off],
        "?status=DISABLED&status=REMOVED": [off, gone],
        "?role=MANAGER&role=OWNER": [owner, manager],
        "?status=JOINED&role=ACCOUNTANT": [accountant],
        "?status=PENDING": [],
    }.items():
        found = [row["id"] for row in await read(owner.client, project, query)]
        assert found == [person.member_id for person in wanted], query


@pytest.mark.parametrize(
    "query", ["?status=GONE", "?role=USER", "?status=", "?stauts=JOINED", "?first=1", "?role=%00"]
)
async def test_a_filter_that_nobody_knows_is_refused(
    owner: Person, project: Tenant, query: str
) -> None:
    """A slip of the pen must not export everybody."""
    assert await code(owner.client, project, query) == (400, "BAD_USER_INPUT")


async def test_refusals_are_those_of_the_api(
    world: World, project: Tenant, stranger: Person, administrator: Person, anonymous: Client
) -> None:
    """Unknown and foreign tenants are the same; CASES 103."""
    subscriber = await world.tenant(Catalog.SUBSCRIBER)
    user = await world.join(subscriber, "USER")
    assert await code(anonymous, project) == (401, "UNAUTHENTICATED")
    assert await code(user.client, subscriber) == (403, "PERMISSION_DENIED")
    assert await code(administrator.client, project, "?status=REMOVED") == (
        403,
        "PERMISSION_DENIED",
    )
    foreign, unknown = await get(stranger.client, project), await get(stranger.client, "ten_x")
    assert foreign.status_code == unknown.status_code == 404
    strip = ["x-request-id"]
    assert foreign.content == unknown.content
    assert {k: v for k, v in foreign.headers.items() if k not in strip} == {
        k: v for k, v in unknown.headers.items() if k not in strip
    }
    assert await code(stranger.client, "%00") == (404, "NOT_FOUND")


async def test_a_cookie_suffices_and_pages_of_others_may_not_use_it(
    world: World, owner: Person, project: Tenant
) -> None:
    """As for whatever is read: server/origins.py."""
    browser = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=world.app),
        base_url=BASE_URL,
        cookies={"tenantry": owner.token},
    )
    assert (await browser.get(path(project))).status_code == 200
    refused = await browser.get(path(project), headers={"origin": "https://evil.example"})
    assert refused.status_code == 403


async def test_a_key_exports_what_it_may_read(world: World, owner: Person, project: Tenant) -> None:
    """Issue 7.1: a key of one tenant finds no other."""
    reader = await keys.make(world, owner, project, "members:view")
    other = await world.tenant()
    await world.join(other, "OWNER", owner)
    assert len(await read(reader.client, project)) == 1
    assert await code(reader.client, other) == (404, "NOT_FOUND")
    weak = await keys.make(world, owner, project, "tenant:view")
    assert await code(weak.client, project) == (403, "PERMISSION_DENIED")


async def test_a_key_pays_for_all_rows_before_the_first(
    world: World, owner: Person, project: Tenant, configure: Callable[..., Settings]
) -> None:
    """Issue 7.2: a point, and one for each hundred rows."""
    configure(limit_api_key="5/hour")
    reader = await keys.make(world, owner, project, "members:view")
    await fill(project, 150)
    answer = await get(reader.client, project)
    assert answer.headers["ratelimit"].startswith('"points";r=2;t=')
    refused = await get(reader.client, project)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    await fill(project, 600, first=151)
    assert await code(reader.client, project) == (400, "TOO_COSTLY")


class Download:
    """A client that takes one part after another, and knows whether it was told the end."""

    def __init__(self, world: World, person: Person, tenant: Tenant) -> None:
        self.parts: list[bytes] = []
        self.is_ended = False
        self.first_part = asyncio.Event()
        self.go_on = asyncio.Event()
        self.scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "path": path(tenant),
            "raw_path": path(tenant).encode(),
            "query_string": b"",
            "headers": [(b"authorization", f"Bearer {person.token}".encode())],
            "client": ("127.0.0.1", 1),
            "scheme": "http",
            "server": ("127.0.0.1", 8000),
        }
        self.app = world.app

    async def run(self) -> None:
        await self.app(self.scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    async def _send(self, message: Any) -> None:
        if message["type"] != "http.response.body":
            return
        self.parts.append(message.get("body", b""))
        self.is_ended = not message.get("more_body", False)
        if len(self.parts) == 2:
            self.first_part.set()
            await self.go_on.wait()


async def test_whoever_loses_the_right_meanwhile_is_cut_off(
    world: World, owner: Person, project: Tenant, manager: Person
) -> None:
    """An end that looks well would pass for the whole list."""
    await fill(project, 250)
    download = Download(world, manager, project)
    async with asyncio.TaskGroup() as group:
        group.create_task(download.run())
        await download.first_part.wait()
        await owner.do("removeMember", {"memberId": manager.member_id})
        download.go_on.set()
    assert not download.is_ended
    assert b"".join(download.parts).count(b"\r\n") == 101


async def test_nothing_is_held_open_while_the_reader_takes_his_time(
    world: World, owner: Person, project: Tenant, configure: Callable[..., Settings]
) -> None:
    """Each page has a transaction of its own."""
    await fill(project, 250)
    download = Download(world, owner, project)
    async with asyncio.TaskGroup() as group:
        group.create_task(download.run())
        await download.first_part.wait()
        async with database.transaction(database.SYSTEM, read_only=True):
            [open_] = await database.rows(
                "select count(*) from pg_stat_activity where datname = current_database()"
                " and state like 'idle in transaction%' and pid <> pg_backend_pid()"
            )
        download.go_on.set()
    assert open_["count"] == 0
    assert download.is_ended
    assert b"".join(download.parts).count(b"\r\n") == 252


async def peak(world: World, person: Person, tenant: Tenant) -> int:
    """Bytes at most, while the file is sent to somebody who keeps nothing."""

    async def forget(_: Any) -> None:
        pass

    download = Download(world, person, tenant)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        await world.app(download.scope, download._receive, forget)  # noqa: SLF001 as above
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


async def test_memory_does_not_grow_with_the_list(
    world: World, owner: Person, project: Tenant
) -> None:
    """Ten times as many rows, which as objects would take some megabytes, take no more."""
    await fill(project, 300)
    few = await peak(world, owner, project)
    await fill(project, 3000, first=301)
    assert await peak(world, owner, project) < few + 500_000
