"""Due mails leave: claimed with a lease, sent outside any transaction, written back under it.

At least once: a process that dies between the server's yes and the write-back leaves a mail that
goes again, with the same Message-ID. An SMS is a message without sender and subject; apps and
webhooks are called, and what they answer is recorded. Each channel has its own queue.
"""

import asyncio
import traceback
from dataclasses import dataclass
from datetime import timedelta

import structlog
from structlog.contextvars import bound_contextvars

import errors
from mail import composing, letters, pauses
from mail.calls import Call, Caller, Refused, RefusedForGood
from mail.letters import Letter
from mail.outcomes import Outcome
from mail.transport import PermanentFailure, TemporaryFailure, Transport, Unavailable
from models import OutboxEntry, OutboxState, clock, database, direct, ids

Carrier = Transport | Caller
Parcel = Letter | Call | Exception | None

_LEASE = timedelta(seconds=60)
_AGAIN = timedelta(seconds=1)

_CLAIM = """
update outbox_entries set lease = $1, leased_until = $2, attempts = attempts + 1
where id = (
  select id from outbox_entries entry
  where state = 'QUEUED' and channel = $4 and due_at <= $3
    and (leased_until is null or leased_until <= $3)
    and (channel not in ('APP', 'WEBHOOK') or recipient not in (
      select recipient from outbox_entries
      where state = 'QUEUED' and channel = $4 and leased_until > $3
    ))
    and (channel <> 'WEBHOOK' or not exists (
      select from webhook_endpoints where id = entry.recipient and rests_until > $3
    ))
  order by due_at limit 1 for update skip locked
)
returning *
"""
"""Of one app's or endpoint's calls one at a time, so that one that hangs holds up its own alone;
an endpoint that rests gets none.
"""

# Where another worker has it by now nothing is changed, and no row comes back.
_PUT_OFF = """
update outbox_entries set lease = null, leased_until = null, state = $3, last_error = $4,
  due_at = $5
where id = $1 and lease = $2
returning id
"""
_FINISH = """
update outbox_entries set lease = null, leased_until = null, state = $3, last_error = $4,
  finished_at = $5, facts = '{}', recipient = ''
where id = $1 and lease = $2
returning id
"""
_GIVE_BACK = """
update outbox_entries set lease = null, leased_until = null, attempts = $3
where id = $1 and lease = $2
"""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Claimed:
    """An entry that is this process's for a minute, and what leaves; None where what it tells of
    does not stand any more, or the error that kept anybody from saying what.
    """

    entry: OutboxEntry
    parcel: Parcel


async def deliver_due(carrier: Carrier, *, limit: int = 20) -> int:
    """Deal with what is due, at most `limit` mails in their order; how many there were.

    Raises:
        transport.Unavailable: as `deliver_next`.
    """
    try:
        for done in range(limit):
            if not await deliver_next(carrier):
                return done
        return limit
    finally:
        await carrier.part()


async def deliver_next(carrier: Carrier) -> bool:
    """Deal with the mail that has been due longest; whether there was one.

    One at a time, so that a lease covers one mail only and a cancellation counts until the last
    moment.

    Raises:
        transport.Unavailable: no mail can leave at present; this one waits as if untried.
    """
    claimed = await claim_next(carrier)
    if claimed is not None:
        await carry(carrier, claimed)
    return claimed is not None


async def claim_next(carrier: Carrier) -> Claimed | None:
    """What has been due longest of what `carrier` takes; nobody else takes it for a minute."""
    now = clock.now()
    async with database.transaction(database.SYSTEM):
        asked = (ids.new("lse"), now + _LEASE, now, carrier.channel)
        entry = await direct.first(OutboxEntry, _CLAIM, *asked)
        if entry is None:
            return None
        return Claimed(entry, await _parcel(carrier, entry))


async def _parcel(carrier: Carrier, entry: OutboxEntry) -> Parcel:
    """An entry of which nobody can say what leaves must be claimed as well, or it stays the first
    in the queue for ever.
    """
    try:
        return await (carrier.parcel if isinstance(carrier, Caller) else letters.of)(entry)
    except errors.Failure:
        raise
    except Exception as error:  # noqa: BLE001 whatever is wrong with one, the others leave
        await database.rows("select 1")  # unless the transaction has failed with it
        return error


async def carry(carrier: Carrier, claimed: Claimed) -> None:
    """Hand over what was claimed, and write down what has become of it; each line that is logged
    meanwhile names the entry. Whoever is cut short gives it back at once.

    Raises:
        transport.Unavailable: as `deliver_next`.
    """
    entry, parcel = claimed.entry, claimed.parcel
    with bound_contextvars(entry=entry.id):
        try:
            outcome = _refusal(entry, parcel) or await _attempt(carrier, entry, parcel)
        except Unavailable:
            await _give_back(entry, attempts=entry.attempts - 1)
            raise
        except asyncio.CancelledError:
            await _give_back(entry, attempts=entry.attempts)
            raise
        await _keep(carrier, entry, outcome)


