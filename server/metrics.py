"""What a process counts and measures, for Prometheus, on a listener of its own (ADR 0034).

Every label has few values, whatever clients send: routes, root fields of the schema, codes of
errors, channels. Figures of the database are read when they are asked for; where it is away, they
are missing, and `tenantry_database_up` says why.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import cache

import uvicorn
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Metric,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import errors
from mail import backlog
from mail.backlog import Backlog
from models import Channel, database, inbox
from models import pool as pools
from server import health, live
from settings import Settings

DATABASE_WITHIN = 2  # seconds; a scrape waits ten
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

# When each series began would be half as many series again, and nobody looks.
disable_created_metrics()  # type: ignore[no-untyped-call]  # it has none
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

requests = Counter(
    "tenantry_requests",
    "Answers to HTTP requests, by the pattern of the route.",
    ("method", "route", "status"),
    registry=REGISTRY,
)
request_seconds = Histogram(
    "tenantry_request_seconds",
    "From the request to the end of its answer; of a stream to its beginning.",
    ("route",),
    buckets=_SECONDS,
    registry=REGISTRY,
)
requests_open = Gauge(
    "tenantry_requests_in_progress", "Requests that are being answered.", registry=REGISTRY
)
requests_refused = Counter(
    "tenantry_requests_refused",
    "Requests that were answered with 503, since too many are being answered.",
    registry=REGISTRY,
)
operations = Counter(
    "tenantry_operations",
    "Operations of GraphQL by root field; outcome is ok, refused (the client's) or failed (ours).",
    ("type", "operation", "outcome"),
    registry=REGISTRY,
)
operation_seconds = Histogram(
    "tenantry_operation_seconds",
    "How long queries and mutations took, by root field.",
    ("type", "operation"),
    buckets=_SECONDS,
    registry=REGISTRY,
)
error_codes = Counter(
    "tenantry_errors", "Errors that clients were told, by code.", ("code",), registry=REGISTRY
)
messages = Counter(
    "tenantry_messages", "What subscribers were told, by field.", ("operation",), registry=REGISTRY
)
Gauge(
    "tenantry_live_connections", "Sockets and event streams that are open.", registry=REGISTRY
).set_function(live.count)
Gauge(
    "tenantry_live_streams", "Subscriptions that are being listened to.", registry=REGISTRY
).set_function(inbox.count)


def _codes(kind: type[errors.Failure]) -> Iterator[str]:
    yield kind.code
    for below in kind.__subclasses__():
        yield from _codes(below)


def failed(code: str) -> None:
    """Count an error that a client was told; codes that are not ours count together."""
    error_codes.labels(code if code in _known() else "OTHER").inc()


@cache
def _known() -> frozenset[str]:
    return frozenset(_codes(errors.Failure))


class _Now:
    """What is read at this moment, as prometheus_client wants it."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterable[Metric]:
        return self._families


async def show(_: Request) -> Response:
    """`/metrics`."""
    found = await _outbox()
    text = generate_latest(REGISTRY) + generate_latest(_Now([*_pool(), *_database(found)]))
    return Response(text, headers={"content-type": CONTENT_TYPE_LATEST})


async def _outbox() -> Mapping[Channel, Backlog] | None:
    """None where the database does not say it in time."""
    try:
        async with asyncio.timeout(DATABASE_WITHIN):
            return await backlog.read()
    except (errors.Failure, TimeoutError):
        return None


def _database(found: Mapping[Channel, Backlog] | None) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "tenantry_database_up", "Whether the database answered.", value=int(found is not None)
    )
    lag = GaugeMetricFamily(
        "tenantry_outbox_lag_seconds",
        "How long the oldest entry that is due has been due.",
        labels=("channel",),
    )
    given_up = GaugeMetricFamily(
        "tenantry_outbox_dead_letters",
        "Entries given up for good within a day.",
        labels=("channel",),
    )
    for channel, backlogged in (found or {}).items():
        lag.add_metric((channel.value,), backlogged.lag.total_seconds())
        given_up.add_metric((channel.value,), backlogged.given_up)
    yield from (lag, given_up)


def _pool() -> Iterator[Metric]:
    size = GaugeMetricFamily(
        "tenantry_database_connections", "Connections of a pool.", labels=("pool", "state")
    )
    limit = GaugeMetricFamily(
        "tenantry_database_connections_limit", "How many it may have.", labels=("pool",)
    )
    for pool, alias in (("primary", database.ALIAS), ("replica", database.REPLICA)):
        state = pools.state(alias)
        size.add_metric((pool, "idle"), state.idle)
        size.add_metric((pool, "in_use"), state.size - state.idle)
        limit.add_metric((pool,), state.limit)
    yield from (size, limit)
    waits = pools.waits
    yield GaugeMetricFamily(
        "tenantry_database_waiting", "Transactions that wait for a connection.", value=waits.now
    )
    for name, text, total in (
        ("waits", "Waits for a connection that are over.", waits.ended),
        ("wait_seconds", "How long was waited for connections, together.", waits.seconds),
        ("waits_in_vain", "Waits that ended without a connection.", waits.in_vain),
    ):
        yield CounterMetricFamily(f"tenantry_database_{name}", text, value=total)


class _Server(uvicorn.Server):
    """Leaves signals to the process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


APP = Starlette(routes=[Route("/metrics", show), *health.routes])


@asynccontextmanager
async def listening(settings: Settings) -> AsyncIterator[None]:
    """`/metrics`, and health beside it for processes that serve nothing else.

    Raises:
        SystemExit: the address cannot be listened on; the log says why.
    """
    if settings.metrics_listener is None:
        yield
        return
    host, port = settings.metrics_listener
    config = uvicorn.Config(
        APP,
        host=host,
        port=port,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=1,
        limit_concurrency=100,
    )
    server = _Server(config)
    run = asyncio.create_task(server.serve())
    try:
        yield
    finally:
        server.should_exit = True
        await run
