"""What every page shares: how it is answered, and the look in `web/static`.

Scripts and styles are files of their own, so that no page needs an exception in its content
security policy for something written inline.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from markupsafe import Markup
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from locales import Locale
from settings import CHECKOUT

WEB = CHECKOUT / "web"

_POLICY: Mapping[str, str] = {
    "default-src": "'none'",
    "img-src": "'self'",
    "style-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
_PAGE = Markup(
    """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="/static/icon.svg">
<link rel="stylesheet" href="/static/style.css">
{head}</head>
<body>
<main>
{content}
</main>
</body>
</html>
"""
)
_CARD = Markup('<section class="card"><h1>{title}</h1>{content}</section>')


def render(locale: Locale, title: str, content: Markup, *, head: Markup = Markup("")) -> Markup:  # noqa: B008 an empty one
    """A whole page; `title` and what `content` holds are in the language of `locale`."""
    return _PAGE.format(lang=locale.lower(), title=title, content=content, head=head)


def card(title: str, content: Markup) -> Markup:
    """What a page without a script consists of."""
    return _CARD.format(title=title, content=content)


def respond(
    html: str, *, status: int = 200, policy: Mapping[str, str] = MappingProxyType({})
) -> HTMLResponse:
    """Answer with a page that is neither stored, nor framed, nor named to other sites.

    `policy` changes directives of the content security policy: `{"script-src": "'self'"}`.
    """
    directives = "; ".join(f"{name} {sources}" for name, sources in {**_POLICY, **policy}.items())
    headers = {"Content-Security-Policy": directives, "Cache-Control": "no-store"}
    return HTMLResponse(html, status, headers)


class _Files(StaticFiles):
    """A folder that may not be there yet; `cached` is the `Cache-Control` of its files."""

    def __init__(self, folder: str, cached: str) -> None:
        super().__init__(directory=WEB / folder, check_dir=False)
        self.cached = cached

    async def check_config(self) -> None:
        pass

    def file_response(self, *file: Any, **status: Any) -> Response:
        response = super().file_response(*file, **status)
        response.headers["Cache-Control"] = self.cached
        return response


def files(path: str, folder: str, *, cached: str) -> BaseRoute:
    """Where the files of a folder of `web/` are."""
    return Mount(path, _Files(folder, cached))


routes: list[BaseRoute] = [files("/static", "static", cached="no-cache")]
