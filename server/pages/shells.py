"""The pages that are scripts: their addresses, their titles, and nothing of the person who comes.

Each is the same for everybody, because the token of a link stands in the fragment, which browsers
keep to themselves; the script in `web/src/pages` asks the API. Opening one changes nothing, so mail
scanners may.
"""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from locales import mark
from server import authentication
from server.pages import built, page

_TITLES = {
    "/invitation": mark("Invitation"),
    "/tenant-invitation": mark("Invitation"),
    "/sign-in": mark("Sign in"),
    "/sign-in/provider": mark("Sign in"),
    "/reset-password": mark("New password"),
    "/confirm-email": mark("New address"),
    "/register": mark("Registration"),
}


async def _show(request: Request, *, entry: str, title: str) -> Response:
    locale = authentication.client(request).language
    return built.show(entry, locale, title, {"require-trusted-types-for": "'script'"})


def _route(path: str, title: str) -> Route:
    entry = f"{path.strip('/').replace('/', '-')}.ts"
    return Route(path, partial(_show, entry=entry, title=title))


routes: list[BaseRoute] = [
    *(_route(path, title) for path, title in _TITLES.items()),
    *built.routes,
    *page.routes,
]
