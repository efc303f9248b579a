"""Where an app listens, and what its administrators ask it to do (PRODUCT 6.2, ADR 0023)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook

from auth.tokens import Token
from mail import delivery
from mail.app_calls import AppCaller
from models import App, AuditEvent, Catalog, OutboxEntry, Tenant
from models import database as db
from resolvers import app_actions
from settings import Settings
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import World
from tests.mail import gateway as gateways
from tests.mail.gateway import Gateway, replying
from tests.production import PRODUCTION
from tests.resolvers.app_steps import CONTROL_URL as URL
from tests.resolvers.app_steps import ask, create, faults, give, set_control, take

ADMINISTER = "LAUNCH_AND_ADMINISTER"
STANDARD = ["BACKUP", "RESTORE", "ERROR_LOG"]
CONTROL = "query($id: ID!) { node(id: $id) { ... on App { controlUrl actions } } }"
REQUESTS = """query($id: ID!, $first: Int, $after: String) { node(id: $id) { ... on App {
  actionRequests(first: $first, after: $after) { totalCount pageInfo { endCursor hasNextPage }
  edges { node { id action state } } } } } }"""
REQUEST = """query($id: ID!) { node(id: $id) { ... on AppAction { action argument state answer
  answeredAt memberId memberName app { id } member { id } } } }"""
SOME_REQUEST = "query($id: ID!) { node(id: $id) { id } }"


@pytest.fixture
async def books(project: Tenant, owner: Person) -> str:
    """An app that the owner administers."""
    return await create(owner, project)


async def stored(app_id: str) -> App:
    async with db.transaction(db.SYSTEM):
        return await App.get(id=app_id)


async def test_an_app_listens_where_who_manages_and_administers_it_says(
    owner: Person, books: str
) -> None:
    """Issue 5.5: and names what else it can be asked."""
    answer = await set_control(owner, books, actions=["REINDEX", "CLOSE_MONTH_2"])
    wanted = {"controlUrl": URL, "actions": [*STANDARD, "REINDEX", "CLOSE_MONTH_2"]}
    assert answer["app"] == wanted
    assert (await owner.ask(CONTROL, id=books))["node"] == wanted


async def test_the_secret_is_shown_once_and_stands_nowhere_in_clear(
    owner: Person, books: str
) -> None:
    secret = (await set_control(owner, books))["secret"]
    assert secret.startswith("whsec_")
    assert secret[6:] not in repr(Token(secret))
    app = await stored(books)
    assert app.control_secret is not None
    assert secret not in app.control_secret
    async with db.transaction(db.SYSTEM):
        [event] = await AuditEvent.filter(action="app.set_control")
    assert event.changes == {
        "control_url": [],
        "control_secret": [],
        "actions": [None, None],
    }


async def test_setting_it_again_makes_a_new_secret(owner: Person, books: str) -> None:
    first = await set_control(owner, books)
    second = await set_control(owner, books)
    assert first["secret"] != second["secret"]


async def test_an_address_that_is_taken_away_takes_the_actions_along(
    owner: Person, books: str
) -> None:
    await set_control(owner, books, actions=["REINDEX"])
    answer = await set_control(owner, books, None)
    assert answer["app"] == {"controlUrl": None, "actions": []}
    assert answer["secret"] is None
    app = await stored(books)
    assert (app.control_url, app.control_secret, app.actions) == (None, None, [])
    assert faults(await ask(owner, books)) == [("appId", "NO_CONTROL")]


@pytest.mark.parametrize(
    ("url", "actions", "expected"),
    [
        ("ftp://books.example", [], [("url", "INVALID")]),
        ("https://books.example:99999/", [], [("url", "INVALID")]),
        ("https://books.example:0/", [], [("url", "INVALID")]),
        ("https://ann@books.example/", [], [("url", "INVALID")]),
        ("https://книги.example/", [], [("url", "INVALID")]),
        ("https://books.example/" + "x" * 2000, [], [("url", "INVALID")]),
        ("nonsense", ["lower"], [("url", "INVALID"), ("actions.0", "INVALID")]),
        (URL, ["", "1ST", "A-B", "A" * 65], [(f"actions.{n}", "INVALID") for n in range(4)]),
        (URL, ["A", "A", "BACKUP"], [("actions.1", "TWICE"), ("actions.2", "TWICE")]),
        (URL, [f"A{n}" for n in range(51)], [("actions", "TOO_MANY_ACTIONS")]),
    ],
    ids=["ftp", "port", "no port", "user", "idn", "long", "both", "codes", "twice", "many"],
)
async def test_everything_wrong_with_a_control_is_told_at_once(
    owner: Person, books: str, url: str, actions: list[str], expected: list[tuple[str, str]]
) -> None:
    assert faults(await set_control(owner, books, url, actions)) == expected


async def test_fifty_actions_are_fine(owner: Person, books: str) -> None:
    answer = await set_control(owner, books, actions=["A" * 64] + [f"A{n}" for n in range(49)])
    assert len(answer["app"]["actions"]) == 53


async def test_in_production_apps_are_asked_by_https_only(
    owner: Person, books: str, configure: Callable[..., Settings]
) -> None:
    plain = "http://books.example/"
    assert (await set_control(owner, books, plain))["__typename"] == "SetAppControlPayload"
    configure(**PRODUCTION)
    assert faults(await set_control(owner, books, plain)) == [("url", "NOT_ENCRYPTED")]
    assert (await set_control(owner, books))["__typename"] == "SetAppControlPayload"


async def test_managing_apps_without_administering_this_one_sets_no_control(
    owner: Person, administrator: Person, books: str
) -> None:
    """Nor does administering it without managing the tenant's apps: both, the least right."""
    assert (await set_control(administrator, books))["__typename"] == "PermissionDenied"
    await give(owner, administrator.member_id, books, ADMINISTER)
    assert (await set_control(administrator, books))["__typename"] == "SetAppControlPayload"


