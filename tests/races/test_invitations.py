import asyncio
from collections import Counter

from models import Invitation, Member, MemberStatus, OutboxEntry, database
from permissions.catalog import OWNER
from tests.factories import World

ROUNDS = 10


async def test_ten_invitations_of_one_address_at_once_make_one_pending_member(
    world: World,
) -> None:
    """PRODUCT 4; CASES 69 and 70: in whatever case it is written; one mail is sent.

    The line that holds it is `select_for_update` in `resolvers.locks.tenant`; without it the
    partial unique index still holds, and answers INTERNAL.
    """
    ann, ben = await world.person(), await world.person()
    for _ in range(ROUNDS):
        tenant = await world.tenant()
        await world.join(tenant, OWNER, ann)
        await world.join(tenant, OWNER, ben)
        given = [
            (who, email) for who in (ann, ben) for email in ("New@example.com", "new@EXAMPLE.com")
        ]
        answers = await asyncio.gather(
            *[
                who.do(
                    "inviteMember",
                    {"tenantId": tenant.id, "invitee": {"email": email}, "role": "MANAGER"},
                )
                for who, email in (given * 3)[:10]
            ]
        )
        kinds = Counter(answer["__typename"] for answer in answers)
        assert kinds == {"InviteMemberPayload": 1, "AlreadyMember": 9}
        assert await rows_of(tenant.id) == (1, 1, 1)


async def rows_of(tenant_id: str) -> tuple[int, int, int]:
    """Pending members, invitations and mails."""
    async with database.transaction(database.SYSTEM, read_only=True):
        return (
            await Member.filter(tenant_id=tenant_id, status=MemberStatus.PENDING).count(),
            await Invitation.filter(tenant_id=tenant_id).count(),
            await OutboxEntry.filter(tenant_id=tenant_id).count(),
        )
