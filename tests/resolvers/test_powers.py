"""What a frontend may offer to do with a member, right by right and state by state."""

from typing import Any

from auth.viewer import Membership, Viewer
from models import Catalog, MemberStatus
from permissions.catalog import Permission
from resolvers import powers, rows
from tests.factories import CLIENT

MEANINGFUL = {
    "can_change_role": (Permission.MEMBERS_CHANGE_ROLE, "PENDING JOINED DISABLED"),
    "can_remove": (Permission.MEMBERS_REMOVE, "PENDING JOINED DISABLED"),
    "can_enable": (Permission.MEMBERS_DISABLE, "DISABLED"),
    "can_disable": (Permission.MEMBERS_DISABLE, "JOINED"),
    "can_edit": (Permission.MEMBERS_EDIT, "PENDING JOINED DISABLED"),
    "can_resend": (Permission.MEMBERS_INVITE, "PENDING"),
    "can_revoke": (Permission.MEMBERS_INVITE, "PENDING"),
    "can_assign_apps": (Permission.APPS_ASSIGN, "PENDING JOINED DISABLED"),
    "can_limit": (Permission.MEMBERS_LIMIT, "PENDING JOINED DISABLED"),
}


def somebody(role: str = "MANAGER", *, denials: tuple[str, ...] = ()) -> Viewer:
    own = Membership("ten", "mem", Catalog.PROJECT, role, MemberStatus.JOINED, denials=denials)
    return Viewer(CLIENT, places={"ten": own})


def member(status: MemberStatus = MemberStatus.JOINED, **values: Any) -> rows.Member:
    record = {
        "id": "mem_x",
        "tenant_id": "ten",
        "status": status,
        "role": "ACCOUNTANT",
        "is_first_user": False,
        "is_managed": True,
    }
    return rows.Member(record | values, shows_private=False)


def offered(viewer: Viewer, of: rows.Member) -> set[str]:
    found = powers.over(viewer, of)
    return {name for name in MEANINGFUL if getattr(found, name)}


def test_what_would_do_something_is_offered_and_nothing_else() -> None:
    """PRODUCT 7: nothing of who was removed."""
    for status in MemberStatus:
        meaningful = {name for name, (_, those) in MEANINGFUL.items() if status in those}
        assert offered(somebody(), member(status)) == meaningful, status


def test_each_offer_takes_its_own_permission() -> None:
    """PRODUCT 2, rule 3."""
    for permission in {permission for permission, _ in MEANINGFUL.values()}:
        lacking = somebody(denials=(permission,))
        for status in MemberStatus:
            before = offered(somebody(), member(status))
            gone = {name for name in before if MEANINGFUL[name][0] is permission}
            assert offered(lacking, member(status)) == before - gone, (permission, status)


def test_beyond_ones_reach_only_apps_are_given() -> None:
    """PRODUCT 2, rule 2, and 6: rights on apps ask for no reach."""
    for status in (MemberStatus.PENDING, MemberStatus.JOINED, MemberStatus.DISABLED):
        assert offered(somebody(), member(status, role="OWNER")) == {"can_assign_apps"}


def test_the_first_user_is_neither_removed_nor_disabled() -> None:
    """PRODUCT 2, rule 5."""
    every = offered(somebody(), member())
    assert offered(somebody(), member(is_first_user=True)) == every - {"can_remove", "can_disable"}


def test_who_edits_himself_is_not_edited() -> None:
    """PRODUCT 3.3."""
    every = offered(somebody(), member())
    assert offered(somebody(), member(is_managed=False)) == every - {"can_edit"}


def test_roles_are_offered_to_who_changes_them() -> None:
    """PRODUCT 2, rule 1."""
    codes = [role.code for role in powers.over(somebody(), member()).grantable_roles]
    assert codes == ["MANAGER", "ADMINISTRATOR", "ACCOUNTANT"]
    lacking = somebody(denials=("members:change_role",))
    assert powers.over(lacking, member()).grantable_roles == ()
    assert powers.over(somebody(), member(MemberStatus.REMOVED)).grantable_roles == ()


def test_permissions_are_switched_for_who_has_joined() -> None:
    """ADR 0015."""
    for status in MemberStatus:
        switchable = powers.over(somebody(), member(status)).switchable_permissions
        assert bool(switchable) is (status in ("JOINED", "DISABLED"))


def test_nothing_is_offered_where_one_has_no_place() -> None:
    assert offered(Viewer(CLIENT), member()) == set()
