from pathlib import Path

import pytest

from bench import load
from bench.load import Run, Wrong

SAID = (
    '{"requests": 3000, "microseconds": 2000000, "refused": %d, "broken": %d,'
    ' "p50": 1500, "p99": 9000}'
)


def test_the_last_line_of_wrk_is_what_it_measured() -> None:
    printed = f"Running 2s test\n  8 connections\n{SAID % (0, 0)}\n"
    assert load.read(printed) == Run(requests=3000, per_second=1500, p50=1.5, p99=9)


@pytest.mark.parametrize("unfit", [SAID % (1, 0), SAID % (0, 1)], ids=["refused", "broken off"])
def test_a_run_with_an_answer_missing_is_no_measurement(unfit: str) -> None:
    with pytest.raises(Wrong, match="of 3000 requests"):
        load.read(unfit)


@pytest.mark.parametrize("printed", ["", "unable to connect to 127.0.0.1:1\n"])
def test_what_wrk_says_instead_is_handed_on(printed: str) -> None:
    with pytest.raises(Wrong) as wrong:
        load.read(printed)
    assert printed in str(wrong.value)


def test_an_answer_cut_off_at_the_end_is_no_sample(tmp_path: Path) -> None:
    samples = tmp_path / "samples"
    samples.write_bytes(b"5\nfirst11\nsecond\n one10\ncut")
    assert load.sampled(samples) == [b"first", b"second\n one"]
