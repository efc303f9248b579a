"""Requests as bytes, and how they look that are refused: what a client library would not send."""

import json
from typing import Any

import httpx2

from tests.clients import Client


def body(**request: Any) -> bytes:
    return json.dumps(request).encode()


async def post(client: Client, content: bytes, content_type: str | None = None) -> httpx2.Response:
    headers = {"content-type": content_type or "application/json"}
    return await client.http.post("/graphql", content=content, headers=headers)


async def answer(client: Client, document: str, accept: str) -> httpx2.Response:
    return await client.http.post("/graphql", json={"query": document}, headers={"accept": accept})


def assert_refused(answer: httpx2.Response, status: int = 400) -> None:
    """In JSON, in GraphQL's shape, with a code and without data."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    [error] = answer.json()["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"]
    assert "data" not in answer.json()
