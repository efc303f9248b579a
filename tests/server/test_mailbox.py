"""What the development mailbox answers; `tests/browser/test_mailbox.py` looks at the page."""

from email.message import EmailMessage

import pytest
from starlette.testclient import TestClient

import settings
from mail import sms, transport
from mail.transport import MailboxTransport, mailbox_folder
from models import clock, ids
from server import app
from server.pages import mailbox

LINK = "http://127.0.0.1:8000/invitation#tnt_inv_x"
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'


@pytest.fixture
def client() -> TestClient:
    return TestClient(app.build(settings.load()))


async def keep(subject: str, text: str = f"Follow {LINK} now.", html: str = "<p>Hi</p>") -> None:
    message = EmailMessage()
    message["Subject"] = subject
    message["Date"] = clock.now()
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    box = transport.choose(settings.load())
    assert isinstance(box, MailboxTransport)
    await box.send(message, recipient="ann@example.org")


def test_an_empty_mailbox_is_an_empty_list(client: TestClient) -> None:
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


async def test_an_sms_has_a_number_and_no_html(client: TestClient) -> None:
    """Issue 4.2."""
    message = EmailMessage()
    message["Date"] = clock.now()
    message.set_content("042017 confirms your number.")
    box = sms.choose(settings.load())
    assert isinstance(box, MailboxTransport)
    await box.send(message, recipient="+77051250043")
    (mail,) = client.get("/mailbox.json").json()
    assert (mail["to"], mail["subject"]) == ("+77051250043", "SMS")
    assert (mail["text"], mail["html"]) == ("042017 confirms your number.\n", "")
    assert client.get(f"/mailbox/{mail['id']}.html").status_code == 404


async def test_who_names_a_mail_is_told_what_came_after_it(client: TestClient) -> None:
    """Issue 6.4: what a page asks for again and again stays small."""
    for subject in ("first", "second", "third"):
        await keep(subject)
    third, second, first = client.get("/mailbox.json").json()
    assert [third, second, first] == client.get("/mailbox.json?after=").json()
    assert [third, second] == client.get(f"/mailbox.json?after={first['id']}").json()
    assert client.get(f"/mailbox.json?after={third['id']}").json() == []


async def test_a_page_is_told_the_newest_of_very_many(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Programs get all of them."""
    monkeypatch.setattr(mailbox, "_AT_ONCE", 2)
    for subject in ("first", "second", "third"):
        await keep(subject)
    mails = client.get("/mailbox.json").json()
    assert len(mails) == 3
    assert client.get("/mailbox.json?after=").json() == mails[:2]


async def test_the_html_of_a_mail_is_a_document_that_can_do_nothing(client: TestClient) -> None:
    """CASES 75: in our frame, and where somebody opens it alone."""
    await keep(HOSTILE, HOSTILE, HOSTILE)
    (mail,) = client.get("/mailbox.json").json()
    framed = client.get(f"/mailbox/{mail['id']}.html")
    assert (framed.status_code, framed.text) == (200, HOSTILE + "\n")
    assert framed.headers["content-type"] == "text/html; charset=utf-8"
    assert set(framed.headers["content-security-policy"].split("; ")) == {
        "sandbox allow-popups allow-popups-to-escape-sandbox",
        "default-src 'none'",
        "img-src data: cid:",
        "style-src 'unsafe-inline'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
    }
    assert framed.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "name",
    ["..", "%2e%2e", "%2e%2e%2fsecret", "..%5csecret", "secret", "%00", "x" * 5000, "{unknown}"],
)
async def test_no_other_file_is_answered(client: TestClient, name: str) -> None:
    await keep("Hello")
    folder = mailbox_folder(settings.load())
    for file in (folder / "secret.eml", folder.parent / "secret.eml"):
        file.write_bytes(b"Subject: Secret\nContent-Type: text/html\n\n<p>Secret</p>")
    unknown = name.format(unknown=ids.new("eml"))
    assert client.get(f"/mailbox/{unknown}.html").status_code == 404


async def test_mails_are_not_kept_by_caches(client: TestClient) -> None:
    await keep("Hello")
    (mail,) = client.get("/mailbox.json").json()
    for path in ("/mailbox", "/mailbox.json", f"/mailbox/{mail['id']}.html"):
        assert client.get(path).headers["cache-control"] == "no-store"
        assert client.get(path).headers["x-content-type-options"] == "nosniff"
