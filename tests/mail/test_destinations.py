"""Where customers' addresses may lead (ADR 0023)."""

import socket
from typing import Any

import httpcore
import pytest

from mail import destinations
from mail.destinations import NotPublic, PublicOnly
from tests.mail import gateway as gateways
from tests.mail.gateway import Gateway

PUBLIC = ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::"]
NOT_PUBLIC = [
    *("127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254"),
    *("0.0.0.1", "100.64.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1"),
    *("::1", "::", "fe80::1", "fe80::1%lo", "fd00::1", "fec0::1", "ff0e::1", "::127.0.0.1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::"),
    *("2001:db8::1", "2001::1"),
]


@pytest.mark.parametrize("address", PUBLIC)
def test_what_everybody_reaches_is_public(address: str) -> None:
    assert destinations.is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_what_only_we_reach_is_not_public(address: str) -> None:
    """Nor what stands for such an address in another notation."""
    assert not destinations.is_public(address)


class Names:
    """What name servers answer, and what they were asked; a list of addresses for each time."""

    def __init__(self) -> None:
        self.answers: list[list[str]] = []
        self.asked: list[str] = []

    def getaddrinfo(self, host: str, port: int, *_: object, **__: object) -> list[Any]:
        self.asked.append(host)
        if not self.answers:
            raise socket.gaierror
        return [(0, 0, 0, "", (address, port)) for address in self.answers.pop(0)]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """And 127.0.0.1 and 127.0.0.2 are on the public internet."""
    found = Names()
    monkeypatch.setattr(socket, "getaddrinfo", found.getaddrinfo)
    monkeypatch.setattr(
        destinations, "is_public", lambda address: address in {"127.0.0.1", "127.0.0.2"}
    )
    return found


async def test_a_name_is_looked_up_once_and_what_was_checked_is_connected_to(names: Names) -> None:
    """A second answer would be another: DNS rebinding."""
    async with gateways.listening(Gateway()) as gateway:
        names.answers = [["127.0.0.1"], ["127.0.0.9"]]
        stream = await PublicOnly().connect_tcp("app.example", gateway.port)
        assert stream.get_extra_info("server_addr") == ("127.0.0.1", gateway.port)
        await stream.aclose()
    assert names.asked == ["app.example"]


async def test_one_address_of_ours_among_a_names_addresses_is_enough(names: Names) -> None:
    names.answers = [["127.0.0.1", "10.0.0.1"]]
    with pytest.raises(NotPublic):
        await PublicOnly().connect_tcp("app.example", 1)


async def test_the_first_address_that_answers_is_taken(names: Names) -> None:
    async with gateways.listening(Gateway()) as gateway:
        names.answers = [["127.0.0.2", "127.0.0.1"]]
        stream = await PublicOnly().connect_tcp("app.example", gateway.port)
        await stream.aclose()


@pytest.mark.parametrize("answers", [[], [["127.0.0.1", "127.0.0.2"]]])
async def test_where_nobody_answers_no_connection_is_made(
    names: Names, answers: list[list[str]]
) -> None:
    async with gateways.listening(Gateway()) as gateway:
        pass
    names.answers = answers
    with pytest.raises(httpcore.ConnectError):
        await PublicOnly().connect_tcp("app.example", gateway.port)


async def test_a_name_that_is_none_leads_nowhere() -> None:
    with pytest.raises(httpcore.ConnectError):
        await PublicOnly().connect_tcp("a" * 64 + ".example", 443)
