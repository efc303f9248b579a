"""What somebody new in a tenant is to be, the same whether he is invited or added."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Self

import settings
from auth import limits
from auth.viewer import Viewer
from locales import Locale
from models import Catalog, Member, clock, ids
from permissions import checks, roles
from permissions.catalog import Permission
from resolvers import app_access, audit, identifiers, locks


@dataclass(frozen=True, slots=True)
class Terms:
    """Role, rights on apps, session limit and language of the mail.

    For an invited person they hold from acceptance on (PRODUCT 3.1).
    """

    role: str | None = None
    apps: Sequence[app_access.Given] = ()
    max_sessions: int | None = None
    locale: Locale | None = None

    def check(self, catalog: Catalog, faults: identifiers.Faults) -> Self:
        """With the catalogue's default role where none is named."""
        optional = identifiers.optional
        faults.check(("maxSessions",), optional(identifiers.at_least_one), self.max_sessions)
        return replace(self, role=faults.check(("role",), partial(_known_role, catalog), self.role))


def _known_role(catalog: Catalog, role: str | None) -> str:
    chosen = role or roles.default(catalog)
    if chosen is None:
        raise identifiers.Fault("REQUIRED")
    if chosen not in roles.MATRIX[catalog]:
        raise identifiers.Fault("UNKNOWN")
    return chosen


def counters(user_id: str, tenant_id: str) -> list[limits.Counter]:
    """How many one person brings, and a tenant on its first day (PRODUCT 3.11)."""
    chosen = settings.load()
    found = [limits.counter("invitations", chosen.limit_invitations_per_inviter, user_id)]
    if clock.now() - ids.made_at(tenant_id) < timedelta(days=1):
        found.append(
            limits.counter("new tenant", chosen.limit_invitations_of_new_tenant, tenant_id)
        )
    return found


def require_may_be(actor: locks.Actor, terms: Terms, *, has_email: bool) -> None:
    """Raises:
    errors.RoleNotGrantable, errors.EmailRequired
    errors.PermissionDenied: rights on apps or a limit come along, not the actor's to set.
    """
    checks.require_can_hand_out(actor, str(terms.role))
    checks.require_email(actor, str(terms.role), has_email=has_email)
    app_access.require_may_assign(actor, terms.apps)
    if terms.max_sessions is not None:
        checks.require(actor, Permission.MEMBERS_LIMIT)


async def settle(
    viewer: Viewer, actor: locks.Actor, member: Member, terms: Terms, *, action: str
) -> None:
    """Record the new member and give him his rights on apps.

    Raises:
        errors.InvalidInput: an app is not the tenant's, or a role not the app's.
    """
    await audit.record(
        viewer,
        action,
        subject_id=member.id,
        tenant_id=member.tenant_id,
        changes={"role": (None, member.role), "status": (None, member.status)},
    )
    faults = identifiers.Faults()
    given = await app_access.read(actor.tenant.id, terms.apps, ("apps",), faults)
    faults.settle()
    await app_access.give(viewer, member, given.rights, given.roles)
