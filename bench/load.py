"""Load by wrk: eight connections, one request behind the other on each."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.serving import HOST, Serving
from bench.work import Call

CONNECTIONS = 8
_SCRIPT = Path(__file__).with_name("load.lua")


class Wrong(Exception):
    """What was answered is not what the work asks for, or there was no answer; the message says."""


@dataclass(frozen=True)
class Run:
    """`p50` and `p99` are milliseconds that half of the requests and 99 of 100 took at most."""

    requests: int
    per_second: float
    p50: float
    p99: float


def find() -> str | None:
    """Where wrk is."""
    return shutil.which("wrk")


async def press(
    serving: Serving,
    calls: Sequence[Call],
    *,
    seconds: float,
    connections: int = CONNECTIONS,
    samples: Path | None = None,
) -> Run:
    """Send the calls for so long; a single one again and again. Every fiftieth answer goes to
    `samples`, to be `sampled`.

    Raises:
        Wrong: a request was refused or broke off, or there were too few calls.
    """
    with tempfile.NamedTemporaryFile(prefix="bench-") as file:
        file.writelines(_framed(call, serving.port) for call in calls)
        file.flush()
        arguments = [file.name, *([str(samples)] if samples else [])]
        printed = await _wrk(serving.url, seconds, connections, arguments)
    run = read(printed)
    if len(calls) > 1 and run.requests + connections >= len(calls):
        raise Wrong(f"{len(calls)} calls were not enough for {run.requests} requests")
    return run


def _framed(call: Call, port: int) -> bytes:
    body = call.body.encode()
    headers = {"Host": f"{HOST}:{port}", **call.headers}
    if body:
        headers["Content-Length"] = str(len(body))
    lines = [f"{call.method} {call.path} HTTP/1.1", *(f"{n}: {v}" for n, v in headers.items())]
    request = "\r\n".join([*lines, "", ""]).encode() + body
    return b"%d\n%b" % (len(request), request)


async def _wrk(url: str, seconds: float, connections: int, arguments: Sequence[str]) -> str:
    process = await asyncio.create_subprocess_exec(
        *(find() or "wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s"),
        *("--timeout", "10s", "-s", str(_SCRIPT), url, "--", *arguments),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        printed, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return printed.decode()


def read(printed: str) -> Run:
    """What wrk printed: its last line is `load.lua`'s.

    Raises:
        Wrong
    """
    try:
        said = json.loads(printed.strip().splitlines()[-1])
    except (IndexError, ValueError):
        raise Wrong(f"wrk did not say what it measured: {printed}") from None
    if said["refused"] or said["broken"] or not said["requests"]:
        raise Wrong(
            f"of {said['requests']} requests {said['refused']} were refused"
            f" and {said['broken']} broke off"
        )
    return Run(
        requests=said["requests"],
        per_second=said["requests"] / said["microseconds"] * 1e6,
        p50=said["p50"] / 1000,
        p99=said["p99"] / 1000,
    )


def sampled(samples: Path) -> list[bytes]:
    """The answers that were kept; one that was cut off at the end is left out."""
    answers, rest = [], samples.read_bytes()
    while rest:
        length, _, rest = rest.partition(b"\n")
        if len(rest) >= int(length):
            answers.append(rest[: int(length)])
        rest = rest[int(length) :]
    return answers
