"""What was typed of somebody who has not answered yet is changed piece by piece."""

import pytest

import errors
from models import Tenant
from resolvers import accounts, invitations, managed
from resolvers.invitees import Invitee
from resolvers.newcomers import Terms
from tests.clients import Person
from tests.factories import World
from tests.resolvers import steps

PHONE = "+77051250043"
INVITEE = {"email": steps.NINA}
TYPED = {"fullName": "Nina", "phone": PHONE}


async def pending(owner: Person, project: Tenant) -> str:
    values = {"tenantId": project.id, "invitee": INVITEE, "role": "ACCOUNTANT", "newcomer": TYPED}
    answer = await owner.do("inviteMember", values, "member { id }")
    return str(answer["member"]["id"])


async def test_what_an_edit_leaves_out_stays_and_is_not_in_the_audit(
    owner: Person, project: Tenant
) -> None:
    """PRODUCT 4; CASES 143: the audit names what has changed."""
    nina = await pending(owner, project)
    for given, changed in (
        ({"fullName": "Nora"}, ["full_name"]),
        ({"phone": None}, ["phone"]),
        ({"fullName": "Nora", "phone": PHONE}, ["phone"]),
    ):
        shown = await owner.do("updateMember", {"memberId": nina, **given}, "member { id }")
        assert shown["member"]["id"] == nina
        assert [*(await steps.audit("member.edit"))[-1].changes] == changed
    row = await steps.member(nina)
    assert (row.full_name, row.phone, row.name_key) == ("Nora", PHONE, "nora")


async def test_who_has_no_name_any_more_stands_under_his_address(
    owner: Person, project: Tenant
) -> None:
    nina = await pending(owner, project)
    await owner.do("updateMember", {"memberId": nina, "fullName": None}, "member { id }")
    assert (await steps.member(nina)).name_key == steps.NINA


async def test_who_may_not_add_is_refused_before_anything_he_typed_is_looked_at(
    world: World, project: Tenant
) -> None:
    """PRODUCT 3: a refusal tells no more than that."""
    carl = await world.viewer(await world.join(project, "ACCOUNTANT"))
    wrong = accounts.Registration(full_name="", login="NO LOGIN", password="x")
    with pytest.raises(errors.PermissionDenied):
        await managed.add(carl, project.id, wrong, Terms("PAINTER"))
    with pytest.raises(errors.PermissionDenied):
        await invitations.invite(carl, project.id, Invitee(email="nobody"), Terms("PAINTER"))