def _refusal(entry: OutboxEntry, parcel: Parcel) -> Outcome | None:
    """Why the entry must not leave any more, if so."""
    if entry.cancelled_at is not None:
        return Outcome(OutboxState.CANCELLED)
    if entry.not_after is not None and entry.not_after <= clock.now():
        return Outcome(OutboxState.FAILED, entry.last_error or "too late")
    return Outcome(OutboxState.CANCELLED) if parcel is None else None


async def _attempt(carrier: Carrier, entry: OutboxEntry, parcel: Parcel) -> Outcome:
    assert parcel is not None  # noqa: S101 `_refusal` has seen to it
    if isinstance(parcel, Exception):
        return _poisoned(entry, parcel)
    try:
        return await _leave(carrier, entry, parcel)
    except Unavailable:
        raise
    except TemporaryFailure as failure:
        return _later(entry, failure)
    except PermanentFailure as failure:
        reply = failure.reply if isinstance(failure, RefusedForGood) else None
        return Outcome(OutboxState.BOUNCED, failure.reason, reply=reply, tried=True)
    except Exception as error:  # noqa: BLE001 whatever is wrong with one, the others leave
        return _poisoned(entry, error)


async def _leave(carrier: Carrier, entry: OutboxEntry, parcel: Letter | Call) -> Outcome:
    """A call by the one who calls; a letter by whoever takes letters."""
    if isinstance(carrier, Caller):
        assert isinstance(parcel, Call)  # noqa: S101 its channel's entries are calls
        return Outcome(OutboxState.SENT, reply=await carrier.call(parcel), tried=True)
    assert isinstance(parcel, Letter)  # noqa: S101 and all others letters
    await carrier.send(composing.compose(entry, parcel), recipient=entry.recipient)
    return Outcome(OutboxState.SENT, tried=True)


def _later(entry: OutboxEntry, failure: TemporaryFailure) -> Outcome:
    reply = failure.reply if isinstance(failure, Refused) else None
    pause = pauses.after(entry.attempts, entry.channel)
    due_at = clock.now() + pause if pause else None
    if due_at is None or (entry.not_after is not None and entry.not_after <= due_at):
        return Outcome(OutboxState.FAILED, failure.reason, reply=reply, tried=True)
    return Outcome(OutboxState.QUEUED, failure.reason, due_at, reply, tried=True)


def _poisoned(entry: OutboxEntry, error: Exception) -> Outcome:
    """The error's own words are not logged: they may quote an address or the link."""
    kind, frame = type(error).__name__, traceback.extract_tb(error.__traceback__)[-1]
    _log.error("mail.poisoned", entry=entry.id, error=kind, at=f"{frame.filename}:{frame.lineno}")
    return Outcome(OutboxState.FAILED, kind)


async def _keep(carrier: Carrier, entry: OutboxEntry, outcome: Outcome) -> None:
    """A database that is away may be back before somebody else takes the entry and sends a copy."""
    while True:
        try:
            return await _settle(carrier, entry, outcome)
        except errors.Failure as failure:
            if entry.leased_until is None or entry.leased_until <= clock.now() + _AGAIN:
                raise
            _log.warning("mail.unsettled", error=repr(failure))
        await asyncio.sleep(_AGAIN.total_seconds())


async def _settle(carrier: Carrier, entry: OutboxEntry, outcome: Outcome) -> None:
    caller = carrier if isinstance(carrier, Caller) else None
    async with database.transaction(database.SYSTEM):
        if caller is not None:
            await caller.hold(entry)
        kept = await _write(entry, outcome)
        if kept and caller is not None:
            await caller.record(entry, outcome)
    _log.info(
        "mail.settled" if kept else "mail.lease_lost",
        entry=entry.id,
        mail=entry.message,
        state=outcome.state.value,
        attempts=entry.attempts,
        error=outcome.error,
    )


async def _write(entry: OutboxEntry, outcome: Outcome) -> bool:
    """What has become of it; False, and nothing written, where another worker has it by now."""
    is_over = outcome.due_at is None
    moment = clock.now() if is_over else outcome.due_at
    values = (outcome.state.value, outcome.error, moment)
    return bool(
        await database.rows(_FINISH if is_over else _PUT_OFF, entry.id, entry.lease, *values)
    )


async def _give_back(entry: OutboxEntry, *, attempts: int) -> None:
    """To whoever comes next."""
    async with database.transaction(database.SYSTEM):
        await database.rows(_GIVE_BACK, entry.id, entry.lease, attempts)
