"""Steps that lead to what a test is about: somebody is invited, accepts, and rows are looked at."""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from tortoise.models import Model
from tortoise.queryset import QuerySet

from models import AuditEvent, Member, MemberStatus, OutboxEntry, OutboxState, Tenant
from models import database as db
from tests.clients import Client, Person
from tests.factories import World

M = TypeVar("M", bound=Model)
TABLES = "audit_events", "invitations", "members", "outbox_entries", "sessions", "tenants", "users"

NINA = "nina@example.com"
NEWCOMER = {"fullName": "Nina New", "login": "nina", "password": "twelve letters"}
PREVIEW = """
query($token: String!) { invitation(token: $token) { __typename
  ... on InvitationPreview { tenantName email role { code } invitedBy { displayName } expiresAt
    registrationRequired viewerIsInvited locale fullName login phone apps { name } }
  ... on AlreadyMember { member { id } }
  ... on Error { code message } ... on RateLimited { retryAfter } } }
"""


@dataclass(frozen=True)
class Invited:
    """A pending member and the invitation behind him."""

    member_id: str
    invitation_id: str


async def invite(
    by: Person, tenant: Tenant, email: str = NINA, role: str | None = "ACCOUNTANT", **more: Any
) -> Invited:
    """Somebody is invited; fails where that is refused."""
    answer = await by.do(
        "inviteMember", invitation(tenant, email, role, **more), "member { id invitation { id } }"
    )
    assert answer["__typename"] == "InviteMemberPayload", answer
    return Invited(answer["member"]["id"], answer["member"]["invitation"]["id"])


def invitation(
    tenant: Tenant, email: str = NINA, role: str | None = "ACCOUNTANT", **more: Any
) -> dict[str, Any]:
    """The input of `inviteMember`."""
    return {"tenantId": tenant.id, "invitee": {"email": email}, "role": role, **more}


async def accept(
    who: Client | Person,
    *,
    token: str | None = None,
    id: str | None = None,  # noqa: A002 the API's word
    registration: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """What accepting comes to: by a link's token, or by the id in one's own list."""
    reference = {"id": id} if token is None else {"token": token}
    return await who.do(
        "acceptInvitation",
        {"invitation": reference, "registration": registration, "transport": "BEARER"},
        "member { id status } session { token }",
    )


async def register(world: World, email: str = NINA, **values: str) -> Person:
    """A newcomer accepts by the link mailed to him and comes in signed in."""
    given = NEWCOMER | values
    answer = await accept(world.anonymous, token=await world.link_token(email), registration=given)
    token = answer["session"]["token"]
    me = (await world.client(token).ask("{ me { user { id } } }"))["me"]
    return Person(
        id=me["user"]["id"],
        login=given["login"],
        email=email,
        full_name=given["fullName"],
        client=world.client(token),
        token=token,
        member_id=answer["member"]["id"],
    )


async def look(who: Client | Person, token: str) -> dict[str, Any]:
    """What a link shows."""
    shown: dict[str, Any] = (await who.ask(PREVIEW, token=token))["invitation"]
    return shown


async def meanwhile(
    tenant: Tenant, work: Coroutine[Any, Any, dict[str, Any]], change: Callable[[], Awaitable[Any]]
) -> dict[str, Any]:
    """`work` runs up to the tenant's lock; what it finds under it is what `change` has made."""
    context = contextvars.copy_context()
    async with db.transaction(db.SYSTEM):
        await Tenant.filter(id=tenant.id).select_for_update().get()
        task = asyncio.create_task(work, context=context)
        while not await db.rows("select from pg_locks where not granted"):  # noqa: ASYNC110 no event
            await asyncio.sleep(0.01)
        await change()
    return await task


async def stored(query: "QuerySet[M]") -> list[M]:
    """Rows as they are in the database."""
    async with db.transaction(db.SYSTEM, read_only=True):
        return await query


async def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row there is, by table; rate limits excepted."""
    async with db.transaction(db.SYSTEM, read_only=True):
        return {name: await db.rows(f"select * from {name} order by id") for name in TABLES}  # noqa: S608 our own names


async def member(member_id: str) -> Member:
    [row] = await stored(Member.filter(id=member_id))
    return row


async def edit(member_id: str, **values: object) -> None:
    """Change a member's row behind everybody's back."""
    async with db.transaction(db.SYSTEM):
        await Member.filter(id=member_id).update(**values)


async def statuses(tenant: Tenant) -> dict[str, MemberStatus]:
    """Every member of a tenant, removed ones included."""
    return {row.id: row.status for row in await stored(Member.filter(tenant_id=tenant.id))}


async def audit(*actions: str) -> list[AuditEvent]:
    """The audit's rows of these actions, oldest first."""
    return await stored(AuditEvent.filter(action__in=actions).order_by("created_at", "id"))


async def queued() -> list[OutboxEntry]:
    """Mails that are to leave, oldest first."""
    waiting = OutboxEntry.filter(state=OutboxState.QUEUED, cancelled_at=None)
    return await stored(waiting.order_by("created_at", "id"))
