"""The development mailbox to look at: as a page for people, as JSON for programs.

Mails hold living links, so this belongs to development only; `server/app.py` leaves it out
elsewhere. A mail's HTML is shown in a sandboxed frame, which inherits the page's policy: that is
why styles may stand inline here.
"""

import asyncio
from datetime import UTC

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

import settings
from locales import Locale
from mail import mailbox
from mail.mailbox import Mail
from mail.transport import mailbox_folder
from server.pages import page

_SHOWN = 100
_STYLES = "'self' 'unsafe-inline'"

_PAGE = Markup(
    """<h1>Mailbox</h1>
<p class="faint">Mails and SMS that would have left, newest first. The same as
<a href="/mailbox.json">JSON</a>.</p>
{mails}"""
)
_MAIL = Markup(
    """<article class="card" id="{id}">
<h2>{subject}</h2>
<p class="faint">to {to}, <time datetime="{machine_time}">{time}</time></p>
<div class="text">{text}</div>
{html}</article>
"""
)
_HTML = Markup(
    """<details>
<summary>As HTML</summary>
<iframe title="{subject}" srcdoc="{html}"
  sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>
</details>
"""
)
_NOTHING = Markup('<p class="card">No mail yet. Invite somebody, and it appears here.</p>')
_LINK = Markup('<a href="{url}" target="_blank" rel="noreferrer">{url}</a>')


async def show(_: Request) -> Response:
    mails = await _newest(_SHOWN)
    shown = Markup("").join(map(_article, mails)) or _NOTHING
    content = _PAGE.format(mails=shown)
    return page.respond(page.render(Locale.EN, "Mailbox", content), policy={"style-src": _STYLES})


async def as_json(_: Request) -> Response:
    mails = [_fields(mail) for mail in await _newest()]
    return JSONResponse(mails, headers={"Cache-Control": "no-store"})


async def _newest(limit: int | None = None) -> list[Mail]:
    folder = mailbox_folder(settings.load())
    return await asyncio.to_thread(mailbox.newest, folder, limit=limit)


def _article(mail: Mail) -> Markup:
    return _MAIL.format(
        id=mail.id,
        subject=mail.subject,
        to=mail.to,
        machine_time=mail.sent_at.isoformat(),
        time=f"{mail.sent_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
        text=_linked(mail.text.strip()),
        html=_HTML.format(subject=mail.subject, html=mail.html) if mail.html else "",
    )


def _linked(text: str) -> Markup:
    """The text with its links to click on."""
    parts, end = Markup(""), 0
    for link in mailbox.links(text):
        parts += text[end : link.start()] + _LINK.format(url=link[0])
        end = link.end()
    return parts + text[end:]


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


routes: list[BaseRoute] = [Route("/mailbox", show), Route("/mailbox.json", as_json)]
