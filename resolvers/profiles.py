"""One's own data: name and phone, and who may change which (PRODUCT 5)."""

from collections.abc import Sequence
from dataclasses import dataclass

from tortoise.queryset import QuerySet

import errors
from auth.viewer import Viewer
from models import Catalog, Member, MemberStatus, User, clock, database, direct
from permissions import checks
from resolvers import audit, identifiers
from resolvers.identifiers import LEFT_OUT, LeftOut


@dataclass(frozen=True, slots=True)
class Powers:
    """What somebody may change of his own data himself."""

    can_change_full_name: bool
    can_change_email: bool


async def update(
    viewer: Viewer,
    *,
    full_name: str | LeftOut = LEFT_OUT,
    phone: str | LeftOut | None = LEFT_OUT,
) -> None:
    """The viewer has that name and that number, unconfirmed; no number where it is None.

    Raises:
        errors.Unauthenticated
        errors.InvalidInput: a confirmed number changes only with the code sent to it, too.
        errors.ProviderOnly: the name of an ACCOUNT's first user.
    """
    user_id = checks.require_signed_in(viewer)
    faults = identifiers.Faults()
    full_name = faults.check(("fullName",), identifiers.given(identifiers.name), full_name)
    phone = faults.check(
        ("phone",), identifiers.given(identifiers.optional(identifiers.phone)), phone
    )
    faults.settle()
    async with database.transaction(database.SYSTEM):
        user = await lock_with_places(user_id)
        changes = [*await rename(user, full_name), *renumber(user, phone)]
        if changes:
            await save(user, *changes)
            await audit.record(
                viewer, "user.update", subject_id=user_id, changes=dict.fromkeys(changes, ())
            )


async def lock(user_id: str) -> User:
    """The account, locked for a change."""
    [found] = await direct.every(
        User, "select * from users where id = $1 for no key update", user_id
    )
    return found


async def lock_with_places(user_id: str) -> User:
    """As `lock`, for what `save` writes; the places come first, as wherever both are locked."""
    places = Member.filter(user_id=user_id, joined_at__isnull=False)
    await places.order_by("id").select_for_update(no_key=True)
    return await lock(user_id)


async def rename(user: User, full_name: str | LeftOut) -> list[str]:
    """The fields that changed of a locked account; see `save`."""
    if isinstance(full_name, LeftOut) or full_name == user.full_name:
        return []
    await refuse_first_user(user.id)
    user.full_name = full_name
    return ["full_name"]


def renumber(user: User, phone: str | LeftOut | None) -> list[str]:
    """As `rename`; a confirmed number stays until its code is given."""
    if isinstance(phone, LeftOut) or phone == user.phone:
        return []
    if user.phone_confirmed_at is not None:
        raise errors.InvalidInput.at("phone", code="CONFIRMED")
    user.phone = phone
    return ["phone"]


async def save(user: User, *fields: str) -> None:
    """Write those fields of a locked account; its places in tenants follow."""
    user.name_key, user.updated_at = identifiers.fold(user.full_name), clock.now()
    await user.save(update_fields=[*fields, "name_key", "updated_at"])
    await follow(user)


async def follow(user: User) -> None:
    """The lists of tenants find the person by his present name, login and address."""
    await Member.filter(user_id=user.id, joined_at__isnull=False).update(
        name_key=identifiers.fold(user.full_name),
        login_key=user.login,
        email_key=user.email_key if user.email_verified_at else None,
    )


async def refuse_first_user(user_id: str) -> None:
    """The first user of an ACCOUNT keeps name and address, anywhere (PRODUCT 2, rule 5).

    Raises:
        errors.ProviderOnly
    """
    if await is_first_user(user_id):
        raise errors.ProviderOnly


async def is_first_user(user_id: str) -> bool:
    """Whether he is that of an ACCOUNT which still exists, and belongs to it."""
    return await _first_places([user_id]).exists()


def _first_places(user_ids: Sequence[str]) -> QuerySet[Member]:
    return Member.filter(
        user_id__in=list(user_ids),
        is_first_user=True,
        status__in=[MemberStatus.JOINED, MemberStatus.DISABLED],
        tenant__catalog=Catalog.ACCOUNT,
        tenant__deleted_at=None,
    )


async def powers(user_ids: Sequence[str]) -> dict[str, Powers]:
    """What the frontend may offer each of these people to change."""
    bound = {place.user_id for place in await _first_places(user_ids)}
    people = await User.filter(id__in=list(user_ids))
    return {one.id: _powers(one, bound=one.id in bound) for one in people}


def _powers(user: User, *, bound: bool) -> Powers:
    return Powers(not bound, not bound and not user.email_is_registered)
