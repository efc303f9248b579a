"""Where a customer's address may lead: to the public internet, and not into our own network.

A name is resolved here, and what is checked is what is connected to: between a check of the name
and a connection by it the answer of its owner's name server could change. TLS still asks for the
name's certificate. A redirection would lead past this; nobody follows one.
"""

import asyncio
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpcore

_UNICAST, _NAT64 = IPv6Network("2000::/3"), IPv6Network("64:ff9b::/96")


class NotPublic(Exception):
    """The name leads, with one of its addresses at least, where only we should reach."""


class PublicOnly(httpcore.AsyncNetworkBackend):
    """Connects to public addresses alone."""

    def __init__(self) -> None:
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 httpcore's word
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """The first of the addresses that answers.

        Raises:
            NotPublic
            httpcore.ConnectError, httpcore.ConnectTimeout: also where the name is unknown.
        """
        addresses = await _resolve(host, port)
        if not all(map(is_public, addresses)):
            raise NotPublic
        share = timeout and timeout / len(addresses)
        failure: Exception = httpcore.ConnectError()
        for address in addresses:
            try:
                return await self._network.connect_tcp(
                    address, port, share, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


async def _resolve(host: str, port: int) -> list[str]:
    """The one that this machine would rather take comes first."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError from error
    return [str(address[0]) for *_, address in found]


def is_public(address: str) -> bool:
    """Of an IPv6 address that stands for one of IPv4, that one counts."""
    found = ip_address(address)
    if isinstance(found, IPv4Address):
        return found.is_global and not found.is_multicast
    if inner := _behind(found):
        return is_public(str(inner))
    return found.is_global and found in _UNICAST


def _behind(address: IPv6Address) -> IPv4Address | None:
    translated = IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
    return address.ipv4_mapped or address.sixtofour or translated
