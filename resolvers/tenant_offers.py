"""Invitations of new tenants as they are looked at: by those who serve, and by who has the link.

As in `offers`, one that its inviter could not make any more is none (PRODUCT 3.10).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import errors
from auth import tokens
from auth.viewer import Viewer
from locales import Locale
from models import Catalog, InvitationState, clock, database
from permissions import checks, serving
from permissions.catalog import Permission
from resolvers import identifiers, offers, pages, references, rows

_SELECT = """
select i.id, i.id as order_key, i.name, i.email, i.catalog, i.locale, i.state, i.created_at,
  i.expires_at, u.id as inviter_id, u.full_name as inviter_name
from tenant_invitations i join users u on u.id = i.inviter_id
"""


@dataclass(frozen=True, slots=True)
class Invitation:
    """`owner_email` is None once that person's account has ended."""

    id: str
    name: str
    owner_email: str | None
    catalog: Catalog
    locale: Locale
    state: InvitationState
    created_at: datetime
    expires_at: datetime
    invited_by: rows.User


@dataclass(frozen=True, slots=True)
class Preview:
    """What a link offers; `email` is masked."""

    organization_name: str
    tenant_name: str
    email: str
    invited_by: rows.User
    expires_at: datetime
    registration_required: bool
    viewer_is_invited: bool
    locale: Locale | None


async def page(
    viewer: Viewer, organization_id: str, window: pages.Window
) -> pages.Page[Invitation]:
    """The organization's invitations of new tenants, the latest first.

    Raises:
        errors.Unauthenticated, errors.NotFound
        errors.PermissionDenied: he is none of those who serve.
        errors.InvalidInput: of the window.
    """
    serving.require_serves(viewer, organization_id)
    return await pages.read(
        f"{_SELECT} where i.organization_id = $1",
        [organization_id],
        order=pages.Order(f"tenant invitations:{organization_id}", "i.id", "i.id", descending=True),
        window=window,
        make=_shown,
    )


async def count(organization_id: str) -> int:
    sql = "select count(*) from tenant_invitations where organization_id = $1"
    return await pages.count(sql, [organization_id])


async def managed(invitation_id: str) -> Invitation:
    """An invitation somebody has just acted on, in that transaction."""
    [record] = await database.rows(f"{_SELECT} where i.id = $1", invitation_id)
    return _shown(record)


def _shown(record: Mapping[str, Any]) -> Invitation:
    return Invitation(
        id=record["id"],
        name=record["name"],
        owner_email=record["email"] or None,
        catalog=Catalog(record["catalog"]),
        locale=Locale(record["locale"]),
        state=offers.state(record["state"], record["expires_at"]),
        created_at=record["created_at"],
        expires_at=record["expires_at"],
        invited_by=rows.User(record["inviter_id"], record["inviter_name"]),
    )


async def look(viewer: Viewer, token: str) -> Preview:
    """What the link offers, to whoever holds it; whoever calls this counts links before.

    Raises:
        errors.InvitationUnavailable: every kind of dead link.
    """
    found = await behind(token)
    return Preview(
        organization_name=found["organization_name"],
        tenant_name=found["tenant_name"],
        email=identifiers.mask(found["email"]),
        invited_by=rows.User(found["inviter_id"], found["inviter_name"]),
        expires_at=found["expires_at"],
        registration_required=found["invitee_id"] is None,
        viewer_is_invited=references.is_invitee(viewer, found),
        locale=await offers.language(found),
    )


async def behind(token: str) -> dict[str, Any]:
    """The living offer behind a link, as `tenant_offer()` in the migrations returns it.

    Raises:
        errors.InvitationUnavailable
    """
    found = await database.rows(
        "select * from tenant_offer($1, $2)", tokens.digest(token), clock.now()
    )
    if not found or not _stands(found[0]):
        raise errors.InvitationUnavailable
    return found[0]


def _stands(record: Mapping[str, Any]) -> bool:
    inviter = checks.Standing(
        Catalog(record["organization_catalog"]),
        record["inviter_role"],
        record["inviter_grants"],
        record["inviter_denials"],
        record["servicing"],
    )
    return checks.holds(inviter, Permission.TENANTS_INVITE)
