"""Subscriptions as server-sent events: the "distinct connections" of graphql-sse, over POST.

Who accepts JSON as well gets JSON: a client that lists all it understands asks no subscription.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import aclosing
from typing import Any, ClassVar

import orjson
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send
from strawberry.http.streaming import SSETransport
from strawberry.types.graphql import OperationType

import errors
import settings
from locales import Locale
from schema.sentences import message
from server import live, refusals

_JSON = ("application/json", "application/graphql-response+json")


class Transport(SSETransport):
    """Only subscriptions are streamed."""

    headers: ClassVar[dict[str, str]] = {**SSETransport.headers, "Cache-Control": "no-store"}

    def accepts(self, accept: str) -> bool:
        accepted = accept.lower()
        return super().accepts(accepted) and not any(each in accepted for each in _JSON)

    def allowed_operation_types(self, _: Iterable[OperationType]) -> Iterable[OperationType]:
        return (OperationType.SUBSCRIPTION,)


class EventStream(StreamingResponse):
    """Holds one of the places for connections, and ends where its client does not read."""

    def __init__(
        self, stream: Callable[[], AsyncGenerator[str, None]], locale: Locale, **rest: Any
    ) -> None:
        super().__init__(_patiently(stream(), locale), **rest)
        self.locale = locale

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            with live.connection():
                await super().__call__(scope, receive, send)
        except errors.RateLimited as full:
            await refusals.answer(full, self.locale, status=503)(scope, receive, send)


async def _patiently(stream: AsyncGenerator[str, None], locale: Locale) -> AsyncIterator[str]:
    """The next event is asked for when the last one has left."""
    now, patience = asyncio.get_running_loop().time, settings.load().live_patience
    async with aclosing(stream):
        async for event in stream:
            begun = now()
            yield event
            if now() - begun > patience.total_seconds():
                yield _interrupted(locale)
                return


def _interrupted(locale: Locale) -> str:
    failure = errors.Interrupted()
    told = {"message": message(locale, failure), "extensions": {"code": failure.code}}
    transport = Transport()
    last = transport.encode_event("next", orjson.dumps({"errors": [told]}).decode())
    return last + transport.encode_complete()
