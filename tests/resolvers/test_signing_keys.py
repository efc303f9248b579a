from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from auth import tickets
from models import SigningKey, clock
from resolvers import signing_keys
from settings import Settings
from tests.conftest import Clock
from tests.resolvers import steps

pytestmark = pytest.mark.usefixtures("database")

Configure = Callable[..., Settings]
OLD, NEW = "the old secret of this server " * 2, "the new secret of this server " * 2
MOMENT = timedelta(seconds=10)
LIFETIME = timedelta(seconds=60)


async def signing() -> str:
    return (await signing_keys.current()).kid


async def shown() -> list[str]:
    return [key["kid"] for key in await signing_keys.published()]


async def kept() -> list[str]:
    return [key.id for key in await steps.stored(SigningKey.filter().order_by("id"))]


async def ticket() -> str:
    """One that is signed now."""
    now = int(clock.now().timestamp())
    said: dict[str, Any] = {"aud": "app_x", "sub": "mem_x", "jti": "aps_x", "iat": now, "nbf": now}
    issuer = {"iss": "http://127.0.0.1:8000", "exp": now + int(LIFETIME.total_seconds())}
    return (await signing_keys.current()).sign(said | issuer)


async def test_the_first_key_is_made_when_it_is_needed_and_signs_at_once() -> None:
    assert await kept() == []
    first = await signing()
    assert await signing() == first
    assert await shown() == await kept() == [first]


async def test_apps_that_ask_first_are_shown_the_key_that_will_sign() -> None:
    assert await shown() == [await signing()]


async def test_the_first_key_signs_at_once_though_somebody_rotated() -> None:
    made = await signing_keys.rotate()
    assert await signing() == made.id


async def test_what_is_shown_checks_what_is_signed_and_is_no_more_than_that() -> None:
    """PRODUCT 6.2; DESIGN 3."""
    signed = await ticket()
    [key] = await signing_keys.published()
    assert tickets.read(signed, [key])["jti"] == "aps_x"
    assert key.keys() == {"kty", "crv", "x", "use", "alg", "kid"}


async def test_the_private_half_is_nowhere_in_clear() -> None:
    """DESIGN 3."""
    signer = await signing_keys.current()
    [row] = await steps.stored(SigningKey.filter())
    secret = signer.private_jwk["d"]
    assert secret not in row.private
    assert "d" not in row.public
    assert secret not in repr(signer)


async def test_a_new_key_is_shown_at_once_and_signs_after_ten_minutes(clock: Clock) -> None:
    """Issue 5.3: by then no app remembers a set of keys without it."""
    first = await signing()
    second = (await signing_keys.rotate()).id
    assert await shown() == [first, second]
    clock.move(signing_keys.SHOWN_BEFORE - MOMENT)
    assert await signing() == first
    clock.move(MOMENT)
    assert await signing() == second
    assert signing_keys.SHOWN_BEFORE > signing_keys.SHOWN_FOR


async def test_an_old_key_is_shown_until_what_it_signed_is_over(clock: Clock) -> None:
    """Issue 5.3: and as long again as apps may remember what they were shown."""
    first = await signing()
    second = (await signing_keys.rotate()).id
    clock.move(signing_keys.SHOWN_BEFORE - MOMENT)
    last = await ticket()
    clock.move(LIFETIME - MOMENT)
    assert tickets.read(last, [(await signing_keys.published())[0]])
    clock.move(signing_keys.SHOWN_FOR + MOMENT)
    assert await shown() == [first, second]
    clock.move(MOMENT)
    assert await shown() == [second]
    assert await signing() == second


async def test_a_key_that_is_not_shown_any_more_is_deleted(clock: Clock) -> None:
    """And never before, nor the one that signs."""
    first = await signing()
    second = (await signing_keys.rotate()).id
    assert await signing_keys.forget_expired() == 0
    clock.move(timedelta(days=400))
    assert await kept() == [first, second]
    assert await signing_keys.forget_expired() == 1
    assert await kept() == [second]


async def test_rotating_twice_in_a_hurry_leaves_no_gap(clock: Clock) -> None:
    """The second begins when it would have begun, and is followed by the third."""
    first = await signing()
    second = (await signing_keys.rotate()).id
    clock.move(timedelta(minutes=4))
    third = (await signing_keys.rotate()).id
    assert await shown() == [first, second, third]
    signs, shows = Counter[str](), Counter[str]()
    for _ in range(30):
        assert tickets.read(await ticket(), await signing_keys.published())
        signs.update([await signing()])
        shows.update(await shown())
        clock.move(timedelta(minutes=1))
    assert signs == {first: 6, second: 4, third: 20}
    assert shows == {first: 12, second: 16, third: 30}


async def test_a_key_that_a_former_secret_has_sealed_still_signs(configure: Configure) -> None:
    """DESIGN 1.6: rotating the secret kills nothing."""
    configure(secret=OLD)
    first = await signing()
    configure(secret=f"{NEW},{OLD}")
    assert await signing() == first


async def test_a_key_whose_secret_was_forgotten_is_followed_at_once(
    configure: Configure, clock: Clock
) -> None:
    """It is shown for as long as what it signed lives."""
    configure(secret=OLD)
    first = await signing()
    signed = await ticket()
    configure(secret=NEW)
    second = await signing()
    assert second != first
    assert await signing() == second
    assert await shown() == [first, second]
    assert tickets.read(signed, await signing_keys.published())
    clock.move(LIFETIME + signing_keys.SHOWN_FOR)
    assert await shown() == [second]


async def test_a_key_does_not_sign_what_would_outlive_it(
    configure: Configure, clock: Clock
) -> None:
    """Where the next key's secret was forgotten, the one before it signs on, as long as it can."""
    configure(secret=NEW)
    first = await signing()
    configure(secret=OLD)
    assert await signing() != first
    configure(secret=NEW)
    clock.move(signing_keys.SHOWN_FOR - MOMENT)
    assert await signing() == first
    signed = await ticket()
    clock.move(LIFETIME - MOMENT)
    assert tickets.read(signed, await signing_keys.published())
    assert await signing() != first


async def test_where_the_keys_have_leaked_nothing_they_signed_is_believed() -> None:
    """Neither the one that signs nor the one that was to follow it is shown any more."""
    signed = await ticket()
    await signing_keys.rotate()
    new = await signing_keys.rotate(leaked=True)
    assert await kept() == await shown() == [new.id] == [await signing()]
    with pytest.raises(tickets.Unacceptable):
        tickets.read(signed, await signing_keys.published())
