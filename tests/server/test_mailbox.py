from email.message import EmailMessage
from html.parser import HTMLParser

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

import settings
from mail import sms, transport
from mail.transport import MailboxTransport
from models import clock
from server.pages import mailbox

LINK = "http://127.0.0.1:8000/invitation#tnt_inv_x"
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'


class Frames(HTMLParser):
    """The tags of a page, and the attributes of its frames."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.frames: list[dict[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "iframe":
            self.frames.append(dict(attrs))


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=mailbox.routes))


async def keep(subject: str, text: str = f"Follow {LINK} now.", html: str = "<p>Hi</p>") -> None:
    message = EmailMessage()
    message["Subject"] = subject
    message["Date"] = clock.now()
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    box = transport.choose(settings.load())
    assert isinstance(box, MailboxTransport)
    await box.send(message, recipient="ann@example.org")


def test_an_empty_mailbox_says_so(client: TestClient) -> None:
    assert "No mail yet" in client.get("/mailbox").text
    assert client.get("/mailbox.json").json() == []


async def test_programs_find_all_of_a_mail(client: TestClient) -> None:
    await keep("Hello")
    (mail,) = client.get("/mailbox.json").json()
    assert mail.pop("id").startswith("eml_")
    assert mail.pop("sentAt").endswith("+00:00")
    assert mail == {
        "to": "ann@example.org",
        "subject": "Hello",
        "text": f"Follow {LINK} now.\n",
        "html": "<p>Hi</p>\n",
        "links": [LINK],
    }


async def test_an_sms_is_shown_as_one(client: TestClient) -> None:
    """Issue 4.2: with its number and text, and no empty frame beside."""
    message = EmailMessage()
    message["Date"] = clock.now()
    message.set_content("042017 confirms your number.")
    box = sms.choose(settings.load())
    assert isinstance(box, MailboxTransport)
    await box.send(message, recipient="+77051250043")
    (mail,) = client.get("/mailbox.json").json()
    assert (mail["to"], mail["subject"]) == ("+77051250043", "SMS")
    assert (mail["text"], mail["html"]) == ("042017 confirms your number.\n", "")
    page = client.get("/mailbox").text
    assert "<h2>SMS</h2>" in page
    assert "to +77051250043" in page
    assert "042017 confirms your number." in page
    assert Frames(page).frames == []


async def test_people_can_click_on_the_links(client: TestClient) -> None:
    await keep("Hello")
    page = client.get("/mailbox").text
    assert f'Follow <a href="{LINK}" target="_blank" rel="noreferrer">{LINK}</a> now.' in page


async def test_nothing_in_a_mail_becomes_part_of_the_page(client: TestClient) -> None:
    """CASES 75."""
    await keep(HOSTILE, HOSTILE, HOSTILE)
    page = Frames(client.get("/mailbox").text)
    assert not {"script", "img"} & set(page.tags)
    (frame,) = page.frames
    assert frame["srcdoc"] == HOSTILE + "\n"
    assert frame["sandbox"] == "allow-popups allow-popups-to-escape-sandbox"


@pytest.mark.parametrize("path", ["/mailbox", "/mailbox.json"])
def test_mails_are_not_kept_by_caches(client: TestClient, path: str) -> None:
    assert client.get(path).headers["cache-control"] == "no-store"


def test_the_page_runs_no_script(client: TestClient) -> None:
    policy = client.get("/mailbox").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
