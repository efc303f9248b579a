import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from contextvars import Context
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.routing import Route

from models import Channel, OutboxEntry, OutboxState, Tenant, clock
from models import database as db
from models import pool as pools
from server import access, metrics
from settings import CHECKOUT, Settings
from tests import databases, listeners, processes
from tests.clients import Client, Person
from tests.factories import World
from tests.listeners import MEMBERS, Hall
from tests.mail import offers

Configure = Callable[..., Settings]
NOWHERE = "postgresql://tenantry@/tenantry?host=/nowhere"

Labels = dict[str, str]


class Figures:
    """What `/metrics` says, and how much it has grown since."""

    def __init__(self, text: str) -> None:
        self.samples = [
            (sample.name, sample.labels, sample.value)
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        ]

    def of(self, name: str, **labels: str) -> float:
        """The sum of all samples of that name with these labels, perhaps among others."""
        return sum(
            value
            for found, given, value in self.samples
            if found == f"tenantry_{name}" and labels.items() <= given.items()
        )

    def values(self, name: str, label: str) -> set[str]:
        return {given[label] for found, given, _ in self.samples if found == f"tenantry_{name}"}


async def read() -> Figures:
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=metrics.APP), base_url="http://metrics"
    ) as http:
        answer = await http.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return Figures(answer.text)


async def elsewhere(reading: Coroutine[Any, Any, Figures]) -> Figures:
    """Outside the transaction that is open here."""
    return await asyncio.create_task(reading, context=Context())


@asynccontextmanager
async def growth() -> AsyncIterator[Callable[..., float]]:
    """How much a figure has grown in the block, asked for after it."""
    before = await read()
    after = before

    def grown(name: str, **labels: str) -> float:
        return after.of(name, **labels) - before.of(name, **labels)

    yield grown
    after = await read()


async def test_operations_are_counted_by_root_field_and_outcome(
    owner: Person, project: Tenant, anonymous: Client
) -> None:
    async with growth() as grown:
        await owner.ask("query Mine($id: ID!) { tenant(id: $id) { name } }", id=project.id)
        await owner.ask("{ one: me { __typename } two: tenants { totalCount } }")
        await anonymous.execute("{ tenants { totalCount } }")
        await owner.do("createTenant", {"name": "", "catalog": "PROJECT"})
        await owner.client.execute("{ nonsense }")
    assert grown("operations_total", type="query", operation="tenant", outcome="ok") == 1
    assert grown("operations_total", type="query", operation="several", outcome="ok") == 1
    assert grown("operations_total", type="query", operation="tenants", outcome="refused") == 1
    assert grown("operations_total", type="mutation", outcome="refused") == 1
    assert grown("operations_total", type="none", operation="none", outcome="refused") == 1
    assert grown("operation_seconds_count", type="query", operation="tenant") == 1
    assert grown("operations_total") == 5


async def test_errors_are_counted_by_code_each_once(owner: Person, anonymous: Client) -> None:
    """Whether they are members of a union or GraphQL's own."""
    async with growth() as grown:
        await anonymous.execute("{ tenants { totalCount } }")
        await owner.do("createTenant", {"name": "", "catalog": "PROJECT"})
        await owner.client.execute("{ nonsense }")
        await anonymous.do("createTenant", {"name": "A", "catalog": "PROJECT"})
    assert grown("errors_total", code="UNAUTHENTICATED") == 2
    assert grown("errors_total", code="BAD_USER_INPUT") == 2
    assert grown("errors_total") == 4


