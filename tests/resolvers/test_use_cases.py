"""Use cases decide by themselves who may, whoever calls them: pages, the worker, the CLI.

The guards of the schema stand before them (`tests/permissions`); here nothing does.
"""

from collections.abc import Awaitable, Callable

import pytest

import errors
from auth.viewer import Membership, Viewer
from models import Catalog, MemberStatus, Tenant
from resolvers import (
    acceptances,
    app_access,
    edits,
    invitations,
    member_limits,
    members,
    ownership,
    servicings,
    single_permissions,
    subscribing,
    tenants,
)
from resolvers.invitees import Invitee
from resolvers.newcomers import Terms
from resolvers.references import Reference
from tests.clients import Person
from tests.factories import CLIENT, World
from tests.resolvers import steps

NOBODY = Viewer(CLIENT)
Call = Callable[[Viewer, Tenant, str], Awaitable[object]]
CHANGES: dict[str, Call] = {
    "create a tenant": lambda v, _t, _m: tenants.create(v, name="x", catalog=Catalog.PROJECT),
    "invite": lambda v, t, _m: invitations.invite(
        v, t.id, Invitee(email=steps.NINA), Terms("ACCOUNTANT")
    ),
    "resend": lambda v, _t, _m: invitations.resend(v, "inv_" + "0" * 26),
    "revoke": lambda v, _t, _m: invitations.revoke(v, "inv_" + "0" * 26),
    "change a role": lambda v, _t, m: members.change_role(v, m, "ACCOUNTANT"),
    "switch permissions": lambda v, _t, m: single_permissions.switch(v, m, on=["keys:manage"]),
    "edit": lambda v, _t, m: edits.edit(v, m, full_name="x"),
    "set a password": lambda v, _t, m: edits.set_password(v, m, password="twelve letters"),
    "limit": lambda v, _t, m: member_limits.change(v, m, max_sessions=1),
    "disable": lambda v, _t, m: members.set_enabled(v, m, enabled=False),
    "remove": lambda v, _t, m: members.remove(v, m),
    "leave": lambda v, t, _m: members.leave(v, t.id),
    "end servicing": lambda v, t, _m: servicings.end(v, t.id),
    "subscribe": lambda v, t, _m: subscribing.subscribe(v, t.id, tariff_code="start"),
    "renew": lambda v, _t, _m: subscribing.renew(v, "sub_" + "0" * 26),
    "cancel": lambda v, _t, _m: subscribing.cancel(v, "sub_" + "0" * 26),
    "pass on": lambda v, t, m: ownership.transfer(v, t.id, to_member_id=m),
}


@pytest.mark.usefixtures("owner")
async def test_nobody_changes_anything_without_being_signed_in(
    project: Tenant, manager: Person
) -> None:
    before = await steps.everything()
    for name, call in CHANGES.items():
        with pytest.raises(errors.Unauthenticated):
            pytest.fail(f"{name}: {await call(NOBODY, project, manager.member_id)}")
    for edit in (tenants.update(NOBODY, project.id, name="x"), tenants.delete(NOBODY, project.id)):
        with pytest.raises(errors.NotFound):
            await edit
    with pytest.raises(errors.SignInRequired):
        await acceptances.accept(NOBODY, Reference(invitation_id="inv_" + "0" * 26))
    assert await steps.everything() == before


@pytest.mark.usefixtures("owner")
async def test_a_stranger_finds_nothing_to_change(
    world: World, project: Tenant, manager: Person, stranger: Person
) -> None:
    viewer, before = await world.viewer(stranger), await steps.everything()
    for name, call in CHANGES.items():
        if name != "create a tenant":
            with pytest.raises(errors.NotFound):
                pytest.fail(f"{name}: {await call(viewer, project, manager.member_id)}")
    assert await steps.everything() == before


def test_rights_on_apps_come_along_only_from_who_may_assign_them() -> None:
    """PRODUCT 3.1; `tests/permissions/test_single_permissions.py` has it at the door."""
    place = Membership("ten_1", "mem_1", Catalog.PROJECT, "ADMINISTRATOR", MemberStatus.JOINED)
    app_access.require_may_assign(place, [])
    with pytest.raises(errors.PermissionDenied) as refused:
        app_access.require_may_assign(place, ["app_1"])
    assert refused.value.permission == "apps:assign"
