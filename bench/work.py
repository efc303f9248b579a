"""The works that servers are measured by, and what each has to answer for."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Protocol

READS = ("page", "small", "me")
WRITES = ("invite", "accept")
WORKS = (*READS, *WRITES)


@dataclass(frozen=True)
class Call:
    """One request; `headers` name the sender and the content type."""

    path: str
    headers: Mapping[str, str]
    body: str
    method: str = "POST"


class Peer(Protocol):
    """A server that is measured; it does those of `WORKS` that it names.

    `version` says of what; asking it may raise whatever keeps it from being installed.
    """

    @property
    def name(self) -> str: ...
    @property
    def works(self) -> AbstractSet[str]: ...

    def version(self) -> str: ...

    def command(self, port: int, database_url: str) -> tuple[list[str], dict[str, str]]:
        """How it is started on that port, in the checkout: arguments, and what the environment says
        besides. `database_url` is of the role that serves, on a socket.
        """

    async def prepare(self, database_url: str) -> None:
        """Once, before its first start: what it needs in the database, as a superuser."""

    def calls(self, work: str, count: int) -> Sequence[Call]:
        """One for work that can be repeated as it is; else `count` that were never given before."""

    def is_right(self, work: str, answer: bytes) -> bool:
        """Whether that is what the work asks for, and no error."""
