import asyncio
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import errors
from models import Tenant, database
from server import span_export, tracing
from settings import Settings
from tests import databases, listeners, processes
from tests.clients import Client, Person
from tests.factories import PASSWORD, World
from tests.listeners import Hall

Configure = Callable[..., Settings]

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
CANARY = "canary"


class Spans:
    """What has left, oldest first."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.provider: Any = None

    def all(self) -> list[ReadableSpan]:
        self.provider.force_flush()
        found = self.exporter.get_finished_spans()
        self.exporter.clear()
        return sorted(found, key=lambda span: span.start_time or 0)

    def text(self) -> str:
        return "".join(span.to_json() for span in self.all())


@pytest.fixture
def spans() -> Iterator[Spans]:
    made = Spans()
    with span_export.recording(made.exporter) as made.provider:
        yield made
    made.provider.shutdown()


def given(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


def parent(span: ReadableSpan) -> int:
    assert span.parent is not None
    return span.parent.span_id


async def test_a_query_is_a_span_with_its_root_fields_and_statements(
    spans: Spans, owner: Person, project: Tenant
) -> None:
    """Issue 7, point 8."""
    spans.all()
    headers = {"x-request-id": "of-this-test"}
    query = "query Secret { it: tenants { totalCount } me { __typename } }"
    await owner.client.http.post("/graphql", json={"query": query}, headers=headers)
    found = spans.all()
    [operation] = [span for span in found if span.parent is None]
    assert operation.name == "query several"
    assert given(operation) == {
        "http.request.method": "POST",
        "http.route": "/graphql",
        "http.response.status_code": 200,
        "graphql.operation.type": "query",
        "tenantry.request_id": "of-this-test",
        "tenantry.fields": ("tenants", "me"),
        "tenantry.codes": (),
    }
    fields = {span.context.span_id: span for span in found if "graphql.field.name" in given(span)}
    assert {span.name for span in fields.values()} == {"tenants", "me"}
    assert {parent(span) for span in fields.values()} == {operation.context.span_id}
    statements = [span for span in found if "db.statement" in given(span)]
    parents = {parent(span) for span in statements}
    assert parents <= {operation.context.span_id, *fields}
    assert parents & set(fields)
    assert {span.context.trace_id for span in found} == {operation.context.trace_id}


async def test_a_mutation_is_traced_with_what_was_refused(
    spans: Spans, owner: Person, anonymous: Client
) -> None:
    await owner.do("createTenant", {"name": "", "catalog": "PROJECT"})
    [operation] = [span for span in spans.all() if span.parent is None]
    assert operation.name == "mutation createTenant"
    assert given(operation)["tenantry.codes"] == ("BAD_USER_INPUT",)
    assert operation.status.is_unset


async def test_a_trace_goes_on_that_was_begun_elsewhere(spans: Spans, world: World) -> None:
    """Without what others have written into it."""
    headers = {"traceparent": f"00-{TRACE}-{PARENT}-01", "tracestate": f"vendor={CANARY}"}
    await world.anonymous.http.get("/avatars/usr_1/x", headers=headers)
    [request] = spans.all()[:1]
    assert request.name == "GET /avatars/{user_id}/{digest}"
    assert f"{request.context.trace_id:032x}" == TRACE
    assert f"{parent(request):016x}" == PARENT
    assert CANARY not in request.to_json()


@pytest.mark.parametrize("header", ["", "00-zz-yy-01", "x" * 5000, f"00-{'0' * 32}-{PARENT}-01"])
async def test_a_header_that_is_no_trace_begins_a_new_one(
    spans: Spans, world: World, header: str
) -> None:
    await world.anonymous.http.get("/nothing", headers={"traceparent": header})
    [request] = spans.all()
    assert (request.name, request.parent) == ("GET other", None)


async def test_nobodys_words_are_in_a_trace(
    spans: Spans, world: World, owner: Person, project: Tenant
) -> None:
    """TRAPS 20, CASES 82: neither arguments nor variables, names, tokens, nor a failure's text."""
    token = owner.token
    invitation = {
        "tenantId": project.id,
        "invitee": {"email": f"{CANARY}@example.com"},
        "newcomer": {"fullName": f"{CANARY} One"},
        "role": "MANAGER",
    }
    spans.all()
    await world.anonymous.do("signIn", {"login": owner.login, "password": PASSWORD})
    await world.anonymous.do("signIn", {"login": CANARY, "password": f"{CANARY} password"})
    await owner.do("inviteMember", invitation)
    await owner.do("inviteMember", invitation)
    link = await world.link_token(f"{CANARY}@example.com")
    await world.anonymous.execute(f'{{ invitation(token: "{link}") {{ __typename }} }}')
    for filter_ in ({"search": f"{CANARY} O"}, {"search": "' or 1=1 -- canary"}):
        await owner.client.execute(
            f"query {CANARY}($f: MemberFilter, $id: ID!)"
            " { x: tenant(id: $id) { members(filter: $f) { totalCount } } }",
            f=filter_,
            id=project.id,
        )
    await owner.client.execute(f"{{ {CANARY} }}")
    await owner.client.http.get(f"/graphql?query={{{CANARY}}}", headers={"user-agent": CANARY})
    await failing(CANARY)
    text = spans.text()
    assert text.count("db.statement") > 20
    for secret in (CANARY, PASSWORD, token, link, owner.id, owner.email, "argon2", project.id):
        assert secret not in text


