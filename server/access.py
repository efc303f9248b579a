"""What became of each request: one line in the log, figures, and its span.

Only words of ours are kept: patterns of routes, root fields of the schema, codes of errors. An
address with its ids and query, a body, a header of a request is never written down.
"""

import asyncio
import time
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field

import structlog
from opentelemetry.trace import INVALID_SPAN, Span
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import errors
from locales import Locale
from schema.sentences import message as sentence
from server import health, metrics, tracing

PROBES = ("/healthz", "/readyz")
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_OURS = {
    errors.Failure.code,
    errors.ServiceUnavailable.code,
    errors.Timeout.code,
}
"""Codes that are no client's fault."""

_GONE = 499  # as proxies write it: the client left before there was an answer
_REFUSED, _FAILED, _NOT_NOW = 400, 500, 503

_log = structlog.get_logger()


@dataclass
class Record:
    """`kind` and `fields` of the operation, where there is one; `status` of the answer.

    `streams`: what it answers lasts as long as somebody listens.
    """

    scope: Scope
    span: Span = INVALID_SPAN
    begun: float = field(default_factory=time.perf_counter)
    kind: str = ""
    fields: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    status: int = 0
    streams: bool = False
    answered: float | None = None

    @property
    def route(self) -> str:
        """As in the list of routes: `/avatars/{user_id}/{digest}`."""
        return getattr(self.scope.get("route"), "path", "other")

    @property
    def method(self) -> str:
        method = self.scope.get("method", "SOCKET")
        return method if method in {*METHODS, "SOCKET"} else "OTHER"

    @property
    def operation(self) -> str:
        """The root field; `several` where there are, `none` where nothing was executed."""
        if len(self.fields) == 1:
            return self.fields[0]
        return "several" if self.fields else "none"

    @property
    def outcome(self) -> str:
        if self.status >= _FAILED or not _OURS.isdisjoint(self.codes):
            return "failed"
        return "refused" if self.codes or self.status >= _REFUSED else "ok"

    @property
    def seconds(self) -> float:
        return (self.answered or time.perf_counter()) - self.begun


_record: ContextVar[Record | None] = ContextVar("record", default=None)


def executes(kind: str, fields: Iterable[str]) -> None:
    """An operation begins, or another message of a subscription: with these root fields."""
    names = list(dict.fromkeys(fields))
    if kind == "subscription":
        for name in names:
            metrics.messages.labels(name).inc()
    if record := _record.get():
        record.kind = kind
        record.fields += [name for name in names if name not in record.fields]


def failed(code: str) -> None:
    """A client is told of an error."""
    metrics.failed(code)
    if record := _record.get():
        record.codes.append(code)


class Access:
    """Around everything that answers; what nobody foresaw ends here, logged once."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope["path"] in PROBES:
            await self.app(scope, receive, send)
            return
        record = Record(scope)
        token = _record.set(record)
        try:
            await self._answer(record, receive, send)
        finally:
            _record.reset(token)

    async def _answer(self, record: Record, receive: Receive, send: Send) -> None:
        if record.scope["type"] == "http":
            record.span = tracing.begun(record.scope["request_id"], Headers(scope=record.scope))
            metrics.requests_open.inc()

        async def noted(message: Message) -> None:
            _note(record, message)
            await send(message)

        try:
            with tracing.within(record.span):
                await self.app(record.scope, receive, noted)
        except asyncio.CancelledError:
            if record.status or record.scope["type"] != "http" or not health.is_stopping():
                raise
            await _apologize(errors.ServiceUnavailable(), record.scope, receive, noted)
        except Exception:
            if record.status or record.scope["type"] != "http":
                failed(errors.Failure.code)
                raise  # the server cuts it off, and logs why
            _log.exception("request failed")
            await _apologize(errors.Failure(), record.scope, receive, noted)
        finally:
            _close(record)


async def _apologize(failure: errors.Failure, scope: Scope, receive: Receive, send: Send) -> None:
    """Also for a request that took so long that the process had to go before it."""
    failed(failure.code)
    told = {
        "message": sentence(Locale.EN, failure),
        "extensions": {"code": failure.code, "requestId": scope["request_id"]},
    }
    status = _NOT_NOW if isinstance(failure, errors.ServiceUnavailable) else _FAILED
    headers = {"cache-control": "no-store", "connection": "close"}
    await JSONResponse({"errors": [told]}, status, headers)(scope, receive, send)


def _note(record: Record, message: Message) -> None:
    """A stream counts as answered when it begins."""
    if message["type"] == "http.response.start":
        record.status = message["status"]
        kind = Headers(raw=message["headers"]).get("content-type", "")
        record.streams = kind.startswith("text/event-stream")
        if record.streams:
            _answered(record)
    elif message["type"] == "http.response.body" and not message.get("more_body"):
        _answered(record)
    elif message["type"] == "websocket.close":
        record.status = message.get("code", 1000)
    elif message["type"] == "websocket.http.response.start":
        record.status = message["status"]


def _close(record: Record) -> None:
    if record.scope["type"] == "http":
        _answered(record)
    if record.streams:
        record.answered = time.perf_counter()
    facts = {"operation": record.kind, "fields": record.fields, "codes": record.codes}
    _log.info(
        "request" if record.scope["type"] == "http" else "socket",
        method=record.method,
        route=record.route,
        status=record.status or _GONE,
        ms=round(record.seconds * 1000, 1),
        **{name: value for name, value in facts.items() if value},
    )


def _answered(record: Record) -> None:
    """Figures and span, once."""
    if record.answered is not None:
        return
    record.answered = time.perf_counter()
    metrics.requests_open.dec()
    metrics.requests.labels(record.method, record.route, str(record.status or _GONE)).inc()
    metrics.request_seconds.labels(record.route).observe(record.seconds)
    if record.route == "/graphql" and not record.streams:
        _operated(record)
    _finish(record)


def _operated(record: Record) -> None:
    kind = record.kind or "none"
    metrics.operations.labels(kind, record.operation, record.outcome).inc()
    if kind in {"query", "mutation"}:
        metrics.operation_seconds.labels(kind, record.operation).observe(record.seconds)


def _finish(record: Record) -> None:
    span = record.span
    named = [record.kind, record.operation] if record.kind else [record.method, record.route]
    span.update_name(" ".join(named))
    span.set_attributes(
        {
            "http.request.method": record.method,
            "http.route": record.route,
            "http.response.status_code": record.status or _GONE,
            "graphql.operation.type": record.kind,
            "tenantry.fields": record.fields,
            "tenantry.codes": record.codes,
        }
    )
    if record.outcome == "failed":
        tracing.failed(span)
    span.end()
