"""Where an invitation's link leads: what is offered, or that the link is not valid.

The page is the same for every link, because the token stands in the fragment, which browsers keep
to themselves; a few lines of script ask the API. Opening it changes nothing, so mail scanners may.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from server.pages import page

_HTML = (page.HERE / "invitation.html").read_text(encoding="utf-8")


async def show(_: Request) -> Response:
    return page.respond(_HTML, script_src="'self'", connect_src="'self'")


routes: list[BaseRoute] = [Route("/invitation", show), *page.routes]
