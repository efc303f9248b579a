"""What is heard by whom: the rules of subscriptions, however they travel (issue 7.4)."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from models import Catalog, Member, MemberStatus, Tenant, TenantBlock, User, clock, database, ids
from settings import Settings
from tests import listeners
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import PASSWORD, World
from tests.listeners import ACCESS, DELIVERIES, MEMBERS, Hall
from tests.resolvers import steps


async def change(owner: Person, member: Person, role: str = "ACCOUNTANT") -> None:
    answer = await owner.do("changeRole", {"memberId": member.member_id, "role": role})
    assert answer["__typename"] == "ChangeRolePayload"


async def test_a_change_is_read_with_the_rights_of_who_listens(
    hall: Hall, project: Tenant, owner: Person, manager: Person, accountant: Person
) -> None:
    """Issue 7.4: an accountant reads neither login nor phone."""
    async with (
        hall.listening(owner, MEMBERS, id=project.id) as whole,
        hall.listening(accountant, MEMBERS, id=project.id) as partial,
    ):
        await change(owner, manager)
        told = {"status": "JOINED", "fullName": "Mark", "role": {"code": "ACCOUNTANT"}}
        assert await whole.next() == {
            "id": manager.member_id,
            "member": told | {"login": "mark", "phone": None},
        }
        assert await partial.next() == {
            "id": manager.member_id,
            "member": told | {"login": None, "phone": None},
        }


async def test_each_message_reads_anew(
    hall: Hall, project: Tenant, owner: Person, manager: Person
) -> None:
    """TRAPS 19: what a loader remembers does not outlive a message."""
    async with hall.listening(owner, MEMBERS, id=project.id) as events:
        for role in ("ACCOUNTANT", "ADMINISTRATOR", "ACCOUNTANT"):
            await change(owner, manager, role)
            assert (await events.next())["member"]["role"] == {"code": role}


async def test_other_tenants_changes_are_not_heard(
    hall: Hall, world: World, project: Tenant, owner: Person, manager: Person
) -> None:
    other = await world.tenant(name="Other")
    await world.join(other, "OWNER", await world.person("ollie"))
    async with hall.listening(owner, MEMBERS, id=project.id) as events:
        await world.join(other, "ACCOUNTANT")
        await change(owner, manager)
        assert (await events.next())["id"] == manager.member_id


async def test_who_was_invited_accepted_or_was_removed_is_heard_of(
    hall: Hall, world: World, project: Tenant, owner: Person, accountant: Person
) -> None:
    """Null where he is not in the list any more; who reads the audit sees that he is REMOVED."""
    async with (
        hall.listening(owner, MEMBERS, id=project.id) as whole,
        hall.listening(accountant, MEMBERS, id=project.id) as partial,
    ):
        nina = await steps.invite(owner, project)
        assert (await whole.next())["member"]["status"] == "PENDING"
        assert (await partial.next())["id"] == nina.member_id
        await steps.register(world)
        assert (await whole.next())["member"]["status"] == "JOINED"
        assert (await partial.next())["member"]["status"] == "JOINED"
        await owner.do("removeMember", {"memberId": nina.member_id})
        assert (await whole.next())["member"]["status"] == "REMOVED"
        assert await partial.next() == {"id": nina.member_id, "member": None}


async def test_a_right_on_an_app_and_what_the_account_says_are_changes_of_a_member(
    hall: Hall, world: World, project: Tenant, owner: Person, manager: Person
) -> None:
    async with database.transaction(database.SYSTEM):
        await User.filter(id=manager.id).update(phone="+77010000001")
    async with hall.listening(owner, MEMBERS, id=project.id) as events:
        made = await owner.do("createApp", {"tenantId": project.id, "name": "Books"}, "app { id }")
        assert (await events.next())["id"] == owner.member_id
        access = [{"appId": made["app"]["id"], "right": "LAUNCH"}]
        await owner.do("setAppAccess", {"memberId": manager.member_id, "set": access})
        assert (await events.next())["id"] == manager.member_id
        await manager.do("updateProfile", {"fullName": "Marcus", "phone": "+77010000002"})
        told = (await events.next())["member"]
        assert (told["fullName"], told["phone"]) == ("Marcus", "+77010000002")
        staff = await world.staff()
        answer = await staff.do("updateUser", {"userId": manager.id, "removePhone": True})
        assert answer["__typename"] == "UpdateUserPayload"
        assert (await events.next())["member"]["phone"] is None


async def test_who_is_removed_hears_nothing_more(
    hall: Hall, project: Tenant, owner: Person, manager: Person, accountant: Person
) -> None:
    """CASES 39: the stream ends by itself, and what happens afterwards does not reach him."""
    async with hall.listening(manager, MEMBERS, id=project.id) as events:
        await owner.do("removeMember", {"memberId": manager.member_id})
        await change(owner, accountant, "ADMINISTRATOR")
        assert await events.end() == "NOT_FOUND"


@pytest.mark.parametrize("lost", ["disabled", "tenant"])
async def test_a_stream_ends_with_its_place_or_tenant(
    hall: Hall, project: Tenant, owner: Person, manager: Person, lost: str
) -> None:
    async with hall.listening(manager, MEMBERS, id=project.id) as events:
        if lost == "tenant":
            await owner.do("deleteTenant", {"tenantId": project.id})
        else:
            await owner.do("setMemberEnabled", {"memberId": manager.member_id, "enabled": False})
        assert await events.end() == "NOT_FOUND"


async def test_a_right_lost_is_a_message_not_sent(hall: Hall, world: World) -> None:
    """Issue 7.4: in a SUBSCRIBER a user sees nobody."""
    subscriber = await world.tenant(Catalog.SUBSCRIBER)
    owner = await world.join(subscriber, "OWNER")
    administrator = await world.join(subscriber, "ADMINISTRATOR")
    async with (
        hall.listening(administrator, MEMBERS, id=subscriber.id) as events,
        hall.listening(administrator, DELIVERIES, id=subscriber.id) as deliveries,
    ):
        await change(owner, administrator, "USER")
        await steps.invite(owner, subscriber, role="USER")
        assert await events.end() == "PERMISSION_DENIED"
        assert await deliveries.end() == "PERMISSION_DENIED"


@pytest.mark.parametrize("way", ["signOut", "endOtherSessions", "changePassword"])
async def test_a_stream_ends_with_its_session(
    hall: Hall, world: World, project: Tenant, owner: Person, way: str
) -> None:
    """CASES 39: whoever ends it."""
    inputs = {"changePassword": {"password": PASSWORD, "newPassword": "another twelve letters"}}
    elsewhere = world.client(await world.session(owner.id))
    async with hall.listening(owner, MEMBERS, id=project.id) as events:
        if way == "signOut":
            await owner.ask("mutation { signOut { signedOut } }")
        else:
            await elsewhere.do(way, inputs.get(way))
        assert await events.end() == "UNAUTHENTICATED"


async def test_a_stream_ends_when_its_session_has_grown_too_old(
    configure: Callable[..., Settings], project: Tenant, owner: Person
) -> None:
    """Nobody announces that."""
    async with (
        listeners.hall(configure, session_lifetime=timedelta(seconds=2)) as hall,
        hall.listening(owner, MEMBERS, id=project.id) as events,
    ):
        assert await events.end() == "UNAUTHENTICATED"


async def test_a_session_that_is_used_keeps_its_stream(
    hall: Hall, clock: Clock, project: Tenant, owner: Person, manager: Person
) -> None:
    async with hall.listening(owner, MEMBERS, id=project.id) as events:
        clock.move(timedelta(days=29))
        await owner.ask("{ me { login } }")
        clock.move(timedelta(days=29))
        await change(owner, manager)
        assert (await events.next())["id"] == manager.member_id


async def test_nobody_listens_without_the_right_to(
    hall: Hall, world: World, project: Tenant, owner: Person, accountant: Person, stranger: Person
) -> None:
    """Unknown and not-yours are the same."""
    refusals = [
        (None, MEMBERS, project.id, "UNAUTHENTICATED"),
        (None, ACCESS, "", "UNAUTHENTICATED"),
        (stranger, MEMBERS, project.id, "NOT_FOUND"),
        (owner, MEMBERS, "ten_x", "NOT_FOUND"),
        (accountant, DELIVERIES, project.id, "PERMISSION_DENIED"),
    ]
    for person, document, tenant_id, code in refusals:
        variables = {"id": tenant_id} if tenant_id else {}
        async with hall.events(person, document, **variables) as events:
            assert await events.end() == code


async def test_what_becomes_of_an_invitations_mail_is_heard(
    hall: Hall, world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 3: queued, then sent; that a worker takes it in hand is no news."""
    async with hall.listening(owner, DELIVERIES, id=project.id) as events:
        nina = await steps.invite(owner, project)
        queued = await events.next()
        assert queued == {"id": nina.invitation_id, "invitation": {"delivery": "QUEUED"}}
        await world.mails()
        assert (await events.next())["invitation"] == {"delivery": "SENT"}
        await owner.do("revokeInvitation", {"invitationId": nina.invitation_id})
        other = await steps.invite(owner, project, "olaf@example.com")
        assert (await events.next())["id"] == other.invitation_id