async def test_nothing_that_clients_send_becomes_a_label(
    owner: Person, project: Tenant, world: World
) -> None:
    """Else anybody fills the memory of whoever keeps the figures."""
    await owner.ask("{ tenants { totalCount } }")
    await world.anonymous.http.get("/nothing")
    await world.anonymous.http.request("BREW", "/nothing")
    earlier = await read()
    before = len(earlier.samples)
    for number in range(20):
        name = f"Canary{number}"
        await owner.client.execute(f"query {name} {{ {name}: tenants {{ totalCount }} }}")
        await owner.client.execute(f"query {name} {{ {name} }}")
        await owner.client.http.post(
            "/graphql", json={"query": f"query A {{ tenants {{ totalCount }} }} {name}"}
        )
        await world.anonymous.http.get(f"/{name}?{name}={name}")
        await world.anonymous.http.get(f"/avatars/{name}/{name}", headers={"x-request-id": name})
        await world.anonymous.http.request(f"BREW{number}", f"/{name}")
    figures = await read()
    assert not [sample for sample in figures.samples if "anary" in str(sample)]
    assert len(figures.samples) - before < 60
    routes = {route.path for route in world.app.routes if isinstance(route, Route)}
    found = figures.values("requests_total", "route") - earlier.values("requests_total", "route")
    assert found <= {*routes, "/graphql", "other"}
    assert figures.values("requests_total", "method") <= {*access.METHODS, "OTHER"}


async def test_requests_are_counted_by_route_and_status(world: World) -> None:
    async with growth() as grown:
        await world.anonymous.http.get("/avatars/usr_1/x")
        await world.anonymous.http.get("/nothing")
        await world.anonymous.http.get("/healthz")
    found = {"method": "GET", "route": "/avatars/{user_id}/{digest}"}
    assert grown("requests_total", **found) == 1
    assert grown("request_seconds_count", route=found["route"]) == 1
    assert grown("requests_total", route="other", status="404") == 1
    assert grown("requests_total") == 2


async def test_the_pool_shows_what_it_holds_and_how_long_was_waited(world: World) -> None:
    await world.anonymous.ask("{ __typename }")
    async with db.transaction(db.NOBODY):
        figures = await elsewhere(read())
    state = pools.state(db.ALIAS)
    assert figures.of("database_connections", state="in_use") >= 1
    assert figures.of("database_connections") <= state.limit
    assert figures.of("database_connections_limit") == state.limit
    async with growth() as grown:
        await world.anonymous.ask("{ __typename }")
    assert grown("database_waits_total") >= 1
    assert grown("database_waits_in_vain_total") == 0


async def test_a_pool_that_has_none_left_shows_who_waits_in_vain(
    database_urls: tuple[str, str], configure: Configure
) -> None:
    short = timedelta(seconds=0.05)
    chosen = configure(database_pool_size=1, database_acquire_timeout=short)
    await db.start(database_urls[0], chosen)
    async with growth() as grown, db.transaction(db.NOBODY):
        figures = await elsewhere(read())
        assert figures.of("database_up") == 0
    assert grown("database_waits_in_vain_total") == 1
    await db.stop()


@pytest.mark.usefixtures("database")
async def test_the_outbox_shows_its_lag_and_its_dead_letters_by_channel() -> None:
    await offers.tell(3)
    now = clock.now()
    late, dead = [entry.id for entry in await offers.entries()][:2]
    async with db.transaction(db.SYSTEM):
        await OutboxEntry.filter(id=late).update(due_at=now - timedelta(minutes=5))
        await OutboxEntry.filter(id=dead).update(state=OutboxState.FAILED, finished_at=now)
    figures = await read()
    assert figures.of("database_up") == 1
    assert 300 <= figures.of("outbox_lag_seconds", channel="MAIL") < 400
    assert figures.of("outbox_lag_seconds", channel="SMS") == 0
    assert figures.of("outbox_dead_letters", channel="MAIL") == 1
    assert figures.values("outbox_lag_seconds", "channel") == {each.value for each in Channel}
    async with db.transaction(db.SYSTEM):
        await OutboxEntry.filter(id=dead).update(finished_at=now - timedelta(days=2))
    assert (await read()).of("outbox_dead_letters", channel="MAIL") == 0


async def test_what_is_due_later_is_no_lag(database: None) -> None:
    await offers.tell(1)
    later = clock.now() + timedelta(minutes=5)
    async with db.transaction(db.SYSTEM):
        await OutboxEntry.all().update(due_at=later)
    assert (await read()).of("outbox_lag_seconds") == 0


async def test_a_scrape_succeeds_while_the_database_is_away(configure: Configure) -> None:
    await db.start(NOWHERE, configure(database_url=NOWHERE))
    figures = await read()
    await db.stop()
    assert figures.of("database_up") == 0
    assert figures.values("outbox_lag_seconds", "channel") == set()
    assert figures.of("live_connections") == 0


