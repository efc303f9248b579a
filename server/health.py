"""Is it alive, and may it get requests: for load balancers, with nothing secret in it.

What waits to leave is told and decides nothing: a mail server that is away is no reason to send
people elsewhere.
"""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

import errors
from mail import backlog
from models import migrating

STOPPING = "STOPPING"
_WITHIN = 3  # seconds; who probes does not wait for ever
_NO_STORE = {"cache-control": "no-store"}

_is_stopping = False


def stops() -> None:
    """From now on it is not ready any more, whatever it still does."""
    global _is_stopping  # noqa: PLW0603 one process, one end
    _is_stopping = True


def is_stopping() -> bool:
    """Whether it was told to stop."""
    return _is_stopping


async def alive(_: Request) -> JSONResponse:
    """The process answers; the database is not asked."""
    return JSONResponse({"status": "ok"}, headers=_NO_STORE)


async def ready(_: Request) -> JSONResponse:
    """The process goes on, the database answers in time and has this version's tables."""
    try:
        async with asyncio.timeout(_WITHIN):
            status, told = await _asked()
    except TimeoutError:
        status, told = errors.Timeout.code, {}
    except errors.Failure as failure:
        status, told = failure.code, {}
    return JSONResponse({"status": status, **told}, 200 if status == "ok" else 503, _NO_STORE)


async def _asked() -> tuple[str, dict[str, object]]:
    """Raises:
    errors.Failure: as `database.transaction`.
    """
    if _is_stopping:
        return STOPPING, {}
    if await migrating.pending():
        return "NOT_MIGRATED", {}
    found = await backlog.read()
    lags = {channel.value: round(each.lag.total_seconds()) for channel, each in found.items()}
    return "ok", {"outboxLagSeconds": lags}


routes: list[BaseRoute] = [Route("/healthz", alive), Route("/readyz", ready)]
