"""The public keys that apps check tickets with, where their libraries look for them.

Open to every site and to nobody in particular: it is read without cookie or token, and says nothing
of anybody.
"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

import errors
from resolvers import signing_keys

_OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_SHOWN = _OPEN | {"Cache-Control": f"public, max-age={int(signing_keys.SHOWN_FOR.total_seconds())}"}
_NOT_NOW = _OPEN | {"Cache-Control": "no-store"}


async def show(_: Request) -> Response:
    try:
        keys = await signing_keys.published()
    except errors.Failure as failure:
        return JSONResponse({"status": failure.code}, 503, headers=_NOT_NOW)
    return JSONResponse({"keys": keys}, headers=_SHOWN, media_type="application/jwk-set+json")


routes: list[BaseRoute] = [Route("/.well-known/jwks.json", show)]
