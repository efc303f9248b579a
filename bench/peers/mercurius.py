"""Mercurius on Fastify with graphql-jit: the same fields, so the same documents as ours."""

from collections.abc import Sequence

from bench import ours
from bench.peers import node, reader
from bench.work import READS, Call


class Mercurius:
    """Its session look-up and permission check are its own; it passes by the policies."""

    name = "Mercurius with graphql-jit"
    works = frozenset(READS)

    def version(self) -> str:
        return node.versions("mercurius", "graphql-jit", "fastify", "pg")

    def command(self, port: int, database_url: str) -> tuple[list[str], dict[str, str]]:
        return node.command("mercurius.mjs", port, reader.address(database_url)), node.PRODUCTION

    async def prepare(self, database_url: str) -> None:
        await reader.make(database_url)

    def calls(self, work: str, count: int) -> Sequence[Call]:
        return ours.Ours().calls(work, count)

    def is_right(self, work: str, answer: bytes) -> bool:
        return ours.Ours().is_right(work, answer)
