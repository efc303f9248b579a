"""People's accounts: made by the operator, or in the act of accepting."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

import errors
from auth import passwords
from auth.viewer import Viewer
from locales import Locale
from models import ProviderRole, User, clock, database, ids
from resolvers import audit, identifiers

_INSERT = """
insert into users (id, login, email, email_key, email_verified_at, email_is_registered, full_name,
  name_key, phone, locale, password_hash, provider_role, manager_id, password_expired, created_at,
  updated_at)
values ($1, $2, $3::text, $4, $5, $3 is not null, $6, $7, $8, $9, $10, $11, $12::text,
  $13 or $12 is not null, $14, $14)
on conflict do nothing returning id
"""


@dataclass(frozen=True, slots=True)
class Registration:
    """What a person says of himself; normalised by `read`."""

    full_name: str
    login: str
    password: str = field(repr=False)
    phone: str | None = None
    locale: Locale | None = None


async def prepare(
    given: Registration, *, language: str | None = None, own: Iterable[str | None] = ()
) -> tuple[Registration, str]:
    """The `registration` of an input as `register` takes it, and its password's hash.

    Call it outside of a transaction: hashing takes long.

    Raises:
        errors.InvalidInput: with every wrong field.
    """
    faults = identifiers.Faults()
    checked = read(given, faults, "registration", language=language, own=own)
    faults.settle()
    return checked, await passwords.make_hash(checked.password)


def read(
    given: Registration,
    faults: identifiers.Faults,
    *path: str,
    language: str | None = None,
    own: Iterable[str | None] = (),
) -> Registration:
    """The registration with every value normalised; settle the faults before using it.

    `path` is where it stands in the input. `language` is spoken where the person names none; `own`
    words, besides his names, make no password.
    """
    password = partial(identifiers.new_password, own=(given.full_name, given.login, *own))
    return Registration(
        faults.check((*path, "fullName"), identifiers.name, given.full_name),
        faults.check((*path, "login"), identifiers.login, given.login),
        faults.check((*path, "password"), password, given.password),
        faults.check((*path, "phone"), identifiers.optional(identifiers.phone), given.phone),
        given.locale or (Locale(language) if language else None),
    )


async def create(
    viewer: Viewer,
    given: Registration,
    *,
    email: str,
    provider_role: ProviderRole | None = None,
    handed_over: bool = False,
) -> str:
    """An account made by the operator or by staff, whose address counts as verified; its id.

    Raises:
        errors.InvalidInput: a taken address too, at `email`.
        errors.LoginTaken
    """
    faults = identifiers.Faults()
    address = faults.check(("email",), identifiers.email, email)
    checked = read(given, faults, own=(email,))
    faults.settle()
    password_hash = await passwords.make_hash(checked.password)
    async with database.transaction(database.SYSTEM):
        user_id = await register(
            viewer,
            checked,
            email=address,
            password_hash=password_hash,
            provider_role=provider_role,
            handed_over=handed_over,
        )
        if user_id is None:
            raise errors.InvalidInput.at("email", code="TAKEN")
        return user_id


async def register(
    viewer: Viewer,
    given: Registration,
    *,
    email: str | None,
    password_hash: str,
    provider_role: ProviderRole | None = None,
    manager_id: str | None = None,
    handed_over: bool = False,
) -> str | None:
    """Write the account in the running transaction; None where the address is registered.

    Without an e-mail the account is managed by the tenant `manager_id` (PRODUCT 3.3). Its password
    is to be replaced at the first sign-in, as any other that is `handed_over`.

    An unverified account loses the address: whoever calls this has proof that it is not its
    (PRODUCT 3.7).

    Raises:
        errors.LoginTaken
    """
    user_id, key, now = ids.new("usr"), identifiers.fold(email) if email else None, clock.now()
    if key is not None:
        await free(viewer, key)
    made = await database.rows(
        _INSERT,
        user_id,
        given.login,
        email,
        key,
        now if email else None,
        given.full_name,
        identifiers.fold(given.full_name),
        given.phone,
        given.locale,
        password_hash,
        provider_role,
        manager_id,
        handed_over,
        now,
    )
    if made:
        await audit.record(viewer, "user.create", subject_id=user_id, actor_id=viewer.user_id)
        return user_id
    if await User.filter(login=given.login).exists():
        raise errors.LoginTaken
    return None


async def free(viewer: Viewer, email_key: str) -> None:
    """Accounts that only claim the address lose it, to who has proven it (PRODUCT 3.7)."""
    claimants = User.filter(email_key=email_key, email_verified_at=None)
    for claimant in await claimants.order_by("id").select_for_update(no_key=True):
        claimant.email = claimant.email_key = None
        claimant.updated_at = clock.now()
        await claimant.save(update_fields=["email", "email_key", "updated_at"])
        await audit.record(viewer, "user.lose_email", subject_id=claimant.id, changes={"email": ()})
