"""On what it was measured, and with which versions; never whose machine it is."""

import platform
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import psutil

from bench import load

_LIBRARIES = (
    *("strawberry-graphql", "graphql-core", "tortoise-orm"),
    *("asyncpg", "starlette", "uvicorn", "uvloop", "orjson"),
)


def lines() -> list[str]:
    """Rows of Markdown."""
    facts = {
        "measured on": f"{datetime.now(UTC):%Y-%m-%d}",
        "processor": f"{_processor()}, {psutil.cpu_count()} cores",
        "memory": f"{round(psutil.virtual_memory().total / 2**30)} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "libraries": ", ".join(f"{name} {metadata.version(name)}" for name in _LIBRARIES),
        "load": _wrk(),
        "busy when it began": f"{psutil.getloadavg()[0]:.1f} of {psutil.cpu_count()} cores",
    }
    return ["| | |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in facts.items())]


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    said: Iterable[str] = file.read_text().splitlines() if file.exists() else ()
    names = [line.partition(":")[2].strip() for line in said if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _wrk() -> str:
    """It says its version where it is asked for none of its works."""
    wrk = load.find() or "wrk"
    said = subprocess.run([wrk, "-v"], capture_output=True, text=True, check=False)  # noqa: S603 found by us
    words = said.stdout.split()
    return " ".join(words[:2]) if words else "wrk"
