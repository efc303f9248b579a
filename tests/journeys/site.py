"""A server on a real socket, and the mail it sends: what a journey goes through."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol, Self

import httpx2

from mail import mailbox
from tests.clients import Client
from tests.factories import PASSWORD
from tests.mail import sink as sinks
from tests.mail.gateway import Gateway
from tests.mail.sink import Sink

ARRIVES_WITHIN = 30


@dataclass(frozen=True)
class Letter:
    """A mail or an SMS as its reader sees it."""

    subject: str
    text: str

    @property
    def link(self) -> str:
        [link] = [found[0] for found in mailbox.links(self.text) if "#" in found[0]]
        return link

    @property
    def token(self) -> str:
        return self.link.partition("#")[2]


class Post(Protocol):
    """Where mails and SMS arrive."""

    async def letters(self, to: str) -> list[Letter]:
        """Everything that has come for that address or number, oldest first."""


@dataclass
class Smtp:
    """And the HTTP gateway beside it."""

    sink: Sink
    gateway: Gateway = field(default_factory=Gateway)

    async def letters(self, to: str) -> list[Letter]:
        received = zip(self.sink.recipients, self.sink.received, strict=True)
        mails = [
            Letter(mail["Subject"], sinks.read(mail))
            for [address], mail in received
            if address == to
        ]
        told = [request.json for request in self.gateway.received]
        return mails + [Letter("SMS", sms["text"]) for sms in told if sms["to"] == to]


@dataclass
class Mailbox:
    url: str

    async def letters(self, to: str) -> list[Letter]:
        async with httpx2.AsyncClient() as client:
            mails = (await client.get(f"{self.url}/mailbox.json")).json()
        return [Letter(mail["subject"], mail["text"]) for mail in mails[::-1] if mail["to"] == to]


class Browser(Client):
    """One caller with his own cookies, over the network; `bodies` is all he was ever answered."""

    def __init__(self, url: str) -> None:
        self.bodies: list[str] = []
        self.http = httpx2.AsyncClient(base_url=url, event_hooks={"response": [self._keep]})

    async def _keep(self, response: httpx2.Response) -> None:
        await response.aread()
        self.bodies.append(response.text)

    async def sign_in(self, login: str, password: str = PASSWORD) -> None:
        answer = await self.do("signIn", {"login": login, "password": password})
        assert answer["__typename"] == "SignedIn", answer


@dataclass
class Site:
    """`letter` reads the mail of each address once, in the order in which it comes.

    Used as a context, so that its browsers are closed.
    """

    url: str
    post: Post
    browsers: list[Browser] = field(default_factory=list)
    read: Counter[str] = field(default_factory=Counter)

    def browser(self) -> Browser:
        self.browsers.append(Browser(self.url))
        return self.browsers[-1]

    async def signed_in(self, login: str, password: str = PASSWORD) -> Browser:
        browser = self.browser()
        await browser.sign_in(login, password)
        return browser

    async def letter(self, to: str) -> Letter:
        """The next one to that address."""
        async with asyncio.timeout(ARRIVES_WITHIN):
            while len(found := await self.post.letters(to)) <= self.read[to]:  # noqa: ASYNC110 nobody tells
                await asyncio.sleep(0.02)
        self.read[to] += 1
        return found[self.read[to] - 1]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for browser in self.browsers:
            await browser.http.aclose()
