"""What goes wrong outside GraphQL, said in GraphQL's shape: a client reads one kind of errors."""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import errors
from locales import Locale
from schema.sentences import message
from server import access

_STATUS: dict[type[errors.Failure], int] = {
    errors.InvalidInput: 400,
    errors.DocumentNotFound: 400,
    errors.DocumentRequired: 400,
    errors.Unauthenticated: 401,
    errors.PermissionDenied: 403,
    errors.NotFound: 404,
    errors.AppSessionOver: 410,
    errors.QueryTooComplex: 400,
    errors.TooCostly: 400,
    errors.RateLimited: 429,
}
_NOT_NOW = 503
_OF_CODES = {kind.code: status for kind, status in _STATUS.items()} | {
    errors.Conflict.code: 409,
    errors.IdempotencyKeyReused.code: 422,
    errors.Failure.code: 500,
}
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})

_CODES = {
    403: errors.PermissionDenied.code,
    404: errors.NotFound.code,
    408: errors.Timeout.code,
    500: errors.Failure.code,
    503: errors.ServiceUnavailable.code,
}
_TEXTS = {
    400: "This request cannot be read: send it anew as HTTP wants it.",
    404: "Nothing is served at this address: look for it in the documentation.",
    405: "Not with this method: `Allow` names those that there are.",
    408: "The request came too slowly: send it again, faster or in smaller parts.",
    413: "The body is too large: send less at once.",
    431: "The head of the request is too large: send fewer or shorter headers, or POST.",
    503: "More connections than can be served: try again shortly.",
}
_TEXT = "This was refused."
_OF_TEXT = {"content-type", "content-length"}


def answer(
    failure: errors.Failure, locale: Locale, *, status: int | None = None, text: str | None = None
) -> Response:
    """`status` and `text` where there is something more fitting to say."""
    access.failed(failure.code)
    headers = {"Cache-Control": "no-store"}
    if isinstance(failure, errors.RateLimited):
        headers["Retry-After"] = str(failure.retry_after)
    if isinstance(failure, errors.Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    told = {"message": text or message(locale, failure), "extensions": {"code": failure.code}}
    return JSONResponse({"errors": [told]}, status or _STATUS.get(type(failure), _NOT_NOW), headers)


def status(code: str, *, is_exact: bool) -> int:
    """Of an operation that was not executed. Most clients of plain JSON look no further than at the
    status; only to those who ask for it exactly does it speak of GraphQL.
    """
    if is_exact or code == errors.QueryTooComplex.code:
        return _OF_CODES.get(code, _NOT_NOW)
    return 200


def body(status: int, text: str = "") -> dict[str, Any]:
    """Of an answer by which the server refuses a request as HTTP."""
    code = _CODES.get(status, errors.InvalidInput.code)
    told = {"message": text or _TEXTS.get(status, _TEXT), "extensions": {"code": code}}
    return {"errors": [told]}


def say(status: int, text: str = "", headers: Mapping[str, str] = _NO_HEADERS) -> Response:
    """In words for who writes the client, hence in one language."""
    said = body(status, text)
    access.failed(said["errors"][0]["extensions"]["code"])
    return JSONResponse(said, int(status), {"Cache-Control": "no-store", **headers})


class Refusals:
    """What Starlette and its parts refuse in plain text, they refuse in JSON."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_said, asked = False, dict(scope)  # what is mounted changes its scope

        async def answer(told: Message) -> None:
            nonlocal is_said
            if told["type"] == "http.response.start" and _is_refusal(told):
                is_said = True
                await _said(told, asked)(scope, receive, send)
            elif not is_said:
                await send(told)

        await self.app(scope, receive, answer)


def _is_refusal(told: Message) -> bool:
    kind = Headers(raw=told["headers"]).get("content-type", "")
    return bool(told["status"] >= HTTPStatus.BAD_REQUEST and kind.startswith("text/plain"))


def _said(told: Message, scope: Scope) -> Response:
    """With whatever else its headers say, such as to whom it may be shown."""
    status: int = told["status"]
    headers = {k: v for k, v in Headers(raw=told["headers"]).items() if k not in _OF_TEXT}
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["allow"] = ", ".join(sorted(_methods(scope)))
        if scope["method"] == "OPTIONS":
            return Response(status_code=204, headers=headers)
    if status == HTTPStatus.REQUEST_TIMEOUT:
        headers["connection"] = "close"
    return say(status, headers=headers)


def _methods(scope: Scope) -> set[str]:
    """Of all routes at this address; a folder of files has only those that read."""
    found = {"OPTIONS"}
    for route in scope["app"].routes:
        if route.matches(scope)[0] is not Match.NONE:
            found |= getattr(route, "methods", None) or {"GET", "HEAD"}
    return found