async def test_administering_an_app_without_managing_apps_sets_no_control(
    owner: Person, accountant: Person, books: str
) -> None:
    await give(owner, accountant.member_id, books, ADMINISTER)
    answer = await set_control(accountant, books)
    assert (answer["__typename"], answer["permission"]) == ("PermissionDenied", "apps:manage")


async def test_the_address_and_the_actions_are_shown_to_who_administers_the_app(
    owner: Person, administrator: Person, accountant: Person, books: str
) -> None:
    await set_control(owner, books)
    await give(owner, accountant.member_id, books)
    for person in (administrator, accountant):
        nothing = {"controlUrl": None, "actions": None}
        assert (await person.ask(CONTROL, id=books))["node"] == nothing
    await give(owner, accountant.member_id, books, ADMINISTER)
    shown = {"controlUrl": URL, "actions": STANDARD}
    assert (await accountant.ask(CONTROL, id=books))["node"] == shown


async def test_who_administers_an_app_asks_it_and_finds_its_answer(
    owner: Person, accountant: Person, books: str
) -> None:
    """PRODUCT 6.2 (F): backup, restore, the error log, whatever else the app names."""
    await give(owner, accountant.member_id, books, ADMINISTER)
    async with gateways.listening(Gateway()) as gateway:
        await set_control(owner, books, gateway.url, ["REINDEX"])
        gateway.answers = [replying(200, body=b"3 indexes")]
        asked = (await ask(accountant, books, "REINDEX", argument="all"))["appAction"]
        assert (asked["state"], asked["answer"]) == ("REQUESTED", None)
        assert await delivery.deliver_due(AppCaller(private=True)) == 1
    told = gateway.received[0].json["data"]
    assert (told["action"], told["argument"]) == ("REINDEX", "all")
    assert (told["app"], told["requestedBy"]) == (books, accountant.member_id)
    found = (await owner.ask(REQUEST, id=asked["id"]))["node"]
    assert found.pop("answeredAt") is not None
    assert found == {
        "action": "REINDEX",
        "argument": "all",
        "state": "DONE",
        "answer": "3 indexes",
        "memberId": accountant.member_id,
        "memberName": accountant.full_name,
        "app": {"id": books},
        "member": {"id": accountant.member_id},
    }


