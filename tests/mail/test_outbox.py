import pytest

from auth import tokens
from locales import Locale
from mail import messages, outbox
from models import OutboxEntry, OutboxState, clock, direct
from models import database as db
from tests.conftest import Clock
from tests.mail import offers

pytestmark = pytest.mark.usefixtures("database")


async def _fail_after_queueing(tenant_id: str) -> None:
    async with db.transaction(db.SYSTEM):
        await direct.insert(
            outbox.entry(
                messages.removed(tenant_name="Acme", removed_by="Olga"),
                to=offers.ADDRESS,
                locale=Locale.EN,
                tenant_id=tenant_id,
                now=clock.now(),
            )
        )
        raise ZeroDivisionError


async def test_a_change_that_fails_tells_nobody() -> None:
    """CASES 115."""
    invitation = await offers.invite()
    with pytest.raises(ZeroDivisionError):
        await _fail_after_queueing(invitation.tenant_id)
    assert (await offers.only_entry()).invitation_id == invitation.id


async def test_no_row_holds_the_token() -> None:
    """CASES 82."""
    invitation = await offers.invite()
    async with db.transaction(db.SYSTEM):
        found = await db.rows("select e::text, i::text from outbox_entries e, invitations i")
    assert tokens.of_invitation(invitation.id, 1) not in str(found)
    assert tokens.INVITATION not in str(found)


async def test_an_invitations_mail_is_worth_sending_while_its_link_works() -> None:
    invitation = await offers.invite()
    assert (await offers.only_entry()).not_after == invitation.expires_at


async def test_cancelling_an_invitations_mail_leaves_others_alone() -> None:
    invitation, _ = await offers.invite(), await offers.invite("bob@example.org")
    async with db.transaction(db.SYSTEM):
        assert await outbox.cancel(invitation, now=clock.now()) == 1
        assert await outbox.cancel(invitation, now=clock.now()) == 0
        cancelled = await OutboxEntry.filter(cancelled_at__isnull=False)
    assert [entry.invitation_id for entry in cancelled] == [invitation.id]


async def test_what_has_left_cannot_be_cancelled() -> None:
    invitation = await offers.invite()
    async with db.transaction(db.SYSTEM):
        await OutboxEntry.all().update(state=OutboxState.SENT)
        assert await outbox.cancel(invitation, now=clock.now()) == 0


async def test_a_deleted_tenants_mails_end(clock: Clock) -> None:
    invitation = await offers.invite()
    await offers.tell()
    async with db.transaction(db.SYSTEM):
        assert await outbox.cancel_tenant(invitation.tenant_id, now=clock.now()) == 1
