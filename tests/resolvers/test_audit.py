"""Every change is recorded in its transaction, without anything personal (PRODUCT 4, CASES 143)."""

from datetime import timedelta
from typing import Any

from models import AuditEvent, Tenant
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import PASSWORD, World
from tests.resolvers import steps

Row = tuple[str, str | None, str, dict[str, Any]]


async def recorded(*, since: int = 0) -> list[Row]:
    """Action, actor, subject and changes of every row, oldest first."""
    rows = await steps.stored(AuditEvent.filter().order_by("id"))
    return [(row.action, row.actor_id, row.subject_id, row.changes) for row in rows[since:]]


async def test_every_change_of_a_tenants_people_names_actor_subject_and_codes(
    project: Tenant, owner: Person, manager: Person, accountant: Person, administrator: Person
) -> None:
    """Codes and states with before and after."""
    invited = await steps.invite(owner, project)
    carl, ada = {"memberId": accountant.member_id}, {"memberId": administrator.member_id}
    await owner.do("changeRole", {"memberId": invited.member_id, "role": "MANAGER"})
    await manager.do("resendInvitation", {"invitationId": invited.invitation_id})
    await manager.do("revokeInvitation", {"invitationId": invited.invitation_id})
    await owner.do("setMemberEnabled", carl | {"enabled": False})
    await owner.do("setMemberEnabled", carl | {"enabled": True})
    await owner.do("removeMember", carl)
    await administrator.do("leaveTenant", {"tenantId": project.id})
    await owner.do("transferOwnership", {"tenantId": project.id, "toMemberId": manager.member_id})
    rows = [row for row in await recorded() if row[0] != "session.open"]
    assert rows == [
        (
            "member.invite",
            owner.id,
            invited.member_id,
            {"role": [None, "ACCOUNTANT"], "status": [None, "PENDING"]},
        ),
        (
            "member.change_role",
            owner.id,
            invited.member_id,
            {"role": ["ACCOUNTANT", "MANAGER"]},
        ),
        ("invitation.resend", manager.id, invited.invitation_id, {}),
        (
            "invitation.revoke",
            manager.id,
            invited.invitation_id,
            {"status": ["PENDING", "REMOVED"]},
        ),
        ("member.disable", owner.id, carl["memberId"], {"status": ["JOINED", "DISABLED"]}),
        ("member.enable", owner.id, carl["memberId"], {"status": ["DISABLED", "JOINED"]}),
        ("member.remove", owner.id, carl["memberId"], {"status": ["JOINED", "REMOVED"]}),
        ("member.leave", administrator.id, ada["memberId"], {"status": ["JOINED", "REMOVED"]}),
        (
            "member.change_role",
            owner.id,
            manager.member_id,
            {"role": ["MANAGER", "OWNER"]},
        ),
        ("member.change_role", owner.id, owner.member_id, {"role": ["OWNER", "MANAGER"]}),
    ]
    every = await steps.stored(AuditEvent.filter(tenant_id=project.id))
    assert len(every) == len(rows)


async def test_a_tenant_is_recorded_from_its_beginning_to_its_end(stranger: Person) -> None:
    """Of a name only that it changed."""
    made = await stranger.do(
        "createTenant", {"name": "Acme", "catalog": "PROJECT"}, "tenant { id }"
    )
    tenant = {"tenantId": made["tenant"]["id"]}
    await stranger.do("updateTenant", tenant | {"name": "Zenith", "locale": "KK"})
    await stranger.do("deleteTenant", tenant)
    assert await recorded() == [
        ("tenant.create", stranger.id, tenant["tenantId"], {}),
        ("tenant.update", stranger.id, tenant["tenantId"], {"name": [], "locale": ["EN", "KK"]}),
        ("tenant.delete", stranger.id, tenant["tenantId"], {}),
    ]