async def test_an_invitation_that_is_suppressed_is_heard_of(
    hall: Hall, world: World, project: Tenant, owner: Person, stranger: Person
) -> None:
    """Its first mail has left; then the invitee wants none of that tenant's any more."""
    invited = await steps.invite(owner, project, stranger.email)
    await world.mails()
    async with database.transaction(database.SYSTEM):
        await TenantBlock.create(
            id=ids.new("blk"), tenant_id=project.id, user_id=stranger.id, created_at=clock.now()
        )
    async with hall.listening(owner, DELIVERIES, id=project.id) as events:
        await owner.do("resendInvitation", {"invitationId": invited.invitation_id})
        assert (await events.next())["invitation"] == {"delivery": "SUPPRESSED"}


async def test_ones_own_access_is_heard_of(
    hall: Hall, world: World, project: Tenant, owner: Person, stranger: Person
) -> None:
    """A tenant joined, another role, a right on an app, disabled, removed; and the tenant's end."""
    async with hall.listening(stranger, ACCESS) as events:
        invited = await steps.invite(owner, project, stranger.email)
        await steps.accept(stranger, id=invited.invitation_id)
        assert await events.next() == {
            "id": project.id,
            "member": {"status": "JOINED", "role": {"code": "ACCOUNTANT"}},
        }
        member = Person(stranger.id, "", "", "", stranger.client, "", invited.member_id)
        await change(owner, member, "ADMINISTRATOR")
        assert (await events.next())["member"]["role"] == {"code": "ADMINISTRATOR"}
        made = await owner.do("createApp", {"tenantId": project.id, "name": "Books"}, "app { id }")
        access = [{"appId": made["app"]["id"], "right": "LAUNCH"}]
        await owner.do("setAppAccess", {"memberId": member.member_id, "set": access})
        assert (await events.next())["id"] == project.id
        await owner.do("setMemberEnabled", {"memberId": member.member_id, "enabled": False})
        assert (await events.next())["member"]["status"] == "DISABLED"
        await owner.do("removeMember", {"memberId": member.member_id})
        assert await events.next() == {"id": project.id, "member": None}


