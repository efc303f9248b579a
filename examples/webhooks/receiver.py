"""A receiver of webhooks, of one file, to copy from.

    WEBHOOK_SECRET=whsec_... .venv/bin/python examples/webhooks/receiver.py --port 9200

It (1) takes the body as bytes, (2) verifies it before it believes anything, (3) does what comes
twice once, and (4) answers before it begins to work.
"""

import argparse
import json
import os
from collections import OrderedDict
from typing import Any

import uvicorn
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

REMEMBERED = 10_000  # yours: a table with the id as its key, written with what the event does


class Receiver:
    """Remembers the ids of what it has done."""

    def __init__(self, secret: str) -> None:
        self._webhook = Webhook(secret)
        self._done: OrderedDict[str, None] = OrderedDict()

    async def take(self, request: Request) -> Response:
        body = await request.body()
        try:
            event = self._webhook.verify(body, dict(request.headers))
        except WebhookVerificationError:
            return PlainTextResponse("The signature is wrong.", status_code=400)
        if self._is_new(request.headers["webhook-id"]):
            return Response(status_code=204, background=BackgroundTask(work, event))
        return Response(status_code=204)

    def _is_new(self, message_id: str) -> bool:
        if message_id in self._done:
            return False
        self._done[message_id] = None
        while len(self._done) > REMEMBERED:
            self._done.popitem(last=False)
        return True


async def work(event: dict[str, Any]) -> None:
    """Yours: ask the API for the member `subjectId`, say, as it is now."""
    print(json.dumps({"type": event["type"], **event["data"]}), flush=True)  # noqa: T201 a sample


def app(secret: str) -> Starlette:
    return Starlette(routes=[Route("/", Receiver(secret).take, methods=["POST"])])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, default=9200)
    secret, port = os.environ["WEBHOOK_SECRET"], parser.parse_args().port  # noqa: TID251 no settings of ours
    uvicorn.run(app(secret), host="127.0.0.1", port=port, access_log=False)


if __name__ == "__main__":
    main()
