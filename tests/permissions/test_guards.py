"""Guards say yes by a truth and in no other manner (CASES 42)."""

import inspect
from collections.abc import AsyncIterator
from typing import Any

import pytest
import strawberry
from strawberry.permission import BasePermission

from permissions import fields
from permissions.fields import guard

GUARDS = [
    kind
    for _, kind in inspect.getmembers(fields, inspect.isclass)
    if issubclass(kind, BasePermission) and kind is not BasePermission
]


async def _answer() -> bool:
    return True


def truth(answer: Any) -> type[BasePermission]:
    """A guard that answers so."""

    class Guard(BasePermission):
        def has_permission(self, source: Any, info: Any, **kwargs: Any) -> Any:  # noqa: ARG002 the library's signature
            return answer() if callable(answer) else answer

    return Guard


async def _stream() -> AsyncIterator[bool]:
    yield True


async def ask(kind: type[BasePermission], *, later: bool) -> Any:
    """What a field behind such a guard shows, whether or not its body has to be waited for."""

    def at_once() -> str:
        return "secret"

    async def in_a_while() -> str:
        return "secret"

    resolver = in_a_while if later else at_once
    field = strawberry.field(resolver=resolver, extensions=guard(kind()))
    query = strawberry.type(type("Query", (), {"__annotations__": {}, "field": field}))
    return await strawberry.Schema(query).execute("{ field }")


@pytest.mark.parametrize("kind", GUARDS, ids=lambda kind: kind.__name__)
def test_a_guard_decides_at_once(kind: type[BasePermission]) -> None:
    """CASES 42: none of ours is a coroutine, and each is typed to give a truth."""
    assert not inspect.iscoroutinefunction(kind.has_permission)
    assert not inspect.isasyncgenfunction(kind.has_permission)
    assert inspect.signature(kind.has_permission).return_annotation is bool


@pytest.mark.parametrize("later", [False, True], ids=["at once", "in a while"])
@pytest.mark.parametrize(
    "answer", [_answer, _stream, 1, "yes", None, False], ids=["awaitable", "stream", *"1yn", "no"]
)
async def test_what_is_no_plain_yes_is_a_no(answer: Any, *, later: bool) -> None:
    """CASES 42 (CVE-2026-107728): an awaitable is true to whoever does not wait for it."""
    told = await ask(truth(answer), later=later)
    assert (told.data, len(told.errors)) == (None, 1)


async def test_a_plain_yes_is_a_yes() -> None:
    """So that the above proves something."""
    for later in (False, True):
        assert (await ask(truth(True), later=later)).data == {"field": "secret"}  # noqa: FBT003 the very value
