"""The far end of SMTP: a real server on a free port that answers as a test tells it."""

import asyncio
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

CERTIFICATE = Path(__file__).with_name("localhost.pem")  # worthless: its key lies beside it


class Sink:
    """`received` holds what was accepted; `replies["RCPT"]` what to answer next instead of 250."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.senders: list[str] = []
        self.encrypted: list[bool] = []
        self.logins: list[tuple[str, str]] = []
        self.replies: dict[str, list[str]] = defaultdict(list)
        self.before_reply: Callable[[], Awaitable[None]] | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_MAIL(  # noqa: N802 aiosmtpd calls it so
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        self.senders.append(address)
        envelope.mail_options.extend(options)
        return self._reply("MAIL")

    async def handle_RCPT(  # noqa: N802 as above
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self._reply("RCPT")

    async def handle_DATA(  # noqa: N802 as above
        self, _server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.before_reply is not None:
            await self.before_reply()
        reply = self._reply("DATA")
        if reply.startswith("250"):
            self.received.append(
                message_from_bytes(envelope.original_content or b"", policy=default)
            )
            self.recipients.append(envelope.rcpt_tos)
            self.encrypted.append(session.ssl is not None)
        return reply

    def authenticate(self, *credentials: Any) -> AuthResult:
        data: LoginPassword = credentials[-1]
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=not self.replies["AUTH"], handled=False)

    def _reply(self, command: str) -> str:
        return self.replies[command].pop(0) if self.replies[command] else "250 OK"


@asynccontextmanager
async def listening(
    sink: Sink, *, tls: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[Sink]:
    """`tls` encrypts from the first byte; `options` are aiosmtpd's."""
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(sink, hostname="localhost", **options),
        "127.0.0.1",
        sink.port,
        ssl=tls,
    )
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        server.close()
        await server.wait_closed()


def certified() -> ssl.SSLContext:
    """A server's side of TLS, for the name `localhost`."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    return context


def read(message: EmailMessage, kind: str = "plain") -> str:
    """The `plain` or `html` part as its reader sees it."""
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")
