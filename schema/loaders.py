"""Batch loaders: a relation costs one statement, whatever the size of the page."""

import asyncio
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Any, Generic, TypeVar

from strawberry.dataloader import DataLoader

from auth.viewer import Viewer
from resolvers import (
    app_controls,
    app_role_assignments,
    app_roles,
    app_sessions,
    apps,
    audit_log,
    avatars,
    directory,
    offers,
    people,
    profiles,
    rows,
    servicings,
    staff_directory,
    tariffs,
    tenants,
)

K = TypeVar("K")
V = TypeVar("V")


class Loader(Generic[K, V]):
    """One relation: whoever asks at the same time is answered by one statement. Whom there is
    nothing for gets None; what was read is remembered.
    """

    def __init__(self, read: Callable[[list[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._read = read
        self._known: dict[K, V | None] = {}
        self._reading = asyncio.Lock()
        self._asked: DataLoader[Sequence[K], None] = DataLoader(self._answer, cache=False)

    def load(self, key: K, then: Callable[[V | None], Any] | None = None) -> "Loading[K, V]":
        """What a resolver hands back in place of a value, which `then` makes of what is found."""
        return Loading(self, key, then)

    async def all(self, keys: Sequence[K]) -> list[V | None]:
        """What there is for each of them."""
        known = self._known
        if not all(key in known for key in keys):
            await self._asked.load(keys)
        return [known[key] for key in keys]

    async def _answer(self, asked: list[Sequence[K]]) -> list[None]:
        """What is being read for somebody else is waited for, and not read again."""
        async with self._reading:
            new = [key for key in dict.fromkeys(chain(*asked)) if key not in self._known]
            found = await self._read(new) if new else {}
            self._known.update((key, found.get(key)) for key in new)
        return [None] * len(asked)


class Loading(Generic[K, V]):
    """Awaitable; `server/subtrees` rather asks the loader for many of them."""

    __slots__ = ("key", "loader", "then")

    def __init__(
        self, loader: Loader[K, V], key: K, then: Callable[[V | None], Any] | None
    ) -> None:
        self.loader, self.key, self.then = loader, key, then

    def __await__(self) -> Generator[Any, None, Any]:
        return self._value().__await__()

    async def _value(self) -> Any:
        [found] = await self.loader.all([self.key])
        return self.then(found) if self.then else found


class Loaders:
    """Made for one reading by one viewer, so that nothing is remembered across either."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer

    @cached_property
    def tenants(self) -> "Loader[str, rows.Tenant]":
        return Loader(lambda keys: tenants.many(self._viewer, keys))

    @cached_property
    def members(self) -> "Loader[str, rows.Member]":
        return Loader(lambda keys: directory.many(self._viewer, keys))

    @cached_property
    def users(self) -> "Loader[str, rows.User]":
        return Loader(lambda keys: people.many(self._viewer, keys))

    @cached_property
    def app_access(self) -> "Loader[tuple[str, str], list[rows.AppAccess]]":
        """By tenant id and member id."""
        return Loader(lambda keys: apps.held_by(self._viewer, keys))

    @cached_property
    def apps(self) -> "Loader[str, rows.App]":
        return Loader(lambda keys: apps.many(self._viewer, keys))

    @cached_property
    def tariffs(self) -> "Loader[str, tariffs.Tariff]":
        return Loader(tariffs.many)

    @cached_property
    def app_sessions(self) -> "Loader[str, rows.AppSession]":
        return Loader(lambda keys: app_sessions.many(self._viewer, keys))

    @cached_property
    def app_controls(self) -> "Loader[rows.App, app_controls.Control]":
        """Of those that the viewer administers."""
        return Loader(app_controls.many)

    @cached_property
    def app_roles(self) -> "Loader[str, list[rows.AppRole]]":
        """By app id."""
        return Loader(app_roles.of_apps)

    @cached_property
    def roles_held(self) -> "Loader[rows.AppAccess, list[rows.AppRole]]":
        """By right."""
        return Loader(app_role_assignments.held)

    @cached_property
    def invitations(self) -> "Loader[str, rows.Invitation]":
        """By member id."""
        return Loader(lambda keys: offers.of_members(self._viewer, keys))

    @cached_property
    def accounts(self) -> "Loader[str, staff_directory.Account]":
        """By user id."""
        return Loader(lambda keys: staff_directory.accounts(self._viewer, keys))

    @cached_property
    def powers(self) -> "Loader[str, profiles.Powers]":
        """By user id."""
        return Loader(profiles.powers)

    @cached_property
    def servicings(self) -> "Loader[str, rows.Servicing]":
        """By id of the tenant that is served."""
        return Loader(servicings.of_tenants)

    @cached_property
    def actors(self) -> "Loader[audit_log.Event, audit_log.Actor]":
        """By event."""
        return Loader(lambda keys: audit_log.actors(self._viewer, keys))

    @cached_property
    def avatars(self) -> "Loader[str, str]":
        """Addresses, by user id."""
        return Loader(lambda keys: avatars.addresses(self._viewer, keys))
