"""The second factor: a code of an authenticator app, or one of ten recovery codes (issue 4.5).

Both are taken by a guarded statement, so that no code opens two sessions, whatever two requests do
at the same moment. Wrong ones count by account, since only who knows the password gets that far;
and as failed sign-ins of their client.
"""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pyotp

import errors
import settings
from auth import limits, sealing, tokens
from auth.viewer import Viewer
from mail import messages
from mail.messages import Message
from models import RecoveryCode, SecondFactor, clock, database, ids
from permissions import checks
from resolvers import audit, credentials, notices, rows

RECOVERY_CODES = 10
_ALPHABET, _GROUPS, _GROUP = "0123456789ABCDEFGHJKMNPQRSTVWXYZ", 4, 4  # 80 bits, no I L O U
_DIGITS, _WINDOW = 6, (1, 0, -1)

_ENROL = """
insert into second_factors (user_id, secret, last_step, created_at) values ($1, $2, 0, $3)
on conflict (user_id) do update set secret = $2, last_step = 0, created_at = $3
where second_factors.confirmed_at is null
returning user_id
"""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app has to be given; shown for this once."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


async def require(viewer: Viewer, user_id: str, code: str | None) -> None:
    """Take a code of that account, which is about to be signed in to; passes where none is asked.

    Raises:
        errors.SecondFactorRequired: it has a second factor, and `code` is missing.
        errors.InvalidInput: at `secondFactor`; the code is wrong, or was taken before.
        errors.RateLimited: too many were wrong.
    """
    if await require_given(user_id, code):
        await take(viewer, user_id, code)


async def require_given(user_id: str, code: str | None) -> bool:
    """Whether a code is to be taken; it is there then, be it right or wrong.

    Raises:
        errors.SecondFactorRequired
    """
    on = await _is_on(user_id)
    if on and not _plain(code or ""):
        raise errors.SecondFactorRequired
    return on


async def take(viewer: Viewer, user_id: str, code: str | None) -> None:
    """As `require`, of an account whose second factor is on."""
    async with _counted(viewer, user_id), database.transaction(database.SYSTEM):
        taken = await _take(viewer, user_id, code or "", "secondFactor")
        if taken is RecoveryCode:
            left = await RecoveryCode.filter(user_id=user_id).count()
            await _tell(user_id, messages.recovery_code_used(codes_left=left))


async def enrol(viewer: Viewer, password: str) -> Enrolment:
    """A new secret, in place of one that was not confirmed; it counts once it is.

    Raises:
        errors.Unauthenticated, errors.RateLimited
        errors.InvalidInput: the password is wrong; or a second factor is on.
    """
    user = await credentials.require_password(viewer, password, "password")
    secret = pyotp.random_base32()
    sealed = sealing.seal(secret)
    async with database.transaction(database.SYSTEM):
        if not await database.rows(_ENROL, user.id, sealed, clock.now()):
            raise errors.InvalidInput.at(code="FACTOR_ON")
        return Enrolment(secret, _uri(secret, user.login))


def _uri(secret: str, login: str) -> str:
    """By the host the app tells this server from others."""
    issuer = urlsplit(settings.load().public_url).hostname or "Tenantry"
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=issuer)


async def confirm(viewer: Viewer, code: str) -> list[str]:
    """The second factor is on from the next sign-in; its recovery codes, shown for this once.

    Raises:
        errors.Unauthenticated, errors.RateLimited
        errors.InvalidInput: the code is wrong; nothing is to be confirmed.
    """
    user_id = checks.require_signed_in(viewer)
    async with _counted(viewer, user_id), database.transaction(database.SYSTEM):
        factor = await _locked(user_id)
        if factor is None or factor.confirmed_at is not None:
            raise errors.InvalidInput.at(code="FACTOR_ON" if factor else "NO_FACTOR")
        secret = sealing.unseal(factor.secret)
        step = _step(secret, _plain(code)) if secret else None
        if step is None:
            raise errors.InvalidInput.at("code", code="WRONG")
        factor.confirmed_at, factor.last_step = clock.now(), step
        await factor.save(update_fields=["confirmed_at", "last_step"])
        await _record(viewer, "enable", user_id)
        await _tell(user_id, messages.second_factor_enabled())
        return await _renew(user_id)


async def disable(viewer: Viewer, password: str, code: str) -> None:
    """Signing in asks for the password alone again.

    Raises:
        errors.Unauthenticated, errors.RateLimited
        errors.InvalidInput: the password or the code is wrong; no second factor is on.
    """
    async with _proven(viewer, password, code) as user_id:
        await forget(user_id)
        await _record(viewer, "disable", user_id)
        await _tell(user_id, messages.second_factor_disabled())


async def forget(user_id: str) -> None:
    """Delete all that the account's second factor is made of; runs in the caller's transaction."""
    await SecondFactor.filter(user_id=user_id).delete()
    await RecoveryCode.filter(user_id=user_id).delete()


