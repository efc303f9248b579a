"""GraphiQL at `/graphql`, for people who open it in a browser and may explore the API.

A browser says `text/html` in so many words; API clients at most `*/*`. Whoever may not is answered
as a client is, so that the address does not tell that there is a page. The cookie suffices here:
nothing is changed, and no foreign page can read the answer.
"""

from starlette.requests import Request
from starlette.responses import Response

import errors
from locales import mark
from permissions import checks
from server import authentication, refusals
from server.pages import built

_ENTRY = "graphiql.tsx"
_TITLE = mark("GraphQL API")
_POLICY = {
    # Monaco, the editor, places its lines and colours by style attributes and elements.
    "style-src": "'self' 'unsafe-inline'",
    "font-src": "'self' data:",
    "img-src": "'self' data:",
    "worker-src": "'self'",
}


async def page(request: Request) -> Response | None:
    """The page; or None, where the request is a client's or its sender may not explore."""
    if not _asks_for_a_page(request):
        return None
    context = authentication.context(request)
    try:
        await context.identify()
    except errors.Failure as failure:
        return refusals.answer(failure, context.locale)
    if not checks.may_explore(context.viewer):
        return None
    return built.show(_ENTRY, context.client.language, _TITLE, _POLICY)


def _asks_for_a_page(request: Request) -> bool:
    if request.method != "GET" or {"query", "documentId"}.intersection(request.query_params):
        return False
    return _accepts_html(request)


def _accepts_html(request: Request) -> bool:
    accepted = request.headers.get("accept", "").lower().split(",")
    return "text/html" in (each.partition(";")[0].strip() for each in accepted)


def keep_apart(response: Response) -> None:
    """Another sender gets another answer at this address, so nothing in between may keep it."""
    response.headers["Cache-Control"] = "no-store"
    response.headers.add_vary_header("Cookie, Accept")
