"""What a newcomer is to be: each wrong value at its field, each refusal in its order."""

from typing import Any

import pytest

import errors
from models import AppRight, Catalog, Tenant
from permissions.checks import Standing
from resolvers import identifiers, newcomers
from resolvers.app_access import Given
from resolvers.newcomers import Terms
from tests.clients import Person
from tests.resolvers import steps


def standing(role: str, catalog: Catalog = Catalog.PROJECT, **more: Any) -> Standing:
    return Standing(catalog, role, more.get("grants", ()), more.get("denials", ()), None)


def test_each_wrong_term_is_told_at_its_field() -> None:
    found = identifiers.Faults()
    Terms(role="PAINTER", max_sessions=0).check(Catalog.PROJECT, found)
    assert [(fault.path, fault.code) for fault in found.found] == [
        (("maxSessions",), "INVALID"),
        (("role",), "UNKNOWN"),
    ]


def test_a_role_is_named_where_the_catalogue_has_no_default() -> None:
    """Contract, `InviteMemberInput.role`."""
    found = identifiers.Faults()
    Terms().check(Catalog.PROJECT, found)
    assert [(fault.path, fault.code) for fault in found.found] == [(("role",), "REQUIRED")]
    assert Terms().check(Catalog.SUBSCRIBER, identifiers.Faults()).role == "USER"
    assert Terms(role="OWNER").check(Catalog.SUBSCRIBER, identifiers.Faults()).role == "OWNER"


def test_everything_that_is_not_the_actors_to_give_is_refused() -> None:
    """PRODUCT 2, rule 1, and 3.3 (F)."""
    administrator = standing("ADMINISTRATOR", Catalog.SUBSCRIBER, denials=["members:limit"])
    terms = Terms(role="OWNER", max_sessions=1)
    refused = newcomers.refusals(administrator, terms, has_email=False)
    assert [type(each) for each in refused] == [
        errors.RoleNotGrantable,
        errors.EmailRequired,
        errors.PermissionDenied,
    ]
    nobody = standing("ACCOUNTANT")
    given = Terms(apps=(Given("app_x", AppRight.LAUNCH),))
    [missing] = newcomers.refusals(nobody, given, has_email=True)
    assert isinstance(missing, errors.PermissionDenied)
    assert missing.permission == "apps:assign"


def test_who_may_give_it_all_is_refused_nothing() -> None:
    terms = Terms(role="OWNER", max_sessions=1, apps=(Given("app_x", AppRight.LAUNCH),))
    newcomers.require_may_be(standing("OWNER"), terms, has_email=True)
    with pytest.raises(errors.RoleNotGrantable):
        newcomers.require_may_be(standing("MANAGER"), terms, has_email=True)


async def test_the_audit_says_what_a_new_member_is(project: Tenant, owner: Person) -> None:
    """CASES 143: what was there before was nothing."""
    invited = await steps.invite(owner, project)
    [event] = await steps.audit("member.invite")
    assert event.subject_id == invited.member_id
    assert event.changes == {"role": [None, "ACCOUNTANT"], "status": [None, "PENDING"]}
