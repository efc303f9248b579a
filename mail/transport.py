"""How a mail leaves: over SMTP, or into the development mailbox.

The URL says what is encrypted, and nothing is negotiated: `smtp://` stays plain although a server
may offer more, `smtp+starttls://` sends nothing where the offer is missing, `smtps://` begins
encrypted. Certificates are verified.
"""

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol, Self
from urllib.parse import unquote, urlsplit

import aiosmtplib

from models import Channel, ids
from settings import ConfigurationError, Settings

_DEADLINE = timedelta(seconds=30)
_PERMANENT = 500
_CREDENTIALS_WANTED = frozenset({530, 534, 535, 538})
_ENHANCED_CODE = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")
_REFUSES_US = (aiosmtplib.SMTPHeloError, aiosmtplib.SMTPSenderRefused)
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
    """A connection a mail. `deadline` is for the whole of it: servers may answer byte by byte.

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
        client = self._client()
        until = asyncio.get_running_loop().time() + self.deadline.total_seconds()
        try:
            await _connect(client, until)
            await _hand_over(client, message, self.envelope_from, recipient, until=until)
            await _part(client, until)
        finally:
            client.close()

    def _client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            username=self.username,
            password=self.password,
            use_tls=self.use_tls,
            start_tls=self.start_tls,
            timeout=self.deadline.total_seconds(),
        )


async def _connect(client: aiosmtplib.SMTP, until: float) -> None:
    """Nothing of the mail is known to the server yet, so no failure is the mail's."""
    try:
        async with asyncio.timeout_at(until):
            await client.connect()
    except _TROUBLE as error:
        raise Unavailable(_reason(error)) from error


async def _hand_over(
    client: aiosmtplib.SMTP,
    message: EmailMessage,
    sender: str | None,
    recipient: str,
    *,
    until: float,
) -> None:
    try:
        async with asyncio.timeout_at(until):
            await client.send_message(message, sender=sender, recipients=[recipient])
    except _TROUBLE as error:
        raise _failure(error) from error


async def _part(client: aiosmtplib.SMTP, until: float) -> None:
    """The mail is theirs already: whatever happens now, it is sent."""
    with suppress(*_TROUBLE):
        async with asyncio.timeout_at(until):
            await client.quit()


def _failure(error: Exception) -> TemporaryFailure | PermanentFailure:
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        error = error.recipients[0]
    reason = _reason(error)
    if not isinstance(error, aiosmtplib.SMTPResponseException):
        return TemporaryFailure(reason)
    if isinstance(error, _REFUSES_US) or error.code in _CREDENTIALS_WANTED:
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

    def _keep(self, mail: bytes) -> None:
        """A reader finds the whole file or none.

        It is named when it is whole, so that who asks for what came after another mail misses none.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = self.folder / f"{ids.new('eml')}.partial"
        partial.write_bytes(mail)
        partial.rename(self.folder / f"{ids.new('eml')}.eml")
