import asyncio

import pytest

from models import SigningKey
from resolvers import signing_keys
from tests.resolvers import steps

AT_ONCE = 8


@pytest.mark.usefixtures("database")
async def test_of_launches_at_once_on_a_new_server_one_makes_the_first_key() -> None:
    """And all sign with it, since apps would soon be shown no other.

    The line that holds it is `_LOCK` in `resolvers.signing_keys.current`.
    """
    signers = await asyncio.gather(*[signing_keys.current() for _ in range(AT_ONCE)])
    assert len({signer.kid for signer in signers}) == 1
    assert len(await steps.stored(SigningKey.filter())) == 1


@pytest.mark.usefixtures("database")
async def test_of_rotations_at_once_on_a_new_server_one_key_signs_at_once() -> None:
    """The others follow it, after ten minutes.

    The line that holds it is `_LOCK` in `resolvers.signing_keys.rotate`.
    """
    made = await asyncio.gather(*[signing_keys.rotate() for _ in range(AT_ONCE)])
    at_once = [key.id for key in made if key.signs_from == key.created_at]
    assert at_once == [(await signing_keys.current()).kid]
    assert len(await steps.stored(SigningKey.filter(retires_at=None))) == 1
