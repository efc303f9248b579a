"""What somebody who listens has to read: ids by topic.

An inbox keeps what is to be read (again), not what has happened: an id once, however often it
changed, and instead of too many ids the word that it may be anything. So it stays small however
slowly it is read, and whatever was missed is mended by that same word.
"""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import errors

_BACKLOG = 100


class Inbox:
    """By topic the ids that have not been read yet; None for whatever there is of it."""

    def __init__(self) -> None:
        self._topics: frozenset[str] = frozenset()
        self._news: dict[str, dict[str, None] | None] = {}
        self._woken = asyncio.Event()
        self._closed = False
        self.gone = asyncio.Event()

    def follow(self, topics: Iterable[str]) -> None:
        """Be told of these topics from now on, and of no others."""
        wanted = frozenset(topics)
        for topic in self._topics - wanted:
            _followers[topic].discard(self)
            if not _followers[topic]:
                del _followers[topic]
        for topic in wanted - self._topics:
            _followers.setdefault(topic, set()).add(self)
        self._topics = wanted

    def put(self, topic: str, ids: Iterable[str] | None) -> None:
        known = self._news.setdefault(topic, {})
        if known is not None and ids is not None:
            known.update(dict.fromkeys(ids))
        if known is None or ids is None or len(known) > _BACKLOG:
            self._news[topic] = None
        self._woken.set()

    def close(self) -> None:
        self._closed = True
        self._woken.set()

    async def get(self) -> tuple[str, str | None]:
        """A topic and one id of it, or None; waits for one.

        Raises:
            errors.Interrupted: nothing more is to be expected here.
        """
        while not self._news and not self._closed:
            self._woken.clear()
            await self._woken.wait()
        if self._closed:
            raise errors.Interrupted
        topic, ids = next(iter(self._news.items()))
        found = ids.popitem()[0] if ids else None
        if not ids:
            del self._news[topic]
        return topic, found


_followers: dict[str, set[Inbox]] = {}
_owners: dict[Inbox, str] = {}
_is_open = False


@contextmanager
def inbox(owner: str, *, at_most: int) -> Iterator[Inbox]:
    """An inbox of `owner`, who has no more than so many in this process.

    Raises:
        errors.RateLimited
        errors.Interrupted: nobody tells this process anything (any more).
    """
    if not _is_open:
        raise errors.Interrupted
    if list(_owners.values()).count(owner) >= at_most:
        raise errors.RateLimited(retry_after=60)
    made = Inbox()
    _owners[made] = owner
    try:
        yield made
    finally:
        made.follow(())
        del _owners[made]
        made.gone.set()


def open_all() -> None:
    """Inboxes may be had."""
    global _is_open  # noqa: PLW0603 one process, one set of inboxes
    _is_open = True


def close_all() -> None:
    """Everybody is told that nothing more comes, and nobody may begin."""
    global _is_open  # noqa: PLW0603 see above
    _is_open = False
    for one in _owners:
        one.close()


async def emptied() -> None:
    """Wait until everybody who listened has left."""
    for one in list(_owners):
        await one.gone.wait()


def count() -> int:
    """How many listen."""
    return len(_owners)


def tell(topic: str, ids: Iterable[str] | None) -> None:
    """Put it where it is followed."""
    for one in _followers.get(topic, ()):
        one.put(topic, ids)


def tell_all(prefix: str = "") -> None:
    """Of all topics that begin so: something may have happened."""
    for topic in [topic for topic in _followers if topic.startswith(prefix)]:
        tell(topic, None)
