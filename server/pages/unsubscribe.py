"""The end of news, for whoever holds the link of a mail with news; he need not be signed in.

Opening it changes nothing, because mail scanners open links. A POST ends them, whatever it carries:
a mail program sends it by itself when its own button is pressed (RFC 8058), the page when ours is.
"""

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

import errors
from auth.viewer import Viewer
from locales import Locale, mark, translations
from resolvers import news
from schema import sentences
from server import authentication
from server.pages import page

_CARD = Markup('<section class="card"><h1>{title}</h1>{content}</section>')
_TEXT = Markup("<p>{text}</p>")
_BUTTON = Markup('<form method="post"><button>{label}</button></form>')

_QUESTION = mark("No more news?")
_EXPLANATION = mark("You get news by mail because they are switched on in your settings.")
_LABEL = mark("Stop the news")
_DONE = mark("You get no more news")
_AGAIN = mark("Should you want them again, switch them on in your settings.")
_UNKNOWN = mark("This link is not valid")
_HELP = mark("Open it from the mail once more, or switch the news off in your settings.")
_TROUBLE = mark("This did not work")


async def ask(request: Request) -> Response:
    user_id, token, locale = _read(request)
    if not news.is_link(user_id, token):
        return _unknown(locale)
    return _page(locale, _QUESTION, _EXPLANATION, button=_LABEL)


async def stop(request: Request) -> Response:
    user_id, token, locale = _read(request)
    try:
        await news.unsubscribe(Viewer(authentication.client(request)), user_id, token)
    except errors.NotFound:
        return _unknown(locale)
    except errors.Failure as failure:
        sentence = sentences.MESSAGES[failure.code]
        return _page(locale, _TROUBLE, sentence, button=_LABEL, status=503)
    return _page(locale, _DONE, _AGAIN)


def _read(request: Request) -> tuple[str, str, Locale]:
    """The account's id, the token, and the browser's language."""
    locale = authentication.client(request).locale or Locale.EN
    return request.path_params["user_id"], request.path_params["token"], locale


def _unknown(locale: Locale) -> Response:
    return _page(locale, _UNKNOWN, _HELP, status=404)


def _page(
    locale: Locale, title: str, text: str, *, button: str | None = None, status: int = 200
) -> HTMLResponse:
    say = translations(locale).gettext
    content = _TEXT.format(text=say(text))
    if button is not None:
        content += _BUTTON.format(label=say(button))
    card = _CARD.format(title=say(title), content=content)
    return page.respond(
        page.render(locale, say(title), card), status=status, policy={"form-action": "'self'"}
    )


routes: list[BaseRoute] = [
    Route("/unsubscribe/{user_id}/{token}", ask, methods=["GET"]),
    Route("/unsubscribe/{user_id}/{token}", stop, methods=["POST"]),
]
