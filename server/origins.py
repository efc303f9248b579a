"""Which web pages may speak to us from a browser: our own, and those of listed origins.

CORS lets listed origins read answers. That alone is the browser's promise, so a session cookie that
any other page makes a browser send is refused here as well, before anything runs. A bearer token
needs no such care: no browser sends it by itself.
"""

from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

import errors
import settings as settings_module
from locales import mark, translations
from server import authentication, idempotency, metering, refusals, staleness
from settings import Settings

PATHS = ("/graphql", "/avatar", "/tenants/")
METHODS = ("GET", "POST", "PUT", "DELETE")
HEADERS = (
    "authorization",
    "content-type",
    "graphql-require-preflight",
    idempotency.HEADER,
    "tenantry-locale",
    staleness.ASKED,
    "x-request-id",
)
READABLE = (
    "content-disposition",
    idempotency.REPLAYED,
    metering.LEFT,
    metering.POLICY,
    metering.RETRY,
    staleness.TOLD,
    "x-request-id",
)
MAX_AGE = 7200  # seconds; Chromium heeds no more
_REFUSED = mark(
    "This page may not use your session. Ask the operator to list its origin in"
    " TENANTRY_ALLOWED_ORIGINS."
)


def is_ours(connection: HTTPConnection) -> bool:
    """Whether it comes from a page of ours, of a listed origin, or from no page at all.

    Whoever follows a link to us from elsewhere comes himself.
    """
    headers = connection.headers
    if named := headers.getlist("origin"):
        return all(_is_known(origin, headers.get("host", "")) for origin in named)
    follows_link = headers.get("sec-fetch-mode") == "navigate"
    return follows_link or headers.get("sec-fetch-site") != "cross-site"


def _is_known(origin: str, host: str) -> bool:
    """`host` is the name we were asked by, e.g. `localhost`.

    A proxy that ends TLS hides the scheme. Where our cookie is for https alone, so are pages:
    others can be rewritten on the way.
    """
    settings = settings_module.load()
    if origin in (settings.public_origin, *settings.allowed_origins):
        return True
    schemes = ["https"] if settings.secure_cookies else ["https", "http"]
    return origin in [f"{scheme}://{host.lower()}" for scheme in schemes]


class Origins:
    """CORS and that refusal, for what frontends use: `PATHS` and below."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.cors = CORSMiddleware(
            self._known_only,
            allow_origins=settings.allowed_origins,
            allow_methods=METHODS,
            allow_headers=HEADERS,
            allow_credentials=True,
            expose_headers=READABLE,
            max_age=MAX_AGE,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_for_frontends = scope["type"] == "http" and scope["path"].startswith(PATHS)
        await (self.cors if is_for_frontends else self.app)(scope, receive, send)

    async def _known_only(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = HTTPConnection(scope)
        app: ASGIApp = self.app
        if _has_session(connection) and not is_ours(connection):
            locale = authentication.client(connection).language
            text = translations(locale).gettext(_REFUSED)
            app = refusals.answer(errors.PermissionDenied(), locale, text=text)
        await app(scope, receive, send)


def _has_session(connection: HTTPConnection) -> bool:
    """A cookie, and nothing that counts before it."""
    is_sent = authentication.cookie_name() in connection.cookies
    return is_sent and authentication.bearer(connection) is None
