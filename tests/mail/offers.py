"""Rows of one invitation and its mail, as `resolvers.invitations.invite` would write them."""

from datetime import datetime, timedelta
from typing import Any

from auth import tokens
from locales import Locale
from mail import messages, outbox
from models import (
    Catalog,
    Channel,
    Invitation,
    InvitationState,
    Member,
    MemberStatus,
    OutboxEntry,
    Tenant,
    User,
    clock,
    database,
    direct,
    ids,
)
from tests.clients import Person

ADDRESS = "ann@example.org"
NUMBER = "+77051250043"


async def invite(address: str = ADDRESS, *, tenant_name: str = "Acme") -> Invitation:
    """A pending invitation whose mail is queued."""
    async with database.transaction(database.SYSTEM):
        tenant, inviter = await _tenant(tenant_name), await _user("Olga Owner", clock.now())
        return await offer(address, tenant, inviter)


async def offer(address: str, tenant: Tenant, inviter: User | Person) -> Invitation:
    """As `invite`, in the running transaction."""
    invitation = await _pending(address, tenant.id, inviter.id)
    await direct.insert(
        outbox.entry(
            messages.invitation(
                tenant_name=tenant.name,
                role="Manager",
                apps=[],
                inviter_name=inviter.full_name,
                expires_at=invitation.expires_at,
            ),
            to=address,
            locale=Locale.EN,
            tenant_id=tenant.id,
            now=clock.now(),
            carries=invitation,
        )
    )
    return invitation


async def tell(count: int = 1) -> None:
    """Queue mails that hang on no invitation, each to an address of its own."""
    async with database.transaction(database.SYSTEM):
        tenant = await _tenant("Acme")
        for number in range(count):
            await direct.insert(
                outbox.entry(
                    messages.removed(tenant_name="Acme", removed_by="Olga Owner"),
                    to=f"member{number}@example.org",
                    locale=Locale.EN,
                    tenant_id=tenant.id,
                    now=clock.now(),
                )
            )


async def text(to: str = NUMBER) -> None:
    """Queue an SMS to somebody who wants them."""
    now = clock.now()
    user = await register("texted@example.org", phone=to, phone_confirmed_at=now, wants_sms=True)
    async with database.transaction(database.SYSTEM):
        await direct.insert(
            outbox.entry(
                messages.removed(tenant_name="Acme", removed_by="Olga Owner"),
                to=to,
                locale=Locale.EN,
                user_id=user.id,
                now=now,
                channel=Channel.SMS,
            )
        )


async def register(address: str = ADDRESS, *, locale: str | None = None, **fields: object) -> User:
    """An account; verified, unless `email_verified_at` says otherwise."""
    now = clock.now()
    values = {"email": address, "email_key": address, "email_verified_at": now} | fields
    async with database.transaction(database.SYSTEM):
        return await _user("Ann Smith", now, locale=locale, **values)


async def only_entry() -> OutboxEntry:
    async with database.transaction(database.SYSTEM):
        return await OutboxEntry.get()


async def entries() -> list[OutboxEntry]:
    async with database.transaction(database.SYSTEM):
        return await OutboxEntry.all().order_by("id")


async def change(invitation: Invitation, **values: object) -> None:
    async with database.transaction(database.SYSTEM):
        await Invitation.filter(id=invitation.id).update(**values)


async def _pending(address: str, tenant_id: str, inviter_id: str) -> Invitation:
    now, invitation_id = clock.now(), ids.new("inv")
    member = await Member.create(
        id=ids.new("mem"),
        tenant_id=tenant_id,
        status=MemberStatus.PENDING,
        role="MANAGER",
        email=address,
        email_key=address,
        name_key="",
        created_at=now,
        updated_at=now,
    )
    return await Invitation.create(
        id=invitation_id,
        tenant_id=tenant_id,
        member_id=member.id,
        inviter_id=inviter_id,
        state=InvitationState.PENDING,
        generation=1,
        token_digest=tokens.digest(tokens.of_invitation(invitation_id, 1)),
        created_at=now,
        expires_at=now + timedelta(days=3),
    )


async def _tenant(name: str) -> Tenant:
    now = clock.now()
    return await Tenant.create(
        id=ids.new("ten"),
        name=name,
        name_key=name.casefold(),
        catalog=Catalog.PROJECT,
        locale=Locale.EN,
        created_at=now,
        updated_at=now,
    )


async def _user(full_name: str, now: datetime, **fields: Any) -> User:
    user_id = ids.new("usr")
    return await User.create(
        id=user_id, login=user_id, full_name=full_name, created_at=now, updated_at=now, **fields
    )
