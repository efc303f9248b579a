"""Accounts: the operator's `create-user`, and whose an address is (PRODUCT 3.7)."""

import dataclasses

import pytest

import errors
from auth.viewer import Viewer
from locales import Locale
from models import ProviderRole, User
from resolvers import accounts
from tests.clients import Client
from tests.factories import CLIENT, World
from tests.resolvers import steps

OPERATOR = Viewer(CLIENT)
NINA = accounts.Registration(" Nina New ", "NINA", "twelve letters", "+7 705 1250043", Locale.KK)


async def test_an_account_of_the_operators_is_verified_and_signs_in_by_login_or_address(
    anonymous: Client,
) -> None:
    """PRODUCT 3.7: given to `create-user`."""
    user_id = await accounts.create(OPERATOR, NINA, email=" NINA@Example.com ")
    for name in ("nina", "nina@example.com"):
        answer = await anonymous.do(
            "signIn",
            {"login": name, "password": "twelve letters"},
            "me { login email emailVerified phone locale user { id fullName } }",
        )
        assert answer["me"] == {
            "login": "nina",
            "email": "NINA@example.com",
            "emailVerified": True,
            "phone": "+77051250043",
            "locale": "KK",
            "user": {"id": user_id, "fullName": "Nina New"},
        }


@pytest.mark.usefixtures("world")
async def test_staff_are_made_by_the_operator() -> None:
    """PRODUCT 1."""
    user_id = await accounts.create(
        OPERATOR, NINA, email=steps.NINA, provider_role=ProviderRole.SUPPORT
    )
    [user] = await steps.stored(User.filter(id=user_id))
    assert user.provider_role is ProviderRole.SUPPORT


@pytest.mark.usefixtures("world")
async def test_all_wrong_values_are_named_at_once() -> None:
    wrong = accounts.Registration("", "n", "short", "0")
    with pytest.raises(errors.InvalidInput) as refused:
        await accounts.create(OPERATOR, wrong, email="nobody")
    assert [fault.path for fault in refused.value.faults] == [
        ("email",),
        ("fullName",),
        ("login",),
        ("password",),
        ("phone",),
    ]


async def test_a_taken_address_is_refused_and_nothing_is_done(world: World) -> None:
    """Those who only claim it keep what they claim."""
    await world.person("first", email=steps.NINA)
    await world.person("claims.it", email="Nina@example.com", verified=False)
    before = await steps.everything()
    with pytest.raises(errors.InvalidInput) as refused:
        await accounts.create(OPERATOR, NINA, email=steps.NINA)
    assert refused.value.faults == (errors.FieldFault(("email",), "TAKEN"),)
    assert await steps.everything() == before


async def test_a_taken_login_is_refused_and_nothing_is_done(world: World) -> None:
    await world.person("nina", email="other@example.com")
    before = await steps.everything()
    with pytest.raises(errors.LoginTaken):
        await accounts.create(OPERATOR, NINA, email=steps.NINA)
    assert await steps.everything() == before


async def test_everybody_who_only_claims_an_address_loses_it_to_who_has_it(world: World) -> None:
    """PRODUCT 3.7, CASES 91; with a row of the audit for each."""
    claimants = [
        await world.person(f"claimant{number}", email=steps.NINA.upper(), verified=False)
        for number in range(2)
    ]
    bystander = await world.person("bystander", email="other@example.com", verified=False)
    await accounts.create(OPERATOR, NINA, email=steps.NINA)
    users = {user.id: user for user in await steps.stored(User.filter(login__not="nina"))}
    assert [users[person.id].email for person in claimants] == [None, None]
    assert users[bystander.id].email == "other@example.com"
    lost = await steps.audit("user.lose_email")
    assert {row.subject_id for row in lost} == {person.id for person in claimants}
    assert [row.changes for row in lost] == [{"email": []}] * 2


async def test_a_newcomer_who_names_no_language_speaks_the_invitations() -> None:
    """PRODUCT 8."""
    silent = dataclasses.replace(NINA, locale=None)
    spoken = [
        (await accounts.prepare(given, language=language))[0].locale
        for given, language in [(silent, "RU"), (NINA, "RU"), (silent, None)]
    ]
    assert spoken == [Locale.RU, Locale.KK, None]
