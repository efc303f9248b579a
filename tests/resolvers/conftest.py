"""Organizations that serve others, for the tests of what they do."""

import pytest

from models import Tenant
from tests.clients import Person
from tests.factories import World
from tests.resolvers import service, tariff_steps, tenant_steps
from tests.resolvers.service import Service


@pytest.fixture
async def served(world: World) -> Service:
    """A servicing organization and its client; the tariff `start` is offered."""
    found = await service.begin(world)
    await tariff_steps.make(world)
    return found


@pytest.fixture
async def subscription(served: Service) -> str:
    """What the operator has subscribed the client to."""
    answer = await tariff_steps.subscribe(served.operator, served.client)
    return str(answer["subscription"]["id"])


@pytest.fixture
async def servio(world: World) -> Tenant:
    """A servicing organization that may invite tenants."""
    return await tenant_steps.organization(world, tenant_steps.INVITES)


@pytest.fixture
async def oscar(world: World, servio: Tenant) -> Person:
    """Its operator."""
    return await world.join(servio, "OPERATOR", await world.person("oscar"))
