"""GraphQL over HTTP and WebSocket: Strawberry's view with our context, and one clear answer for a
bad body.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import orjson
from cross_web import HTTPException
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL

import errors
from auth import viewer as viewers
from schema import root
from schema.context import Context
from server import authentication, events, live, origins, refusals, sockets
from server.execution import Executor
from server.pages import graphiql

SCHEMA = root.build(Executor)
METHOD_NOT_ALLOWED = 405
NOT_NOW = 503
GREETS_WITHIN = timedelta(seconds=10)


class View(GraphQL[Context, None]):
    """`/graphql`: POST with a JSON body, GET for queries, and for the page of a browser; sockets
    and events for subscriptions.
    """

    graphql_transport_ws_handler_class = sockets.Handler
    websocket_adapter_class = sockets.Socket
    stream_transport_classes_by_protocol = {GRAPHQL_SSE_PROTOCOL: events.Transport}  # noqa: RUF012 as the base class has it

    def __init__(self) -> None:
        super().__init__(
            SCHEMA,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            connection_init_wait_timeout=GREETS_WITHIN,
            max_subscriptions_per_connection=None,  # `sockets` counts
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._keep(WebSocket(scope, receive, send))
            return
        request = Request(scope, receive)
        response = await graphiql.page(request) or await self._answer(request)
        if request.method == "GET":
            graphiql.keep_apart(response)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        try:
            return await self.run(request)
        except HTTPException as refused:
            return _refusal(refused)

    async def _keep(self, socket: WebSocket) -> None:
        context = authentication.context(socket)
        if not origins.is_ours(socket):
            refused = refusals.answer(errors.PermissionDenied(), context.locale)
            await socket.send_denial_response(refused)
            return
        try:
            with live.connection(partial(sockets.say_goodbye, socket)):
                await self.run(socket, context)
        except errors.RateLimited as full:
            refused = refusals.answer(full, context.locale, status=NOT_NOW)
            await socket.send_denial_response(refused)

    def is_websocket_origin_allowed(self, _: Any, origin: str) -> bool:  # noqa: ARG002 the library's signature
        """`_keep` has looked."""
        return True

    async def create_streaming_response(
        self, request: Any, stream: Any, sub_response: Any, headers: Mapping[str, str]
    ) -> Response:
        return events.EventStream(
            stream,
            authentication.context(request).locale,
            headers={**sub_response.headers, **headers},
            background=sub_response.background,
        )

    async def get_context(self, request: Any, response: Any) -> Context:
        context = Context(
            authentication.client(request),
            authentication.token(request),
            authentication.Cookie(response),
            over_get=request.method == "GET",
        )
        response.background = BackgroundTask(_touch, context)
        return context

    def should_render_graphql_ide(self, _: Any) -> bool:
        """Never, also where there is no query: that is a bad request as any other."""
        return False

    def decode_json(self, data: str | bytes) -> object:
        """orjson refuses what no text column could hold: lone surrogates, invalid UTF-8.

        A key given twice is refused as well: whatever stands before us may read the other one.
        """
        orjson.loads(data)
        return json.loads(data, object_pairs_hook=_without_duplicates)

    async def parse_http_body(self, request: Any) -> Any:
        """Raises:
        HTTPException: 400, the body is JSON but no GraphQL request.
        """
        try:
            data = await super().parse_http_body(request)
        except (AttributeError, TypeError, ValueError, RecursionError) as error:
            raise HTTPException(400, "The request body is not a GraphQL request.") from error
        if isinstance(data, list) or not isinstance(data.operation_name, str | None):
            raise HTTPException(400, "One operation, its `operationName` a string or null.")
        if data.protocol != "http" and request.method != "POST":
            raise HTTPException(METHOD_NOT_ALLOWED, "Subscribe with POST.")
        return data

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)

    async def process_result(self, request: Any, result: Any) -> GraphQLHTTPResponse:
        """No `data` key where nothing was executed."""
        response = await super().process_result(request, result)
        if response.get("data") is None and response.get("errors"):
            response.pop("data", None)
        return response


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def _refusal(refused: HTTPException) -> Response:
    """A request that is no GraphQL request still gets GraphQL's shape of errors."""
    error: Mapping[str, object] = {
        "message": refused.reason,
        "extensions": {"code": errors.InvalidInput.code},
    }
    if isinstance(refused.__cause__, InvalidOperationTypeError):
        return JSONResponse({"errors": [error]}, METHOD_NOT_ALLOWED, {"allow": "POST"})
    return JSONResponse({"errors": [error]}, refused.status_code)


async def _touch(context: Context) -> None:
    """After the answer has gone, so that nobody waits for it; the next request may try again."""
    with suppress(errors.Failure):
        await viewers.touch(context.viewer)
