"""The tables as they are read: what PRODUCT 2 prints, cell by cell, without asking the API."""

from models import Catalog
from permissions import roles
from permissions.catalog import MANAGING, Permission, read_table
from tests.permissions.matrix import CELLS, ROLES, hands_out


def test_every_cell_is_the_products() -> None:
    """PRODUCT 2: held, held where servicing is switched on, to be granted singly, or never."""
    for cell in CELLS:
        role = roles.role(cell.catalog, cell.role)
        assert (cell.permission in role.permissions) is (cell.sign == "+"), cell
        assert (cell.permission in role.servicing) is (cell.sign == "s"), cell
        if cell.catalog is Catalog.ACCOUNT:
            assert (cell.permission in role.switchable) is (cell.sign == "g"), cell


def test_every_role_hands_out_what_the_product_says() -> None:
    """PRODUCT 2, last rows, and ACCOUNT's: who manages others makes users."""
    for catalog, codes in ROLES.items():
        assert tuple(roles.MATRIX[catalog]) == codes
        for code in codes:
            role = roles.role(catalog, code)
            assert role.hands_out == hands_out(catalog, code)
            assert role.managing == (("USER",) if role.id == "rol_account_user" else ())


def test_who_must_have_an_address_is_a_subscribers_owner_or_administrator() -> None:
    """PRODUCT 3.3 (F)."""
    every = [role for catalog in roles.MATRIX.values() for role in catalog.values()]
    assert [role.id for role in every if role.needs_email] == [
        "rol_subscriber_owner",
        "rol_subscriber_administrator",
    ]


def test_acting_on_members_is_to_manage_and_seeing_or_leaving_is_not() -> None:
    """PRODUCT 2, ACCOUNT's last row."""
    assert {str(permission) for permission in MANAGING} == {
        f"members:{verb}"
        for verb in ("invite", "change_role", "remove", "disable", "edit", "grant", "limit")
    }


def test_each_column_is_read_at_its_own_place() -> None:
    read = read_table(
        Catalog.ACCOUNT,
        "OWNER DEPUTY USER\nmembers:view + g -\nmembers:edit - + g\nkeys:manage g - +",
        names={"OWNER": "Owner", "DEPUTY": "Deputy", "USER": "User"},
        hands_out={"OWNER": ("DEPUTY", "USER"), "DEPUTY": ("USER",), "USER": ()},
        managing={"USER": ("USER",)},
        need_email=("DEPUTY",),
    )
    assert {code: role.permissions for code, role in read.items()} == {
        "OWNER": (Permission.MEMBERS_VIEW,),
        "DEPUTY": (Permission.MEMBERS_EDIT,),
        "USER": (Permission.KEYS_MANAGE,),
    }
    assert [role.switchable for role in read.values()] == [
        (),
        (Permission.MEMBERS_VIEW,),
        (Permission.MEMBERS_EDIT,),
    ]
    assert [role.managing for role in read.values()] == [(), (), ("USER",)]
    assert [role.needs_email for role in read.values()] == [False, True, False]
    assert [role.name for role in read.values()] == ["Owner", "Deputy", "User"]
