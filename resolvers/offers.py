"""Invitations as they are looked at: by who manages members, by the invitee, by who has the link.

An offer that its inviter could not make any more is none (PRODUCT 3.10); nothing here changes
anything, so that scanners and curious people do no harm.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson

import errors
import settings
from auth import limits, tokens
from auth.viewer import Client, Viewer
from locales import Locale
from models import AppRight, Catalog, InvitationState, MemberStatus, OutboxState, clock, database
from permissions import checks, roles
from permissions.catalog import Permission
from resolvers import apps, pages, rows

_MANAGED = """
select i.id, i.tenant_id, i.member_id, i.state, i.created_at, i.expires_at, t.name as tenant_name,
  t.catalog, m.role, m.email, m.user_id, m.status, u.id as inviter_id, u.full_name as inviter_name,
  i.suppressed, o.state as mail, o.finished_at
from invitations i
  join members m on m.tenant_id = i.tenant_id and m.id = i.member_id
  join tenants t on t.id = i.tenant_id
  join users u on u.id = i.inviter_id
  left join lateral (
    select case when cancelled_at is null then state else 'CANCELLED' end as state, finished_at
    from outbox_entries
    where tenant_id = i.tenant_id and invitation_id = i.id
    order by created_at desc, id desc limit 1
  ) o on true
