"""Traces, where an operator wants them: a request, its root fields, its statements (ADR 0034).

What they may say is a list, held where they leave: names from our schema and our routes, statuses,
codes, SQL with its literals taken out. No argument, variable, value or text of an error is in it.
"""

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from inspect import isawaitable
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
from opentelemetry.trace import INVALID_SPAN, Span, SpanContext, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from settings import Settings

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
_PARENT = TraceContextTextMapPropagator()

_tracer: trace.Tracer | None = None


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
async def exporting(settings: Settings) -> AsyncIterator[None]:
    """Spans leave for the collector that the settings name; without one none are made.

    They leave in a thread of their own. Where the collector is away or slow, spans are dropped;
    leaving the block waits three seconds for what is left.
    """
    if settings.traces_url is None:
        yield
        return
    address = settings.traces_url.get_secret_value()
    exporter = OTLPSpanExporter(endpoint=address, timeout=_EXPORTS_WITHIN)
    with recording(exporter, settings.traces_ratio) as provider:
        try:
            yield
        finally:
            await _flushed(provider)


@contextmanager
def recording(exporter: SpanExporter, ratio: float = 1.0) -> Iterator[TracerProvider]:
    """Spans are made, and handed to `exporter` in batches."""
    global _tracer  # noqa: PLW0603 one process, one tracer
    provider = TracerProvider(
        sampler=_Sampler(ratio),
        resource=Resource.create({"service.name": "tenantry"}),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(BatchSpanProcessor(_Discreet(exporter)))
    statements = AsyncPGInstrumentor()  # type: ignore[no-untyped-call]  # it has none
    statements.instrument(tracer_provider=provider)
    _tracer = provider.get_tracer("tenantry")
    try:
        yield provider
    finally:
        _tracer = None
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


def begun(request_id: str, traceparent: str) -> Span:
    """The span of a request, a child of what its header names; whoever begins it ends it."""
    if _tracer is None:
        return INVALID_SPAN
    parent = _PARENT.extract({"traceparent": traceparent}, Context())
    named = {"tenantry.request_id": request_id}
    return _tracer.start_span("request", parent, SpanKind.SERVER, named)


@contextmanager
def within(span: Span) -> Iterator[None]:
    """What begins in the block belongs to `span`; it goes on after it, whatever is raised."""
    with trace.use_span(span, record_exception=False, set_status_on_exception=False):
        yield


def field(name: str, kind: str, run: Callable[[], Any]) -> Any:
    """What a root field answers, in a span of its own; awaitable where the answer is."""
    if _tracer is None:
        return run()
    span = _tracer.start_span(name, attributes=_of_field(name, kind))
    with within(span):
        answer = run()
    if isawaitable(answer):
        return _awaited(span, answer)
    span.end()
    return answer


def _of_field(name: str, kind: str) -> dict[str, str]:
    return {"graphql.field.name": name, "graphql.operation.type": kind}


async def _awaited(span: Span, answer: Awaitable[Any]) -> Any:
    try:
        with within(span):
            return await answer
    finally:
        span.end()


@contextmanager
def message(name: str, request_id: str) -> Iterator[None]:
    """One message of a subscription, in a trace of its own: streams last for hours."""
    if _tracer is None:
        yield
        return
    named = {"tenantry.request_id": request_id, **_of_field(name, "subscription")}
    span = _tracer.start_span(f"subscription {name}", Context(), attributes=named)
    try:
        with within(span):
            yield
    finally:
        span.end()


def failed(span: Span) -> None:
    """For whoever looks for what went wrong on our side."""
    span.set_status(StatusCode.ERROR)
