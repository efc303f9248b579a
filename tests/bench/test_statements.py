import asyncpg

from bench.statements import Line


async def test_a_statement_is_one_trip_and_a_message_of_several_is_one(
    database_urls: tuple[str, str],
) -> None:
    line = Line(database_urls[0])
    async with line.open() as address:
        connection = await asyncpg.connect(address)
        before = line.trips
        await connection.execute("select 1")
        await connection.execute("begin; select 1; select 2; commit")
        assert line.trips - before == 2
        await connection.close()
