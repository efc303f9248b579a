"""What the server answers for a page; `tests/browser` opens them."""

import re
from pathlib import Path

import pytest
from graphql import parse, validate
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

import settings
from locales import Locale, translations
from server import app
from server.graphql import SCHEMA
from server.pages import page, shells
from settings import CHECKOUT, Settings
from tests.clients import Client
from tests.resolvers import steps

SHELLS = [route.path for route in shells.routes if isinstance(route, Route)]
PATHS = [*SHELLS, "/mailbox"]
FILES = re.compile(r'(?:src|href)="([^"]+)"')
DOCUMENTS = re.compile(r"/\* GraphQL \*/ `(.+?)`", re.DOTALL)
SAFE = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
}


@pytest.fixture
def client() -> TestClient:
    return TestClient(app.build(settings.load()))


@pytest.fixture
def unbuilt(client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setattr(page, "WEB", tmp_path)
    return client


def test_the_links_of_mails_lead_to_these_pages() -> None:
    """Unless the settings name others."""
    chosen = Settings(public_url="https://tenantry.example")
    pages = {
        chosen.invitation_page,
        chosen.tenant_invitation_page,
        chosen.email_page,
        chosen.password_page,
        chosen.registration_page,
        chosen.provider_page,
    }
    assert pages == {f"https://tenantry.example{path}" for path in SHELLS} - {
        "https://tenantry.example/sign-in"
    }


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_the_same_for_everybody_and_keeps_its_link_to_itself(
    built: None, client: TestClient, path: str
) -> None:
    """CASES 80: the token stands in the fragment, which no browser sends."""
    answer = client.get(path)
    assert answer.status_code == 200
    somebody = client.get(f"{path}?x=1", headers={"cookie": "tenantry=tnt_ses_x"})
    assert (somebody.text, somebody.headers.get("set-cookie")) == (answer.text, None)
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", PATHS)
def test_only_our_own_files_run_and_only_our_own_api_is_asked(
    built: None, client: TestClient, path: str
) -> None:
    """CASES 80; a password that a form sent by itself would stand in the address."""
    answer = client.get(path)
    policy = answer.headers["content-security-policy"].split("; ")
    framing = {"frame-src": "'self'"} if path == "/mailbox" else {}
    assert dict(each.split(" ", 1) for each in policy) == SAFE | framing
    assert re.findall(r"<style|\sstyle=|<script(?![^>]* src=)|\son\w+=", answer.text) == []
    files = FILES.findall(answer.text)
    assert {"/static/icon.svg", "/static/style.css"} < set(files)
    for file in files:
        assert client.get(file).status_code == 200, file


async def test_opening_a_page_changes_nothing(built: None, anonymous: Client) -> None:
    """CASES 78: mail scanners open links."""
    before = await steps.everything()
    for path in PATHS:
        assert (await anonymous.http.get(path)).status_code == 200
        assert (await anonymous.http.head(path)).status_code == 200
        assert (await anonymous.http.post(path)).status_code == 405
    assert await steps.everything() == before


@pytest.mark.parametrize(
    ("accepted", "locale"),
    [("de", Locale.EN), ("ru-RU,en;q=0.5", Locale.RU), ("kk,ru;q=0.9", Locale.KK)],
)
def test_its_title_is_in_the_language_of_the_browser(
    built: None, client: TestClient, accepted: str, locale: Locale
) -> None:
    """PRODUCT 8: what is read out first, before a script runs."""
    text = client.get("/sign-in", headers={"accept-language": accepted}).text
    assert f'<html lang="{locale.lower()}">' in text
    assert f"<title>{translations(locale).gettext('Sign in')}</title>" in text


def test_the_files_of_a_build_are_kept_for_ever_and_others_asked_for_again(
    built: None, client: TestClient
) -> None:
    """The names of the former change with what is in them."""
    files = FILES.findall(client.get("/sign-in").text)
    kept = {file: client.get(file).headers["cache-control"] for file in files}
    assert len({file for file in files if file.startswith("/built/assets/")}) > 0
    for file, control in kept.items():
        forever = file.startswith("/built/assets/")
        assert control == ("public, max-age=31536000, immutable" if forever else "no-cache")


@pytest.mark.parametrize("path", PATHS)
def test_a_page_that_was_not_built_says_how_to_build_it(unbuilt: TestClient, path: str) -> None:
    """Issue 6.5: whether nothing was built, or all but this page."""
    for manifest in (None, "{}"):
        if manifest is not None:
            (page.WEB / "dist").mkdir()
            (page.WEB / "dist" / "manifest.json").write_text(manifest)
        answer = unbuilt.get(path)
        assert answer.status_code == 503
        assert "scripts/build" in answer.text
        assert "<script" not in answer.text
        assert "script-src" not in answer.headers["content-security-policy"]


def test_what_was_not_built_is_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue 6.5: nor is what lies beside."""
    monkeypatch.setattr(page, "WEB", tmp_path / "web")
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "secret.js").touch()
    files = page.files("/built/assets", "dist/assets", cached="no-cache")
    client = TestClient(Starlette(routes=[files]))
    for name in ("sign-in.js", "..%2f..%2fsecret.js", "%2e%2e/%2e%2e/secret.js", "%00", ""):
        assert client.get(f"/built/assets/{name}").status_code == 404


def test_what_the_pages_send_fits_the_schema() -> None:
    """All at once, as fragments of one may serve another."""
    sources = [file.read_text("utf-8") for file in (CHECKOUT / "web" / "src").rglob("*.ts*")]
    documents = [each for source in sources for each in DOCUMENTS.findall(source)]
    assert len(documents) > 5
    together = re.sub(r"\$\{\w+\}", "", "\n".join(documents))
    assert validate(SCHEMA._schema, parse(together)) == []  # noqa: SLF001 no public way
