"""What is asked of an app's administrators, of staff and of guards, question by question."""

from dataclasses import replace

import pytest

import errors
from auth.viewer import Account, Client, Viewer
from models import AppRight, ProviderRole
from permissions import checks, fields
from permissions.catalog import Permission

CLIENT = Client(address="127.0.0.1", request_id="test")
ANN = Account(
    id="usr_ann",
    login="ann",
    email=None,
    email_verified=False,
    full_name="Ann",
    phone=None,
    phone_confirmed=False,
    locale=None,
    rows_per_page=None,
    wants_news=False,
    wants_sms=False,
    provider_role=None,
)


def somebody(role: ProviderRole | None = None) -> Viewer:
    return Viewer(CLIENT, account=replace(ANN, provider_role=role))


def test_who_administers_an_app_has_been_given_just_that() -> None:
    """PRODUCT 6.2: knowing of it, or starting it, is not enough."""
    checks.require_administers(AppRight.LAUNCH_AND_ADMINISTER)
    for right in (None, AppRight.LAUNCH):
        with pytest.raises(errors.PermissionDenied):
            checks.require_administers(right)


def test_who_is_let_in_as_staff_acts_for_the_provider_from_there_on() -> None:
    """ADR 0016."""
    for role in ProviderRole:
        chosen = somebody(role)
        assert checks.require_staff(chosen) == replace(chosen, as_staff=True)
        assert not chosen.as_staff


def test_what_is_for_administrators_of_the_provider_is_not_for_support() -> None:
    """ADR 0016."""
    admin = somebody(ProviderRole.ADMIN)
    assert checks.require_admin(admin) == replace(admin, as_staff=True)
    for viewer in (somebody(ProviderRole.SUPPORT), somebody()):
        with pytest.raises(errors.PermissionDenied):
            checks.require_admin(viewer)
    with pytest.raises(errors.Unauthenticated):
        checks.require_admin(Viewer(CLIENT))


def test_a_guard_asks_for_the_permission_it_was_made_with() -> None:
    for permission in (Permission.TENANT_EDIT, Permission.MEMBERS_VIEW):
        assert fields.Can(permission).permission is permission
        [extension] = fields.guard(fields.Can(permission))
        [found] = extension.permissions  # type: ignore[attr-defined]
        assert found.permission is permission
