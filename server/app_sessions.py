"""What apps call: a ticket redeemed, a heartbeat, the end of a session.

For servers, not for browsers: no cookie counts, and no other site may read the answers. Neither an
unknown id nor a wrong token says which of the two was wrong.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

import errors
from resolvers import redemptions
from server import authentication, refusals

_UNSTORED = {"Cache-Control": "no-store"}


async def redeem(request: Request) -> Response:
    ticket = authentication.bearer(request) or ""
    redeemed = await redemptions.redeem(authentication.client(request), ticket)
    return JSONResponse(_told(redeemed), headers=_UNSTORED)


def _told(redeemed: redemptions.Redeemed) -> dict[str, Any]:
    return {
        "sessionId": redeemed.session_id,
        "token": redeemed.token,
        "heartbeatSeconds": redeemed.heartbeat_seconds,
        "tenant": redeemed.tenant_id,
        "app": redeemed.app_id,
        "member": redeemed.member_id,
        "name": redeemed.name,
        "right": redeemed.right,
        "roles": redeemed.roles,
    }


async def beat(request: Request) -> Response:
    await redemptions.beat(authentication.client(request), *_shown(request))
    return Response(status_code=204, headers=_UNSTORED)


async def report_end(request: Request) -> Response:
    await redemptions.report_end(authentication.client(request), *_shown(request))
    return Response(status_code=204, headers=_UNSTORED)


def _shown(request: Request) -> tuple[str, str]:
    """The id and the token; an id with a NUL, which no id holds, is one that nobody has."""
    session_id = request.path_params["session_id"].replace("\0", "")
    return session_id, authentication.bearer(request) or ""


Endpoint = Callable[[Request], Awaitable[Response]]


def _refusing(endpoint: Endpoint) -> Endpoint:
    """Its failures are answers."""

    async def respond(request: Request) -> Response:
        try:
            return await endpoint(request)
        except errors.Failure as failure:
            return refusals.answer(failure, authentication.client(request).language)

    return respond


routes: list[BaseRoute] = [
    Route("/app-sessions", _refusing(redeem), methods=["POST"]),
    Route("/app-sessions/{session_id}/heartbeat", _refusing(beat), methods=["POST"]),
    Route("/app-sessions/{session_id}", _refusing(report_end), methods=["DELETE"]),
]
