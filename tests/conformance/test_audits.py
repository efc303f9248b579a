"""GraphQL over HTTP, as graphql-http audits it: the 61 it has, each of them a test by its name."""

import asyncio
import json
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from models import embedded
from server import app
from settings import CHECKOUT, Settings
from tests import databases
from tests.figures import Measured
from tests.journeys.hosting import listening

HERE = Path(__file__).parent
AUDITS = (HERE / "audits.txt").read_text().splitlines()
"""As they are called in the version that is locked; `audits.txt` is written anew with another."""


@pytest.fixture(scope="session")
async def ended(shared: embedded.Embedded) -> Mapping[str, Mapping[str, str]]:
    """How each audit has ended, by its id and name; all of them run once."""
    name, settings = await databases.take(shared), Settings()
    url = shared.url.replace(f"/{embedded.DATABASE}?", f"/{name}?")
    await databases.open_pool(url, settings)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        async with listening(app.build(settings), listener):
            address = f"http://127.0.0.1:{listener.getsockname()[1]}/graphql"
            audits = json.loads(await asyncio.to_thread(audit, address))
    await databases.give_back(shared, name)
    return {f"{each['id']} {each['name']}": each for each in audits}


def audit(address: str) -> str:
    """What the script prints."""
    install = ["scripts/packages", "tests/conformance"]
    subprocess.run(install, cwd=CHECKOUT, check=True)  # noqa: S603 ours
    command = [str(CHECKOUT / ".venv/bin/node"), str(HERE / "audit.mjs"), address]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 ours
    return str(done.stdout)


@pytest.mark.parametrize("name", AUDITS)
async def test_the_server_passes(ended: Mapping[str, Mapping[str, str]], name: str) -> None:
    """CASES, figures; 27, 28, 29, 32. A warning or a notice is no pass."""
    assert ended[name]["status"] == "ok", ended[name].get("reason")


async def test_no_audit_is_left_out(
    ended: Mapping[str, Mapping[str, str]], measured: Measured
) -> None:
    """CASES, figures: 61."""
    assert list(ended) == AUDITS
    passed = sum(each["status"] == "ok" for each in ended.values())
    measured("GraphQL-over-HTTP audits passed, of 61", passed)
