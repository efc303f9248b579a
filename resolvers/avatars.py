"""Avatars: whose picture who sees, for talking to support (PRODUCT 5).

Support and those who write to it see each other: the person himself, staff, whoever holds
`support:use` in a tenant where the person lives; and they all see staff.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import errors
import settings
from auth import limits
from auth.viewer import Viewer
from models import Avatar, clock, database
from permissions import checks
from permissions.catalog import Permission
from resolvers import audit, pictures, profiles

_SEEN = """
select {columns} from avatars a where a.user_id = any($1) and (a.user_id = $2 or $3 or exists (
  select from members m where m.user_id = a.user_id and m.status in ('JOINED', 'DISABLED')
    and m.tenant_id = any($4) offset 0
))
union all
select {columns} from avatars_of_staff($5) a
"""


async def put(viewer: Viewer, content: bytes) -> str:
    """The picture is the viewer's avatar, drawn anew; gives its address.

    Raises:
        errors.Unauthenticated, errors.RateLimited
        errors.InvalidInput: no picture, broken, or too large.
    """
    user_id = checks.require_signed_in(viewer)
    pictures.require_size(len(content))
    await limits.count(limits.counter("avatars", settings.load().limit_avatars, user_id))
    image = await pictures.draw(content)
    digest = hashlib.sha256(image).hexdigest()
    async with database.transaction(viewer.scope):
        await _require_living(user_id)
        await Avatar.filter(user_id=user_id).delete()
        await Avatar.create(user_id=user_id, digest=digest, image=image, created_at=clock.now())
        await audit.record(viewer, "user.change_avatar", subject_id=user_id)
    return _address(user_id, digest)


async def _require_living(user_id: str) -> None:
    """Drawing takes a while, in which an account may end."""
    if (await profiles.lock(user_id)).ended_at is not None:
        raise errors.Unauthenticated


async def remove(viewer: Viewer) -> bool:
    """The viewer has no avatar; False where he had none.

    Raises:
        errors.Unauthenticated
    """
    user_id = checks.require_signed_in(viewer)
    async with database.transaction(viewer.scope):
        removed = await Avatar.filter(user_id=user_id).delete()
        if removed:
            await audit.record(viewer, "user.remove_avatar", subject_id=user_id)
    return bool(removed)


async def get(viewer: Viewer, user_id: str, digest: str) -> bytes:
    """The picture, as `pictures.MADE_AS`.

    Raises:
        errors.NotFound: there is none, not that one any more, or it is not the viewer's to see.
    """
    for found in await _seen(viewer, [user_id], "a.digest, a.image"):
        if found["digest"] == digest:
            return bytes(found["image"])
    raise errors.NotFound


async def addresses(viewer: Viewer, user_ids: Sequence[str]) -> dict[str, str]:
    """Where to load the avatars of those people who have one that the viewer may see."""
    found = await _seen(viewer, list(user_ids), "a.user_id, a.digest")
    return {row["user_id"]: _address(row["user_id"], row["digest"]) for row in found}


async def _seen(viewer: Viewer, user_ids: list[str], columns: str) -> list[dict[str, Any]]:
    talking = [t for t in viewer.joined if checks.sees(viewer, t, Permission.SUPPORT_USE)]
    return await database.rows(
        _SEEN.format(columns=columns),
        user_ids,
        viewer.user_id,
        viewer.is_staff,
        talking,
        user_ids if talking else [],
    )


def _address(user_id: str, digest: str) -> str:
    """Of one picture for ever: another one has another digest."""
    return f"{settings.load().public_url}/avatars/{user_id}/{digest}"
