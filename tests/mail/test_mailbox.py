import asyncio
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from mail import mailbox
from mail.transport import MailboxTransport
from models import ids

SENT_AT = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)


def letter(subject: str, text: str = "Hello.", html: str | None = None) -> EmailMessage:
    message = EmailMessage()
    message["To"] = "somebody@example.org"
    message["Subject"] = subject
    message["Date"] = SENT_AT
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    return message


async def keep(folder: Path, message: EmailMessage) -> None:
    await MailboxTransport(folder).send(message, recipient="ann@example.org")
    await asyncio.sleep(0.002)  # names sort to the millisecond


def test_before_the_first_mail_it_is_empty(tmp_path: Path) -> None:
    assert mailbox.newest(tmp_path / "mailbox") == []


async def test_a_mail_is_kept_as_its_reader_would_see_it(tmp_path: Path) -> None:
    await keep(tmp_path, letter("Жаңа хат", "Сәлем\n" + "x" * 200, "<p>Сәлем</p>"))
    (mail,) = mailbox.newest(tmp_path)
    assert mail.id.startswith("eml_")
    assert mail.to == "ann@example.org"
    assert mail.subject == "Жаңа хат"
    assert mail.text == "Сәлем\n" + "x" * 200 + "\n"
    assert mail.html == "<p>Сәлем</p>\n"
    assert mail.sent_at == SENT_AT


async def test_a_mail_without_html_has_none(tmp_path: Path) -> None:
    await keep(tmp_path, letter("Hello"))
    assert mailbox.newest(tmp_path)[0].html == ""


async def test_the_newest_mail_comes_first(tmp_path: Path) -> None:
    for subject in ("first", "second", "third"):
        await keep(tmp_path, letter(subject))
    assert [mail.subject for mail in mailbox.newest(tmp_path)] == ["third", "second", "first"]
    assert [mail.subject for mail in mailbox.newest(tmp_path, limit=1)] == ["third"]


async def test_what_has_come_since_a_mail_is_what_is_newer(tmp_path: Path) -> None:
    """Issue 6.4: the page asks for no more."""
    for subject in ("first", "second", "third"):
        await keep(tmp_path, letter(subject))
    oldest = mailbox.newest(tmp_path)[-1].id
    assert [m.subject for m in mailbox.newest(tmp_path, after=oldest)] == ["third", "second"]
    assert [m.subject for m in mailbox.newest(tmp_path, after=oldest, limit=1)] == ["third"]


async def test_a_mail_that_takes_long_to_write_comes_after_those_that_were_quicker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else who has seen the quick one would never hear of it."""
    write, quick = Path.write_bytes, letter("quick").as_bytes()

    def slow(file: Path, mail: bytes) -> int:
        monkeypatch.undo()
        MailboxTransport(tmp_path)._keep(b"Delivered-To: ann\n" + quick)  # noqa: SLF001 in between
        return write(file, mail)

    monkeypatch.setattr(Path, "write_bytes", slow)
    await keep(tmp_path, letter("slow"))
    assert [mail.subject for mail in mailbox.newest(tmp_path)] == ["slow", "quick"]


async def test_a_mail_is_found_by_its_id(tmp_path: Path) -> None:
    await keep(tmp_path, letter("Hello"))
    [mail] = mailbox.newest(tmp_path)
    assert mailbox.find(tmp_path, mail.id) == mail
    assert mailbox.find(tmp_path, ids.new("eml")) is None


@pytest.mark.parametrize("name", ["../secret", "secret", "", "\0", "eml_x", "x" * 5000])
async def test_no_other_file_is_found(tmp_path: Path, name: str) -> None:
    """CASES 75: whatever an address names."""
    (tmp_path / "mailbox").mkdir()
    for file in (tmp_path / "secret.eml", tmp_path / "mailbox" / "secret.eml"):
        file.write_bytes(letter("Secret").as_bytes())
    assert mailbox.find(tmp_path / "mailbox", name) is None


async def test_links_are_those_of_the_text(tmp_path: Path) -> None:
    text = "See <http://127.0.0.1:8000/invitation#tnt_inv_x>\nor https://example.org/?a=1&b=2 now."
    await keep(tmp_path, letter("Hello", text, '<a href="https://only-in-html.example">x</a>'))
    assert mailbox.newest(tmp_path)[0].links == (
        "http://127.0.0.1:8000/invitation#tnt_inv_x",
        "https://example.org/?a=1&b=2",
    )


async def test_a_mail_half_written_is_not_seen(tmp_path: Path) -> None:
    (tmp_path / "eml_x.partial").write_text("To: ann")
    assert mailbox.newest(tmp_path) == []


async def test_only_its_owner_reads_the_mailbox(tmp_path: Path) -> None:
    """It holds living links."""
    await keep(tmp_path / "mailbox", letter("Hello"))
    assert (tmp_path / "mailbox").stat().st_mode & 0o777 == 0o700
