"""The guards of the schema's fields: the role matrix as Strawberry permission classes.

Where a field's arguments (or its parent) name a tenant, `Can` decides, from the memberships that
came with the request: synchronous and without a query. Where they name a member, an invitation or
an app, `Caller` or `SignedIn` stands at the field and the use case decides under the lock: the
former where API keys may pass as well as people. `Staff` stands where only the provider's people
may pass, `Explorer` where those may who look at the schema. `People` says that a field is open to
whoever is no API key, `Anyone` that it is open to all, on purpose. Every root field carries one of
them; a test sees to it.
"""

import inspect
from typing import Any

from strawberry.extensions import FieldExtension
from strawberry.extensions.field_extension import AsyncExtensionResolver
from strawberry.permission import BasePermission, PermissionExtension
from strawberry.types import Info

from permissions import checks
from permissions.catalog import Permission


class Can(BasePermission):
    """The viewer holds `permission` in the tenant that the field is about."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    def has_permission(self, source: Any, info: Info[Any, Any], **kwargs: Any) -> bool:
        checks.require_sees(info.context.viewer, _tenant_id(source, kwargs), self.permission)
        return True


class Caller(BasePermission):
    """Somebody is signed in, or an API key asks; what either may do is decided where the rule
    lives.
    """

    def has_permission(self, source: Any, info: Info[Any, Any], **kwargs: Any) -> bool:  # noqa: ARG002 the library's signature
        checks.require_caller(info.context.viewer)
        return True


class SignedIn(BasePermission):
    """A person is signed in, and no API key does for it; what he may do is decided where the rule
    lives.
    """

    def has_permission(self, source: Any, info: Info[Any, Any], **kwargs: Any) -> bool:  # noqa: ARG002 the library's signature
        checks.require_signed_in(info.context.viewer)
        return True


class Staff(BasePermission):
    """The viewer is of who runs the service: `SUPPORT` or `ADMIN`."""

    def has_permission(self, source: Any, info: Info[Any, Any], **kwargs: Any) -> bool:  # noqa: ARG002 the library's signature
        checks.require_staff(info.context.viewer)
        return True


class Explorer(BasePermission):
    """The viewer may look at what the API consists of."""

    def has_permission(self, source: Any, info: Info[Any, Any], **kwargs: Any) -> bool:  # noqa: ARG002 the library's signature
        checks.require_may_explore(info.context.viewer)
        return True


class People(BasePermission):
    """Open to everybody, signed in or not, but to no API key: it is a person's own affair."""

    def has_permission(self, source: Any, info: Info[Any, Any], **kwargs: Any) -> bool:  # noqa: ARG002 the library's signature
        checks.refuse_key(info.context.viewer)
        return True


class Anyone(BasePermission):
    """Open to everybody, signed in or not."""

    def has_permission(self, source: Any, info: Info[Any, Any], **kwargs: Any) -> bool:  # noqa: ARG002 the library's signature
        return True


class Guarded(PermissionExtension):
    """Decides at once for every field: an awaitable in place of an answer is a refusal, also where
    the library would wait for it.
    """

    async def resolve_async(
        self, next_: AsyncExtensionResolver, source: Any, info: Info[Any, Any], **kwargs: Any
    ) -> Any:
        found = self.resolve(next_, source, info, **kwargs)
        return await found if inspect.isawaitable(found) else found


def guard(permission: BasePermission) -> list[FieldExtension]:
    """The `extensions=` of a field; the guard does not show in the SDL."""
    return [Guarded([permission], use_directives=False)]


def _tenant_id(source: Any, arguments: dict[str, Any]) -> str:
    if "tenant_id" in arguments:
        return str(arguments["tenant_id"])
    if "input" in arguments:
        return str(arguments["input"].tenant_id)
    return str(source.id)
