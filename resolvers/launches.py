"""Launching an app: a ticket for it, and a session that takes one of the member's places
(PRODUCT 6.2).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import errors
import settings
from auth import limits
from auth.tokens import Token
from auth.viewer import Viewer
from models import (
    AppAccess,
    AppRoleAssignment,
    AppSession,
    Member,
    MemberStatus,
    Tenant,
    clock,
    database,
    ids,
)
from permissions import checks
from resolvers import app_sessions, apps, audit, rows, signing_keys, subscriptions


@dataclass(frozen=True, slots=True)
class Launch:
    """`ticket` is in clear, for this once; `url` is where the browser carries it."""

    ticket: Token
    expires_at: datetime
    session_id: str
    url: str | None


async def launch(viewer: Viewer, app_id: str) -> Launch:
    """The viewer has a session in the app and a ticket for it.

    Raises:
        errors.Unauthenticated, errors.RateLimited
        errors.NotFound: the app is not the viewer's to know of.
        errors.PermissionDenied: he knows of it, and has no right on it.
        errors.SubscriptionEnded: no subscription that runs includes the app.
        errors.SessionLimitReached: with the sessions that hold his places.
    """
    user_id = checks.require_signed_in(viewer)
    await limits.count(limits.counter("launch", settings.load().limit_launches, user_id))
    signer = await signing_keys.current()
    async with database.transaction(viewer.scope):
        app = await apps.get(viewer, app_id)
        member = await _locked(app, user_id)
        access = await _right(viewer, app, member)
        await _require_subscribed(app)
        await _require_place(member)
        session = await _open(access)
        await audit.record(
            viewer,
            "app.launch",
            subject_id=app.id,
            tenant_id=app.tenant_id,
            changes={"session": (None, session.id)},
        )
        claims = await _claims(viewer, session, access)
    return Launch(Token(signer.sign(claims)), session.expires_at, session.id, app.url)


async def _locked(app: rows.App, user_id: str) -> Member:
    """The viewer's place; nobody else counts its sessions or changes its rights meanwhile."""
    place = Member.filter(tenant_id=app.tenant_id, user_id=user_id, status=MemberStatus.JOINED)
    member = await place.select_for_update(no_key=True).first()
    if member is None:
        raise errors.NotFound
    return member


async def _right(viewer: Viewer, app: rows.App, member: Member) -> AppAccess:
    """As it is under the member's lock, which whoever gives or takes rights holds as well."""
    held = AppAccess.filter(tenant_id=app.tenant_id, member_id=member.id, app_id=app.id)
    if access := await held.first():
        return access
    if checks.sees_every_app(viewer, app.tenant_id):
        raise errors.PermissionDenied
    raise errors.NotFound


async def _require_subscribed(app: rows.App) -> None:
    """An app that no tariff brought needs no subscription."""
    ended_at = await subscriptions.app_ended_at(app.id)
    if ended_at is not None:
        raise errors.SubscriptionEnded(ended_at)


async def _require_place(member: Member) -> None:
    if member.max_sessions is None:
        return
    held = await app_sessions.held(member.id)
    if len(held) >= member.max_sessions:
        raise errors.SessionLimitReached(member.max_sessions, held)


async def _open(access: AppAccess) -> AppSession:
    """It ends with its ticket, which says whole seconds, unless the app redeems that."""
    now = clock.now()
    return await AppSession.create(
        id=ids.new("aps"),
        tenant_id=access.tenant_id,
        app_id=access.app_id,
        member_id=access.member_id,
        launched_at=now,
        expires_at=(now + settings.load().ticket_lifetime).replace(microsecond=0),
    )


async def _claims(viewer: Viewer, session: AppSession, access: AppAccess) -> dict[str, Any]:
    assert viewer.account is not None  # noqa: S101 he is signed in
    launched = int(session.launched_at.timestamp())
    tenant = await Tenant.get(id=session.tenant_id)
    return {
        "iss": settings.load().public_url,
        "aud": session.app_id,
        "sub": session.member_id,
        "jti": session.id,
        "iat": launched,
        "nbf": launched,
        "exp": int(session.expires_at.timestamp()),
        "tenant": session.tenant_id,
        "right": access.right.value,
        "roles": await _roles(access),
        "name": viewer.account.full_name,
        "locale": (viewer.account.locale or tenant.locale).lower(),
    }


async def _roles(access: AppAccess) -> list[str]:
    """The codes of his roles inside the app."""
    given = AppRoleAssignment.filter(
        tenant_id=access.tenant_id, member_id=access.member_id, app_role__app_id=access.app_id
    )
    return sorted(map(str, await given.values_list("app_role__code", flat=True)))
