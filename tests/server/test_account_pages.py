"""The pages that links about an account open; see `test_invitation_page.py` for their model."""

import re
from html.parser import HTMLParser

import pytest
from graphql import parse, validate
from starlette.applications import Starlette
from starlette.testclient import TestClient

from server.graphql import SCHEMA
from server.pages import account, invitation
from server.pages.page import HERE
from settings import Settings
from tests.clients import Client
from tests.resolvers import steps

PATHS = ["/confirm-email", "/reset-password", "/register", "/tenant-invitation"]
FILES = re.compile(r'(?:src|href)="([^"]+)"')
SCRIPT = (HERE / "static" / "account.js").read_text(encoding="utf-8")


class Fields(HTMLParser):
    """The named fields of each section, by its id."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.of: dict[str, list[str]] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "section":
            self.of[str(given["id"])] = []
        if tag == "input" and given.get("name"):
            list(self.of.values())[-1].append(str(given["name"]))


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=[*account.routes, *invitation.routes]))


def test_the_links_of_mails_lead_to_these_pages() -> None:
    """Unless the settings name others."""
    chosen = Settings(public_url="https://tenantry.example")
    pages = [
        chosen.email_page,
        chosen.password_page,
        chosen.registration_page,
        chosen.tenant_invitation_page,
    ]
    assert pages == [f"https://tenantry.example{path}" for path in PATHS]


@pytest.mark.parametrize("path", PATHS)
def test_a_page_keeps_the_link_to_itself(client: TestClient, path: str) -> None:
    """CASES 80."""
    page = client.get(path)
    assert page.status_code == 200
    assert page.text == client.get(f"{path}?x=1").text
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", PATHS)
def test_only_our_own_files_run_and_only_our_own_api_is_asked(
    client: TestClient, path: str
) -> None:
    """CASES 80; a password that a form sent by itself would stand in the address."""
    page = client.get(path)
    policy = page.headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "connect-src 'self'"} < set(policy)
    assert "form-action 'none'" in policy
    assert "<style" not in page.text
    assert re.findall(r"<script(?! src=)|\son\w+=", page.text) == []
    files = FILES.findall(page.text)
    assert files == ["/static/style.css", "/static/account.js"]
    assert {client.get(file).status_code for file in files} == {200}


@pytest.mark.parametrize("path", PATHS)
async def test_opening_a_page_changes_nothing(anonymous: Client, path: str) -> None:
    """CASES 78: mail scanners open links."""
    before = await steps.everything()
    assert (await anonymous.http.get(path)).status_code == 200
    assert await steps.everything() == before
    assert (await anonymous.http.post(path)).status_code == 405


def test_the_script_takes_the_token_off_the_address_and_writes_text_only() -> None:
    assert "history.replaceState" in SCRIPT
    assert "innerHTML" not in SCRIPT


def test_the_fields_are_those_of_the_mutations(client: TestClient) -> None:
    """A fault finds its field by its name."""
    fields = Fields(client.get("/register").text).of
    assert fields["confirm-email"] == []
    assert fields["reset-password"] == ["newPassword"]
    assert fields["register"] == ["fullName", "login", "password", "phone"]
    assert fields["tenant-invitation"] == fields["register"]
    assert fields["sign-in"] == ["login", "password", "secondFactor"]


def test_what_the_script_sends_fits_the_schema() -> None:
    """No other test runs it."""
    documents = re.findall(r"(?:mutation|query): `(.+?)`", SCRIPT, re.DOTALL)
    assert len(documents) == len(PATHS) + len(["what is offered", "signing in"])
    for document in documents:
        assert validate(SCHEMA._schema, parse(document)) == []  # noqa: SLF001 no public way
