"""GraphQL over HTTP: Strawberry's view with our context, and one clear answer for a bad body."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import orjson
from cross_web import HTTPException
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse
from strawberry.schema.exceptions import InvalidOperationTypeError

import errors
from auth import viewer as viewers
from schema import root
from schema.context import Context
from server import authentication
from server.execution import Executor

SCHEMA = root.build(Executor)
METHOD_NOT_ALLOWED = 405


class View(GraphQL[Context, None]):
    """`/graphql`: POST with a JSON body, GET for queries."""

    def __init__(self) -> None:
        super().__init__(SCHEMA, graphql_ide=None, subscription_protocols=())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self.run(request)
        except HTTPException as refused:
            response = _refusal(refused)
        await response(scope, receive, send)

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
