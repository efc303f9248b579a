"""PRODUCT 6.1 and 6.2: who launches an app, and what for."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auth import tickets
from models import (
    AppAccess,
    AppSession,
    Member,
    MemberStatus,
    Tenant,
    database,
)
from models import clock as clock_module
from resolvers import signing_keys
from settings import Settings
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import World
from tests.resolvers import app_steps, steps

LAUNCH = "ticket expiresAt url session { id }"
URL = "https://books.example.com/start"
NOT_FOUND, DENIED, FULL = "NotFound", "PermissionDenied", "SessionLimitReached"
BEATS = timedelta(seconds=60)


async def create(person: Person, tenant: Tenant, name: str = "Books") -> str:
    given = {"tenantId": tenant.id, "name": name, "url": URL}
    return str((await person.do("createApp", given, "app { id }"))["app"]["id"])


async def give(by: Person, to: Person, *app_ids: str, right: str = "LAUNCH") -> None:
    rights = [{"appId": app_id, "right": right} for app_id in app_ids]
    given = {"memberId": to.member_id, "set": rights}
    answer = await by.do("setAppAccess", given, "member { id }")
    assert answer["__typename"] == "SetAppAccessPayload"


async def launch(person: Person, app_id: str) -> dict[str, Any]:
    return await person.do("launchApp", {"appId": app_id}, LAUNCH)


async def refusal(person: Person, app_id: str) -> str:
    return str((await launch(person, app_id))["__typename"])


async def said(launched: dict[str, Any]) -> dict[str, Any]:
    """What the app reads in the ticket."""
    return tickets.read(launched["ticket"], await signing_keys.published())


async def sessions() -> list[AppSession]:
    return await steps.stored(AppSession.filter().order_by("launched_at", "id"))


async def redeem(session_id: str) -> None:
    """As the app does, at this moment."""
    now = clock_module.now()
    async with database.transaction(database.SYSTEM):
        taken = AppSession.filter(id=session_id)
        await taken.update(redeemed_at=now, last_seen_at=now)


@pytest.fixture
async def app(project: Tenant, owner: Person) -> str:
    """An app of the project, made by its owner."""
    return await create(owner, project)


@pytest.fixture
async def user(owner: Person, accountant: Person, app: str) -> Person:
    """Somebody who may launch it and nothing else."""
    await give(owner, accountant, app)
    return accountant


async def test_a_ticket_says_who_comes_to_which_app_with_which_right(
    project: Tenant, user: Person, app: str
) -> None:
    """Issue 5.3."""
    launched = await launch(user, app)
    claims = await said(launched)
    now = claims["iat"]
    assert claims == {
        "iss": "http://127.0.0.1:8000",
        "aud": app,
        "sub": user.member_id,
        "jti": launched["session"]["id"],
        "iat": now,
        "nbf": now,
        "exp": now + 60,
        "tenant": project.id,
        "right": "LAUNCH",
        "roles": [],
        "name": "Carl",
        "locale": "en",
    }


async def test_the_app_is_opened_at_its_own_address(user: Person, app: str) -> None:
    launched = await launch(user, app)
    assert launched["url"] == URL
    assert launched["ticket"] not in launched["url"]


async def test_a_ticket_names_no_login_and_no_address(user: Person, app: str) -> None:
    """PRODUCT 6.2: the app is told no more than it needs."""
    claims = str(await said(await launch(user, app)))
    assert user.email not in claims
    assert user.login not in claims


async def test_who_administers_the_app_comes_as_such(owner: Person, app: str) -> None:
    assert (await said(await launch(owner, app)))["right"] == "LAUNCH_AND_ADMINISTER"


async def test_a_ticket_tells_the_roles_in_that_app_alone(
    project: Tenant, owner: Person, user: Person, app: str
) -> None:
    """Issue 5.3: as the app calls them, in order."""
    other = await create(owner, project, "Other")
    stock, clerk, _, boss = [
        await app_steps.define(owner, app_id, code)
        for app_id, code in ((app, "stock"), (app, "clerk"), (app, "boss"), (other, "boss"))
    ]
    await app_steps.give(owner, user.member_id, other)
    await app_steps.set_roles(owner, user.member_id, app, stock, clerk)
    await app_steps.set_roles(owner, user.member_id, other, boss)
    await app_steps.set_roles(owner, owner.member_id, app, stock)
    assert (await said(await launch(user, app)))["roles"] == ["clerk", "stock"]
    assert (await said(await launch(owner, app)))["roles"] == ["stock"]


@pytest.mark.parametrize(("chosen", "expected"), [("KK", "kk"), (None, "ru")])
async def test_the_app_greets_in_the_persons_language_or_the_tenants(
    world: World, chosen: str | None, expected: str
) -> None:
    """PRODUCT 8."""
    tenant = await world.tenant(locale="RU")
    person = await world.join(tenant, "OWNER", await world.person(locale=chosen))
    app = await create(person, tenant)
    assert (await said(await launch(person, app)))["locale"] == expected


async def test_a_launch_opens_a_session_that_ends_with_its_ticket(
    project: Tenant, user: Person, app: str
) -> None:
    """PRODUCT 6.2."""
    launched = await launch(user, app)
    [session] = await sessions()
    assert (session.id, session.app_id, session.member_id, session.tenant_id) == (
        launched["session"]["id"],
        app,
        user.member_id,
        project.id,
    )
    end = datetime.fromtimestamp((await said(launched))["exp"], UTC)
    assert session.expires_at == datetime.fromisoformat(launched["expiresAt"]) == end
    assert (session.redeemed_at, session.ended_at, session.token_digest) == (None, None, None)


async def test_the_ticket_is_stored_nowhere(user: Person, app: str) -> None:
    """DESIGN 3."""
    signature = (await launch(user, app))["ticket"].rpartition(".")[2]
    assert signature not in str([vars(session) for session in await sessions()])
    assert signature not in str(await steps.everything())


async def test_launching_is_in_the_audit(user: Person, app: str) -> None:
    launched = await launch(user, app)
    [event] = await steps.audit("app.launch")
    assert (event.actor_id, event.subject_id) == (user.id, app)
    assert event.changes == {"session": [None, launched["session"]["id"]]}


async def test_how_long_a_ticket_works_is_a_setting(
    configure: Callable[..., Settings], user: Person, app: str
) -> None:
    configure(ticket_lifetime=timedelta(seconds=20))
    claims = await said(await launch(user, app))
    assert claims["exp"] - claims["iat"] == 20


async def test_an_app_without_an_address_is_launched_as_well(
    project: Tenant, owner: Person
) -> None:
    """Its clients know where it is."""
    made = await owner.do("createApp", {"tenantId": project.id, "name": "Desk"}, "app { id }")
    launched = await launch(owner, made["app"]["id"])
    assert launched["url"] is None
    assert launched["ticket"]


async def test_without_a_right_not_even_an_owner_launches(
    owner: Person, administrator: Person, project: Tenant
) -> None:
    """PRODUCT 6.1 (F): he sees it in the tenant's list, so he is told."""
    app = await create(administrator, project)
    answer = await launch(owner, app)
    assert (answer["__typename"], answer["permission"]) == (DENIED, None)
    assert await sessions() == []


