"""The development mailbox to look at: as a page for people, as JSON for programs.

Mails hold living links, so this belongs to development only; `server/app.py` leaves it out
elsewhere. A mail's HTML is a document of its own with a policy of its own, so that the page which
frames it keeps the strict one, and that a mail can do nothing wherever it is opened.
"""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

import settings
from locales import mark
from mail import mailbox
from mail.mailbox import Mail
from mail.transport import mailbox_folder
from server import authentication
from server.pages import built, page

_TITLE = mark("Mailbox")
_AT_ONCE = 200
_FRAMING = {"require-trusted-types-for": "'script'", "frame-src": "'self'"}
_FRAMED = {
    "sandbox": "allow-popups allow-popups-to-escape-sandbox",
    "img-src": "data: cid:",
    "style-src": "'unsafe-inline'",
    "frame-ancestors": "'self'",
}


async def _show(request: Request) -> Response:
    locale = authentication.client(request).language
    return built.show("mailbox.ts", locale, _TITLE, _FRAMING)


async def _as_json(request: Request) -> Response:
    """All mails; for the page, which asks again and again, the newest of those after another."""
    after = request.query_params.get("after")
    limit = None if after is None else _AT_ONCE
    folder = mailbox_folder(settings.load())
    mails = await asyncio.to_thread(mailbox.newest, folder, limit=limit, after=after or "")
    headers = {"Cache-Control": "no-store"}
    return JSONResponse([_fields(mail) for mail in mails], headers=headers)


async def _frame(request: Request) -> Response:
    folder = mailbox_folder(settings.load())
    mail = await asyncio.to_thread(mailbox.find, folder, request.path_params["id"])
    if mail is None or not mail.html:
        return PlainTextResponse("Not Found", 404)
    return page.respond(mail.html, policy=_FRAMED)


def _fields(mail: Mail) -> dict[str, object]:
    return {
        "id": mail.id,
        "to": mail.to,
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "links": mail.links,
        "sentAt": mail.sent_at.isoformat(),
    }


routes: list[BaseRoute] = [
    Route("/mailbox", _show),
    Route("/mailbox.json", _as_json),
    Route("/mailbox/{id}.html", _frame),
]
