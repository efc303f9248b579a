"""An SMTP server that misbehaves as a test tells it, over a real socket.

It goes through the steps of a dialogue: `banner`, each command by its name, and `text` for the end
of the mail. `acts` says what it does at a step in place of the usual reply.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from mail.transport import SmtpTransport
from server import worker


@dataclass
class Dialogue:
    """One connection; `steps` are those it has come to."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    steps: list[str] = field(default_factory=list)
    sender: str = ""
    recipient: str = ""

    async def say(self, *lines: str) -> None:
        self.writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await self.writer.drain()


Act = Callable[[Dialogue], Awaitable[str | None]]
"""The reply; None for the usual one. ConnectionError breaks the connection."""


@dataclass(frozen=True)
class Received:
    """What it has said yes to, whether or not somebody heard that."""

    sender: str
    recipient: str
    message: EmailMessage
    is_encrypted: bool


@dataclass
class Mailserver:
    """`received` in the order in which it came; STARTTLS is offered where there is `tls`."""

    acts: Mapping[str, str | Act] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    port: int = 0
    received: list[Received] = field(default_factory=list)
    dialogues: list[Dialogue] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def recipients(self) -> list[str]:
        return [each.recipient for each in self.received]

    def count(self, step: str) -> int:
        """How often it was come to, in all dialogues."""
        return sum(dialogue.steps.count(step) for dialogue in self.dialogues)

    async def talk(self, dialogue: Dialogue) -> None:
        self.dialogues.append(dialogue)
        await dialogue.say(*await self._decide(dialogue, "banner", "220 localhost"))
        while line := (await dialogue.reader.readline()).decode().strip():
            command = line.partition(" ")[0].upper()
            if command in _NAMING:
                setattr(dialogue, _NAMING[command], line.partition("<")[2].partition(">")[0])
            replies = await self._decide(dialogue, command, *self._usual(command))
            await dialogue.say(*replies)
            if command == "STARTTLS" and replies[0].startswith("220"):
                await dialogue.writer.start_tls(self.tls)  # type: ignore[arg-type]  # was offered
            if command == "DATA" and replies[0].startswith("354"):
                await self._take(dialogue)
            if command == "QUIT":
                return

    def _usual(self, command: str) -> tuple[str, ...]:
        offer = ["250-STARTTLS"] if self.tls else []
        usual = {
            "EHLO": ("250-localhost", *offer, "250-AUTH PLAIN", "250 8BITMIME"),
            "STARTTLS": ("220 go on",),
            "AUTH": ("235 welcome",),
            "DATA": ("354 go on",),
            "QUIT": ("221 bye",),
        }
        return usual.get(command, ("250 OK",))

    async def _decide(self, dialogue: Dialogue, step: str, *usual: str) -> tuple[str, ...]:
        dialogue.steps.append(step)
        act = self.acts.get(step)
        reply = act if act is None or isinstance(act, str) else await act(dialogue)
        return usual if reply is None else (reply,)

    async def _take(self, dialogue: Dialogue) -> None:
        text = await dialogue.reader.readuntil(b"\r\n.\r\n")
        [reply] = await self._decide(dialogue, "text", "250 taken")
        if reply.startswith("250"):
            message = message_from_bytes(text[:-3].replace(b"\r\n..", b"\r\n."), policy=default)
            encrypted = dialogue.writer.get_extra_info("ssl_object") is not None
            taken = Received(dialogue.sender, dialogue.recipient, message, encrypted)
            self.received.append(taken)
        await dialogue.say(reply)


_NAMING = {"MAIL": "sender", "RCPT": "recipient"}


@asynccontextmanager
async def listening(server: Mailserver, *, encrypted: bool = False) -> AsyncIterator[Mailserver]:
    """On `port`, or a free one; `encrypted` from the first byte. What hangs ends with the block."""
    talking: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talking.add(task)
        try:
            await server.talk(Dialogue(reader, writer))
        except (OSError, EOFError, asyncio.CancelledError):
            pass  # it is gone, or this is over
        finally:
            talking.discard(task)
            writer.close()

    tls = server.tls if encrypted else None
    listener = await asyncio.start_server(serve, "127.0.0.1", server.port, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        for task in talking:
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)


@asynccontextmanager
async def delivering(server: Mailserver) -> AsyncIterator[None]:
    """A worker beside the block, which waits for no trouble."""
    stop, pause = asyncio.Event(), timedelta(seconds=0.05)
    carrier = SmtpTransport.at(server.url)
    run = asyncio.create_task(worker.run(carrier, stop=stop, idle=pause, trouble=pause))
    try:
        yield
    finally:
        stop.set()
        await run


async def silent(_: Dialogue) -> None:
    """Says nothing, and stays."""
    await asyncio.Event().wait()


async def drop(_: Dialogue) -> None:
    raise ConnectionResetError


async def drip(dialogue: Dialogue) -> None:
    """Each byte comes in time, all of them do not."""
    for byte in b"250-" + b"slow" * 1000:
        dialogue.writer.write(bytes([byte]))
        await dialogue.writer.drain()
        await asyncio.sleep(0.02)


async def babble(dialogue: Dialogue) -> None:
    """A reply of ever more lines."""
    while True:
        await dialogue.say("250-and another thing")
        await asyncio.sleep(0.001)


async def roar(dialogue: Dialogue) -> None:
    """A line without an end."""
    while True:
        dialogue.writer.write(b"x" * 4096)
        await dialogue.writer.drain()


def after(seconds: float) -> Act:
    """The usual, late."""

    async def act(_: Dialogue) -> None:
        await asyncio.sleep(seconds)

    return act
