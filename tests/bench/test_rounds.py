import re
import sys

import pytest

from bench import rounds
from bench.handwritten.peer import Handwritten
from bench.load import Run, Wrong
from bench.rounds import Measured, Pace
from bench.serving import Serving
from bench.work import Peer

RUN = Run(requests=1, per_second=1, p50=1, p99=1)


class Invented(Handwritten):
    """A server that is one line of Python; `{port}` stands for its port."""

    works = frozenset({"page"})

    def __init__(self, name: str, line: str) -> None:
        super().__init__(name)
        self.line = line

    def command(self, port: int, database_url: str) -> tuple[list[str], dict[str, str]]:
        line = self.line.replace("{port}", str(port))
        return [sys.executable, "-c", line, database_url], {}


LISTENS = "import http.server as s; s.test(s.SimpleHTTPRequestHandler, port={port})"
WELL = Invented("well", LISTENS)
ILL = Invented("ill", "raise SystemExit('no such module')")


async def measure(*peers: Peer, times: int = 1) -> Measured:
    found = Measured()
    await rounds.measure(peers, ["page", "small"], "", Pace(times, 1, 1), found)
    return found


@pytest.fixture
def pressed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Who was, in order."""
    order: list[str] = []

    async def press(peer: Peer, *rest: object) -> Run:
        order.append(peer.name)
        return RUN

    monkeypatch.setattr(rounds, "_press", press)
    return order


async def test_a_peer_that_cannot_start_is_reported_and_the_others_are_measured(
    pressed: list[str],
) -> None:
    found = await measure(ILL, WELL)
    assert found.troubles == {"ill": "no such module"}
    assert found.runs == {("page", "ill"): [None], ("page", "well"): [RUN]}


async def test_a_peer_whose_program_is_missing_is_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    absent = Invented("absent", "")
    monkeypatch.setattr(absent, "command", lambda *_: (["/no/such/program"], {}))
    assert "/no/such/program" in (await measure(absent)).troubles["absent"]


async def test_a_peer_that_answers_wrongly_is_reported() -> None:
    assert (await measure(WELL)).troubles["well"].startswith("404")


@pytest.mark.parametrize("answer", ["Sorry", "null", "[]", "{}", '{"members": null}'])
async def test_an_answer_of_another_shape_is_a_wrong_one(
    monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    async def sent(*_: object) -> bytes:
        return answer.encode()

    monkeypatch.setattr(rounds, "sent", sent)
    with pytest.raises(Wrong, match=f"a wrong answer to page: {re.escape(answer)}"):
        await rounds.check(WELL, "page", Serving(0, 0, 0))


async def test_every_server_begins_a_round_in_its_turn(pressed: list[str]) -> None:
    await measure(WELL, Invented("other", LISTENS), times=2)
    assert pressed == ["well", "other", "other", "well"]


def test_the_first_trouble_is_the_one_that_is_told() -> None:
    found = Measured()
    for problem in ("not installed", "does not start"):
        with found.reporting("peer"):
            raise RuntimeError(problem)
    assert found.troubles == {"peer": "not installed"}
