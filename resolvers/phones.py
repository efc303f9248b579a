"""The viewer's phone: a code sent to it confirms it, or takes it out of the profile (PRODUCT 5).

A try is counted in a transaction of its own before the code is looked at, so that neither parallel
guesses nor requests that break off get more than five. Nothing here asks whether a number is
somebody else's as well: several may have the same one, and none of them learns of the others.
"""

from datetime import datetime, timedelta
from typing import Any

import errors
import settings
from auth import limits, tokens
from auth.viewer import Viewer
from mail import messages, outbox
from models import Channel, CodePurpose, PhoneCode, User, clock, database, direct, ids
from permissions import checks
from resolvers import audit, notices, profiles

TRIES = 5
_KEPT = timedelta(days=1)

_TRY = """
update phone_codes c set attempts = attempts + 1 from users u
where c.user_id = $1 and c.purpose = $2 and c.closed_at is null and c.expires_at > $3
  and c.attempts < $4 and u.id = c.user_id and u.phone = c.phone
  and (u.phone_confirmed_at is null) = (c.purpose = 'CONFIRM')
returning c.id, c.phone, c.attempts
"""


async def request_code(viewer: Viewer) -> datetime:
    """A code to confirm the viewer's number is on its way to it; until when it works.

    Raises:
        errors.Unauthenticated, errors.RateLimited
        errors.InvalidInput: there is no number, it is confirmed already, or no SMS are sent here.
    """
    return await _request(viewer, CodePurpose.CONFIRM)


async def request_removal(viewer: Viewer) -> datetime:
    """A code to take the viewer's number out is on its way to it; until when it works.

    Raises:
        errors.Unauthenticated, errors.RateLimited
        errors.InvalidInput: there is no number, it is not confirmed, or no SMS are sent here.
    """
    return await _request(viewer, CodePurpose.REMOVE)


async def _request(viewer: Viewer, purpose: CodePurpose) -> datetime:
    """Counted by account and number together: nobody locks somebody else's number out."""
    user_id = checks.require_signed_in(viewer)
    assert viewer.account is not None  # noqa: S101 he is signed in
    phone = viewer.account.phone
    _require_fitting(purpose, phone, confirmed=viewer.account.phone_confirmed)
    await limits.count(*_counters(viewer, user_id, str(phone)))
    async with database.transaction(database.SYSTEM):
        user = await profiles.lock(user_id)
        if user.phone != phone:
            raise errors.Conflict
        _require_fitting(purpose, phone, confirmed=user.phone_confirmed_at is not None)
        return await _send(viewer, user, purpose)


def _require_fitting(purpose: CodePurpose, phone: str | None, *, confirmed: bool) -> None:
    if not settings.load().sends_sms:
        raise errors.InvalidInput.at("phone", code="SMS_OFF")
    if phone is None:
        raise errors.InvalidInput.at("phone", code="NO_PHONE")
    if purpose is CodePurpose.CONFIRM and confirmed:
        raise errors.InvalidInput.at("phone", code="CONFIRMED_ALREADY")
    if purpose is CodePurpose.REMOVE and not confirmed:
        raise errors.InvalidInput.at("phone", code="NOT_CONFIRMED")


def _counters(viewer: Viewer, user_id: str, phone: str) -> tuple[limits.Counter, ...]:
    chosen, name = settings.load(), "phone-code"
    return (
        limits.counter(name, chosen.limit_phone_codes, user_id, phone),
        limits.counter(name, chosen.limit_phone_codes_per_account, user_id),
        limits.counter(name, chosen.limit_phone_codes_per_client, viewer.client.address),
    )