async def failing(value: str) -> None:
    """PostgreSQL quotes the value in its answer."""
    with pytest.raises(errors.InvalidInput):
        async with database.transaction(database.NOBODY, read_only=True):
            await database.rows("select $1::text::int", value)


@pytest.mark.parametrize(
    ("statement", "written"),
    [
        ("select 1 where a = 'it''s' and b = $2", "select ? where a = ? and b = $2"),
        ("limit 10 offset 2.5", "limit ? offset ?"),
        ("select t1.id2 from table3", "select t1.id2 from table3"),
    ],
)
def test_a_statement_is_written_without_what_stands_in_it(statement: str, written: str) -> None:
    assert span_export.without_literals(statement) == written


async def test_what_fails_of_us_is_marked_and_its_words_are_not_told(
    spans: Spans, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError(CANARY)

    monkeypatch.setattr("resolvers.nodes.get", fail)
    await owner.client.execute('{ node(id: "ten_1") { id } }')
    found = spans.all()
    [operation] = [span for span in found if span.parent is None]
    assert operation.status.status_code.name == "ERROR"
    assert given(operation)["tenantry.codes"] == ("INTERNAL",)
    assert CANARY not in "".join(span.to_json() for span in found)


async def test_each_message_of_a_subscription_is_a_trace_of_its_own(
    spans: Spans, hall: Hall, owner: Person
) -> None:
    async with hall.socket(owner) as socket:
        stream = await socket.subscribe(listeners.ACCESS)
        await stream.begun()
    found = spans.all()
    [message] = [span for span in found if span.name == "subscription myAccessChanged"]
    assert message.parent is None
    assert given(message)["tenantry.request_id"]
    assert message.context.span_id in {parent(span) for span in found if span.parent}


async def test_what_nobody_asked_for_is_not_traced(spans: Spans, world: World) -> None:
    """A worker looks for mails twice a second."""
    async with database.transaction(database.SYSTEM):
        await database.rows("select 1")
    await world.anonymous.http.get("/healthz")
    assert spans.all() == []


async def test_a_part_of_the_requests_is_traced_where_that_is_said(world: World) -> None:
    made = Spans()
    with span_export.recording(made.exporter, 0.0) as made.provider:
        await world.anonymous.ask("{ __typename }")
        assert made.all() == []
        headers = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
        await world.anonymous.http.get("/nothing", headers=headers)
        assert len(made.all()) == 1
    made.provider.shutdown()


async def test_nothing_is_traced_unless_it_is_asked_for(world: World, configure: Configure) -> None:
    async with tracing.exporting(configure()):
        assert tracing.begun("a", {}).is_recording() is False
        await world.anonymous.ask("{ __typename }")


class Collector:
    """A real receiver of OTLP over HTTP; `spans` are the names of what has come."""

    def __init__(self, *, hangs: bool = False) -> None:
        self.bodies: list[bytes] = []
        self.released = threading.Event()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if hangs:
                    collector.released.wait(60)
                collector.bodies.append(body)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://user:{CANARY}@127.0.0.1:{self.server.server_port}/v1/traces"

    @property
    def spans(self) -> list[str]:
        return [
            span.name
            for body in self.bodies
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def close(self) -> None:
        self.released.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.close()


@pytest.fixture
def hanging() -> Iterator[Collector]:
    made = Collector(hangs=True)
    yield made
    made.close()


async def test_a_server_that_stops_sends_what_is_left(
    collector: Collector, database: None, tmp_path: Path
) -> None:
    """By OTLP over HTTP."""
    async with processes.serving(
        "--no-worker",
        database_url=databases.address(),
        data_dir=tmp_path,
        traces_url=collector.url,
    ) as server:
        async with httpx2.AsyncClient(base_url=server.url) as http:
            await http.post("/graphql", json={"query": "{ __typename }"})
        assert await server.stop() == 0
    assert "query __typename" in collector.spans
    assert CANARY not in server.log + str(collector.bodies)


async def test_a_collector_that_hangs_holds_up_nobody(
    hanging: Collector, world: World, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither requests nor the end."""
    monkeypatch.setattr(span_export, "_FLUSHES_WITHIN", 0.05)
    async with asyncio.timeout(30), tracing.exporting(configure(traces_url=hanging.url)):
        for _ in range(3):
            await world.anonymous.ask("{ __typename }")
    assert hanging.bodies == []


async def test_a_collector_that_is_away_costs_spans_and_nothing_else(
    world: World, configure: Configure, caplog: pytest.LogCaptureFixture
) -> None:
    async with tracing.exporting(configure(traces_url="http://127.0.0.1:1/v1/traces")):
        await world.anonymous.ask("{ __typename }")


@pytest.mark.parametrize("url", ["collector:4318", "ftp://a/b", "http://", "http://[a"])
def test_an_address_is_one_of_http_and_is_not_quoted(configure: Configure, url: str) -> None:
    with pytest.raises(ValueError, match="must be https://host/path") as refused:
        configure(traces_url=url)
    assert re.sub(r"input_value=.*", "", str(refused.value)).count(url) == 0