async def test_a_call_is_signed_with_the_secret_that_was_shown(owner: Person, books: str) -> None:
    async with gateways.listening(Gateway()) as gateway:
        secret = (await set_control(owner, books, gateway.url))["secret"]
        await ask(owner, books)
        await delivery.deliver_due(AppCaller(private=True))
    [request] = gateway.received
    assert Webhook(secret).verify(request.body, request.headers)["type"] == "app.action"


async def test_a_request_is_audited_without_its_argument(owner: Person, books: str) -> None:
    """PRODUCT 4: codes, never values; and nothing secret in the outbox."""
    secret = (await set_control(owner, books))["secret"]
    asked = (await ask(owner, books, "RESTORE", argument="before-the-fire"))["appAction"]
    async with db.transaction(db.SYSTEM):
        [event] = await AuditEvent.filter(action="app.request_action")
        entry = await OutboxEntry.get(channel="APP")
    assert event.changes == {"action": [None, "RESTORE"], "request": [None, asked["id"]]}
    assert (event.subject_id, event.actor_id) == (books, owner.id)
    assert (entry.app_action_id, entry.facts) == (asked["id"], {})
    assert secret not in str(entry.__dict__)
    assert entry.not_after is not None
    assert entry.not_after - entry.created_at == timedelta(hours=1)


@pytest.mark.parametrize(
    ("right", "expected"), [(None, "NotFound"), ("LAUNCH", "PermissionDenied")]
)
async def test_who_does_not_administer_an_app_asks_it_nothing(
    owner: Person, accountant: Person, books: str, right: str | None, expected: str
) -> None:
    """PRODUCT 6.1: from whom it is hidden, it does not exist."""
    await set_control(owner, books)
    asked = (await ask(owner, books))["appAction"]
    if right:
        await give(owner, accountant.member_id, books, right)
    assert (await ask(accountant, books))["__typename"] == expected
    assert (await set_control(accountant, books))["__typename"] == (
        "NotFound" if right is None else "PermissionDenied"
    )
    assert (await accountant.ask(SOME_REQUEST, id=asked["id"]))["node"] is None


async def test_knowing_of_an_app_is_not_administering_it(
    owner: Person, administrator: Person, books: str
) -> None:
    """Its insides are the app's, whatever one manages in the tenant."""
    await set_control(owner, books)
    asked = (await ask(owner, books))["appAction"]
    assert (await ask(administrator, books))["__typename"] == "PermissionDenied"
    assert await administrator.refusal(REQUESTS, id=books) == "PERMISSION_DENIED"
    count = "query($id: ID!) { node(id: $id) { ... on App { actionRequests { totalCount } } } }"
    assert await administrator.refusal(count, id=books) == "PERMISSION_DENIED"
    assert (await administrator.ask(SOME_REQUEST, id=asked["id"]))["node"] is None


