"""How a subscription waits: for ids, holding neither a transaction nor a connection meanwhile.

Who listens is looked up anew for each message, and whenever his session or key, his rights or his
tenant are said to have changed, so that what he may not see any more ends the stream instead of
reaching him. That a session has grown too old, or the time of a key is over, nobody announces: a
stream wakes up by itself then.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from strawberry import ID
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission
from strawberry.types import Info as AnyInfo

import settings
from auth.viewer import Viewer
from models import announcements, clock, inbox
from permissions.fields import guard
from schema.context import Context

T = TypeVar("T")


class Listens(FieldExtension):
    """Looks up who subscribes, before the guard, and keeps the guard for each message."""

    def __init__(self, permission: BasePermission) -> None:
        self.permission = permission

    async def resolve_async(
        self, next_: Callable[..., Any], source: Any, info: AnyInfo[Context, None], **kwargs: Any
    ) -> Any:
        await info.context.identify()
        await info.context.charge(info.context.points)
        still = partial(self.permission.has_permission, source, info, **kwargs)
        info.context.before_news.append(still)
        return await next_(source, info, **kwargs)


def listens(permission: BasePermission) -> list[FieldExtension]:
    """The `extensions=` of a subscription, in place of `guard`; the last is asked first."""
    return [*guard(permission), Listens(permission)]


async def to(
    context: Context,
    about: Callable[[Viewer], Iterable[str]],
    message: Callable[[ID | None], T],
) -> AsyncGenerator[T, None]:
    """A message for each id that the topics `about` tell of; of None first, and for any of them.

    Raises:
        errors.Failure: the stream has ended; of its guard, or what an inbox raises.
    """
    owner, most = context.viewer.actor_id or "", settings.load().live_streams_per_person
    with inbox.inbox(owner, at_most=most) as received:
        context.before_news.append(lambda: _follow(received, context.viewer, about))
        yield message(None)
        while True:
            topic, found = await _next(received, context.viewer)
            if topic in about(context.viewer):
                yield message(ID(found) if found else None)
            else:
                await context.check()


def _follow(
    received: inbox.Inbox, viewer: Viewer, about: Callable[[Viewer], Iterable[str]]
) -> None:
    """Beside what it is about: whatever may end it. A place that is new brings topics, which are
    followed before anything is read, so that nothing falls between.
    """
    tenants = map(announcements.tenant, viewer.places)
    received.follow({*about(viewer), *_own(viewer), *tenants})


def _own(viewer: Viewer) -> tuple[str, str]:
    """What he is known by, and the access of whoever answers for him."""
    known_by = (
        announcements.key(viewer.key.id)
        if viewer.key is not None
        else announcements.session(viewer.session_id or "")
    )
    return known_by, announcements.access(viewer.acting_id or "")


async def _next(received: inbox.Inbox, viewer: Viewer) -> tuple[str, str | None]:
    """What comes next, or the end of the session or key."""
    try:
        async with asyncio.timeout(max(0, (_until(viewer) - clock.now()).total_seconds())):
            return await received.get()
    except TimeoutError:
        return "", None


def _until(viewer: Viewer) -> datetime:
    if viewer.key is not None:
        return viewer.key.works_until
    assert viewer.last_used_at is not None  # noqa: S101 nobody else passes the guard
    return viewer.last_used_at + settings.load().session_lifetime
