"""Traces, where an operator wants them: a request, its root fields, its statements (ADR 0034).

Where nobody does, no span is made; see `span_export` for how they leave and what they may say.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from inspect import isawaitable
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN, Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from settings import Settings

_PARENT = TraceContextTextMapPropagator()

_tracer: trace.Tracer | None = None


def exporting(settings: Settings) -> AbstractAsyncContextManager[None]:
    """Spans leave for the collector that the settings name; without one none are made."""
    if settings.traces_url is None:
        return nullcontext()
    from server import span_export  # noqa: PLC0415 a hundred modules that most never need

    return span_export.exporting(settings.traces_url.get_secret_value(), settings.traces_ratio)


@contextmanager
def made_by(tracer: trace.Tracer) -> Iterator[None]:
    """Spans are made in the block."""
    global _tracer  # noqa: PLW0603 one process, one tracer
    _tracer = tracer
    try:
        yield
    finally:
        _tracer = None


def begun(request_id: str, headers: Mapping[str, str]) -> Span:
    """The span of a request, a child of what its headers name; whoever begins it ends it."""
    if _tracer is None:
        return INVALID_SPAN
    parent = _PARENT.extract({"traceparent": headers.get("traceparent", "")}, Context())
    named = {"tenantry.request_id": request_id}
    return _tracer.start_span("request", parent, SpanKind.SERVER, named)


@contextmanager
def within(span: Span) -> Iterator[None]:
    """What begins in the block belongs to `span`; it goes on after it, whatever is raised."""
    if span is INVALID_SPAN:
        yield
        return
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
