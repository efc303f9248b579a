"""Queries by address, that no web page can have made a browser send without asking first.

A browser sends a GET for whoever writes a link or a picture, with the cookies it has. What it never
sends unasked is a header of its choice: so one of those is wanted wherever a browser may be at
work. Who shows neither cookie nor page brings no authority but his own (ADR 0037).
"""

from starlette.datastructures import Headers

from server import media

REFUSED = (
    "A web page could have made a browser send this. Send the header `GraphQL-Require-Preflight: 1`"
    " or `Authorization` with it, or send it as POST with a JSON body."
)
_ASKED = ("authorization", "graphql-require-preflight")
_OF_BROWSERS = ("cookie", "origin")
_TYPED = "none"


def is_asked_for(headers: Headers) -> bool:
    """Whether whoever is answered has sent it himself."""
    if any(name in headers for name in _ASKED) or _is_json(headers):
        return True
    site = headers.get("sec-fetch-site", _TYPED)
    return site == _TYPED and not any(name in headers for name in _OF_BROWSERS)


def _is_json(headers: Headers) -> bool:
    """Which browsers ask about as well; a GET has no other use for it."""
    return headers.get("content-type", "").partition(";")[0].strip().lower() == media.JSON
