"""Who is meant by what was typed of an invitee, field by field."""

import pytest

import errors
from models import User, clock
from models import database as db
from resolvers import identifiers, invitees
from resolvers.invitees import Invitee, Known, Newcomer
from tests.factories import World


def faults(invitee: Invitee) -> list[tuple[tuple[str, ...], str]]:
    found = identifiers.Faults()
    invitees.check(invitee, found)
    return [(fault.path, fault.code) for fault in found.found]


def test_each_wrong_field_is_told_where_it_stands() -> None:
    """CASES 70 to 76: all at once, by the names of the API."""
    wrong = Newcomer(full_name="\x00", login="NO LOGIN", phone="none")
    assert faults(Invitee(email="nobody", newcomer=wrong)) == [
        (("invitee", "email"), "INVALID"),
        (("newcomer", "fullName"), "INVALID"),
        (("newcomer", "login"), "INVALID"),
        (("newcomer", "phone"), "INVALID"),
    ]
    assert faults(Invitee(login="NO LOGIN")) == [(("invitee", "login"), "INVALID")]


def test_nothing_is_filled_in_for_somebody_who_has_a_login() -> None:
    """Contract: `newcomer` goes with an address."""
    assert faults(Invitee(login="nina", newcomer=Newcomer())) == [(("newcomer",), "NOT_ALLOWED")]
    assert faults(Invitee(email="nina@example.com", newcomer=Newcomer())) == []
    assert faults(Invitee(login="nina")) == []


def test_what_was_typed_is_kept_as_it_is_compared() -> None:
    typed = Newcomer(full_name="  Nina New ", login="NINA", phone="+7 705 125 00 43")
    checked = invitees.check(
        Invitee(email=" nina@Example.com", newcomer=typed), identifiers.Faults()
    )
    assert checked.email == "nina@example.com"
    assert checked.newcomer == Newcomer("Nina New", "nina", "+77051250043")


async def test_a_login_is_somebody_living_and_an_address_is_looked_up_by_nobody(
    world: World,
) -> None:
    """PRODUCT 3.1 and 3.2."""
    nina, gone = await world.person("nina"), await world.person("gone")
    await world.person("other")
    async with db.transaction(db.SYSTEM):
        await User.filter(id=gone.id).update(ended_at=clock.now())
    asked = [Invitee(login=name) for name in ("nina", "gone", "nobody")]
    by_login = Known("nina@example.com", nina.id, Newcomer(login="nina"))
    assert await invitees.find_all("ten_x", asked) == [by_login, None, None]
    assert await invitees.find("ten_x", Invitee(email=nina.email)) == Known(
        nina.email, None, Newcomer()
    )
    with pytest.raises(errors.NotFound):
        await invitees.find("ten_x", Invitee(login="nobody"))


async def test_mail_to_who_is_invited_by_login_needs_an_address_shown_to_be_his(
    world: World,
) -> None:
    """PRODUCT 3.2."""
    await world.person("nina", verified=False)
    assert (await invitees.find("ten_x", Invitee(login="nina"))).address is None
