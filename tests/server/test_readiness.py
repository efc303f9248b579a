"""CASES 140, beyond `test_health.py`: what waits to leave, and what takes too long."""

import asyncio
from datetime import timedelta

import pytest

from models import Channel, OutboxEntry, clock
from models import database as db
from server import health
from tests.clients import Client
from tests.factories import World
from tests.mail import offers


@pytest.fixture
def stopping(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_is_stopping", False)
    health.stops()


async def test_the_outbox_is_told_of_and_decides_nothing(world: World) -> None:
    """A mail server that is away must not take the API with it."""
    await offers.tell(1)
    async with db.transaction(db.SYSTEM):
        await OutboxEntry.all().update(due_at=clock.now() - timedelta(hours=2))
    answer = await world.anonymous.http.get("/readyz")
    assert answer.status_code == 200
    lags = answer.json().pop("outboxLagSeconds")
    assert 7200 <= lags.pop("MAIL") < 7300
    assert lags == dict.fromkeys({each.value for each in Channel} - {"MAIL"}, 0)


async def test_readiness_tells_of_no_mail(anonymous: Client) -> None:
    """Anybody may ask."""
    await offers.tell(1)
    text = (await anonymous.http.get("/readyz")).text
    assert "example.org" not in text
    assert "msg_" not in text


async def test_who_stops_is_not_ready_and_lives(stopping: None, anonymous: Client) -> None:
    """CASES 137: load balancers hear so before anything else ends."""
    answer = await anonymous.http.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "STOPPING"})
    assert (await anonymous.http.get("/healthz")).status_code == 200
    assert await anonymous.ask("{ __typename }") == {"__typename": "Query"}


async def test_a_database_that_hangs_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, anonymous: Client
) -> None:
    async def hang() -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(health, "_WITHIN", 0.01)
    monkeypatch.setattr("models.migrating.pending", hang)
    answer = await anonymous.http.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "TIMEOUT"})
