"""What is wrong with a body, said so that its sender can mend it; and how large it may be."""

from collections.abc import Callable
from typing import Any

import pytest

import settings
from server import app
from settings import Settings
from tests.asking import assert_refused, body, post
from tests.clients import Client


@pytest.fixture
def nobody() -> Client:
    """An anonymous caller of a server that never comes to ask its database."""
    return Client(app.build(settings.load()))


SAID = {
    "empty": (b"", "empty"),
    "no JSON": (b"query { __typename }", "not JSON"),
    "UTF-16": ('{"query": "{ __typename }"}'.encode("utf-16"), "UTF-8"),
    "byte order mark": (b"\xef\xbb\xbf{}", "byte order mark"),
    "duplicate keys": (b'{"query": "{ a }", "query": "{ b }"}', "same key twice"),
    "too many digits": (b'{"a": ' + b"9" * 5000 + b"}", "number"),
    "deep": (b'{"variables": {"a": ' + b"[" * 40 + b"]" * 40 + b"}}", "more than 32 deep"),
    "batch": (b"[]", "Batching is not enabled"),
    "scalar": (b"5", "no JSON object"),
    "nothing": (b"{}", "Nothing to run"),
    "hash": (body(extensions={"persistedQuery": {}}), "not known by their hashes"),
    "query": (body(query=1), "`query` must be a string"),
    "variables": (body(query="{ a }", variables=[]), "`variables` must be an object"),
    "both": (body(query="{ a }", documentId="b"), "not both"),
    "many variables": (body(query="{ a }", variables=dict.fromkeys(map(str, range(101)))), "100"),
}


@pytest.mark.parametrize(("content", "words"), SAID.values(), ids=SAID.keys())
async def test_who_sends_a_malformed_body_hears_what_is_wrong_with_it(
    nobody: Client, content: bytes, words: str
) -> None:
    """CASES 26, 27: and what to do; nothing of what was sent is repeated."""
    answer = await post(nobody, content)
    assert_refused(answer)
    message = answer.json()["errors"][0]["message"]
    assert words in message
    assert ":" in message or "must be" in message


async def test_the_json_of_a_request_has_limits_that_operators_set(
    configure: Callable[..., Settings], nobody: Client
) -> None:
    """CASES 24, 26."""
    configure(request_depth=8, request_values=100, request_variables=2)
    too_deep: list[Any] = [[[[[[[[]]]]]]]]
    for variables in ({"a": too_deep}, {"a": [1] * 100}, {"a": 1, "b": 2, "c": 3}):
        assert_refused(await post(nobody, body(query="{ __typename }", variables=variables)))


async def test_a_flat_list_as_long_as_a_body_is_refused_soon(nobody: Client) -> None:
    """CASES 24, 26: it is not walked to its end."""
    content = b'{"query": "{ a }", "variables": {"a": [' + b"1," * 500_000 + b"1]}}"
    answer = await post(nobody, content)
    assert_refused(answer)
    assert "200000 values" in answer.json()["errors"][0]["message"]
