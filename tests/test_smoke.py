from models import Tenant
from tests.clients import Person
from tests.factories import World


async def test_invite(world: World, project: Tenant, owner: Person) -> None:
    answer = await owner.do(
        "inviteMember",
        {"tenantId": project.id, "invitee": {"email": "new@example.com"}, "role": "MANAGER"},
        "member { id status role { code } } emailQueued",
    )
    assert answer["member"]["status"] == "PENDING"
    token = await world.link_token("new@example.com")
    joined = await world.anonymous.do(
        "acceptInvitation",
        {
            "invitation": {"token": token},
            "registration": {"fullName": "New", "login": "newbie", "password": "twelve letters"},
            "transport": "BEARER",
        },
        "member { id status } session { token }",
    )
    assert joined["member"] == {"id": answer["member"]["id"], "status": "JOINED"}
