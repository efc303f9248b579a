"""How somebody wants it: language, rows per page, news, SMS (PRODUCT 5)."""

from functools import partial
from typing import Any

from auth.viewer import Viewer
from locales import Locale
from models import User, clock, database
from permissions import checks
from resolvers import audit, identifiers, profiles
from resolvers.identifiers import LEFT_OUT, LeftOut

MOST_ROWS = 500


async def update(
    viewer: Viewer,
    *,
    locale: Locale | LeftOut | None = LEFT_OUT,
    rows_per_page: int | LeftOut | None = LEFT_OUT,
    wants_news: bool | LeftOut = LEFT_OUT,
    wants_sms: bool | LeftOut = LEFT_OUT,
) -> None:
    """The viewer's settings are the given ones; None: none of his own.

    Raises:
        errors.Unauthenticated
        errors.InvalidInput: a number of rows outside 1 to 500.
    """
    user_id = checks.require_signed_in(viewer)
    faults = identifiers.Faults()
    rule = identifiers.given(identifiers.optional(partial(identifiers.within, most=MOST_ROWS)))
    faults.check(("rowsPerPage",), rule, rows_per_page)
    faults.settle()
    wanted = {
        "locale": locale,
        "rows_per_page": rows_per_page,
        "wants_news": wants_news,
        "wants_sms": wants_sms,
    }
    async with database.transaction(database.SYSTEM):
        user = await profiles.lock(user_id)
        await _apply(viewer, user, wanted)


async def _apply(viewer: Viewer, user: User, wanted: dict[str, Any]) -> None:
    changes = {
        name: value
        for name, value in wanted.items()
        if value is not LEFT_OUT and value != getattr(user, name)
    }
    if not changes:
        return
    before = {name: getattr(user, name) for name in changes}
    await user.update_from_dict({**changes, "updated_at": clock.now()}).save(
        update_fields=[*changes, "updated_at"]
    )
    await audit.record(
        viewer,
        "user.update_settings",
        subject_id=user.id,
        changes={name: (_code(before[name]), _code(changes[name])) for name in changes},
    )


def _code(value: object) -> str | None:
    return None if value is None else str(value)
