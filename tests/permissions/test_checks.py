"""What the API cannot show by itself: the questions of `permissions.checks`, one by one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

import errors
from auth.viewer import Client, Membership, Viewer
from models import Catalog, MemberStatus
from permissions import checks, roles
from permissions.catalog import Permission, Role, read_table
from tests.permissions.matrix import ROLES

CLIENT = Client(address="127.0.0.1", request_id="test")


@dataclass(frozen=True)
class Place:
    """An actor: all that checks ask of one."""

    catalog: Catalog
    role: str
    grants: Sequence[str] = ()
    denials: Sequence[str] = ()
    servicing: Sequence[str] | None = None
    ceiling: frozenset[str] | None = None


def viewer(role: str, before: Viewer | None = None) -> Viewer:
    """Somebody with that role in the tenant `ten`."""
    place = Membership("ten", "mem", Catalog.PROJECT, role, MemberStatus.JOINED)
    return Viewer(CLIENT, places={"ten": place}, before=before)


def test_who_has_no_place_holds_nothing_and_reaches_nobody() -> None:
    assert not checks.holds(None, Permission.TENANT_VIEW)
    assert not checks.can_hand_out(None, "ACCOUNTANT")
    assert not checks.reaches(None, "ACCOUNTANT")
    assert not checks.may_take(None, "ACCOUNTANT")


def test_a_tenant_where_one_has_no_place_does_not_exist() -> None:
    """DESIGN 3: unknown and not-yours are the same."""
    with pytest.raises(errors.NotFound):
        checks.require(None, Permission.TENANT_VIEW)


def test_a_refusal_names_the_missing_permission() -> None:
    accountant = Place(Catalog.PROJECT, "ACCOUNTANT")
    with pytest.raises(errors.PermissionDenied) as refused:
        checks.require(accountant, Permission.TENANT_EDIT)
    assert refused.value.permission == "tenant:edit"


def test_a_payload_is_read_with_the_rights_before_or_after_the_change() -> None:
    """PRODUCT 4: whichever allow it."""
    owner, accountant = viewer("OWNER"), viewer("ACCOUNTANT")
    assert checks.sees(accountant.after(owner), "ten", Permission.AUDIT_VIEW)
    assert checks.sees(owner.after(accountant), "ten", Permission.AUDIT_VIEW)
    assert not checks.sees(accountant.after(accountant), "ten", Permission.AUDIT_VIEW)


@pytest.mark.parametrize(("catalog", "role"), [(c, r) for c in ROLES for r in ROLES[c]])
def test_nobody_takes_an_owner_down_or_makes_one_without_the_permissions_for_it(
    catalog: Catalog, role: str
) -> None:
    """PRODUCT 2, rule 2: `owners:remove` and `owners:create`, whatever the last row says."""
    actor = Place(catalog, role)
    assert checks.may_take(actor, "OWNER") is checks.holds(actor, Permission.OWNERS_REMOVE)
    assert checks.can_hand_out(actor, "OWNER") is checks.holds(actor, Permission.OWNERS_CREATE)


@pytest.mark.parametrize(("catalog", "role"), [(c, r) for c in ROLES for r in ROLES[c]])
def test_owners_and_administrators_of_a_subscriber_must_have_an_email(
    catalog: Catalog, role: str
) -> None:
    """PRODUCT 3.3 (F)."""
    actor, needed = Place(catalog, "OWNER"), role in ("OWNER", "ADMINISTRATOR")
    checks.require_email(actor, role, has_email=True)
    if catalog is Catalog.SUBSCRIBER and needed:
        with pytest.raises(errors.EmailRequired):
            checks.require_email(actor, role, has_email=False)
    else:
        checks.require_email(actor, role, has_email=False)


@pytest.fixture
def deputy(monkeypatch: pytest.MonkeyPatch) -> Place:
    """A role of later: its last row says OWNER, yet it neither makes nor removes owners."""
    role = Role(Catalog.PROJECT, "DEPUTY", "Deputy", (), (), ("OWNER",), (), (), needs_email=False)
    catalog = {**roles.MATRIX[Catalog.PROJECT], "DEPUTY": role}
    monkeypatch.setattr(roles, "MATRIX", {**roles.MATRIX, Catalog.PROJECT: catalog})
    return Place(Catalog.PROJECT, "DEPUTY")


def test_handing_out_owner_takes_owners_create_as_well(deputy: Place) -> None:
    """PRODUCT 2, rule 2."""
    with pytest.raises(errors.RoleNotGrantable):
        checks.require_can_hand_out(deputy, "OWNER")


def test_taking_owner_away_takes_owners_remove_as_well(deputy: Place) -> None:
    """PRODUCT 2, rule 2."""
    maker = replace(deputy, grants=("owners:create",))
    checks.require_reach(maker, "OWNER")
    assert not checks.may_take(maker, "OWNER")
    with pytest.raises(errors.PermissionDenied) as refused:
        checks.require_may_take(maker, "OWNER")
    assert refused.value.permission == "owners:remove"


def test_a_table_is_read_cell_by_cell() -> None:
    """A cell that waits for servicing or for a single grant holds nothing by itself."""
    table = "OWNER USER\ntenant:view + -\nmembers:view + g\ntenants:invite s -"
    read = read_table(
        Catalog.ACCOUNT,
        table,
        names={"OWNER": "Owner", "USER": "User"},
        hands_out={"OWNER": ("USER",), "USER": ()},
    )
    assert read["OWNER"].permissions == (Permission.TENANT_VIEW, Permission.MEMBERS_VIEW)
    assert read["OWNER"].servicing == (Permission.TENANTS_INVITE,)
    assert read["USER"].permissions == ()
    assert (read["OWNER"].switchable, read["USER"].switchable) == ((), (Permission.MEMBERS_VIEW,))
    assert read["USER"].id == "rol_account_user"


def test_what_comes_with_belonging_or_from_the_provider_is_not_switched() -> None:
    """ADR 0015: in a table without single grants everything else is, held or not."""
    read = read_table(
        Catalog.SUBSCRIBER,
        "OWNER USER\ntenant:view + +\nmembers:view + +\nkeys:manage + -\ntenants:invite s -",
        names={"OWNER": "Owner", "USER": "User"},
        hands_out={"OWNER": ("USER",), "USER": ()},
    )
    assert read["USER"].switchable == (Permission.MEMBERS_VIEW, Permission.KEYS_MANAGE)


def test_a_former_owner_keeps_the_next_role_of_his_catalogue() -> None:
    """PRODUCT 4 (C, X)."""
    assert [roles.after_ownership(catalog) for catalog in Catalog] == [
        "MANAGER",
        "ADMINISTRATOR",
        "USER",
    ]


def test_only_a_project_has_no_role_to_invite_to_by_default() -> None:
    """Contract, `InviteMemberInput.role`."""
    assert [roles.default(catalog) for catalog in Catalog] == [None, "USER", "USER"]
