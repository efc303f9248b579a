"""The `where` of a list whose filters are optional: SQL of ours, every value an argument."""

from collections.abc import Sequence
from datetime import UTC, datetime


class Conditions:
    """All of them hold; `{}` in a condition stands for its next value."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.arguments: list[object] = []

    def add(self, condition: str, *values: object) -> None:
        first = len(self.arguments) + 1
        self.arguments += values
        self._parts.append(condition.format(*(f"${first + i}" for i in range(len(values)))))

    def add_one_of(self, column: str, values: Sequence[str]) -> None:
        """One alone is told as such: what equals it an index has in the order of what follows."""
        if len(values) == 1:
            self.add(f"{column} = {{}}", values[0])
        else:
            self.add(f"{column} = any({{}})", list(values))

    def add_prefix(self, text: str, *columns: str) -> None:
        """One of the columns begins with it."""
        begins = " or ".join(f"{column} >= {{}} and {column} < {{}}" for column in columns)
        self.add(begins, *span(text) * len(columns))

    @property
    def sql(self) -> str:
        return " and ".join(f"({part})" for part in self._parts)


def span(text: str) -> tuple[str, str]:
    """What begins with `text` is at least the first and less than the second, byte by byte.

    PostgreSQL trusts comparisons to look at rows before a policy has let them pass, and `like` not,
    which therefore uses no index there.
    """
    return text, f"{text}\U0010ffff"


def in_utc(moment: datetime) -> datetime:
    """Without a zone it is UTC already."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
