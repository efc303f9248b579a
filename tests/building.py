"""The pages, for the tests that look at them in a browser or ask the server for them."""

import subprocess

import pytest

from settings import CHECKOUT


@pytest.fixture(scope="session")
def built() -> None:
    """Of the sources as they are; other test processes wait for the one that builds."""
    for command in (["scripts/build"], ["scripts/packages", "web/tools"]):
        subprocess.run(command, cwd=CHECKOUT, check=True)  # noqa: S603 ours
