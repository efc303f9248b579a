"""Of what waits just that is cancelled which is meant, and everything else leaves."""

from datetime import timedelta

from locales import Locale
from mail import messages, outbox
from mail.messages import Message
from models import Channel, CodePurpose, OutboxEntry, PhoneCode, Tenant, clock, direct, ids
from models import database as db
from tests.clients import Person
from tests.resolvers import app_steps, webhook_steps

PHONE = "+77051250043"
OTHER = "https://other.example/hooks"


async def cancelled() -> set[str]:
    """By what each was to be called, or to whom it was to go; all ids are an outbox's."""
    async with db.transaction(db.SYSTEM):
        entries = await OutboxEntry.filter(cancelled_at__isnull=False)
        assert all(entry.id.startswith("msg_") for entry in await OutboxEntry.filter())
    assert all(entry.due_at == entry.cancelled_at for entry in entries)
    return {entry.recipient for entry in entries}


async def code(of: Person, phone: str) -> None:
    """A code is to go there; in the running transaction."""
    row = await PhoneCode.create(
        id=ids.new("cod"),
        user_id=of.id,
        phone=phone,
        purpose=CodePurpose.CONFIRM,
        created_at=clock.now(),
        expires_at=clock.now() + timedelta(minutes=5),
    )
    await direct.insert(
        outbox.entry(
            Message("phone_code", {}),
            to=phone,
            locale=Locale.EN,
            now=clock.now(),
            user_id=of.id,
            carries=row,
            channel=Channel.SMS,
        )
    )


async def notice(of: Person, tenant: Tenant | None = None) -> None:
    """A mail that carries nothing; in the running transaction."""
    await direct.insert(
        outbox.entry(
            messages.removed(tenant_name="Acme", removed_by="Olga"),
            to=str(of.email),
            locale=Locale.EN,
            now=clock.now(),
            tenant_id=tenant.id if tenant else None,
            user_id=of.id,
        )
    )


async def test_new_codes_end_the_former_ones_of_that_account_alone(
    owner: Person, stranger: Person
) -> None:
    async with db.transaction(db.SYSTEM):
        await code(owner, PHONE)
        await code(stranger, "+77051250044")
        await notice(owner)
        assert await outbox.cancel_codes(owner.id, now=clock.now()) == 1
    assert await cancelled() == {PHONE}


async def test_a_tenant_that_ends_takes_its_own_mails_along(
    owner: Person, stranger: Person, project: Tenant
) -> None:
    async with db.transaction(db.SYSTEM):
        await notice(owner, project)
        await notice(stranger)
        assert await outbox.cancel_tenant(project.id, now=clock.now()) == 1
    assert await cancelled() == {owner.email}


async def test_who_ends_his_account_is_written_to_no_more_and_named_in_no_row(
    owner: Person, stranger: Person
) -> None:
    """ADR 0010."""
    async with db.transaction(db.SYSTEM):
        await notice(owner)
        await notice(stranger)
        assert await outbox.erase_user(owner.id, now=clock.now()) == 1
        [left] = await OutboxEntry.filter(user_id=stranger.id)
        [erased] = await OutboxEntry.filter(user_id=owner.id)
    assert await cancelled() == {""}
    assert (erased.facts, left.cancelled_at) == ({}, None)
    assert left.facts != {}


async def test_an_endpoint_that_ends_takes_its_own_calls_along(
    owner: Person, project: Tenant
) -> None:
    ours = await webhook_steps.made(owner, project)
    theirs = await webhook_steps.made(owner, project, OTHER)
    await app_steps.create(owner, project)
    async with db.transaction(db.SYSTEM):
        await outbox.cancel_webhooks(ours, tenant_id=project.id, now=clock.now())
    assert await cancelled() == {ours}
    async with db.transaction(db.SYSTEM):
        await outbox.cancel_webhooks(theirs, tenant_id="ten_other", now=clock.now())
    assert await cancelled() == {ours}
