import re

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from server.pages import invitation

FILES = re.compile(r'(?:src|href)="([^"]+)"')


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=invitation.routes))


def test_every_link_opens_the_same_page(client: TestClient) -> None:
    """CASES 80: the token stands in the fragment, which no browser sends."""
    assert client.get("/invitation").text == client.get("/invitation?x=1").text


def test_the_page_keeps_the_link_to_itself(client: TestClient) -> None:
    """CASES 80."""
    headers = client.get("/invitation").headers
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"


def test_only_our_own_files_run_and_only_our_own_api_is_asked(client: TestClient) -> None:
    """CASES 80."""
    page = client.get("/invitation")
    policy = dict(
        part.split(" ", 1) for part in page.headers["content-security-policy"].split("; ")
    )
    assert policy == {
        "default-src": "'none'",
        "style-src": "'self'",
        "script-src": "'self'",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    assert "<style" not in page.text
    assert re.findall(r"<script(?! src=)", page.text) == []


def test_the_files_of_the_page_are_there(client: TestClient) -> None:
    files = FILES.findall(client.get("/invitation").text)
    assert files == ["/static/style.css", "/static/invitation.js"]
    for file in files:
        assert client.get(file).status_code == 200


def test_the_script_takes_the_token_off_the_address_and_writes_text_only(
    client: TestClient,
) -> None:
    script = client.get("/static/invitation.js").text
    assert "history.replaceState" in script
    assert "innerHTML" not in script
