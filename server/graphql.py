"""GraphQL over HTTP and WebSocket: Strawberry's view with our context, and one clear answer for a
bad body.
"""

from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from http import HTTPStatus
from typing import Any

import orjson
from cross_web import HTTPException
from starlette.background import BackgroundTask
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
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
    bodies,
    deadline,
    documents,
    events,
    idempotency,
    live,
    media,
    metering,
    origins,
    preflight,
    refusals,
    sockets,
    staleness,
)
from server.execution import Executor
from server.pages import graphiql
from settings import Settings

SCHEMA = root.build(Executor)
"""What is served, unless a router stands in front: see `subgraph`."""
GREETS_WITHIN = timedelta(seconds=10)

_MAPS = ("variables", "extensions")
_NOT_ACCEPTABLE = "Accept `application/json` or `application/graphql-response+json`."
_NO_JSON = "Send one `Content-Type: application/json`, in UTF-8."
_ENCODED = "Send the body without `Content-Encoding`."
_TWICE = "The address names the same thing twice: leave one of the two out."


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
            response = await self.run(request)
        except HTTPException as refused:
            response = _refusal(request, refused)
        except errors.Failure as failure:
            response = refusals.answer(failure, authentication.client(request).language)
        return _dressed(request, response)

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
            refused = refusals.answer(full, context.locale, status=HTTPStatus.SERVICE_UNAVAILABLE)
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
        return bodies.decode(data)

    async def parse_http_body(self, request: Any) -> Any:
        """Raises:
        HTTPException: it is no GraphQL request, or may not be made in this way.
        """
        transport = self._get_stream_transport_from_headers(request.headers)
        try:
            fields = bodies.require_request(await self._fields(request))
        except bodies.Malformed as fault:
            raise HTTPException(HTTPStatus.BAD_REQUEST, str(fault)) from fault
        if transport is not None and request.method != "POST":
            raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, "Subscribe with POST.")
        if transport is None and media.chosen(request.headers) is None:
            raise HTTPException(HTTPStatus.NOT_ACCEPTABLE, _NOT_ACCEPTABLE)
        if request.method == "GET" and not preflight.is_asked_for(request.headers):
            raise HTTPException(HTTPStatus.BAD_REQUEST, preflight.REFUSED)
        return Asked(
            query=fields.get("query"),
            variables=fields.get("variables"),
            operation_name=fields.get("operationName"),
            extensions=fields.get("extensions"),
            protocol=transport.protocol if transport else "http",
            document_id=fields.get("documentId"),
        )

    async def _fields(self, request: Any) -> object:
        if request.method == "GET":
            return self._of_address(request.query_params)
        if not media.is_json(request.headers):
            raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, _NO_JSON)
        if media.is_encoded(request.headers):
            raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, _ENCODED)
        return bodies.decode(await request.get_body())

    def _of_address(self, given: QueryParams) -> Mapping[str, object]:
        names = [name for name, _ in given.multi_items()]
        if len(names) > len(set(names)):
            raise bodies.Malformed(_TWICE)
        maps = {name: bodies.decode(given[name]) for name in _MAPS if name in given}
        return {**given, **maps}

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
        run = partial(super().execute_operation, request, request_adapter, asked, context)
        async with AsyncExitStack() as stack:
            if asked.protocol == "http":
                await stack.enter_async_context(deadline.kept())
            asked.query = await documents.text(context, asked.query, asked.document_id)
            context.resend = idempotency.asked(
                request, asked.query, asked.variables, asked.operation_name
            )
            result = await run(root_value, sub_response)
        if context.resend is not None and context.resend.is_replayed:
            sub_response.headers[idempotency.REPLAYED] = "true"
        return result

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)

    async def process_result(self, request: Any, result: Any) -> GraphQLHTTPResponse:
        """No `data` key where nothing was executed: where no error has happened in a field."""
        response = await super().process_result(request, result)
        if result.data is None and result.errors and not any(e.path for e in result.errors):
            response.pop("data", None)
            request.state.code = result.errors[0].extensions["code"]
        return response


@cache
def subgraph() -> root.Schema:
    """The schema as routers want it; built where it is wanted."""
    return federation.build(Executor)


def _dressed(request: Request, response: Response) -> Response:
    """In the media type that was asked for, with the status that goes with it."""
    chosen, code = media.chosen(request.headers), getattr(request.state, "code", None)
    if code is not None and response.status_code == HTTPStatus.OK:
        response.status_code = refusals.status(code, is_exact=chosen == media.GRAPHQL)
    if chosen is not None and response.headers.get("content-type") == media.JSON:
        response.headers["content-type"] = chosen
    return response


def _refusal(request: Request, refused: HTTPException) -> Response:
    """Of what is no GraphQL request, or is made in a way that it may not be."""
    status, headers = refused.status_code, {}
    if isinstance(refused.__cause__, InvalidOperationTypeError):
        status = HTTPStatus.METHOD_NOT_ALLOWED
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = "POST" if request.method == "GET" else "GET, POST"
    return refusals.say(status, refused.reason, headers)


async def _touch(context: Context) -> None:
    """After the answer has gone, so that nobody waits for it; the next request may try again."""
    with suppress(errors.Failure):
        await viewers.touch(context.viewer)
