"""Batch loaders: a relation costs one statement, whatever the size of the page."""

from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import TypeVar

from strawberry.dataloader import DataLoader

from auth.viewer import Viewer
from resolvers import apps, directory, offers, rows, tenants

K = TypeVar("K")
V = TypeVar("V")


class Loaders:
    """Made for one reading by one viewer, so that nothing is remembered across either."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer

    @cached_property
    def tenants(self) -> "DataLoader[str, rows.Tenant | None]":
        return _loader(tenants.many)

    @cached_property
    def members(self) -> "DataLoader[str, rows.Member | None]":
        return _loader(lambda keys: directory.many(self._viewer, keys))

    @cached_property
    def app_access(self) -> "DataLoader[str, list[rows.AppAccess] | None]":
        """By member id."""
        return _loader(lambda keys: apps.held_by(self._viewer, keys))

    @cached_property
    def invitations(self) -> "DataLoader[str, rows.Invitation | None]":
        """By member id."""
        return _loader(lambda keys: offers.of_members(self._viewer, keys))


def _loader(read: Callable[[list[K]], Awaitable[dict[K, V]]]) -> DataLoader[K, V | None]:
    async def load(keys: list[K]) -> list[V | None]:
        found = await read(keys)
        return [found.get(key) for key in keys]

    return DataLoader(load_fn=load)
