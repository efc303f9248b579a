"""A sink to send to, and an invitation to send."""

from collections.abc import AsyncIterator

import pytest

from mail.transport import SmtpTransport
from tests.mail import sink as sinks
from tests.mail.sink import Sink


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    async with sinks.listening(Sink()) as listening:
        yield listening


@pytest.fixture
def transport(sink: Sink) -> SmtpTransport:
    return SmtpTransport.at(sink.url)
