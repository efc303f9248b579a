"""How an app hears what it is asked to do: a signed call to its control address (ADR 0023).

The address is a customer's, as is whatever answers there: it may hang, lie or lead elsewhere. No
trouble with one app is the others', so nothing here is ever `Unavailable`.
"""

import asyncio
import ssl
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self

import httpcore
import orjson

from auth import sealing, webhooks
from mail.destinations import NotPublic, PublicOnly
from mail.letters import SecretForgotten
from mail.transport import PermanentFailure, TemporaryFailure
from models import (
    App,
    AppAccess,
    AppAction,
    AppActionState,
    AppRight,
    Channel,
    Member,
    MemberStatus,
    OutboxEntry,
    clock,
)
from settings import Settings

LONGEST_ANSWER = 64 * 1024
_DEADLINE = timedelta(seconds=30)
_LATER = frozenset({408, 425, 429})
_TROUBLE = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    OSError,  # TLS, and our own deadline
)


@dataclass(frozen=True, slots=True)
class Call:
    """What an app is asked, and where; `body` is the same at each attempt."""

    action_id: str
    url: str = field(repr=False)
    sealed_secret: str = field(repr=False)
    body: str = field(repr=False)

    def headers(self) -> dict[str, str]:
        """Signed, for now.

        Raises:
            SecretForgotten
        """
        secret = sealing.unseal(self.sealed_secret)
        if secret is None:
            raise SecretForgotten
        return {
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "Tenantry",
        } | webhooks.headers(secret, message_id=self.action_id, body=self.body, at=clock.now())


@dataclass(frozen=True, slots=True)
class Answer:
    """What the app made of it, `DONE` or `REFUSED`, and what it says."""

    state: AppActionState
    text: str = field(repr=False)


async def of(entry: OutboxEntry) -> Call | None:
    """The call of an entry; None where the app has no control address any more, or who asked does
    not administer it any more. Runs in the transaction that claims the entry.
    """
    action = await AppAction.get(id=entry.app_action_id).select_related("app")
    app = action.app
    if app.control_url is None or app.control_secret is None or not await _may_ask(action):
        return None
    return Call(action.id, app.control_url, app.control_secret, _body(action, app))


async def _may_ask(action: AppAction) -> bool:
    held = AppAccess.filter(
        member_id=action.member_id, app_id=action.app_id, right=AppRight.LAUNCH_AND_ADMINISTER
    )
    joined = Member.filter(id=action.member_id, status=MemberStatus.JOINED)
    return await held.exists() and await joined.exists()


def _body(action: AppAction, app: App) -> str:
    asked = {
        "id": action.id,
        "action": action.action,
        "argument": action.argument,
        "app": app.id,
        "tenant": app.tenant_id,
        "requestedBy": action.member_id,
    }
    moment = action.requested_at
    return orjson.dumps({"type": "app.action", "timestamp": moment, "data": asked}).decode()


async def record(entry: OutboxEntry, answer: Answer | None) -> None:
    """What became of the action; None: no answer has come, and none will.

    Runs in the transaction that finishes the entry.
    """
    await AppAction.filter(id=entry.app_action_id).update(
        state=answer.state if answer else AppActionState.FAILED,
        answer=answer.text if answer else None,
        answered_at=clock.now(),
    )


@dataclass(frozen=True, slots=True)
class AppCaller:
    """A connection a call. `deadline` is for the whole of it, however slowly the app answers.

    `private`: addresses in our own network are fine, as in development.
    """

    private: bool = False
    deadline: timedelta = _DEADLINE
    channel: Channel = Channel.APP
    tls: ssl.SSLContext = field(
        default_factory=ssl.create_default_context, repr=False, compare=False
    )

    @classmethod
    def at(cls, settings: Settings) -> Self:
        return cls(private=settings.calls_private_apps)

    async def call(self, call: Call) -> Answer:
        """What the app says.

        Raises:
            TemporaryFailure: nothing that could be kept; it may be asked again.
            PermanentFailure: there is nobody who may be asked.
            SecretForgotten
        """
        try:
            async with asyncio.timeout(self.deadline.total_seconds()):
                status, text = await self._post(call)
        except NotPublic as error:
            raise PermanentFailure("NotPublic") from error
        except _TROUBLE as error:
            raise TemporaryFailure(type(error).__name__) from error
        return Answer(_judge(status), text)

    async def _post(self, call: Call) -> tuple[int, str]:
        """Nothing follows a redirection or asks a proxy here."""
        seconds = self.deadline.total_seconds()
        pool = httpcore.AsyncConnectionPool(
            ssl_context=self.tls, network_backend=None if self.private else PublicOnly()
        )
        async with (
            pool,
            pool.stream(
                "POST",
                call.url,
                headers=list(call.headers().items()),
                content=call.body.encode(),
                extensions={"timeout": {"connect": seconds / 3, "read": seconds, "write": seconds}},
            ) as response,
        ):
            return response.status, await _read(response)


async def _read(response: httpcore.Response) -> str:
    """The first 64 KB as text that may be stored."""
    found = bytearray()
    async for part in response.aiter_stream():
        found += part
        if len(found) >= LONGEST_ANSWER:
            break
    return (
        found[:LONGEST_ANSWER].decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    )


def _judge(status: int) -> AppActionState:
    """Raises:
    TemporaryFailure: it is neither a yes nor a no.
    """
    match status // 100:
        case 2:
            return AppActionState.DONE
        case 4 if status not in _LATER:
            return AppActionState.REFUSED
    raise TemporaryFailure(f"HTTP {status}")
