"""What a request says of its sender: the session token, the address limits count by, a language.

A cookie counts only on requests that a foreign page cannot send without asking first (a JSON body
or the `GraphQL-Require-Preflight` header); a bearer token always does. An API key is never read
from a cookie.
"""

import ipaddress
import re
from functools import cached_property, lru_cache

from starlette.requests import HTTPConnection
from starlette.responses import Response

import settings
from auth import tokens
from auth.viewer import Client
from locales import Locale
from schema.context import Context
from server import access

DEVICE_LENGTH = 200
_YEAR = 365 * 24 * 60 * 60
_LANGUAGE = re.compile(
    rf"\s*({'|'.join(Locale)})\b[-\w]*\s*(?:;\s*q=([01](?:\.\d*)?)\s*)?", re.ASCII | re.IGNORECASE
)


def cookie_name() -> str:
    """`__Host-` binds the cookie to this host; browsers refuse that prefix over plain http."""
    return "__Host-tenantry" if settings.load().secure_cookies else "tenantry"


def token(request: HTTPConnection, *, cookie_suffices: bool = False) -> str | None:
    """The session token or API key; a bearer token before a cookie.

    `cookie_suffices` where nothing is changed and no foreign page can read the answer.
    """
    if (given := bearer(request)) is not None:
        return given
    if not cookie_suffices and not _needs_preflight(request):
        return None
    kept = request.cookies.get(cookie_name(), "")
    return kept if kept.startswith(tokens.SESSION) else None


def bearer(request: HTTPConnection) -> str | None:
    """What stands behind `Bearer` in the `Authorization` header."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else None


def _needs_preflight(request: HTTPConnection) -> bool:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type == "application/json" or "graphql-require-preflight" in request.headers


class _Sender(Client):
    """What the head of a request says of who sends it is read when it is asked for."""

    _request: HTTPConnection

    def __init__(self, request: HTTPConnection) -> None:
        object.__setattr__(self, "_request", request)

    @cached_property
    def address(self) -> str:
        """One IPv6 customer has a whole /64, so limits count by that."""
        sender = self._request.client
        return _network(sender.host if sender else "")

    @cached_property
    def request_id(self) -> str:
        return str(self._request.scope["request_id"])

    @cached_property
    def locale(self) -> Locale | None:
        return _language(self._request.headers.get("accept-language", ""))

    @cached_property
    def chosen_locale(self) -> Locale | None:
        return _language(self._request.headers.get("tenantry-locale", ""))

    @cached_property
    def device(self) -> str | None:
        return _printable(self._request.headers.get("user-agent", "")) or None


def client(request: HTTPConnection) -> Client:
    """Whoever sends."""
    return _Sender(request)


def _printable(text: str) -> str:
    shown = text if text.isprintable() else "".join(filter(str.isprintable, text))
    return shown[:DEVICE_LENGTH]


@lru_cache(maxsize=1024)
def _network(host: str) -> str:
    """IPv4 written as IPv6 is IPv4, as where a server listens on both; a zone says nothing."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))


def _language(accepted: str) -> Locale | None:
    """The best liked of our languages in `Accept-Language`; regions do not count."""
    ours = [found for found in map(_LANGUAGE.fullmatch, accepted.split(",")) if found]
    best = max(ours, key=_quality, default=None)
    return Locale(best[1].upper()) if best and _quality(best) else None


def _quality(language: re.Match[str]) -> float:
    return float(language[2] or 1)


def context(connection: HTTPConnection) -> Context:
    """Of who only looks or listens: the cookie suffices, and he gets no other session."""
    given = token(connection, cookie_suffices=True)
    return Context(client(connection), given, Cookie(Response()), noted=access.failed)


class Cookie:
    """The session cookie on its way back to the browser.

    It outlives the session, whose end only the server decides; see `settings.session_lifetime`.
    """

    def __init__(self, response: Response) -> None:
        self._response = response

    def keep(self, token: str) -> None:
        self._response.set_cookie(
            cookie_name(),
            token,
            max_age=_YEAR,
            httponly=True,
            secure=settings.load().secure_cookies,
            samesite="lax",
        )

    def drop(self) -> None:
        self._response.delete_cookie(
            cookie_name(), httponly=True, secure=settings.load().secure_cookies, samesite="lax"
        )
