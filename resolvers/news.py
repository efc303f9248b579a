"""News of the provider: only for those who want them, each mail with a link that ends them.

Opting in is a setting of the person's own; the link opts out without signing in, because who wants
no more mail should not have to remember a password for it (RFC 8058).
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import errors
from auth import tokens
from auth.viewer import Viewer
from locales import Locale
from mail import messages, outbox
from mail.outbox import Addressee
from models import User, clock, database
from permissions import checks
from resolvers import audit, identifiers

SUBJECT_LENGTH, BODY_LENGTH = 200, 20_000
_WRITTEN_AT_ONCE = 1_000
# Other mails leave in between: whoever waits for a link to a new password waits some seconds.
_TOGETHER, _PAUSE = 100, timedelta(seconds=10)

_READERS = """
select id, email, locale from users
where wants_news and email_verified_at is not null and ended_at is null order by id
"""


@dataclass(frozen=True, slots=True)
class Text:
    """`body` in paragraphs, an empty line between two."""

    locale: Locale
    subject: str
    body: str


async def send(viewer: Viewer, texts: Sequence[Text]) -> int:
    """The news are on their way to everybody who wants them; how many that are.

    Each gets them in his language, else in English, else in the language that stands first.

    Raises:
        errors.Unauthenticated
        errors.PermissionDenied: only staff send news.
        errors.InvalidInput: no text, two in one language, or one that cannot be mailed.
    """
    staff, now = checks.require_staff(viewer), clock.now()
    mails = _mails(texts)
    async with database.transaction(database.SYSTEM):
        readers = await database.rows(_READERS)
        addressees = _addressees(readers, tuple(mails), now)
        while some := list(islice(addressees, _WRITTEN_AT_ONCE)):
            await outbox.enqueue_all(some, mails, now=now)
        await audit.record(
            staff,
            "news.send",
            subject_id=checks.require_signed_in(viewer),
            changes={"recipients": (None, str(len(readers)))},
        )
    return len(readers)


def _mails(texts: Sequence[Text]) -> dict[Locale, messages.Message]:
    faults, mails = identifiers.Faults(), dict[Locale, messages.Message]()
    if not texts:
        faults.add(("texts",), "REQUIRED")
    for index, text in enumerate(texts):
        path = ("texts", str(index))
        subject = faults.check((*path, "subject"), _subject, text.subject)
        body = faults.check((*path, "body"), _body, text.body)
        if text.locale in mails:
            faults.add((*path, "locale"), "TEXT_TWICE")
        mails[text.locale] = messages.news(subject=subject, body=body)
    faults.settle()
    return mails


def _subject(value: str) -> str:
    """One line; what cannot be seen in it is a slip, so it is not dropped in silence."""
    text = unicodedata.normalize("NFC", value).strip()
    if identifiers.printable(text) != text or "\n" in text:
        raise identifiers.Fault("INVALID")
    return _of_length(text, SUBJECT_LENGTH)


def _body(value: str) -> str:
    return _of_length(identifiers.printable(value.replace("\t", " ")), BODY_LENGTH)


def _of_length(text: str, limit: int) -> str:
    if not text:
        raise identifiers.Fault("REQUIRED")
    if len(text) > limit:
        raise identifiers.Fault("TOO_LONG", limit)
    return text


def _addressees(
    readers: Sequence[dict[str, Any]], written: Sequence[Locale], now: datetime
) -> Iterator[Addressee]:
    fallback = Locale.EN if Locale.EN in written else written[0]
    for number, reader in enumerate(readers):
        locale = Locale(reader["locale"]) if reader["locale"] in written else fallback
        due_at = now + _PAUSE * (number // _TOGETHER)
        yield Addressee(reader["id"], reader["email"], locale, due_at)


async def reader(user_id: str, token: str) -> User:
    """Whose mail held the link; nothing changes.

    Raises:
        errors.NotFound: no mail of ours held that token.
    """
    _check(user_id, token)
    async with database.transaction(database.SYSTEM, read_only=True):
        return await _find(user_id)


async def unsubscribe(viewer: Viewer, user_id: str, token: str) -> User:
    """The account gets no more news; nothing changes where it gets none.

    Raises:
        errors.NotFound: no mail of ours held that token.
    """
    _check(user_id, token)
    async with database.transaction(database.SYSTEM):
        wanted = User.filter(id=user_id, wants_news=True)
        if await wanted.update(wants_news=False, updated_at=clock.now()):
            await audit.record(
                viewer,
                "user.unsubscribe",
                subject_id=user_id,
                actor_id=user_id,
                changes={"wants_news": ("True", "False")},
            )
        return await _find(user_id)


def _check(user_id: str, token: str) -> None:
    if not tokens.is_derived(token, tokens.UNSUBSCRIBE, user_id):
        raise errors.NotFound


async def _find(user_id: str) -> User:
    """Rows of accounts stay; only a database put back to an earlier day knows less than a mail."""
    if (found := await User.get_or_none(id=user_id)) is None:
        raise errors.NotFound
    return found
