"""`Idempotency-Key`: a mutation that is sent again is answered again and not made again (ADR 0033).

The header is that of draft-ietf-httpapi-idempotency-key-header. The change, its payload and what is
kept of both are one transaction; what is to be tried again leaves nothing behind.
"""

import json
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import GraphQLError
from graphql.execution.executor import CollectedErrors
from starlette.requests import HTTPConnection

import errors
from models import bundle
from resolvers.idempotency import Attempt
from schema.context import Context, Resend, SessionCookie
from schema.errors import wrapped

HEADER, REPLAYED = "idempotency-key", "idempotency-replayed"
LONGEST_ANSWER = 1024 * 1024
_KEY = re.compile(r'("?)([!#-~](?:[ !#-~]{0,253}[!#-~])?)\1')
_BAD_KEY = "`Idempotency-Key` is 1 to 255 printable ASCII characters but quotes, such as a UUID."
_ONE_ONLY = "With `Idempotency-Key` send one mutation at a time."
_TOO_LONG = "The answer is too long to be kept for `Idempotency-Key`: select less."


def asked(connection: HTTPConnection, *sent: object) -> Resend | None:
    """What the header says of a request, of which `sent` is all that makes it another one."""
    keys = connection.headers.getlist(HEADER)
    return Resend(keys, json.dumps(sent, sort_keys=True)) if keys else None


async def once(
    context: Context, names: Sequence[str], run: Callable[[], Awaitable[Any]], told: CollectedErrors
) -> dict[str, Any] | None:
    """The data of a mutation with those root fields; None where it is undone for what is `told`.

    Raises:
        GraphQLError: it is not run.
    """
    attempt = await _attempt(context, names)
    data = await _make(context, attempt, run, told) if attempt.answer is None else None
    answer = attempt.answer
    if answer is None:
        return data
    told.errors.clear()  # where somebody else has made it meanwhile
    return _say_again(context, answer)


async def _attempt(context: Context, names: Sequence[str]) -> Attempt:
    assert context.resend is not None  # noqa: S101 why we are here
    key = _key(context.resend.keys)
    if len(names) > 1:
        raise GraphQLError(_ONE_ONLY)
    try:
        await context.identify()
        attempt = Attempt(
            context.viewer,
            context.token,
            key=key,
            mutation=names[0],
            payload=context.resend.payload,
        )
        await attempt.recall()
    except errors.Failure as failure:
        raise wrapped(failure) from failure
    return attempt


def _key(given: list[str]) -> str:
    """The draft has it in quotes, most clients send it bare: that is the same key."""
    found = _KEY.fullmatch(given[0]) if len(given) == 1 else None
    if found is None:
        raise GraphQLError(_BAD_KEY)
    return found[2]


async def _make(
    context: Context,
    attempt: Attempt,
    run: Callable[[], Awaitable[Any]],
    told: CollectedErrors,
) -> dict[str, Any] | None:
    """What changed nothing is not kept: asking again costs nothing, and may turn out better."""
    cookie, context.cookie = context.cookie, (pending := _PendingCookie())
    async with bundle.begun(attempt.claim) as changes:
        data: dict[str, Any] = await run()
        if told.errors:
            return None
        if any(isinstance(failure, errors.RateLimited) for failure in context.failures):
            return data
        if changes.changed:
            await _commit(changes, attempt, _encoded(data, pending))
    pending.reach(cookie)
    return data


async def _commit(changes: bundle.Bundle, attempt: Attempt, answer: str) -> None:
    try:
        await attempt.keep(answer)
        await changes.commit()
    except errors.Failure as failure:
        raise wrapped(failure) from failure


def _encoded(data: dict[str, Any], pending: "_PendingCookie") -> str:
    answer = orjson.dumps({"data": data, "cookie": pending.steps})
    if len(answer) > LONGEST_ANSWER:
        raise GraphQLError(_TOO_LONG)
    return answer.decode()


def _say_again(context: Context, answer: str) -> dict[str, Any]:
    assert context.resend is not None  # noqa: S101 why we are here
    said = orjson.loads(answer)
    _PendingCookie(said["cookie"]).reach(context.cookie)
    context.resend.is_replayed = True
    data: dict[str, Any] = said["data"]
    return data


@dataclass
class _PendingCookie:
    """What becomes of the session cookie once the change is made: tokens, None to drop it."""

    steps: list[str | None] = field(default_factory=list)

    def keep(self, token: str) -> None:
        self.steps.append(str(token))

    def drop(self) -> None:
        self.steps.append(None)

    def reach(self, cookie: SessionCookie) -> None:
        for token in self.steps:
            if token is None:
                cookie.drop()
            else:
                cookie.keep(token)
