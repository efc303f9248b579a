import pytest

import errors
from resolvers import turns


async def test_a_database_that_is_away_is_not_asked_for_each() -> None:
    """CASES 133: a thousand times two seconds is half an hour."""
    asked = []

    async def work(piece: str) -> int:
        asked.append(piece)
        raise errors.ServiceUnavailable

    with pytest.raises(errors.ServiceUnavailable):
        await turns.take(["a", "b"], work)
    assert asked == ["a"]


async def test_all_have_their_turn_before_a_failure_is_told() -> None:
    asked = []

    async def work(piece: str) -> int:
        asked.append(piece)
        return 10 // len(piece)

    with pytest.raises(ExceptionGroup) as failed:
        await turns.take(["a", "", "b"], work)
    assert asked == ["a", "", "b"]
    assert [type(error) for error in failed.value.exceptions] == [ZeroDivisionError]
    assert await turns.take(["a", "bb"], work) == 15