async def test_who_sees_no_app_is_not_told_of_one(
    accountant: Person, stranger: Person, app: str
) -> None:
    """PRODUCT 6.1 (F)."""
    assert await refusal(accountant, app) == NOT_FOUND
    assert await refusal(stranger, app) == NOT_FOUND
    assert await refusal(accountant, "app_" + "0" * 26) == NOT_FOUND
    assert await sessions() == []


@pytest.mark.parametrize("status", [MemberStatus.DISABLED, MemberStatus.REMOVED])
async def test_who_is_no_member_now_launches_nothing(
    user: Person, app: str, status: MemberStatus
) -> None:
    """PRODUCT 4: to a disabled member the tenant is absent."""
    await steps.edit(user.member_id, status=status)
    assert await refusal(user, app) == NOT_FOUND


async def test_a_right_that_is_taken_away_is_gone_at_once(
    owner: Person, user: Person, app: str
) -> None:
    """DESIGN 1.4."""
    await launch(user, app)
    await owner.do("setAppAccess", {"memberId": user.member_id, "unset": [app]})
    assert await refusal(user, app) == NOT_FOUND


async def test_an_app_of_another_tenant_is_not_launched(
    world: World, user: Person, app: str
) -> None:
    """Not even by who owns a tenant of his own and may launch there."""
    other = await world.join(await world.tenant(), "OWNER")
    assert await refusal(other, app) == NOT_FOUND
    assert await refusal(user, app) == "LaunchAppPayload"


