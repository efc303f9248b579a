"""The development mailbox: the mails that would have left, for `/mailbox` and for tests."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import islice
from pathlib import Path

_LINK = re.compile(r"https?://[^\s<>\"]+")
_ID = re.compile(r"eml_[0-9a-z]{26}")


@dataclass(frozen=True, slots=True)
class Mail:
    """`links` are those of the text part, in its order; `sent_at` has its time zone."""

    id: str
    to: str
    subject: str
    text: str
    html: str
    links: tuple[str, ...]
    sent_at: datetime


def newest(folder: Path, *, limit: int | None = None, after: str = "") -> list[Mail]:
    """The mails in `folder`, newest first; none where there is no folder yet.

    With `after`, the id of a mail, those that have come since.
    """
    files = (file for file in folder.glob("*.eml") if file.stem > after)
    return [_read(file) for file in islice(sorted(files, reverse=True), limit)]


def find(folder: Path, mail_id: str) -> Mail | None:
    """The mail of that id, whatever else `mail_id` may name in the file system."""
    if not _ID.fullmatch(mail_id):
        return None
    try:
        return _read(folder / f"{mail_id}.eml")
    except FileNotFoundError:
        return None


def links(text: str) -> Iterator[re.Match[str]]:
    """Where the links of a text are."""
    return _LINK.finditer(text)


def _read(file: Path) -> Mail:
    message = message_from_bytes(file.read_bytes(), policy=default)
    text = _part(message, "plain")
    return Mail(
        id=file.stem,
        to=message["Delivered-To"],
        subject=message["Subject"] or "SMS",
        text=text,
        html=_part(message, "html"),
        links=tuple(link[0] for link in links(text)),
        sent_at=message["Date"].datetime,
    )


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return body.get_content() if body else ""
