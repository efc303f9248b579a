"""Batch loaders: a relation costs one statement, whatever the size of the page."""

from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import TypeVar

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


class Loaders:
    """Made for one reading by one viewer, so that nothing is remembered across either."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer

    @cached_property
    def tenants(self) -> "DataLoader[str, rows.Tenant | None]":
        return _loader(lambda keys: tenants.many(self._viewer, keys))

    @cached_property
    def members(self) -> "DataLoader[str, rows.Member | None]":
        return _loader(lambda keys: directory.many(self._viewer, keys))

    @cached_property
    def users(self) -> "DataLoader[str, rows.User | None]":
        return _loader(lambda keys: people.many(self._viewer, keys))

    @cached_property
    def app_access(self) -> "DataLoader[str, list[rows.AppAccess] | None]":
        """By member id."""
        return _loader(lambda keys: apps.held_by(self._viewer, keys))

    @cached_property
    def apps(self) -> "DataLoader[str, rows.App | None]":
        return _loader(lambda keys: apps.many(self._viewer, keys))

    @cached_property
    def tariffs(self) -> "DataLoader[str, tariffs.Tariff | None]":
        return _loader(tariffs.many)

    @cached_property
    def app_sessions(self) -> "DataLoader[str, rows.AppSession | None]":
        return _loader(lambda keys: app_sessions.many(self._viewer, keys))

    @cached_property
    def app_controls(self) -> "DataLoader[rows.App, app_controls.Control | None]":
        """Of those that the viewer administers."""
        return _loader(app_controls.many)

    @cached_property
    def app_roles(self) -> "DataLoader[str, list[rows.AppRole] | None]":
        """By app id."""
        return _loader(app_roles.of_apps)

    @cached_property
    def roles_held(self) -> "DataLoader[rows.AppAccess, list[rows.AppRole] | None]":
        """By right."""
        return _loader(app_role_assignments.held)

    @cached_property
    def invitations(self) -> "DataLoader[str, rows.Invitation | None]":
        """By member id."""
        return _loader(lambda keys: offers.of_members(self._viewer, keys))

    @cached_property
    def accounts(self) -> "DataLoader[str, staff_directory.Account | None]":
        """By user id."""
        return _loader(lambda keys: staff_directory.accounts(self._viewer, keys))

    @cached_property
    def powers(self) -> "DataLoader[str, profiles.Powers | None]":
        """By user id."""
        return _loader(profiles.powers)

    @cached_property
    def servicings(self) -> "DataLoader[str, rows.Servicing | None]":
        """By id of the tenant that is served."""
        return _loader(servicings.of_tenants)

    @cached_property
    def actors(self) -> "DataLoader[audit_log.Event, audit_log.Actor | None]":
        """By event."""
        return _loader(lambda keys: audit_log.actors(self._viewer, keys))

    @cached_property
    def avatars(self) -> "DataLoader[str, str | None]":
        """Addresses, by user id."""
        return _loader(lambda keys: avatars.addresses(self._viewer, keys))


def _loader(read: Callable[[list[K]], Awaitable[dict[K, V]]]) -> DataLoader[K, V | None]:
    async def load(keys: list[K]) -> list[V | None]:
        found = await read(keys)
        return [found.get(key) for key in keys]

    return DataLoader(load_fn=load)
