"""The one UTC clock of the process; tests move it, nothing else asks the machine for the time."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, with its time zone (UTC)."""
    return datetime.now(UTC)
