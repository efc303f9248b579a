"""Due mails leave: claimed with a lease, sent outside any transaction, written back under it.

At least once: a process that dies between the server's yes and the write-back leaves a mail that
goes again, with the same Message-ID. An SMS is a message without sender and subject; what an app is
asked is a call, whose answer is kept. Each channel has its own queue and transport.
"""

import random
import traceback
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import Policy
from typing import Self
from urllib.parse import urlsplit

import structlog

import settings
from mail import app_calls, letters, rendering
from mail.app_calls import Answer, AppCaller, Call
from mail.letters import Letter
from mail.transport import PermanentFailure, TemporaryFailure, Transport, Unavailable
from models import Channel, OutboxEntry, OutboxState, clock, database, ids

Carrier = Transport | AppCaller

_LEASE = timedelta(seconds=60)
_ATTEMPTS = 12
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)

_CLAIM = """
update outbox_entries set lease = $1, leased_until = $2, attempts = attempts + 1
where id = (
  select id from outbox_entries
  where state = 'QUEUED' and channel = $4 and due_at <= $3
    and (leased_until is null or leased_until <= $3)
    and (channel <> 'APP' or recipient not in (
      select recipient from outbox_entries
      where state = 'QUEUED' and channel = 'APP' and leased_until > $3
    ))
  order by due_at limit 1 for update skip locked
)
returning id
"""
"""Of one app's calls one at a time, so that one that hangs holds up its own alone."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Outcome:
    """`error` is short and holds no personal data; `due_at` is set while `QUEUED`.

    `answer` is what an app that was asked something has said.
    """

    state: OutboxState
    error: str | None = None
    due_at: datetime | None = None
    answer: Answer | None = None


async def deliver_due(carrier: Carrier, *, limit: int = 20) -> int:
    """Deal with what is due, at most `limit` mails in their order; how many there were.

    Raises:
        transport.Unavailable: as `deliver_next`.
    """
    for done in range(limit):
        if not await deliver_next(carrier):
            return done
    return limit


async def deliver_next(carrier: Carrier) -> bool:
    """Deal with the mail that has been due longest; whether there was one.

    One at a time, so that a lease covers one mail only and a cancellation counts until the last
    moment.

    Raises:
        transport.Unavailable: no mail can leave at present; this one waits as if untried.
    """
    async with database.transaction(database.SYSTEM):
        entry = await _claim(carrier.channel)
        parcel = await _parcel(entry) if entry is not None else None
    if entry is None:
        return False
    try:
        outcome = _refusal(entry, parcel) or await _attempt(carrier, entry, parcel)
    except Unavailable:
        await _write_back(entry, attempts=entry.attempts - 1)
        raise
    await _settle(entry, outcome)
    return True


async def _claim(channel: Channel) -> OutboxEntry | None:
    now = clock.now()
    found = await database.rows(_CLAIM, ids.new("lse"), now + _LEASE, now, channel)
    return await OutboxEntry.get(id=found[0]["id"]) if found else None


async def _parcel(entry: OutboxEntry) -> Letter | Call | None:
    """What leaves; None where what it tells of does not stand any more."""
    if entry.channel is Channel.APP:
        return await app_calls.of(entry)
    return await letters.of(entry)


def _refusal(entry: OutboxEntry, parcel: Letter | Call | None) -> _Outcome | None:
    """Why the entry must not leave any more, if so."""
    if entry.cancelled_at is not None:
        return _Outcome(OutboxState.CANCELLED)
    if entry.not_after is not None and entry.not_after <= clock.now():
        return _Outcome(OutboxState.FAILED, entry.last_error or "too late")
    return _Outcome(OutboxState.CANCELLED) if parcel is None else None


async def _attempt(carrier: Carrier, entry: OutboxEntry, parcel: Letter | Call | None) -> _Outcome:
    assert parcel is not None  # noqa: S101 `_refusal` has seen to it
    try:
        return await _leave(carrier, entry, parcel)
    except Unavailable:
        raise
    except TemporaryFailure as failure:
        return _later(entry, failure.reason)
    except PermanentFailure as failure:
        return _Outcome(OutboxState.BOUNCED, failure.reason)
    except Exception as error:  # noqa: BLE001 whatever is wrong with one, the others leave
        return _poisoned(entry, error)


async def _leave(carrier: Carrier, entry: OutboxEntry, parcel: Letter | Call) -> _Outcome:
    """A call by the one who calls; a letter by whoever takes letters."""
    if isinstance(carrier, AppCaller):
        assert isinstance(parcel, Call)  # noqa: S101 its channel's entries are calls
        return _Outcome(OutboxState.SENT, answer=await carrier.call(parcel))
    assert isinstance(parcel, Letter)  # noqa: S101 and all others letters
    await carrier.send(_compose(entry, parcel), recipient=entry.recipient)
    return _Outcome(OutboxState.SENT)


class _OneLine(str):
    """A header as it stands. Python folds an address longer than a line by encoding it as words,
    and no mail program looks for an address in words.
    """

    __slots__ = ("name",)
    name: str

    def __new__(cls, name: str, value: str) -> Self:
        header = super().__new__(cls, value)
        header.name = name
        return header

    def fold(self, *, policy: Policy) -> str:
        """What `email` asks of a header that knows its name."""
        return f"{self.name}: {self}{policy.linesep}"


def _compose(entry: OutboxEntry, letter: Letter) -> EmailMessage:
    message, secrets = EmailMessage(), letter.secrets()
    message["Date"] = clock.now()
    message["Message-ID"] = f"<{entry.id}@{urlsplit(settings.load().public_url).hostname}>"
    if entry.channel is Channel.SMS:
        message.set_content(
            rendering.render_sms(letter.template, entry.facts, locale=letter.locale, **secrets)
        )
        return message
    rendered = rendering.render(letter.template, entry.facts, locale=letter.locale, **secrets)
    message["From"] = settings.load().mail_from
    message["To"] = Address(addr_spec=entry.recipient)
    message["Subject"] = rendered.subject
    message["Auto-Submitted"] = "auto-generated"
    for name, value in letter.headers().items():
        message[name] = _OneLine(name, value)
    message.set_content(rendered.text)
    message.add_alternative(rendered.html, subtype="html")
    return message


def _later(entry: OutboxEntry, reason: str) -> _Outcome:
    """Pauses double, and differ a little so that what failed together is not tried together."""
    pause = min(_FIRST_PAUSE * 2 ** (entry.attempts - 1), _LONGEST_PAUSE)
    due_at = clock.now() + pause * random.uniform(1, 1.25)  # noqa: S311 no secret
    too_late = entry.not_after is not None and entry.not_after <= due_at
    if too_late or entry.attempts >= _ATTEMPTS:
        return _Outcome(OutboxState.FAILED, reason)
    return _Outcome(OutboxState.QUEUED, reason, due_at)


def _poisoned(entry: OutboxEntry, error: Exception) -> _Outcome:
    """The error's own words are not logged: they may quote an address or the link."""
    kind, frame = type(error).__name__, traceback.extract_tb(error.__traceback__)[-1]
    _log.error("mail.poisoned", entry=entry.id, error=kind, at=f"{frame.filename}:{frame.lineno}")
    return _Outcome(OutboxState.FAILED, kind)


async def _settle(entry: OutboxEntry, outcome: _Outcome) -> None:
    values: dict[str, object] = {"state": outcome.state, "last_error": outcome.error}
    if outcome.due_at is not None:
        values["due_at"] = outcome.due_at
    else:
        values |= {"facts": {}, "recipient": "", "finished_at": clock.now()}
    async with database.transaction(database.SYSTEM):
        kept = await _release(entry, **values)
        if kept and entry.channel is Channel.APP and outcome.due_at is None:
            await app_calls.record(entry, outcome.answer)
    _log.info(
        "mail.settled" if kept else "mail.lease_lost",
        entry=entry.id,
        mail=entry.message,
        state=outcome.state.value,
        attempts=entry.attempts,
        error=outcome.error,
    )


async def _write_back(entry: OutboxEntry, **values: object) -> None:
    async with database.transaction(database.SYSTEM):
        await _release(entry, **values)


async def _release(entry: OutboxEntry, **values: object) -> bool:
    """Give the lease back; False, and nothing changed, where another worker has it by now."""
    mine = OutboxEntry.filter(id=entry.id, lease=entry.lease)
    return await mine.update(lease=None, leased_until=None, **values) == 1
