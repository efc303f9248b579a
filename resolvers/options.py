"""What somebody may choose when he adds a member: the checks of inviting, asked beforehand.

So that a frontend draws the wizard's steps without knowing a rule. A test tries every combination.
"""

from dataclasses import dataclass
from enum import StrEnum

from auth.viewer import Viewer
from permissions import checks, roles
from permissions.catalog import Permission, Role
from resolvers import apps, pages, rows


class Way(StrEnum):
    """How somebody becomes a member (PRODUCT 3.1 to 3.3)."""

    NEWCOMER_WITH_EMAIL = "NEWCOMER_WITH_EMAIL"
    NEWCOMER_WITHOUT_EMAIL = "NEWCOMER_WITHOUT_EMAIL"
    REGISTERED = "REGISTERED"


@dataclass(frozen=True, slots=True)
class RoleOption:
    role: Role
    email_required: bool


@dataclass(frozen=True, slots=True)
class AddMemberOptions:
    """`default_role` is what leaving the role out comes to; None: it has to be named."""

    tenant_id: str
    may_choose_role: bool
    default_role: Role | None
    roles: tuple[RoleOption, ...]
    may_assign_apps: bool
    may_limit_sessions: bool
    ways: tuple[Way, ...]


def of(viewer: Viewer, tenant: rows.Tenant) -> AddMemberOptions:
    """By the rights as they are; nothing is offered to who has no place there."""
    actor = viewer.place(tenant.id)
    found = tuple(RoleOption(role, role.needs_email) for role in checks.grantable(actor))
    default = roles.default(tenant.catalog)
    return AddMemberOptions(
        tenant.id,
        may_choose_role=len(found) > 1,
        default_role=next((o.role for o in found if o.role.code == default), None),
        roles=found,
        may_assign_apps=checks.holds(actor, Permission.APPS_ASSIGN),
        may_limit_sessions=checks.holds(actor, Permission.MEMBERS_LIMIT),
        ways=_ways(found),
    )


def _ways(options: tuple[RoleOption, ...]) -> tuple[Way, ...]:
    """None where he has no role to give; without an e-mail only into a role that needs none."""
    if not options:
        return ()
    without = not all(option.email_required for option in options)
    return tuple(way for way in Way if without or way is not Way.NEWCOMER_WITHOUT_EMAIL)


async def app_page(
    viewer: Viewer, options: AddMemberOptions, window: pages.Window
) -> pages.Page[rows.App]:
    """The apps he may give rights on: every one of the tenant, or none.

    Raises:
        errors.InvalidInput: of the window.
    """
    if not options.may_assign_apps:
        return pages.cut((), window, name="app options")
    return await apps.page(viewer, apps.Shelf(options.tenant_id), window)


async def app_count(viewer: Viewer, options: AddMemberOptions) -> int:
    """How many `app_page` has in all."""
    return await apps.count(viewer, apps.Shelf(options.tenant_id)) if options.may_assign_apps else 0