async def _send(viewer: Viewer, user: User, purpose: CodePurpose) -> datetime:
    """The locked account's new code and its SMS; older ones are dead, and leave no more."""
    now, lifetime = clock.now(), settings.load().phone_code_lifetime
    await PhoneCode.filter(user_id=user.id, closed_at=None).update(closed_at=now)
    await outbox.cancel_codes(user.id, now=now)
    code = await PhoneCode.create(
        id=ids.new("pho"),
        user_id=user.id,
        phone=user.phone,
        purpose=purpose,
        created_at=now,
        expires_at=now + lifetime,
    )
    removal = purpose is CodePurpose.REMOVE
    await direct.insert(
        outbox.entry(
            messages.phone_removal_code(lifetime) if removal else messages.phone_code(lifetime),
            to=code.phone,
            locale=notices.language(viewer, user.locale),
            user_id=user.id,
            carries=code,
            channel=Channel.SMS,
            now=now,
        )
    )
    action = "user.request_phone_removal" if removal else "user.request_phone_code"
    await audit.record(viewer, action, subject_id=user.id)
    return code.expires_at


async def confirm(viewer: Viewer, code: str) -> None:
    """The viewer's number is confirmed.

    Raises:
        errors.Unauthenticated, errors.WrongCode
        errors.CodeUnavailable: none was asked for, it is used, overtaken, too old or tried too
            often, or the number has changed since.
    """
    user_id = checks.require_signed_in(viewer)
    phone_code = await _guess(viewer, user_id, CodePurpose.CONFIRM, code)
    async with database.transaction(database.SYSTEM):
        user = await _use(user_id, phone_code)
        user.phone_confirmed_at = user.updated_at = clock.now()
        await user.save(update_fields=["phone_confirmed_at", "updated_at"])
        await audit.record(
            viewer, "user.confirm_phone", subject_id=user_id, changes={"phone_confirmed_at": ()}
        )


async def remove(viewer: Viewer, code: str) -> None:
    """The viewer has no number any more, and gets no SMS.

    Raises:
        errors.Unauthenticated, errors.WrongCode
        errors.CodeUnavailable: as `confirm`.
    """
    user_id = checks.require_signed_in(viewer)
    phone_code = await _guess(viewer, user_id, CodePurpose.REMOVE, code)
    async with database.transaction(database.SYSTEM):
        user = await _use(user_id, phone_code)
        await take_out(user)
        await audit.record(viewer, "user.remove_phone", subject_id=user_id, changes={"phone": ()})


async def take_out(user: User) -> None:
    """A locked account has no number, and wants no SMS."""
    user.phone = user.phone_confirmed_at = None
    user.wants_sms, user.updated_at = False, clock.now()
    await user.save(update_fields=["phone", "phone_confirmed_at", "wants_sms", "updated_at"])
    await profiles.follow(user)


async def _guess(viewer: Viewer, user_id: str, purpose: CodePurpose, code: str) -> dict[str, Any]:
    """The living code whose digits these are; blanks between them are the reader's.

    Raises:
        errors.WrongCode: there is one, and these are not its digits; the try is counted.
        errors.CodeUnavailable: there is none, or that was the last try.
    """
    async with database.transaction(viewer.scope, apart=True):
        found = await database.rows(_TRY, user_id, purpose, clock.now(), TRIES)
    if not found:
        raise errors.CodeUnavailable
    [tried] = found
    if tokens.is_code("".join(code.split()), tried["id"]):
        return tried
    if tried["attempts"] < TRIES:
        raise errors.WrongCode(TRIES - tried["attempts"])
    raise errors.CodeUnavailable


async def _use(user_id: str, tried: dict[str, Any]) -> User:
    """Close the code under the account's lock; of two who use it at once, one finds it dead."""
    user = await profiles.lock(user_id)
    living = PhoneCode.filter(id=tried["id"], closed_at=None)
    if not await living.update(closed_at=clock.now()) or user.phone != tried["phone"]:
        raise errors.CodeUnavailable
    return user


async def forget_expired() -> int:
    """Delete the codes whose time has been over for a day, with their SMS; how many there were."""
    async with database.transaction(database.SYSTEM):
        return await PhoneCode.filter(expires_at__lte=clock.now() - _KEPT).delete()
