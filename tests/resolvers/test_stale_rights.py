"""Rights are read again under the tenant's lock (DESIGN 1.4): what was lost meanwhile is lost."""

from typing import Any

import pytest

from models import Member, MemberStatus, Tenant
from tests.clients import Person
from tests.factories import World
from tests.resolvers import steps

INPUTS: dict[str, dict[str, Any]] = {
    "inviteMember": {
        "tenantId": "$tenant",
        "invitee": {"email": "new@example.com"},
        "role": "ACCOUNTANT",
    },
    "resendInvitation": {"invitationId": "$invitation"},
    "revokeInvitation": {"invitationId": "$invitation"},
    "changeRole": {"memberId": "$member", "role": "ACCOUNTANT"},
    "setMemberEnabled": {"memberId": "$member", "enabled": False},
    "removeMember": {"memberId": "$member"},
    "setMemberPermissions": {"memberId": "$member", "on": ["keys:manage"]},
    "transferOwnership": {"tenantId": "$tenant", "toMemberId": "$member"},
    "updateTenant": {"tenantId": "$tenant", "name": "Zenith"},
    "deleteTenant": {"tenantId": "$tenant"},
}


@pytest.mark.parametrize("mutation", INPUTS)
async def test_who_loses_his_right_while_he_waits_is_refused(
    world: World, project: Tenant, owner: Person, manager: Person, mutation: str
) -> None:
    """CASES 57, 97: demoted, then removed."""
    facts = {
        "$tenant": project.id,
        "$invitation": (await steps.invite(owner, project)).invitation_id,
        "$member": manager.member_id,
    }
    given = {name: facts.get(str(value), value) for name, value in INPUTS[mutation].items()}
    actor = await world.join(project, "OWNER")

    async def answer_after(**change: object) -> dict[str, Any]:
        return await steps.meanwhile(
            project,
            actor.do(mutation, given),
            lambda: Member.filter(id=actor.member_id).update(**change),
        )

    demoted = await answer_after(role="ACCOUNTANT")
    await steps.edit(actor.member_id, role="OWNER")
    before = await steps.everything()
    removed = await answer_after(status=MemberStatus.REMOVED)
    after = await steps.everything()
    assert (demoted["__typename"], removed["__typename"]) == ("PermissionDenied", "NotFound")
    assert after | {"members": before["members"]} == before


async def test_what_is_done_to_somebody_who_is_gone_meanwhile_is_not_found(
    project: Tenant, owner: Person, manager: Person
) -> None:
    """CASES 112."""
    answer = await steps.meanwhile(
        project,
        owner.do("changeRole", {"memberId": manager.member_id, "role": "ACCOUNTANT"}),
        lambda: Member.filter(id=manager.member_id).update(status=MemberStatus.REMOVED),
    )
    assert answer["__typename"] == "NotFound"
