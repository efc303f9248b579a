"""A signed call to an address that a customer has named: of his app, or of his webhook.

Whatever answers there is his as well: it may hang, lie or lead elsewhere. No trouble with one of
them is the others', so nothing here is ever `Unavailable`.
"""

import asyncio
import ssl
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import timedelta

import httpcore

from auth import sealing, webhooks
from mail.destinations import NotPublic, PublicOnly
from mail.letters import SecretForgotten
from mail.outcomes import Outcome, Reply
from mail.transport import PermanentFailure, TemporaryFailure
from models import Channel, OutboxEntry, clock

_DEADLINE = timedelta(seconds=30)
_TROUBLE = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    OSError,  # TLS, and our own deadline
)


class Refused(TemporaryFailure):
    """An answer that settles nothing; it may be asked again."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"HTTP {reply.status}")
        self.reply = reply


class RefusedForGood(PermanentFailure):
    """An answer after which nobody asks again."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"HTTP {reply.status}")
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Call:
    """What is posted, and where; `body` is the same at each attempt, and so is `message_id`, by
    which the receiver knows one that comes again. Each of the secrets signs it, the first one in
    any case.
    """

    message_id: str
    url: str = field(repr=False)
    sealed_secrets: tuple[str, ...] = field(repr=False)
    body: str = field(repr=False)

    def headers(self) -> dict[str, str]:
        """Signed, for now.

        Raises:
            SecretForgotten
        """
        first, *others = map(sealing.unseal, self.sealed_secrets)
        if first is None:
            raise SecretForgotten
        secrets = [first, *(secret for secret in others if secret is not None)]
        return {
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "Tenantry",
        } | webhooks.headers(*secrets, message_id=self.message_id, body=self.body, at=clock.now())


@dataclass(frozen=True, slots=True)
class Caller(ABC):
    """A connection a call. `deadline` is for the whole of it, however slowly the answer comes.

    `private`: addresses in our own network are fine, as in development.
    """

    private: bool = False
    deadline: timedelta = _DEADLINE
    tls: ssl.SSLContext = field(
        default_factory=ssl.create_default_context, repr=False, compare=False
    )

    @property
    @abstractmethod
    def channel(self) -> Channel:
        """Which entries of the outbox it takes."""

    @abstractmethod
    async def parcel(self, entry: OutboxEntry) -> Call | None:
        """The call of an entry; None where nobody is to be called any more. Runs in the transaction
        that claims the entry.
        """

    @abstractmethod
    async def call(self, call: Call) -> Reply:
        """The answer, where it settles the matter.

        Raises:
            TemporaryFailure: nothing that could be kept; it may be asked again.
            PermanentFailure: there is nobody who may be asked.
            SecretForgotten
        """

    async def part(self) -> None:  # noqa: B027 nothing to be kept by any
        """Each call goes somewhere else."""

    @abstractmethod
    async def hold(self, entry: OutboxEntry) -> None:
        """Lock what `record` is going to change, before the entry is. Runs in the transaction that
        writes the outcome.
        """

    @abstractmethod
    async def record(self, entry: OutboxEntry, outcome: Outcome) -> None:
        """What has become of the attempt. Runs in the transaction that writes it to the entry."""

    async def post(self, call: Call, *, longest: int) -> Reply:
        """What comes back, with the first `longest` bytes of its text; raises as `call`."""
        try:
            async with asyncio.timeout(self.deadline.total_seconds()):
                return await self._post(call, longest)
        except NotPublic as error:
            raise PermanentFailure("NotPublic") from error
        except _TROUBLE as error:
            raise TemporaryFailure(type(error).__name__) from error

    async def _post(self, call: Call, longest: int) -> Reply:
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
            return Reply(response.status, await _read(response, longest))


async def _read(response: httpcore.Response, longest: int) -> str:
    """The beginning of it, as text that may be stored."""
    found = bytearray()
    if longest:
        async for part in response.aiter_stream():
            found += part
            if len(found) >= longest:
                break
    return found[:longest].decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
