"""What an expert would write by hand for exactly these works: no GraphQL, no mapper, no layers.

`python -m bench.handwritten PORT DATABASE_URL [at-once]`. It does the same work as ours, on the
same tables through the same role: the look-up by hashed token, the scope of row-level security, the
permission.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from bench.handwritten import accepting, inviting, reading, transactions
from models import connecting

ROUTES = [
    Route("/me", reading.me),
    Route("/tenants/{id}", reading.small),
    Route("/tenants/{id}/members", reading.page),
    Route("/tenants/{id}/invitations", inviting.invite, methods=["POST"]),
    Route("/invitations/{id}/acceptance", accepting.accept, methods=["POST"]),
]


def main(port: int, database_url: str, *, at_once: bool) -> None:
    """`at_once`: a transaction begins in one trip, as ours does, on a connection of ours."""
    kind = connecting.Connection if at_once else transactions.Connection

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.at_once = at_once
        async with await transactions.pool(database_url, kind) as app.state.pool:
            yield

    uvicorn.run(
        Starlette(routes=ROUTES, lifespan=lifespan),
        port=port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], at_once="at-once" in sys.argv[3:])
