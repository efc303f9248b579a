"""Avatars over HTTP: a picture is a body of bytes, which GraphQL has no word for.

Uploading is authorised like the API. Looking is also authorised by a cookie alone, because an
`<img>` sends no header and nothing is changed; the picture is shown to no other site. Whoever may
not see it is answered as if there were none.
"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

import errors
from permissions import checks
from resolvers import avatars, pictures
from schema.context import Context
from schema.sentences import fault_message
from server import authentication, refusals

_STATUS_OF_FAULT = {"NO_PICTURE": 415, "TOO_LARGE": 413}
_SHOWN = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "Cross-Origin-Resource-Policy": "same-origin",
}


async def upload(request: Request) -> Response:
    context = _context(request, authentication.token(request))
    try:
        await context.identify()
        url = await avatars.put(context.viewer, await _picture(request, context))
    except errors.Failure as failure:
        return _refusal(context, failure)
    return JSONResponse({"url": url})


async def remove(request: Request) -> Response:
    context = _context(request, authentication.token(request))
    try:
        await context.identify()
        await avatars.remove(context.viewer)
    except errors.Failure as failure:
        return _refusal(context, failure)
    return JSONResponse({"url": None})


async def show(request: Request) -> Response:
    context = _context(request, authentication.token(request, cookie_suffices=True))
    user_id, digest = request.path_params["user_id"], request.path_params["digest"]
    try:
        async with context.reading():
            image = await avatars.get(context.viewer, user_id, digest)
    except errors.InvalidInput:  # a NUL, which no id holds
        return _refusal(context, errors.NotFound())
    except errors.Failure as failure:
        return _refusal(context, failure)
    headers = _SHOWN | {"ETag": f'"{digest}"'}
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(image, media_type=pictures.MADE_AS, headers=headers)


def _context(request: Request, token: str | None) -> Context:
    return Context(authentication.client(request), token, authentication.Cookie(Response()))


async def _picture(request: Request, context: Context) -> bytes:
    """The body, looked at only where the viewer may send one, and no further than it may be long.

    Starlette's `max_body_size` answers in plain text.
    """
    checks.require_signed_in(context.viewer)
    pictures.require_kind(request.headers.get("content-type", "").partition(";")[0].strip().lower())
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        pictures.require_size(len(content))
    return bytes(content)


def _refusal(context: Context, failure: errors.Failure) -> Response:
    if not isinstance(failure, errors.InvalidInput):
        return refusals.answer(failure, context.locale)
    [fault] = failure.faults
    status, text = _STATUS_OF_FAULT.get(fault.code), fault_message(context.locale, fault)
    return refusals.answer(failure, context.locale, status=status, text=text)


routes: list[BaseRoute] = [
    Route("/avatar", upload, methods=["PUT"]),
    Route("/avatar", remove, methods=["DELETE"]),
    Route("/avatars/{user_id}/{digest}", show),
]
