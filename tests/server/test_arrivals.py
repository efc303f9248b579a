"""How requests arrive: slowly, in masses and broken. Nobody holds a connection for nothing."""

import itertools
import socket
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest

from server import app, protocols
from settings import Settings
from tests import wires
from tests.journeys.hosting import listening

HEAD = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
CLOSE = b"Connection: close\r\n"


@pytest.fixture
async def url(configure: Callable[..., Settings]) -> AsyncIterator[str]:
    """Of a server that is soon impatient; it never comes to ask its database."""
    settings = configure(request_patience=timedelta(seconds=0.4))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        async with listening(app.build(settings), listener):
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def single(data: bytes) -> list[bytes]:
    return [bytes([byte]) for byte in data]


async def test_a_head_that_hardly_comes_is_not_waited_for(url: str) -> None:
    """CASES 139. Without `Http.on_message_begin` it would be."""
    answer = await wires.exchange(url, single(HEAD + b"\r\n"), pause=0.05)
    assert (answer.status, answer.code) == (408, "TIMEOUT")


async def test_a_connection_on_which_nothing_comes_is_closed_without_a_word(url: str) -> None:
    """CASES 139."""
    assert (await wires.exchange(url, [])).head == ""


async def test_nor_is_the_next_head_on_the_same_connection_waited_for(url: str) -> None:
    """CASES 139."""
    first = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = await wires.exchange(url, [first, *single(HEAD)], pause=0.05)
    assert answer.status == 200
    assert b"HTTP/1.1 408" in answer.body


@pytest.mark.parametrize("length", [b"Content-Length: 1000", b"Transfer-Encoding: chunked"])
async def test_a_body_that_hardly_comes_is_not_waited_for(url: str, length: bytes) -> None:
    """CASES 139. Without `Patience` it would be."""
    head, endless = HEAD + length + b"\r\n\r\n", itertools.repeat(b"1\r\n \r\n", 600)
    answer = await wires.exchange(url, itertools.chain([head], endless), pause=0.05)
    assert (answer.status, answer.code) == (408, "TIMEOUT")
    assert "connection: close" in answer.head


async def test_a_long_body_may_take_its_time(url: str) -> None:
    """CASES 139: it is rate that counts, not length."""
    parts = [HEAD + CLOSE + b"Content-Length: 34000\r\n\r\n", b" " * 17_000, b" " * 17_000]
    answer = await wires.exchange(url, parts, pause=0.35)
    assert (answer.status, answer.code) == (400, "BAD_USER_INPUT")


async def test_what_nobody_reads_is_not_awaited_for_ever(url: str) -> None:
    """CASES 24, 139: the answer is there, and the body still comes.

    Without `Http.on_response_complete` it would come on.
    """
    head = b"POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
    endless = itertools.chain([head], itertools.repeat(b" ", 600))
    assert (await wires.exchange(url, endless, pause=0.05)).status == 404


async def test_who_is_answered_before_he_has_sent_all_does_not_stay_for_ever(url: str) -> None:
    """CASES 139: his body comes to its end, and then nothing.

    Without `Http.on_message_complete` nobody would look at the connection again.
    """
    head = b"POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"
    assert (await wires.exchange(url, [head, b" " * 10], pause=0.1)).status == 404


UPGRADE = b"Host: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        b"POST /graphql HTTP/1.1\r\n" + UPGRADE + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /graphql HTTP/1.1\r\n" + UPGRADE + b"\r\n",
        b"GET /graphql HTTP/1.1\r\n" + UPGRADE + b"Sec-WebSocket-Key: x\r\n\r\n",
    ],
)
async def test_a_socket_that_never_is_one_is_not_waited_for(url: str, sent: bytes) -> None:
    """CASES 139. Without `Http._should_upgrade` the first one would be."""
    assert 400 <= (await wires.exchange(url, [sent])).status < 500


TOO_LARGE = {
    "one header": b"A: " + b"a" * protocols.LARGEST_HEAD + b"\r\n",
    "many headers": b"A: a\r\n" * (protocols.MOST_HEADERS + 1),
    "a cookie of many": b"Cookie: " + b"a=b; " * 20_000 + b"\r\n",
}


@pytest.mark.parametrize("header", TOO_LARGE.values(), ids=TOO_LARGE.keys())
async def test_a_head_that_is_too_large_is_refused(url: str, header: bytes) -> None:
    """CASES 26: 431, before anything is made of it."""
    answer = await wires.exchange(url, [b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n"])
    assert (answer.status, answer.code) == (431, "BAD_USER_INPUT")


async def test_a_header_without_an_end_is_not_collected(url: str) -> None:
    """CASES 26: without `Http.data_received` the parser would keep all of it."""
    begun = [b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: "]
    answer = await wires.exchange(url, itertools.chain(begun, itertools.repeat(b"a" * 4096, 600)))
    assert answer.status == 431


async def test_an_address_that_is_too_long_is_refused(url: str) -> None:
    line = b"GET /healthz?" + b"a" * protocols.LARGEST_HEAD + b" HTTP/1.1\r\nHost: x\r\n\r\n"
    assert (await wires.exchange(url, [line])).status == 431


BROKEN = {
    "no HTTP": b"hello\r\n\r\n",
    "no version": b"GET / HTTP\r\n\r\n",
    "an unknown method": b"FETCH / HTTP/1.1\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 40,
    "a blank in a header": b"GET / HTTP/1.1\r\nA B: c\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
    "a length and chunks": HEAD
    + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "no length": HEAD + b"Content-Length: x\r\n\r\n",
    "a bad chunk": HEAD + CLOSE + b"Transfer-Encoding: chunked\r\n\r\nx\r\n",
    "letters beyond ASCII": "GET /й HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
    "a tunnel": b"CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("sent", BROKEN.values(), ids=BROKEN.keys())
async def test_what_is_no_http_is_a_bad_request(url: str, sent: bytes) -> None:
    """CASES 26: in GraphQL's shape, as all that is refused."""
    answer = await wires.exchange(url, [sent])
    assert (answer.status, answer.code) == (400, "BAD_USER_INPUT")
    assert "content-type: application/json" in answer.head


async def test_connections_beyond_the_limit_are_refused_in_the_same_shape() -> None:
    """CASES 138: by uvicorn, before any request of theirs is looked at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        async with listening(app.build(Settings()), listener, limit_concurrency=1):
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            answer = await wires.exchange(url, [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"])
    assert (answer.status, answer.code) == (503, "SERVICE_UNAVAILABLE")
    assert "retry-after: 1" in answer.head