async def test_accepting_is_recorded_as_the_newcomers_own_doing(
    world: World, project: Tenant, owner: Person
) -> None:
    await steps.invite(owner, project)
    since = len(await recorded())
    nina = await steps.register(world)
    rows = await recorded(since=since)
    accepted = ("invitation.accept", nina.id, nina.member_id, {"status": ["PENDING", "JOINED"]})
    assert accepted in rows
    assert [row[0] for row in rows] == ["user.create", "invitation.accept", "session.open"]
    assert (rows[0][2], rows[2][1]) == (nina.id, nina.id)


async def test_the_other_offer_to_somebody_who_joins_is_closed_with_a_row_of_its_own(
    world: World, project: Tenant, owner: Person
) -> None:
    """Invited by address and by login, he joins once."""
    nina = await world.person("nina")
    by_address = await steps.invite(owner, project)
    by_login = await owner.do(
        "inviteMember",
        {"tenantId": project.id, "invitee": {"login": "nina"}, "role": "MANAGER"},
        "member { invitation { id } }",
    )
    await steps.accept(nina, id=by_login["member"]["invitation"]["id"])
    [row] = await steps.audit("invitation.revoke")
    assert (row.actor_id, row.subject_id, row.changes) == (
        nina.id,
        by_address.invitation_id,
        {"status": ["PENDING", "REMOVED"]},
    )


async def test_signing_in_and_out_is_recorded_and_failing_is_not(
    world: World, stranger: Person
) -> None:
    await world.anonymous.do("signIn", {"login": stranger.login, "password": "wrong"})
    client = world.anonymous
    await client.do("signIn", {"login": stranger.login, "password": PASSWORD})
    await client.ask("mutation { signOut { signedOut } }")
    rows = await recorded()
    assert [row[:2] for row in rows] == [
        ("session.open", stranger.id),
        ("session.end", stranger.id),
    ]
    assert rows[0][2] == rows[1][2]


async def test_a_row_names_the_request_that_the_answer_names(
    project: Tenant, owner: Person
) -> None:
    """DESIGN 1.5."""
    owner.client.http.headers["x-request-id"] = "a-request.of-ours_1"
    await steps.invite(owner, project)
    [row] = await steps.audit("member.invite")
    assert row.request_id == "a-request.of-ours_1"


async def test_a_refused_change_leaves_no_row(project: Tenant, owner: Person) -> None:
    since = len(await recorded())
    refused = [
        await owner.do("leaveTenant", {"tenantId": project.id}),
        await owner.do("changeRole", {"memberId": owner.member_id, "role": "MANAGER"}),
        await owner.do("inviteMember", steps.invitation(project, owner.email)),
        await owner.do("inviteMember", steps.invitation(project, "nobody")),
    ]
    assert not any(answer["__typename"].endswith("Payload") for answer in refused)
    assert await recorded(since=since) == []


async def test_nothing_personal_stands_in_the_audit(
    world: World, project: Tenant, owner: Person, clock: Clock
) -> None:
    """PRODUCT 4: ids, codes, states and names of fields."""
    typed = {"fullName": "Canary Typed", "login": "canarytyped", "phone": "+77051250043"}
    await steps.invite(owner, project, "canary@example.com", newcomer=typed)
    await world.person("canaryclaim", email="canary@example.com", verified=False)
    canary = await steps.register(
        world, "canary@example.com", fullName="Canary Name", login="canarylogin"
    )
    await owner.do("updateTenant", {"tenantId": project.id, "name": "Canary Tenant"})
    await owner.do("changeRole", {"memberId": canary.member_id, "role": "MANAGER"})
    late = await steps.invite(owner, project, "canary2@example.com")
    clock.move(timedelta(days=4))
    await owner.do("resendInvitation", {"invitationId": late.invitation_id})
    await owner.do("removeMember", {"memberId": canary.member_id})
    table = repr((await steps.everything())["audit_events"]).casefold()
    assert "user.lose_email" in table
    assert "invitation.resend" in table
    for personal in ("canary", "77051250043", "@", "olga", "acme", "tnt_", "127.0.0.1"):
        assert personal not in table
