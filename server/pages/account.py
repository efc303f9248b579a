"""Where the links about one's account lead: a new address, a new password, a registration, and a
tenant that one is invited to own.

One page for all of them, the same for every link, because the token stands in the fragment, which
browsers keep to themselves. Opening it changes nothing, it only asks what is offered; its button
does the rest.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from server.pages import page

_HTML = (page.HERE / "account.html").read_text(encoding="utf-8")


async def show(_: Request) -> Response:
    return page.respond(_HTML, script_src="'self'", connect_src="'self'")


routes: list[BaseRoute] = [
    Route(path, show)
    for path in ("/confirm-email", "/reset-password", "/register", "/tenant-invitation")
]
