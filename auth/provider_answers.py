"""What a provider answers: asked within ten seconds, read to a bounded length, believed in nothing.

A provider is a stranger that may hang, lie or talk nonsense; whatever goes wrong with it is one
failure for people and one line of the log. The requests are made here and not by authlib's own
client, which takes whichever HTTP library it finds installed and reads answers of any length.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import cache
from ssl import SSLContext
from typing import Any

import httpx
import orjson
import structlog

import errors
import settings
from models import clock
from settings.identity_providers import IdentityProvider, is_encrypted, is_local

TIMEOUT = 10.0
LONGEST_ANSWER = 256 * 1024
_REMEMBERED_FOR = timedelta(minutes=5)
_CODES = (
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "unauthorized_client",
    "unsupported_grant_type",
)

_log = structlog.get_logger()
_remembered: dict[str, tuple[datetime, Any]] = {}


class Unacceptable(Exception):
    """An answer says something it must not; what that is, without quoting it."""


@asynccontextmanager
async def asking(provider: IdentityProvider) -> AsyncIterator[httpx.AsyncClient]:
    """Whatever goes wrong in the block is the provider's failure.

    Raises:
        errors.IdentityProviderFailed
    """
    try:
        async with asyncio.timeout(TIMEOUT), httpx.AsyncClient(verify=_trust()) as client:
            yield client
    except Exception as error:  # noqa: BLE001 its answers reach deep into libraries
        _log.warning("provider.failed", provider=provider.name, reason=_reason(error))
        raise errors.IdentityProviderFailed from None


@cache
def _trust() -> SSLContext:
    """Read from disk once."""
    return httpx.create_ssl_context()


def _reason(error: Exception) -> str:
    """Only our own words: others may quote a code, a token or an address."""
    return str(error) if isinstance(error, Unacceptable) else type(error).__name__


async def published(client: httpx.AsyncClient, url: str, *, afresh: bool = False) -> Any:
    """What the provider publishes there; remembered for some minutes, since it changes rarely."""
    now = clock.now()
    until, answer = _remembered.get(url, (now, None))
    if afresh or until <= now:
        answer = await ask(client, "GET", url, headers={})
        _remembered[url] = now + _REMEMBERED_FOR, answer
    return answer


async def ask(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    content: str | None = None,
) -> Any:
    """The JSON of a plain answer of a bounded length; redirects are followed nowhere."""
    plain = {"Accept": "application/json", "Accept-Encoding": "identity", **headers}
    body = bytearray()
    async with client.stream(method, safe(url), headers=plain, content=content) as response:
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > LONGEST_ANSWER:
                raise Unacceptable("it answers too much")
    if response.status_code != httpx.codes.OK:
        raise Unacceptable(f"it answers {response.status_code}{_code_of_error(body)}")
    return orjson.loads(body)


def _code_of_error(body: bytearray) -> str:
    """A code of RFC 6749, for the operator: `invalid_client` is his to mend."""
    found = [code for code in _CODES if f'"{code}"'.encode() in body]
    return f" {found[0]}" if found else ""


def safe(url: str) -> str:
    """As the settings demand it of their own addresses; a discovery names others."""
    if is_encrypted(url) or (is_local(url) and not settings.load().production):
        return url
    raise Unacceptable("one of its addresses does not begin with https://")
