"""What has become of an invitation's mail shows on the invitation (PRODUCT 3.1, CASES 120)."""

from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

import pytest

from mail import delivery
from mail.transport import PermanentFailure, TemporaryFailure
from models import Channel, Tenant
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import World
from tests.resolvers import steps


@dataclass(frozen=True)
class Refusing:
    """A far end that takes no mail."""

    failure: Exception
    channel: Channel = Channel.MAIL

    async def send(self, message: EmailMessage, *, recipient: str) -> None:
        assert message["To"] == recipient
        raise self.failure

    async def part(self) -> None:
        """Nothing was kept."""


async def shown(who: Person, invited: steps.Invited) -> tuple[str, Any]:
    """`delivery` and `sentAt` of the invitation."""
    found = await who.ask(
        "query($i: ID!) { node(id: $i) { ... on Invitation { delivery sentAt } } }",
        i=invited.invitation_id,
    )
    return found["node"]["delivery"], found["node"]["sentAt"]


async def test_a_mail_is_queued_then_sent_and_queued_again_when_it_is_resent(
    world: World, project: Tenant, owner: Person
) -> None:
    invited = await steps.invite(owner, project)
    assert await shown(owner, invited) == ("QUEUED", None)
    await world.mails()
    state, sent_at = await shown(owner, invited)
    assert (state, sent_at is not None) == ("SENT", True)
    await owner.do("resendInvitation", {"invitationId": invited.invitation_id})
    assert await shown(owner, invited) == ("QUEUED", None)


@pytest.mark.parametrize(
    ("failure", "state"),
    [(PermanentFailure("550"), "BOUNCED"), (TemporaryFailure("450"), "QUEUED")],
    ids=["refused", "later"],
)
async def test_a_mail_that_is_not_taken_says_so(
    project: Tenant, owner: Person, failure: Exception, state: str
) -> None:
    invited = await steps.invite(owner, project)
    await delivery.deliver_next(Refusing(failure))
    assert await shown(owner, invited) == (state, None)


async def test_a_mail_that_could_not_leave_in_time_has_failed(
    world: World, project: Tenant, owner: Person, clock: Clock
) -> None:
    """CASES 124."""
    invited = await steps.invite(owner, project)
    [entry] = await steps.queued()
    assert entry.not_after is not None
    clock.move(entry.not_after - clock.now())
    await world.mails()
    assert await shown(owner, invited) == ("FAILED", None)


async def test_a_withdrawn_mail_is_none(project: Tenant, owner: Person) -> None:
    invited = await steps.invite(owner, project)
    await owner.do("revokeInvitation", {"invitationId": invited.invitation_id})
    assert await shown(owner, invited) == ("NONE", None)
