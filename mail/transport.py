"""How a mail leaves: over SMTP, or into the development mailbox.

The URL says what is encrypted, and nothing is negotiated: `smtp://` stays plain although a server
may offer more, `smtp+starttls://` sends nothing where the offer is missing, `smtps://` begins
encrypted. Certificates are verified.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP as ON_THE_WIRE
from pathlib import Path
from typing import Protocol, Self
from urllib.parse import unquote, urlsplit

import aiosmtplib

from models import Channel, ids
from settings import ConfigurationError, Settings

_DEADLINE = timedelta(seconds=30)
_PROMPTLY = 5  # seconds
_TEXT = ON_THE_WIRE.clone(cte_type="7bit")  # also where 8BITMIME is not offered
_PERMANENT = 500
_CREDENTIALS_WANTED = frozenset({530, 534, 535, 538})
_ENHANCED_CODE = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")
_TROUBLE = (aiosmtplib.SMTPException, OSError)  # OSError: broken connections, TLS, time-outs


class TemporaryFailure(Exception):
    """It may work later. `reason` is for operators and holds nobody's address."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unavailable(TemporaryFailure):
    """No mail would leave now, whatever it is: the server is away or refuses us."""


class PermanentFailure(Exception):
    """It will never work for this mail. `reason` as above."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Transport(Protocol):
    @property
    def channel(self) -> Channel:
        """Which entries of the outbox it takes."""

    async def send(self, message: EmailMessage, *, recipient: str) -> None:
        """Hand `message` over for `recipient` alone, whatever its headers say.

        Raises:
            TemporaryFailure, PermanentFailure: it has not been handed over.
        """

    async def part(self) -> None:
        """Nothing is due for now: let go of what was kept for the next one."""


def choose(settings: Settings) -> Transport:
    """SMTP where the settings name a server, else the development mailbox.

    Raises:
        ConfigurationError: the address of the server cannot be used.
    """
    if settings.smtp_url is None:
        return MailboxTransport(mailbox_folder(settings))
    try:
        return SmtpTransport.at(settings.smtp_url.get_secret_value(), settings.mail_envelope_from)
    except ValueError:
        raise ConfigurationError(
            "TENANTRY_SMTP_URL: must be smtp://, smtp+starttls:// or smtps://, then"
            " user:password@host:port"
        ) from None


def mailbox_folder(settings: Settings) -> Path:
    """Where the development mailbox keeps its mails."""
    return settings.data_dir / "mailbox"


@dataclass(frozen=True, slots=True)
class SmtpTransport:
    """A connection for each mail under way, kept for those to come. `deadline` is for the whole of
    a mail: servers may answer byte by byte.

    Bounces go to `envelope_from`, else to the mail's own From.
    """

    host: str
    port: int | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    use_tls: bool = False
    start_tls: bool = False
    envelope_from: str | None = None
    deadline: timedelta = _DEADLINE
    channel: Channel = Channel.MAIL
    _kept: list[aiosmtplib.SMTP] = field(
        default_factory=list, init=False, repr=False, compare=False
    )

    @classmethod
    def at(cls, url: str, envelope_from: str | None = None) -> Self:
        """The server at `smtp://`, `smtp+starttls://` or `smtps://` `user:password@host:port`.

        Raises:
            ValueError: it is none of these.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtp+starttls", "smtps"} or not parts.hostname:
            raise ValueError
        return cls(
            host=parts.hostname,
            port=parts.port,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            use_tls=parts.scheme == "smtps",
            start_tls=parts.scheme == "smtp+starttls",
            envelope_from=envelope_from,
        )

    async def send(self, message: EmailMessage, *, recipient: str) -> None:
        until = _now() + self.deadline.total_seconds()
        sender = self.envelope_from or message["From"].addresses[0].addr_spec
        text = message.as_bytes(policy=_TEXT)
        client = await self._begin(sender, until)
        async with _talking(client, until, _of_this_mail):
            await client.rcpt(recipient)
            await client.data(text)
        self._kept.append(client)

    async def part(self) -> None:
        kept = [self._kept.pop() for _ in range(len(self._kept))]
        await asyncio.gather(*(self._say_goodbye(client) for client in kept))

    async def _say_goodbye(self, client: aiosmtplib.SMTP) -> None:
        """Its mails are theirs already: whatever happens now, they are sent."""
        until = _now() + min(self.deadline.total_seconds(), _PROMPTLY)
        with suppress(Unavailable):
            async with _talking(client, until, _of_all):
                await client.quit()

    async def _begin(self, sender: str, until: float) -> aiosmtplib.SMTP:
        """A connection on which a mail has begun; nothing of it is known to the server yet, so no
        failure is the mail's.

        A server parts, or has had enough of one connection, when it likes: then on a new one.
        """
        while self._kept:
            client, promptly = self._kept.pop(), min(until, _now() + _PROMPTLY)
            with suppress(Unavailable):
                async with _talking(client, promptly, _of_all):
                    await client.mail(sender)
                    return client
        client = self._client()
        async with _talking(client, until, _of_all):
            await client.connect()
            await client.mail(sender)
        return client

    def _client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            username=self.username,
            password=self.password,
            use_tls=self.use_tls,
            start_tls=self.start_tls,
            timeout=None,  # `_talking` has the time
        )


def _now() -> float:
    return asyncio.get_running_loop().time()


@asynccontextmanager
async def _talking(
    client: aiosmtplib.SMTP, until: float, judge: Callable[[Exception], Exception]
) -> AsyncIterator[None]:
    """A part of a dialogue: a connection on which anything goes wrong is not kept, and `judge` says
    what that makes of the mail.
    """
    try:
        async with asyncio.timeout_at(until):
            yield
    except BaseException as error:
        client.close()
        if isinstance(error, _TROUBLE):
            raise judge(error) from error
        raise


def _of_all(error: Exception) -> Unavailable:
    return Unavailable(_reason(error))


def _of_this_mail(error: Exception) -> TemporaryFailure | PermanentFailure:
    reason = _reason(error)
    if not isinstance(error, aiosmtplib.SMTPResponseException):
        return TemporaryFailure(reason)
    if error.code in _CREDENTIALS_WANTED:
        return Unavailable(reason)
    if error.code >= _PERMANENT:
        return PermanentFailure(reason)
    return TemporaryFailure(reason)


def _reason(error: Exception) -> str:
    """Kind and codes only: what a server says beside them often holds the recipient's address."""
    if not isinstance(error, aiosmtplib.SMTPResponseException):
        return type(error).__name__
    enhanced = _ENHANCED_CODE.match(error.message)
    codes = f"{error.code} {enhanced[0]}" if enhanced else f"{error.code}"
    return f"{type(error).__name__} {codes}"


@dataclass(frozen=True, slots=True)
class MailboxTransport:
    """Keeps each mail in `folder` as a file of its own; their names sort by time."""

    folder: Path
    channel: Channel = Channel.MAIL

    async def send(self, message: EmailMessage, *, recipient: str) -> None:
        envelope = f"Delivered-To: {recipient}\n".encode()
        try:
            await asyncio.to_thread(self._keep, envelope + message.as_bytes())
        except OSError as error:
            raise Unavailable(type(error).__name__) from error

    async def part(self) -> None:
        """Each mail is a file of its own."""

    def _keep(self, mail: bytes) -> None:
        """A reader finds the whole file or none.

        It is named when it is whole, so that who asks for what came after another mail misses none.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = self.folder / f"{ids.new('eml')}.partial"
        partial.write_bytes(mail)
        partial.rename(self.folder / f"{ids.new('eml')}.eml")