async def renew_recovery_codes(viewer: Viewer, password: str, code: str) -> list[str]:
    """Ten new ones, shown for this once; the old ones are dead.

    Raises:
        errors.Unauthenticated, errors.RateLimited
        errors.InvalidInput: the password or the code is wrong; no second factor is on.
    """
    async with _proven(viewer, password, code) as user_id:
        await _record(viewer, "renew", user_id)
        return await _renew(user_id)


@asynccontextmanager
async def _proven(viewer: Viewer, password: str, code: str) -> AsyncIterator[str]:
    """A transaction in which the viewer has shown both, and the factor that is on is locked."""
    user = await credentials.require_password(viewer, password, "password")
    if not await _is_on(user.id):
        raise errors.InvalidInput.at(code="NO_FACTOR")
    async with _counted(viewer, user.id), database.transaction(database.SYSTEM):
        await _locked(user.id)
        await _take(viewer, user.id, code, "code")
        yield user.id


async def _locked(user_id: str) -> SecondFactor | None:
    """Confirmed or not; nobody else replaces or confirms it meanwhile."""
    return await SecondFactor.filter(user_id=user_id).select_for_update().first()


async def of(viewer: Viewer) -> rows.SecondFactor | None:
    """The viewer's own, where one is on."""
    factor = await SecondFactor.get_or_none(user_id=viewer.user_id, confirmed_at__isnull=False)
    if factor is None or factor.confirmed_at is None:
        return None
    left = await RecoveryCode.filter(user_id=viewer.user_id).count()
    return rows.SecondFactor(factor.confirmed_at, left)


async def _is_on(user_id: str) -> bool:
    async with database.transaction(database.SYSTEM, read_only=True):
        return await SecondFactor.filter(user_id=user_id, confirmed_at__isnull=False).exists()


@asynccontextmanager
async def _counted(viewer: Viewer, user_id: str) -> AsyncIterator[None]:
    """What fails inside has been counted; what turns out well is forgiven."""
    chosen = settings.load()
    counters = (
        limits.counter("second-factor", chosen.limit_second_factors, user_id),
        credentials.client_counter(viewer.client),
    )
    await limits.count(*counters)
    yield
    await limits.forgive(*counters)


async def _take(
    viewer: Viewer, user_id: str, code: str, *path: str
) -> type[SecondFactor | RecoveryCode]:
    """Which of the two the code was.

    Raises:
        errors.InvalidInput: at `path`; neither.
    """
    plain = _plain(code)
    if await _take_step(user_id, plain):
        return SecondFactor
    if await RecoveryCode.filter(user_id=user_id, digest=tokens.digest(plain)).delete():
        await _record(viewer, "use_recovery_code", user_id)
        return RecoveryCode
    raise errors.InvalidInput.at(*path, code="WRONG")


async def _take_step(user_id: str, plain: str) -> bool:
    """Of two requests with one code the second finds it taken.

    The secret is sealed anew, so that a secret of the server goes out of use once it was changed.
    """
    factor = await SecondFactor.get_or_none(user_id=user_id, confirmed_at__isnull=False)
    secret = sealing.unseal(factor.secret) if factor else None
    step = _step(secret, plain) if secret else None
    if factor is None or secret is None or step is None:
        return False
    untaken = SecondFactor.filter(user_id=user_id, created_at=factor.created_at, last_step__lt=step)
    return await untaken.update(last_step=step, secret=sealing.seal(secret)) == 1


def _step(secret: str, digits: str) -> int | None:
    """The time step whose code this is: the present one, or the one before or after it."""
    if len(digits) != _DIGITS:
        return None
    app = pyotp.TOTP(secret)
    steps = [app.timecode(clock.now()) + late for late in _WINDOW]
    return next((s for s in steps if pyotp.utils.strings_equal(app.generate_otp(s), digits)), None)


def _plain(code: str) -> str:
    """As it was typed, without blanks and dashes, in capitals."""
    return "".join(filter(str.isalnum, code)).upper()


async def _renew(user_id: str) -> list[str]:
    """New recovery codes in place of the old; runs in the caller's transaction."""
    await RecoveryCode.filter(user_id=user_id).delete()
    codes = [_new_code() for _ in range(RECOVERY_CODES)]
    await RecoveryCode.bulk_create(
        RecoveryCode(id=ids.new("rec"), user_id=user_id, digest=tokens.digest(_plain(code)))
        for code in codes
    )
    return codes


def _new_code() -> str:
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


async def _record(viewer: Viewer, verb: str, user_id: str) -> None:
    await audit.record(viewer, f"second_factor.{verb}", subject_id=user_id, actor_id=user_id)


async def _tell(user_id: str, message: Message) -> None:
    await notices.tell_user(user_id, message, now=clock.now())
