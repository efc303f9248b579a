"""Relations are read once, however many ask and whenever they do."""

import asyncio

from schema.loaders import Loader


class Table:
    """Answers when it is told to, or fails."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.answers, self.fails = asyncio.Event(), False

    async def read(self, keys: list[int]) -> dict[int, str]:
        self.asked.append(keys)
        await self.answers.wait()
        if self.fails:
            raise LookupError
        return {key: str(key) for key in keys if key}


async def later() -> None:
    """When everybody has come as far as he can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_whoever_asks_at_the_same_time_is_answered_by_one_statement() -> None:
    table = Table()
    loader = Loader(table.read)
    table.answers.set()
    found = await asyncio.gather(loader.load(1), loader.all([2, 0, 1]), loader.load(3, then=repr))
    assert [*found] == ["1", ["2", None, "1"], "'3'"]
    assert table.asked == [[1, 2, 0, 3]]


async def test_what_is_being_read_or_was_is_not_read_again() -> None:
    """Without the lock in `Loader._answer` who comes meanwhile asks the database as well."""
    table = Table()
    loader = Loader(table.read)
    first = asyncio.create_task(loader.all([1, 2]))
    await later()
    second = asyncio.create_task(loader.all([2, 1]))
    await later()
    table.answers.set()
    assert (await first, await second) == (["1", "2"], ["2", "1"])
    assert await loader.load(2) == "2"
    assert table.asked == [[1, 2]]


async def test_what_fails_fails_for_all_who_asked_and_is_tried_again_for_the_next() -> None:
    table = Table()
    loader = Loader(table.read)
    table.answers.set()
    table.fails = True
    failed = await asyncio.gather(loader.all([1]), loader.all([2]), return_exceptions=True)
    assert [type(each) for each in failed] == [LookupError] * 2
    table.fails = False
    assert await loader.all([1]) == ["1"]
