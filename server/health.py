"""Is it alive, and may it get requests: for load balancers, with nothing secret in it."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

import errors
from models import migrating

_NO_STORE = {"cache-control": "no-store"}


async def alive(_: Request) -> JSONResponse:
    """The process answers; the database is not asked."""
    return JSONResponse({"status": "ok"}, headers=_NO_STORE)


async def ready(_: Request) -> JSONResponse:
    """The database answers and has this version's tables."""
    try:
        missing = await migrating.pending()
    except errors.Failure as failure:
        return JSONResponse({"status": failure.code}, 503, headers=_NO_STORE)
    status = "NOT_MIGRATED" if missing else "ok"
    return JSONResponse({"status": status}, 503 if missing else 200, headers=_NO_STORE)


routes: list[BaseRoute] = [Route("/healthz", alive), Route("/readyz", ready)]
