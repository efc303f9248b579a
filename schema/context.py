"""What travels with one request: who asks, how, and the loaders of the reading under way."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

import strawberry

import errors
from auth import limits
from auth import viewer as viewers
from auth.viewer import Client, Viewer
from locales import Locale
from models import database
from resolvers import offers
from schema.loaders import Loaders


class SessionCookie(Protocol):
    """How the session travels back to a browser; `server` knows cookies."""

    def keep(self, token: str) -> None: ...
    def drop(self) -> None: ...


@dataclass
class Context:
    """`token` is the caller's session token; signing in replaces it for the payload.

    `over_get`: the request stands in an address, which logs keep. `before_news` is done before each
    message; it raises once who listens may not do so any more.
    """

    client: Client
    token: str | None
    cookie: SessionCookie
    over_get: bool = False
    refusal: errors.RateLimited | None = None
    before_news: list[Callable[[], object]] = field(init=False, default_factory=list)
    viewer: Viewer = field(init=False)
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self._become(Viewer(self.client))

    @property
    def locale(self) -> Locale:
        """The language of messages: the chosen one, else the viewer's, else the one asked for."""
        account = self.viewer.account
        own = account.locale if account else None
        return Locale(self.client.chosen_locale or own or self.client.language)

    def _become(self, viewer: Viewer) -> None:
        """Loaders remember what they read, so each reading has its own."""
        self.viewer = viewer
        self.loaders = Loaders(viewer)

    async def identify(self) -> None:
        """Look up who asks, for the change about to be made."""
        async with database.transaction(database.NOBODY, read_only=True):
            self._become(await viewers.identify(self.client, self.token))

    async def count_links(self, number: int) -> None:
        """Before the query's own transaction, so that nothing in it takes the count back.

        A refusal waits for the field, whose union holds it.
        """
        try:
            await limits.count(*[offers.link_counter(self.client)] * number)
        except errors.RateLimited as refusal:
            self.refusal = refusal

    def require_links(self) -> None:
        """Raises:
        errors.RateLimited: `count_links` was refused.
        """
        if self.refusal is not None:
            raise self.refusal

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """One read-only transaction for all of a query."""
        async with database.transaction(database.NOBODY, read_only=True):
            self._become(await viewers.identify(self.client, self.token))
            yield

    async def check(self) -> None:
        """Look up who listens, and whether he still may; raises as the field's guard does."""
        async with self.reading_news():
            pass

    @asynccontextmanager
    async def reading_news(self) -> AsyncIterator[None]:
        """One transaction for one message, with the rights that its reader has now."""
        async with self.reading():
            for step in self.before_news:
                step()
            yield

    @asynccontextmanager
    async def reading_payload(self) -> AsyncIterator[None]:
        """One transaction for the payload of a change, with the rights before it as well."""
        before = self.viewer
        async with database.transaction(database.NOBODY, read_only=True):
            self._become((await viewers.identify(self.client, self.token)).after(before))
            await database.set_scope(self.viewer.scope)
            yield


Info = strawberry.Info[Context, None]
