"""Taking one's avatar away; putting one up is a body of bytes, see `server/avatars.py`."""

from typing import Annotated

import strawberry

from permissions.fields import SignedIn, guard
from resolvers import avatars
from schema import errors
from schema.context import Info
from schema.interfaces import Rows


@strawberry.type(description="The viewer has no avatar any more.")
class RemoveAvatarPayload:
    removed: bool = strawberry.field(description="False where there was none.")


RemoveAvatarResult = Annotated[
    RemoveAvatarPayload | errors.PermissionDenied,
    strawberry.union("RemoveAvatarResult", description="What taking it away can come to."),
]


@strawberry.type
class AvatarMutations:
    @strawberry.mutation(
        graphql_type=RemoveAvatarResult | None,
        extensions=guard(SignedIn()),
        description="Take the viewer's avatar away.",
    )
    async def remove_avatar(self, info: Info) -> Rows:
        return RemoveAvatarPayload(removed=await avatars.remove(info.context.viewer))