async def test_a_database_that_hangs_holds_up_no_scrape(
    monkeypatch: pytest.MonkeyPatch, database: None
) -> None:
    asked = asyncio.Event()

    async def hang() -> None:
        asked.set()
        await asyncio.Event().wait()

    monkeypatch.setattr("mail.backlog.read", hang)
    monkeypatch.setattr(metrics, "DATABASE_WITHIN", 0.01)
    assert (await read()).of("database_up") == 0
    assert asked.is_set()


async def test_open_connections_and_streams_are_shown(hall: Hall, owner: Person) -> None:
    async with hall.socket(owner) as listening:
        stream = await listening.subscribe(listeners.ACCESS)
        await stream.begun()
        figures = await read()
        assert (figures.of("live_connections"), figures.of("live_streams")) == (1, 1)
    async with growth() as grown, hall.listening(owner, listeners.ACCESS):
        pass
    assert grown("messages_total", operation="myAccessChanged") == 1


async def test_what_lasts_is_not_measured_as_if_it_were_slow(
    hall: Hall, owner: Person, project: Tenant
) -> None:
    async with growth() as grown, hall.listening(owner, MEMBERS, id=project.id):
        pass
    assert grown("requests_total", route="/graphql", status="200") == 1
    assert grown("operations_total") == 0


def free() -> str:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return f"127.0.0.1:{found.getsockname()[1]}"


async def test_figures_are_nowhere_but_on_their_own_listener(
    database: None, tmp_path: Path
) -> None:
    """Both of a server and of a worker, with health beside; never on the public address."""
    given = {"database_url": databases.address(), "data_dir": tmp_path}
    places = [free(), free()]
    async with (
        processes.serving("--no-worker", metrics_address=places[0], **given) as server,
        processes.working(metrics_address=places[1], **given),
        httpx2.AsyncClient() as http,
    ):
        assert (await http.get(f"{server.url}/metrics")).status_code == 404
        for place in places:
            text = await answered(http, f"http://{place}/metrics")
            assert Figures(text).of("database_up") == 1
            assert "process_resident_memory_bytes" in text
            assert (await http.get(f"http://{place}/readyz")).status_code == 200
            assert (await http.post(f"http://{place}/graphql")).status_code == 404


async def answered(http: httpx2.AsyncClient, url: str) -> str:
    async with asyncio.timeout(30):
        while True:
            try:
                return (await http.get(url)).text
            except httpx2.ConnectError:
                await asyncio.sleep(0.05)


async def test_without_an_address_nothing_listens(configure: Configure) -> None:
    async with metrics.listening(configure()):
        assert configure().metrics_listener is None


@pytest.mark.parametrize(
    ("address", "listener"),
    [("127.0.0.1:9100", ("127.0.0.1", 9100)), ("[::1]:9100", ("::1", 9100)), ("m:1", ("m", 1))],
)
def test_an_address_is_a_host_and_a_port(
    configure: Configure, address: str, listener: tuple[str, int]
) -> None:
    assert configure(metrics_address=address).metrics_listener == listener


@pytest.mark.parametrize(
    "address", ["9100", "127.0.0.1", "a:0", "a:99999", "::1:9100", "http://a:1", "a b:1"]
)
def test_any_other_address_is_refused(configure: Configure, address: str) -> None:
    with pytest.raises(ValueError, match="must be host:port"):
        configure(metrics_address=address)


async def test_operators_read_of_every_figure_and_of_no_other(database: None) -> None:
    """docs/operations.md: tables, alarms and the dashboard."""
    page = (CHECKOUT / "docs" / "operations.md").read_text(encoding="utf-8")
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=metrics.APP), base_url="http://metrics"
    ) as http:
        text = (await http.get("/metrics")).text
    there = set(re.findall(r"^# TYPE (tenantry_\w+)", text, re.MULTILINE))
    there -= {name for name in there if name.endswith("_created")}
    named = set(re.findall(r"\btenantry_[a-z_]+\b", page)) - {"tenantry_owner", "tenantry_backup"}
    parts = {f"{name}_{part}" for name in there for part in ("bucket", "sum", "count")}
    assert named - parts == there
