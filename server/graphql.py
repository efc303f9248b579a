"""GraphQL over HTTP and WebSocket: Strawberry's view with our context, and one clear answer for a
bad body.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from typing import Any

import orjson
from cross_web import HTTPException
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL

import errors
from auth import viewer as viewers
from schema import federation, root
from schema.context import Context
from server import (
    access,
    authentication,
    documents,
    events,
    idempotency,
    live,
    metering,
    origins,
    refusals,
    sockets,
    staleness,
)
from server.execution import Executor
from server.pages import graphiql
from settings import Settings

SCHEMA = root.build(Executor)
"""What is served, unless a router stands in front: see `subgraph`."""
METHOD_NOT_ALLOWED = 405
NOT_NOW = 503
GREETS_WITHIN = timedelta(seconds=10)


@dataclass
class Asked(GraphQLRequestData):
    """A request; `document_id` in place of `query` names a registered document."""

    document_id: str | None = None


class View(GraphQL[Context, None]):
    """`/graphql`: POST with a JSON body, GET for queries, and for the page of a browser; sockets
    and events for subscriptions.
    """

    graphql_transport_ws_handler_class = sockets.Handler
    websocket_adapter_class = sockets.Socket
    stream_transport_classes_by_protocol = {GRAPHQL_SSE_PROTOCOL: events.Transport}  # noqa: RUF012 as the base class has it

    def __init__(self, settings: Settings) -> None:
        super().__init__(
            subgraph() if settings.federation else SCHEMA,
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
        except errors.Failure as failure:
            return refusals.answer(failure, authentication.client(request).language)

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
            noted=access.failed,
            staleness=staleness.asked(request, response),
            meter=metering.Meter(response),
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
        document_id = await self._document_id(request)
        if not isinstance(document_id, str | None):
            raise HTTPException(400, "`documentId` must be a string or null.")
        if document_id is not None and data.query is not None:
            raise HTTPException(400, "Either `query` or `documentId`, not both.")
        return Asked(**vars(data), document_id=document_id)

    async def _document_id(self, request: Any) -> object:
        """Most bodies name none, and are not read twice."""
        if request.method == "GET":
            return request.query_params.get("documentId")
        body = await request.get_body()
        return self.parse_json(body).get("documentId") if b'"documentId"' in body else None

    async def execute_operation(
        self,
        request: Any,
        request_adapter: Any,
        request_data: Any,
        context: Context,
        root_value: None,
        sub_response: Any,
    ) -> Any:
        """Raises:
        errors.Failure: it is not run; see `server/documents`.
        """
        asked = request_data
        asked.query = await documents.text(context, asked.query, asked.document_id)
        context.resend = idempotency.asked(
            request, asked.query, asked.variables, asked.operation_name
        )
        result = await super().execute_operation(
            request, request_adapter, asked, context, root_value, sub_response
        )
        if context.resend is not None and context.resend.is_replayed:
            sub_response.headers[idempotency.REPLAYED] = "true"
        return result

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)

    async def process_result(self, request: Any, result: Any) -> GraphQLHTTPResponse:
        """No `data` key where nothing was executed."""
        response = await super().process_result(request, result)
        if response.get("data") is None and response.get("errors"):
            response.pop("data", None)
        return response


@cache
def subgraph() -> root.Schema:
    """The schema as routers want it; built where it is wanted."""
    return federation.build(Executor)


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def _refusal(refused: HTTPException) -> Response:
    """A request that is no GraphQL request still gets GraphQL's shape of errors."""
    access.failed(errors.InvalidInput.code)
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