"""
_MANAGERS = (Permission.MEMBERS_INVITE, Permission.MEMBERS_EDIT)


async def count_links(client: Client, number: int = 1) -> None:
    """So many looks at links, or acceptances by them; they count together.

    While all clients come to more than the server's rate, each of them has far fewer: guessing
    from many addresses gains little, and nobody with a link in his hand is shut out (ADR 0041).

    Raises:
        errors.RateLimited
    """
    chosen = settings.load()
    of_client = limits.counter("links", chosen.limit_links, client.address)
    of_server = limits.counter("links of server", chosen.limit_links_of_server)
    in_crowd = limits.counter("links in crowd", chosen.limit_links_in_crowd, client.address)
    full = await limits.attempt(*[of_client] * number, *[of_server] * number)
    if full is not None and full.counter == of_client:
        raise errors.RateLimited(full.seconds)
    if full is not None:
        await limits.count(*[in_crowd] * number)


async def behind(token: str) -> dict[str, Any]:
    """The living offer behind a link, as `offers()` in the migrations returns it.

    Raises:
        errors.InvitationUnavailable
    """
    if not token.startswith(tokens.INVITATION):
        raise errors.InvitationUnavailable
    found = await _offers(tokens.digest(token), None)
    if not found:
        raise errors.InvitationUnavailable
    return found[0]


async def language(offer: dict[str, Any]) -> Locale | None:
    """The invitee's, else the invitation's (PRODUCT 8), as the mail was written; None: neither."""
    own = await database.rows("select language_of($1) as locale", offer["invitee_id"])
    chosen = own[0]["locale"] or offer["locale"]
    return Locale(chosen) if chosen else None


async def to(viewer: Viewer) -> list[dict[str, Any]]:
    """The living offers to the viewer, by his verified address or his login, oldest first."""
    return await _offers(None, viewer.user_id) if viewer.user_id else []


async def _offers(digest: str | None, invitee: str | None) -> list[dict[str, Any]]:
    found = await database.rows(
        "select * from offers($1, $2, $3) order by invitation_id",
        digest,
        invitee,
        clock.now(),
    )
    return [record for record in found if _stands(record)]


def _stands(record: dict[str, Any]) -> bool:
    if record["inviter_role"] is None:
        return False
    inviter = checks.Standing(
        Catalog(record["catalog"]),
        record["inviter_role"],
        record["inviter_grants"],
        record["inviter_denials"],
        record["servicing"],
    )
    return may_offer(inviter, record["role"])


def may_offer(inviter: checks.Actor, role: str) -> bool:
    """Whether the inviter could invite to that role now (PRODUCT 3.10)."""
    return checks.holds(inviter, Permission.MEMBERS_INVITE) and checks.can_hand_out(inviter, role)


async def mine(viewer: Viewer, window: pages.Window) -> pages.Page[rows.Invitation]:
    """The viewer's own list. He has few, so the page is cut from all of them.

    Raises:
        errors.InvalidInput: of the window.
    """
    found = [_offered(record) for record in await to(viewer)]
    return pages.cut(found, window, name="invitations")


def _offered(record: dict[str, Any]) -> rows.Invitation:
    return rows.Invitation(
        id=record["invitation_id"],
        state=InvitationState.PENDING,
        created_at=record["created_at"],
        expires_at=record["expires_at"],
        tenant_name=record["tenant_name"],
        role=roles.role(Catalog(record["catalog"]), record["role"]),
        invited_by=rows.User(record["inviter_id"], record["inviter_name"]),
        apps=apps_of(record),
    )


def apps_of(record: dict[str, Any]) -> tuple[rows.InvitedApp, ...]:
    """What comes with an offer."""
    offered = orjson.loads(record["apps"])
    return tuple(rows.InvitedApp(app["name"], AppRight(app["right"])) for app in offered)


async def get(viewer: Viewer, invitation_id: str) -> rows.Invitation:
    """One invitation, as a manager or as its invitee sees it.

    Raises:
        errors.NotFound: absent, or not the viewer's to see.
    """
    found = await database.rows(f"{_MANAGED} where i.id = $1", invitation_id)
    for shown in (await _shown(viewer, found)).values():
        return shown
    for record in await to(viewer):
        if record["invitation_id"] == invitation_id:
            return _offered(record)
    raise errors.NotFound


async def of_members(viewer: Viewer, member_ids: Sequence[str]) -> dict[str, rows.Invitation]:
    """The invitations behind members, by member id; only what the viewer may see of them."""
    return await _shown(
        viewer, await database.rows(f"{_MANAGED} where m.id = any($1)", list(member_ids))
    )


async def _shown(viewer: Viewer, records: list[dict[str, Any]]) -> dict[str, rows.Invitation]:
    """Whole for who manages members; as an invitee sees it for the member himself (PRODUCT 4)."""
    shown = {}
    for record, whole in zip(records, await _with_apps(viewer, records), strict=True):
        if checks.sees_any(viewer, record["tenant_id"], _MANAGERS):
            shown[record["member_id"]] = whole
        elif record["status"] == MemberStatus.JOINED and record["user_id"] == viewer.user_id:
            shown[record["member_id"]] = replace(
                whole, email=None, sent_at=None, delivery=None, member_id=None
            )
    return shown


async def managed(viewer: Viewer, invitation_id: str) -> rows.Invitation:
    """An invitation its manager has just acted on, in that transaction."""
    found = await database.rows(f"{_MANAGED} where i.id = $1", invitation_id)
    return (await _with_apps(viewer, found))[0]


async def _with_apps(viewer: Viewer, records: list[dict[str, Any]]) -> list[rows.Invitation]:
    members = [(record["tenant_id"], record["member_id"]) for record in records]
    held = await apps.held_by(viewer, members)
    return [_managed(record, held[member]) for record, member in zip(records, members, strict=True)]


def _managed(record: dict[str, Any], held: Sequence[rows.AppAccess]) -> rows.Invitation:
    return rows.Invitation(
        id=record["id"],
        state=state(record["state"], record["expires_at"]),
        created_at=record["created_at"],
        expires_at=record["expires_at"],
        tenant_name=record["tenant_name"],
        role=roles.role(Catalog(record["catalog"]), record["role"]),
        invited_by=rows.User(record["inviter_id"], record["inviter_name"]),
        email=record["email"],
        sent_at=record["finished_at"] if record["mail"] == OutboxState.SENT else None,
        delivery=_delivery(record["mail"], suppressed=record["suppressed"]),
        member_id=record["member_id"],
        apps=tuple(rows.InvitedApp(access.app.name, access.right) for access in held),
    )


def state(stored: str, expires_at: datetime) -> InvitationState:
    """What has become of an invitation; none is written when its time is over."""
    written = InvitationState(stored)
    if written is InvitationState.PENDING and expires_at <= clock.now():
        return InvitationState.EXPIRED
    return written


def _delivery(mail: str | None, *, suppressed: bool) -> rows.DeliveryState:
    if suppressed:
        return rows.DeliveryState.SUPPRESSED
    if mail is None or mail == OutboxState.CANCELLED:
        return rows.DeliveryState.NONE
    return rows.DeliveryState(mail)
