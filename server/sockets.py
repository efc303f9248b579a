"""Subscriptions over a WebSocket, by the protocol graphql-transport-ws and no other.

Nothing but subscriptions: queries and mutations have their own way. Each operation has a context of
its own, since a context remembers who asks and what was read. A cookie counts, as only pages of
ours and of listed origins come here; other clients may send a token with `connection_init`.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Any

from graphql import GraphQLError
from starlette.websockets import WebSocket, WebSocketDisconnect
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import NonJsonMessageReceived, WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType

import errors
import settings
from schema.context import Context
from schema.sentences import message as sentence
from server import documents

_ID_LENGTH = 64
_REASON_LENGTH = 123  # bytes, of the protocol
_FORBIDDEN, _TOO_MANY = 4403, 4429  # of graphql-transport-ws
_GOING_AWAY, _TRY_AGAIN_LATER = 1001, 1013  # of WebSocket
_BEARER = "bearer "


async def say_goodbye(socket: WebSocket) -> None:
    """The process stops; another one is there."""
    with suppress(RuntimeError, WebSocketDisconnect):  # it is closed
        await socket.close(_GOING_AWAY, "Come back at once.")


class Socket(ASGIWebSocketAdapter):
    """Text frames, which browsers can read, and an end to who does not read them."""

    async def iter_json(
        self, *, ignore_parsing_errors: bool = False
    ) -> AsyncGenerator[object, None]:
        try:
            async for message in super().iter_json(ignore_parsing_errors=ignore_parsing_errors):
                yield message
        except (ValueError, RecursionError) as error:
            raise NonJsonMessageReceived from error

    async def send_json(self, message: Mapping[str, object]) -> None:
        now, patience = asyncio.get_running_loop().time, settings.load().live_patience
        begun = now()
        try:
            await self.ws.send_text(self.view.encode_json_string(message))
        except (WebSocketDisconnect, RuntimeError) as gone:  # one of ours may have closed it
            raise WebSocketDisconnected from gone
        if now() - begun > patience.total_seconds():
            await self.close(_TRY_AGAIN_LATER, "Read faster. Read again, then subscribe anew.")

    async def close(self, code: int, reason: str) -> None:
        cut = reason.encode()[:_REASON_LENGTH].decode(errors="ignore")
        with suppress(RuntimeError, WebSocketDisconnect):  # it is closed
            await super().close(code, cut)


class Handler(BaseGraphQLTransportWSHandler[Context, None]):
    """One socket; `named` are the documents of operations that are about to begin."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.named: dict[str, str] = {}

    async def handle_message(self, message: Any) -> None:
        if _is_well_formed(message):
            await super().handle_message(message)
        else:
            await self.handle_invalid_message("Not a message of graphql-transport-ws.")

    async def handle_connection_init(self, message: Any) -> None:
        self.context.token = _token(message.get("payload")) or self.context.token
        await super().handle_connection_init(message)

    async def handle_subscribe(self, message: Any) -> None:
        """A registered document is named in `extensions`: the protocol wants a `query`."""
        extensions = message["payload"].get("extensions") or {}
        if not message["payload"]["query"] and "documentId" in extensions:
            self.named[message["id"]] = extensions["documentId"]
        if len(self.operations) >= settings.load().live_streams_per_connection:
            await self.websocket.close(_TOO_MANY, "Too many subscriptions on one connection.")
        else:
            await super().handle_subscribe(message)

    async def run_operation(self, operation: Operation[Context, None]) -> None:
        """Ends the socket as well where it turns out that nobody is signed in (any more)."""
        context = replace(self.context)
        with suppress(WebSocketDisconnected):
            await self._stream(operation, context)
            if context.before_news and context.viewer.acting_id is None:
                await self.websocket.close(_FORBIDDEN, "Sign in first.")

    async def _stream(self, operation: Operation[Context, None], context: Context) -> None:
        named = self.named.pop(operation.id, None)
        try:
            query = await documents.text(context, operation.query, named)
        except errors.Failure as failure:
            told = GraphQLError(
                sentence(context.locale, failure), extensions={"code": failure.code}
            )
            await operation.send_initial_errors([told])
            return
        results = await self.schema.stream(
            query,
            variable_values=operation.variables,
            context_value=context,
            operation_name=operation.operation_name,
            allowed_operation_types=(OperationType.SUBSCRIPTION,),
        )
        async with aclosing(results):
            async for result in results:
                if isinstance(result, PreExecutionError):
                    await operation.send_initial_errors(result.errors or [])
                elif isinstance(result, ExecutionResult):  # as is all that is not deferred
                    await operation.send_next(result)
        await operation.send_operation_message({"id": operation.id, "type": "complete"})


def _token(payload: object) -> str | None:
    """As `{"token": "..."}` or `{"Authorization": "Bearer ..."}`."""
    given = {str(k).lower(): v for k, v in payload.items()} if isinstance(payload, dict) else {}
    authorization = given.get("authorization")
    if isinstance(authorization, str) and authorization.lower().startswith(_BEARER):
        return authorization[len(_BEARER) :].strip()
    return token if isinstance(token := given.get("token"), str) else None


def _is_well_formed(message: object) -> bool:
    """What Strawberry takes for granted; it says the rest."""
    match message:
        case {"type": "connection_init" | "ping" | "pong"}:
            return True
        case {"type": "complete", "id": str(id_)}:
            return len(id_) <= _ID_LENGTH
        case {"type": "subscribe", "id": str(id_), "payload": {"query": str()} as payload}:
            variables, name = payload.get("variables"), payload.get("operationName")
            return (
                len(id_) <= _ID_LENGTH
                and isinstance(variables, dict | None)
                and isinstance(name, str | None)
                and _names_document_at_most(payload.get("extensions"))
            )
    return False


def _names_document_at_most(extensions: object) -> bool:
    if not isinstance(extensions, dict):
        return extensions is None
    return isinstance(extensions.get("documentId", ""), str)
