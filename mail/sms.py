"""How an SMS leaves: posted to an HTTP gateway, or into the development mailbox.

Of the gateway's answer only the status counts; what follows it is not even read, so its length
does not matter, nor what it repeats. No proxy that the environment may name is asked.
"""

import asyncio
import ssl
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from typing import Self

import httpx

from mail.transport import (
    MailboxTransport,
    PermanentFailure,
    TemporaryFailure,
    Transport,
    Unavailable,
    mailbox_folder,
)
from models import Channel
from settings import Settings
from settings.sms_gateway import Body

_DEADLINE = timedelta(seconds=30)
_NOT_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout)
_REFUSES_US = frozenset({401, 402, 403, 407})  # credentials, or an account without credit
_LATER = frozenset({408, 425, 429})


def choose(settings: Settings) -> Transport | None:
    """The gateway where the settings name one, else the development mailbox; None in production."""
    if settings.sms_url is not None:
        return GatewayTransport.at(settings)
    if settings.sends_sms:
        return MailboxTransport(mailbox_folder(settings), Channel.SMS)
    return None


@dataclass(frozen=True, slots=True)
class GatewayTransport:
    """A connection an SMS. `deadline` is for the whole of it, however slowly the gateway answers.

    A third of it is for connecting, and as much for TLS: a failure there concerns every SMS, one
    that comes later this SMS alone.
    """

    url: str = field(repr=False)
    body: Body
    authorization: str | None = field(default=None, repr=False)
    deadline: timedelta = _DEADLINE
    channel: Channel = Channel.SMS
    tls: ssl.SSLContext = field(
        default_factory=ssl.create_default_context, repr=False, compare=False
    )

    @classmethod
    def at(cls, settings: Settings) -> Self:
        assert settings.sms_url is not None  # noqa: S101 `choose` has seen to it
        authorization = settings.sms_authorization
        return cls(
            settings.sms_url.get_secret_value(),
            Body.of(settings.sms_body),
            authorization.get_secret_value() if authorization else None,
        )

    async def send(self, message: EmailMessage, *, recipient: str) -> None:
        try:
            async with asyncio.timeout(self.deadline.total_seconds()):
                status = await self._post(message, recipient)
        except _NOT_CONNECTED as error:
            raise Unavailable(type(error).__name__) from error
        except (httpx.TransportError, OSError) as error:
            raise TemporaryFailure(type(error).__name__) from error
        _judge(status)

    async def part(self) -> None:
        """Nothing is kept."""

    async def _post(self, message: EmailMessage, recipient: str) -> int:
        """The status of the gateway's answer; what follows it is left unread."""
        text = str(message.get_content()).rstrip("\n")
        seconds = self.deadline.total_seconds()
        client = httpx.AsyncClient(
            verify=self.tls,
            trust_env=False,
            timeout=httpx.Timeout(seconds, connect=seconds / 3),
        )
        async with (
            client,
            client.stream(
                "POST",
                self.url,
                content=self.body.write(to=recipient, text=text),
                headers=self._headers(message),
            ) as response,
        ):
            return response.status_code

    def _headers(self, message: EmailMessage) -> dict[str, str]:
        """A gateway that knows the key sends copies of one SMS once."""
        headers = {
            "Content-Type": self.body.content_type,
            "Idempotency-Key": str(message["Message-ID"]).strip("<>"),
            "User-Agent": "Tenantry",
        }
        if self.authorization is not None:
            headers["Authorization"] = self.authorization
        return headers


def _judge(status: int) -> None:
    """A redirection is not followed: the address in the settings is the wrong one.

    Raises:
        TemporaryFailure, PermanentFailure: the gateway has not taken the SMS.
    """
    reason = f"HTTP {status}"
    if httpx.codes.is_success(status):
        return
    if status in _REFUSES_US or httpx.codes.is_redirect(status):
        raise Unavailable(reason)
    if status in _LATER or httpx.codes.is_server_error(status):
        raise TemporaryFailure(reason)
    raise PermanentFailure(reason)
