"""What travels with one request: who asks, how, and the loaders of the reading under way."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Optional, Protocol

import strawberry

import errors
from auth import quotas, tokens
from auth import viewer as viewers
from auth.viewer import Client, Viewer
from locales import Locale
from models import database, replica
from permissions import checks
from resolvers import offers
from schema.loaders import Loaders

if TYPE_CHECKING:
    from schema.prepared import Prepared


class SessionCookie(Protocol):
    """How the session travels back to a browser; `server` knows cookies."""

    def keep(self, token: str) -> None: ...
    def drop(self) -> None: ...


class Staleness(Protocol):
    """How somebody is told where his answer was read; `server` knows headers."""

    def say(self, source: str) -> None: ...


class Meter(Protocol):
    """How an API key is told what it may still ask; `server` knows headers."""

    def say(self, quota: quotas.Quota) -> None: ...
    def refuse(self) -> None: ...


@dataclass
class Resend:
    """A mutation under an `Idempotency-Key`: as it stands in the header, and all that was sent.

    `is_replayed`: its answer is the one it got the first time.
    """

    keys: list[str]
    payload: str
    is_replayed: bool = False


@dataclass
class Context:
    """`token` is the caller's session token or API key; signing in replaces it for the payload.
    `document_id`: the registered document that the request names.

    `noted` hears the code of each error that a client is told.

    `over_get`: the request stands in an address, which logs keep. `before_news` is done before each
    message; it raises once who listens may not do so any more. `failures` have become members of
    the unions of mutations. `resend` is there where the request may be one. `points` are what the
    operation costs (`schema/guard`).
    """

    client: Client
    token: str | None = field(repr=False)
    cookie: SessionCookie
    over_get: bool = False
    resend: Resend | None = None
    document_id: str | None = None
    document: Optional["Prepared"] = None
    staleness: Staleness | None = None
    meter: Meter | None = None
    noted: Callable[[str], object] = field(default=lambda _code: None)
    refusal: errors.RateLimited | None = None
    points: int = 1
    failures: list[errors.Failure] = field(init=False, default_factory=list)
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
        found = await viewers.look_up(self.client, self.token)
        checks.require_operation(found, self.document_id)
        self._become(found)

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Viewer]:
        """Raises:
        errors.PermissionDenied: an API key is limited to other registered documents.
        """
        async with viewers.reading(self.client, self.token) as found:
            checks.require_operation(found, self.document_id)
            yield found

    @property
    def is_metered(self) -> bool:
        """Whether it may be an API key that asks."""
        return self.token is not None and self.token.startswith(tokens.KEY)

    async def charge(self, points: int) -> None:
        """An API key that is known pays for the operation, which has done nothing yet.

        Raises:
            errors.RateLimited: it has too few points left; none is taken.
            errors.TooCostly: it never has as many.
        """
        if self.viewer.key is None:
            return
        try:
            quota = await quotas.take(self.viewer.key.id, points)
        except errors.TooCostly:
            if self.meter is not None:
                self.meter.refuse()
            raise
        if quota is not None and self.meter is not None:
            self.meter.say(quota)
        if quota is not None and quota.is_spent:
            raise errors.RateLimited(quota.reset)

    async def count_links(self, number: int) -> None:
        """Before the query's own transaction, so that nothing in it takes the count back.

        A refusal waits for the field, whose union holds it.
        """
        try:
            await offers.count_links(self.client, number)
        except errors.RateLimited as refusal:
            self.refusal = refusal

    def require_links(self) -> None:
        """Raises:
        errors.RateLimited: `count_links` was refused.
        """
        if self.refusal is not None:
            raise self.refusal

    @asynccontextmanager
    async def reading_old(self) -> AsyncIterator[None]:
        """As `reading`, on the replica; who asks and what he may is the primary's word.

        Raises:
            replica.Unfit: ask the primary; whatever was read does not count.
        """
        replica.require_healthy()
        async with self._opened() as found:
            self._become(found)
            if self.viewer.acting_id is None or self.viewer.is_staff:
                raise replica.Unfit("it does not know who asks as the primary does")
            mark = await replica.mark(self.viewer.acting_id)
        async with replica.transaction(self.viewer.scope, mark):
            yield

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """One read-only transaction for all of a query."""
        async with self._opened() as found:
            self._become(found)
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
        async with self._opened() as found:
            self._become(found.after(before))
            if self.viewer.scope != found.scope:
                await database.set_scope(self.viewer.scope)
            yield


Info = strawberry.Info[Context, None]
