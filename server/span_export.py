"""How spans leave, where an operator wants them: `tracing` imports it there only.

What they may say is a list, held where they leave: names from our schema and our routes, statuses,
codes, SQL with its literals taken out. No argument, variable, value or text of an error is in it.
"""

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import (
    Decision,
    ParentBased,
    Sampler,
    SamplingResult,
    TraceIdRatioBased,
)
from opentelemetry.trace import SpanContext, SpanKind, Status

from server import tracing

STATEMENT = "db.statement"
KEPT = {
    "http.request.method",
    "http.route",
    "http.response.status_code",
    "graphql.operation.type",
    "graphql.field.name",
    "tenantry.request_id",
    "tenantry.fields",
    "tenantry.codes",
    "db.system",
    STATEMENT,
}
_LITERAL = re.compile(r"(\$\d+)|'(?:[^']|'')*'|\b\d+(?:\.\d+)?\b")
_EXPORTS_WITHIN, _FLUSHES_WITHIN = 3, 3


class _Discreet(SpanExporter):
    """Lets through what `KEPT` names: no events, since those quote exceptions, and no states of
    others, which are their words.
    """

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._exporter.export([_discreet(span) for span in spans])

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def _discreet(span: ReadableSpan) -> ReadableSpan:
    given: Mapping[str, Any] = span.attributes or {}
    kept = {name: given[name] for name in given if name in KEPT}
    if STATEMENT in kept:
        kept[STATEMENT] = without_literals(str(kept[STATEMENT]))
    return ReadableSpan(
        name=span.name,
        context=_stateless(span.context),
        parent=_stateless(span.parent),
        resource=span.resource,
        attributes=kept,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _stateless(context: SpanContext | None) -> SpanContext | None:
    if context is None:
        return None
    return SpanContext(context.trace_id, context.span_id, context.is_remote, context.trace_flags)


def without_literals(statement: str) -> str:
    """SQL as it was meant, with `?` for each text and number in it; `$1` stays."""
    return _LITERAL.sub(lambda found: found[1] or "?", statement)


class _Sampler(Sampler):
    """A statement belongs to a request; those of a worker that polls would be noise."""

    def __init__(self, ratio: float) -> None:
        self._others = ParentBased(TraceIdRatioBased(ratio))

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        *rest: Any,
        **named: Any,
    ) -> SamplingResult:
        parent = trace.get_current_span(parent_context).get_span_context()
        if kind is SpanKind.CLIENT and not parent.is_valid:
            return SamplingResult(Decision.DROP)
        return self._others.should_sample(parent_context, trace_id, name, kind, *rest, **named)

    def get_description(self) -> str:
        return "OfRequests"


@asynccontextmanager
async def exporting(address: str, ratio: float) -> AsyncIterator[None]:
    """Spans of that part of the requests leave for the collector at `address`.

    They leave in a thread of their own. Where the collector is away or slow, spans are dropped;
    leaving the block waits three seconds for what is left.
    """
    exporter = OTLPSpanExporter(endpoint=address, timeout=_EXPORTS_WITHIN)
    with recording(exporter, ratio) as provider:
        try:
            yield
        finally:
            await _flushed(provider)


@contextmanager
def recording(exporter: SpanExporter, ratio: float = 1.0) -> Iterator[TracerProvider]:
    """Spans are made, and handed to `exporter` in batches."""
    provider = TracerProvider(
        sampler=_Sampler(ratio),
        resource=Resource.create({"service.name": "tenantry"}),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(BatchSpanProcessor(_Discreet(exporter)))
    statements = AsyncPGInstrumentor()  # type: ignore[no-untyped-call]  # it has none
    statements.instrument(tracer_provider=provider)
    try:
        with tracing.made_by(provider.get_tracer("tenantry")):
            yield provider
    finally:
        statements.uninstrument()


async def _flushed(provider: TracerProvider) -> None:
    """Beside the loop, and not waited for where it lasts."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()

    def flush() -> None:
        provider.shutdown()
        loop.call_soon_threadsafe(done.set)

    threading.Thread(target=flush, daemon=True).start()
    try:
        await asyncio.wait_for(done.wait(), _FLUSHES_WITHIN)
    except TimeoutError:
        return
