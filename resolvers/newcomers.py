"""What somebody new in a tenant is to be, the same whether he is invited or added."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Self

from tortoise.models import Model

import errors
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
    return [counter_of_inviter(user_id), *counters_of_new_tenant(tenant_id)]


def counter_of_inviter(user_id: str) -> limits.Counter:
    """How many one person brings, and how many logins he tries."""
    rates = settings.load().limit_invitations_per_inviter
    return limits.counter("invitations", rates, user_id)


def counters_of_new_tenant(tenant_id: str) -> list[limits.Counter]:
    """How many it brings on its first day, in whatever way."""
    if clock.now() - ids.made_at(tenant_id) >= timedelta(days=1):
        return []
    rate = settings.load().limit_invitations_of_new_tenant
    return [limits.counter("new tenant", rate, tenant_id)]


def require_may_be(actor: checks.Actor, terms: Terms, *, has_email: bool) -> None:
    """Raises:
    errors.RoleNotGrantable, errors.EmailRequired
    errors.PermissionDenied: rights on apps or a limit come along, not the actor's to set.
    """
    for refusal in refusals(actor, terms, has_email=has_email):
        raise refusal


def refusals(actor: checks.Actor, terms: Terms, *, has_email: bool) -> Iterator[errors.Failure]:
    """All that `require_may_be` could raise, in its order; of a role that is none, nothing."""
    of_role = (
        lambda: checks.require_can_hand_out(actor, str(terms.role)),
        lambda: checks.require_email(actor, str(terms.role), has_email=has_email),
    )
    of_the_rest = (
        lambda: app_access.require_may_assign(actor, terms.apps),
        lambda: _require_may_limit(actor, terms.max_sessions),
    )
    for rule in (*(of_role if terms.role else ()), *of_the_rest):
        try:
            rule()
        except errors.Failure as refusal:
            yield refusal


def _require_may_limit(actor: checks.Actor, max_sessions: int | None) -> None:
    if max_sessions is not None:
        checks.require(actor, Permission.MEMBERS_LIMIT)


async def apps(actor: locks.Actor, terms: Terms) -> app_access.Checked:
    """What comes along on apps, before anybody is written.

    Raises:
        errors.InvalidInput: an app is not the tenant's, or a role not the app's.
    """
    faults = identifiers.Faults()
    found = await app_access.read(actor.tenant.id, terms.apps, ("apps",), faults)
    faults.settle()
    return found


async def settle(
    viewer: Viewer,
    member: Member,
    given: app_access.Checked,
    *,
    action: str,
    along: Sequence[Model] = (),
) -> None:
    """Record the new member, with the rows `along`, and give him his rights on apps."""
    await audit.record(
        viewer,
        action,
        subject_id=member.id,
        tenant_id=member.tenant_id,
        changes={"role": (None, member.role), "status": (None, member.status)},
        along=along,
    )
    await app_access.give(viewer, member, given.rights, given.roles)
