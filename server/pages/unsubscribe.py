"""The end of news, for whoever holds the link of a mail with news; he need not be signed in.

Opening it changes nothing, because mail scanners open links. A POST ends them, whatever it carries:
a mail program sends it by itself when its own button is pressed (RFC 8058), the page when ours is.
It works without scripts and without the pages being built: nobody should get mail for want of them.
"""

from collections.abc import Awaitable

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

import errors
from auth.viewer import Viewer
from locales import Locale, mark, translations
from models import User
from resolvers import news
from schema import sentences
from server import authentication
from server.pages import page

_TEXT = Markup("<p>{text}</p>")
_BUTTON = Markup('<form method="post"><button>{label}</button></form>')
_LANGUAGES = Markup('<nav class="languages" aria-label="{label}">{links}</nav>')
_LANGUAGE = Markup('<a href="?language={lang}" lang="{lang}" aria-current="{current}">{name}</a>')

_NAMES = {Locale.EN: "English", Locale.RU: "Русский", Locale.KK: "Қазақша"}
_CHOICE = mark("Language")
_QUESTION = mark("No more news?")
_EXPLANATION = mark("You get news by mail because they are switched on in your settings.")
_LABEL = mark("Stop the news")
_DONE = mark("You get no more news")
_AGAIN = mark("Should you want them again, switch them on in your settings.")
_UNKNOWN = mark("This link is not valid")
_HELP = mark("Open it from the mail once more, or switch the news off in your settings.")
_TROUBLE = mark("This did not work")


async def ask(request: Request) -> Response:
    return await _answer(request, news.reader(*_link(request)))


async def stop(request: Request) -> Response:
    viewer = Viewer(authentication.client(request))
    return await _answer(request, news.unsubscribe(viewer, *_link(request)))


def _link(request: Request) -> tuple[str, str]:
    """The account's id and the token."""
    return request.path_params["user_id"], request.path_params["token"]


async def _answer(request: Request, act: Awaitable[User]) -> Response:
    try:
        reader = await act
    except errors.NotFound:
        return _page(_language(request), _UNKNOWN, _HELP, status=404)
    except errors.Failure as failure:
        sentence = sentences.MESSAGES[failure.code]
        return _page(_language(request), _TROUBLE, sentence, button=_LABEL, status=503)
    locale = _language(request, reader)
    if reader.wants_news:
        return _page(locale, _QUESTION, _EXPLANATION, button=_LABEL)
    return _page(locale, _DONE, _AGAIN)


def _language(request: Request, reader: User | None = None) -> Locale:
    """The one chosen on the page, else the reader's, else the browser's."""
    chosen = request.query_params.get("language", "").upper()
    if chosen in _NAMES:
        return Locale(chosen)
    if reader is not None and reader.locale:
        return Locale(reader.locale)
    return authentication.client(request).language


def _page(
    locale: Locale, title: str, text: str, *, button: str | None = None, status: int = 200
) -> Response:
    say = translations(locale).gettext
    content = _TEXT.format(text=say(text))
    if button is not None:
        content += _BUTTON.format(label=say(button))
    card = page.card(say(title), content)
    html = page.render(locale, say(title), card + _languages(locale))
    return page.respond(html, status=status, policy={"form-action": "'self'"})


def _languages(current: Locale) -> Markup:
    """Links, which post nothing again: the page they lead to knows whether the news have ended."""
    links = [
        _LANGUAGE.format(lang=each.lower(), current=str(each == current).lower(), name=name)
        for each, name in _NAMES.items()
    ]
    label = translations(current).gettext(_CHOICE)
    return _LANGUAGES.format(label=label, links=Markup("").join(links))


_PATH = "/unsubscribe/{user_id}/{token}"
routes: list[BaseRoute] = [
    Route(_PATH, ask, methods=["GET"]),
    Route(_PATH, stop, methods=["POST"]),
]
