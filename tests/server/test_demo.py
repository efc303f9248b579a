import pytest

from models import Catalog, Invitation, Member, MemberStatus, Tenant, User, database
from resolvers.accounts import Registration
from server import demo
from server.cli import OPERATOR
from tests.clients import Client
from tests.factories import World

LOOK = (
    "query($token: String!) { invitation(token: $token)"
    " { __typename ... on InvitationPreview { tenantName email } } }"
)


async def sign_in(client: Client, login: str) -> Client:
    answer = await client.do(
        "signIn",
        {"login": login, "password": demo.PASSWORD, "transport": "BEARER"},
        "token",
    )
    return World().client(answer["token"])


async def test_demo_data_shows_every_kind_of_tenant_and_every_status(world: World) -> None:
    """DESIGN 4."""
    await demo.load(OPERATOR)
    async with database.transaction(database.SYSTEM, read_only=True):
        assert {tenant.catalog for tenant in await Tenant.all()} == set(Catalog)
        assert {member.status for member in await Member.all()} == set(MemberStatus)
        assert await User.filter(email=demo.PENDING).count() == 0
    ann = await sign_in(world.anonymous, "ann")
    data = await ann.ask("{ tenants { edges { node { name viewer { role { code } } } } } }")
    assert [edge["node"] for edge in data["tenants"]["edges"]] == [
        {"name": name, "viewer": {"role": {"code": "OWNER"}}}
        for name in ("Aurora Studio", "Ромашка")
    ]


@pytest.mark.parametrize("person", demo.PEOPLE, ids=lambda person: person.login)
async def test_everybody_of_the_demo_signs_in_with_the_password_it_tells(
    world: World, person: Registration
) -> None:
    await demo.load(OPERATOR)
    client = await sign_in(world.anonymous, person.login)
    assert await client.ask("{ me { login emailVerified } }") == {
        "me": {"login": person.login, "emailVerified": True}
    }


async def test_it_says_how_to_sign_in_and_a_link_that_works(world: World) -> None:
    """DESIGN 4."""
    said = await demo.load(OPERATOR)
    assert f"ann / {demo.PASSWORD}" in said
    assert f"timur / {demo.PASSWORD}" in said
    token = said.partition("/invitation#")[2]
    data = await world.anonymous.ask(LOOK, token=token)
    assert data["invitation"]["tenantName"] == "Aurora Studio"
    assert data["invitation"]["email"] == demo.PENDING


@pytest.mark.usefixtures("database")
async def test_loading_it_again_changes_nothing_and_says_the_same() -> None:
    said = await demo.load(OPERATOR)
    async with database.transaction(database.SYSTEM, read_only=True):
        before = await Invitation.all().count(), await User.all().count()
    assert await demo.load(OPERATOR) == said
    async with database.transaction(database.SYSTEM, read_only=True):
        assert (await Invitation.all().count(), await User.all().count()) == before


async def test_it_says_when_the_invitation_has_been_answered(world: World) -> None:
    token = (await demo.load(OPERATOR)).partition("/invitation#")[2]
    await world.anonymous.do(
        "acceptInvitation",
        {
            "invitation": {"token": token},
            "registration": {"fullName": "New", "login": "new", "password": "twelve letters"},
        },
    )
    assert "has been answered" in await demo.load(OPERATOR)


async def test_a_database_with_people_of_its_own_is_left_alone(world: World) -> None:
    """DESIGN 4: into an empty database."""
    await world.person("own")
    assert "no demo data was loaded" in await demo.load(OPERATOR)
    async with database.transaction(database.SYSTEM, read_only=True):
        assert await User.all().count() == 1
