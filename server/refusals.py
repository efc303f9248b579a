"""What goes wrong outside GraphQL, said in GraphQL's shape: a client reads one kind of errors."""

from starlette.responses import JSONResponse, Response

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