async def test_what_is_not_about_ones_access_is_not_heard_as_such(
    hall: Hall, project: Tenant, owner: Person, manager: Person
) -> None:
    """A new name is a change of the member and not of what he may do."""
    async with hall.listening(manager, ACCESS) as events:
        await manager.do("updateProfile", {"fullName": "Marcus"})
        await owner.do("updateTenant", {"tenantId": project.id, "name": "Acme Ltd"})
        await owner.do("deleteTenant", {"tenantId": project.id})
        assert await events.next() == {"id": project.id, "member": None}


async def test_many_at_once_are_one_message(
    hall: Hall, project: Tenant, owner: Person, manager: Person
) -> None:
    """Ten thousand rows are not ten thousand messages: read everything (again)."""
    now = clock.now()
    async with hall.listening(owner, MEMBERS, id=project.id) as events:
        async with database.transaction(database.SYSTEM):
            await Member.bulk_create(
                Member(
                    id=f"mem_{number:026}",
                    tenant_id=project.id,
                    status=MemberStatus.PENDING,
                    role="ACCOUNTANT",
                    email=f"{number}@example.com",
                    email_key=f"{number}@example.com",
                    name_key="",
                    created_at=now,
                    updated_at=now,
                )
                for number in range(300)
            )
        await change(owner, manager)
        assert await events.next() == {"id": None, "member": None}


async def test_who_waits_holds_no_transaction(
    hall: Hall, project: Tenant, owner: Person, manager: Person
) -> None:
    """TRAPS 8: nor a connection of the pool, which is smaller than the audience."""
    idle = (
        "select count(*) from pg_stat_activity where datname = current_database()"
        " and state like 'idle in transaction%'"
    )
    async with hall.listening(owner, MEMBERS, id=project.id) as events:
        await change(owner, manager)
        await events.next()
        async with database.transaction(database.NOBODY, read_only=True):
            assert (await database.rows(idle))[0]["count"] == 0


async def test_one_person_listens_to_so_many_at_once(
    configure: Callable[..., Settings], project: Tenant, owner: Person, manager: Person
) -> None:
    async with (
        listeners.hall(configure, live_streams_per_person=2) as hall,
        hall.listening(owner, MEMBERS, id=project.id),
        hall.listening(manager, MEMBERS, id=project.id),
    ):
        async with (
            hall.listening(owner, ACCESS),
            hall.events(owner, MEMBERS, id=project.id) as events,
        ):
            assert await events.end() == "RATE_LIMITED"
        async with hall.listening(owner, ACCESS):
            pass


async def test_a_server_that_does_not_listen_says_so(
    world: World, project: Tenant, owner: Person
) -> None:
    """Instead of a stream on which nothing ever comes."""
    document = MEMBERS.replace("$id: ID!", f'$id: ID! = "{project.id}"')
    async with world.anonymous.http.stream(
        "POST",
        "/graphql",
        json={"query": document},
        headers={"accept": "text/event-stream", **listeners.bearer(owner)},
    ) as response:
        assert "INTERRUPTED" in (await response.aread()).decode()