async def test_a_right_that_was_taken_hides_what_was_asked(
    owner: Person, administrator: Person, books: str
) -> None:
    await give(owner, administrator.member_id, books, ADMINISTER)
    await set_control(owner, books)
    asked = (await ask(administrator, books))["appAction"]
    assert (await administrator.ask(SOME_REQUEST, id=asked["id"]))["node"] is not None
    await take(owner, administrator.member_id, books)
    assert (await administrator.ask(SOME_REQUEST, id=asked["id"]))["node"] is None
    assert (await ask(administrator, books))["__typename"] == "PermissionDenied"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"action": "REINDEX"}, [("action", "UNKNOWN_ACTION")]),
        ({"action": "backup"}, [("action", "UNKNOWN_ACTION")]),
        (
            {"action": "", "argument": "x" * 1001},
            [("argument", "TOO_LONG"), ("action", "UNKNOWN_ACTION")],
        ),
    ],
)
async def test_an_app_is_asked_only_for_what_it_names(
    owner: Person, books: str, values: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    await set_control(owner, books)
    assert faults(await ask(owner, books, **values)) == expected


async def test_an_app_that_listens_nowhere_is_asked_nothing(owner: Person, books: str) -> None:
    assert faults(await ask(owner, books)) == [("appId", "NO_CONTROL")]


async def test_an_app_that_is_asked_outlives_the_servers_older_secrets(
    owner: Person, books: str, configure: Callable[..., Settings]
) -> None:
    """As links and second factors do; one that was asked nothing meanwhile needs a new secret."""
    old, new = configure().secret[0], SecretStr("new" * 20)
    await set_control(owner, books)
    configure(secret=(new,))
    assert faults(await ask(owner, books)) == [("appId", "NO_CONTROL")]
    configure(secret=(new, old))
    assert (await ask(owner, books))["__typename"] == "RequestAppActionPayload"
    configure(secret=(new,))
    assert (await ask(owner, books))["__typename"] == "RequestAppActionPayload"


async def test_requests_are_listed_newest_first_in_pages(owner: Person, books: str) -> None:
    await set_control(owner, books)
    made = [(await ask(owner, books, action))["appAction"]["id"] for action in STANDARD]
    first = (await owner.ask(REQUESTS, id=books, first=2))["node"]["actionRequests"]
    assert first["totalCount"] == 3
    assert [edge["node"]["id"] for edge in first["edges"]] == made[:0:-1]
    after = first["pageInfo"]["endCursor"]
    rest = (await owner.ask(REQUESTS, id=books, after=after))["node"]["actionRequests"]
    assert [edge["node"]["id"] for edge in rest["edges"]] == made[:1]
    assert not rest["pageInfo"]["hasNextPage"]


async def test_another_apps_requests_are_not_among_them(
    project: Tenant, owner: Person, books: str
) -> None:
    tills = await create(owner, project, "Tills")
    await set_control(owner, books)
    await ask(owner, books)
    found = (await owner.ask(REQUESTS, id=tills))["node"]["actionRequests"]
    assert (found["totalCount"], found["edges"]) == (0, [])


async def test_an_app_is_asked_so_often_and_no_more(
    owner: Person, books: str, configure: Callable[..., Settings], clock: Clock
) -> None:
    """60 an hour by default; what was refused counts as well."""
    assert Settings().limit_app_actions == "60/hour"
    configure(limit_app_actions="2/hour")
    await set_control(owner, books)
    assert (await ask(owner, books, "NONSENSE"))["__typename"] == "InvalidInput"
    assert (await ask(owner, books))["__typename"] == "RequestAppActionPayload"
    refused = await ask(owner, books)
    assert refused["__typename"] == "RateLimited"
    assert 0 < refused["retryAfter"] <= 3600
    clock.move(timedelta(hours=1))
    assert (await ask(owner, books))["__typename"] == "RequestAppActionPayload"


async def test_what_was_asked_ninety_days_ago_is_forgotten(
    world: World, owner: Person, books: str, clock: Clock
) -> None:
    """ADR 0023: answers are logs, which grow; the audit keeps that it was asked."""
    await set_control(owner, books)
    await ask(owner, books)
    clock.move(timedelta(days=89))
    owner.client = world.client(await world.session(owner.id))
    await ask(owner, books)
    assert await app_actions.forget_old() == 0
    clock.move(timedelta(days=1))
    assert await app_actions.forget_old() == 1
    listed = (await owner.ask(REQUESTS, id=books))["node"]["actionRequests"]
    assert listed["totalCount"] == 1


async def test_a_users_right_is_enough_in_any_catalogue(world: World) -> None:
    """F: the right on the app decides, not the role."""
    tenant = await world.tenant(Catalog.SUBSCRIBER)
    admin = await world.join(tenant, "ADMINISTRATOR")
    user = await world.join(tenant, "USER")
    books = await create(admin, tenant)
    await set_control(admin, books)
    await give(admin, user.member_id, books, ADMINISTER)
    assert (await ask(user, books))["__typename"] == "RequestAppActionPayload"
    listed = (await user.ask(REQUESTS, id=books))["node"]["actionRequests"]
    assert [edge["node"]["action"] for edge in listed["edges"]] == ["BACKUP"]