async def test_nobody_launches_without_signing_in(world: World, app: str) -> None:
    answer = await world.anonymous.do("launchApp", {"appId": app})
    assert (answer["__typename"], answer["code"]) == (DENIED, "UNAUTHENTICATED")


async def test_a_launch_beyond_the_limit_names_the_sessions_that_hold_the_places(
    owner: Person, user: Person, app: str
) -> None:
    """Issue 5.4: oldest first; nothing is opened."""
    await steps.edit(user.member_id, max_sessions=2)
    held = [(await launch(user, app))["session"] for _ in range(2)]
    await launch(owner, app)
    answer = await launch(user, app)
    assert (answer["__typename"], answer["code"]) == (FULL, "SESSION_LIMIT_REACHED")
    assert (answer["limit"], answer["sessions"]) == (2, held)
    assert len(await sessions()) == 3
    assert len(await steps.audit("app.launch")) == 3


async def test_the_limit_is_counted_across_the_tenants_apps(
    world: World, project: Tenant, owner: Person, user: Person, app: str
) -> None:
    """Issue 5.4: and not across tenants."""
    other = await create(owner, project, "Other")
    await give(owner, user, other)
    await steps.edit(user.member_id, max_sessions=1)
    await launch(user, app)
    assert await refusal(user, other) == FULL
    elsewhere = await world.join(await world.tenant(), "OWNER", user)
    tenant = await steps.stored(Member.filter(id=elsewhere.member_id).prefetch_related("tenant"))
    far = await create(user, tenant[0].tenant)
    assert await refusal(user, far) == "LaunchAppPayload"


async def test_no_limit_is_unlimited(user: Person, app: str) -> None:
    """PRODUCT 4 (F)."""
    found = [await refusal(user, app) for _ in range(12)]
    assert set(found) == {"LaunchAppPayload"}


async def test_a_ticket_that_nobody_redeems_frees_its_place(
    user: Person, app: str, clock: Clock
) -> None:
    """PRODUCT 6.2."""
    await steps.edit(user.member_id, max_sessions=1)
    await launch(user, app)
    clock.move(BEATS - timedelta(seconds=10))
    assert await refusal(user, app) == FULL
    clock.move(timedelta(seconds=10))
    assert await refusal(user, app) == "LaunchAppPayload"


async def test_a_session_that_lapsed_or_ended_frees_its_place(
    user: Person, app: str, clock: Clock
) -> None:
    """Issue 5.3."""
    await steps.edit(user.member_id, max_sessions=1)
    await redeem((await launch(user, app))["session"]["id"])
    clock.move(timedelta(minutes=2))
    assert await refusal(user, app) == FULL
    clock.move(timedelta(minutes=1, seconds=1))
    second = (await launch(user, app))["session"]["id"]
    async with database.transaction(database.SYSTEM):
        await AppSession.filter(id=second).update(ended_at=clock_module.now())
    assert await refusal(user, app) == "LaunchAppPayload"


async def test_a_session_in_an_app_that_one_has_lost_holds_no_place(
    project: Tenant, owner: Person, user: Person, app: str
) -> None:
    other = await create(owner, project, "Other")
    await give(owner, user, other)
    await steps.edit(user.member_id, max_sessions=1)
    await launch(user, app)
    async with database.transaction(database.SYSTEM):
        await AppAccess.filter(member_id=user.member_id, app_id=app).delete()
    assert await refusal(user, other) == "LaunchAppPayload"


async def test_nobody_launches_without_end(
    configure: Callable[..., Settings], user: Person, owner: Person, app: str
) -> None:
    """Counted by person."""
    configure(limit_launches="2/minute")
    await launch(user, app)
    await launch(user, app)
    answer = await launch(user, app)
    assert answer["__typename"] == "RateLimited"
    assert 1 <= answer["retryAfter"] <= 60
    assert await refusal(owner, app) == "LaunchAppPayload"
