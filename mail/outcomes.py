"""What has become of an attempt to hand something over."""

from dataclasses import dataclass, field
from datetime import datetime

from models import OutboxState


@dataclass(frozen=True, slots=True)
class Reply:
    """What whoever was called has answered: an HTTP status, and the beginning of the text."""

    status: int
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`error` is short and holds no personal data; `due_at` is set while `QUEUED`.

    `tried`: the other side has had its chance. `reply` is what it said, where it was called.
    """

    state: OutboxState
    error: str | None = None
    due_at: datetime | None = None
    reply: Reply | None = None
    tried: bool = False
