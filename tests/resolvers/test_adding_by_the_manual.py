"""The first manual's article on adding a user, sentence by sentence (F); issue 5, "How it is
judged". A tenant's owner is `boss`, its administrator `admin`, and it has two apps.
"""

from typing import Any

import pytest

from models import Catalog, Tenant
from tests.clients import Person
from tests.factories import World
from tests.resolvers import steps
from tests.resolvers.app_steps import create, define, held, set_roles, shown

OPTIONS = """query($id: ID!) { tenant(id: $id) { addMemberOptions { mayChooseRole
  defaultRole { code } roles { role { code } emailRequired } ways
  apps { edges { node { app { name } rights } } } } } }"""
MEMBERS = "query($id: ID!) { members(tenantId: $id) { edges { node { fullName status } } } }"
MINE = "{ apps { edges { node { id name } } } }"
SEEN = "query($id: ID!) { tenant(id: $id) { apps { totalCount edges { node { id } } } } }"
PASSWORD = "told on the phone"
IRIS = {"fullName": "Iris", "login": "iris", "password": PASSWORD}


@pytest.fixture
async def subscriber(world: World) -> Tenant:
    return await world.tenant(Catalog.SUBSCRIBER, "Daisy")


@pytest.fixture
async def boss(world: World, subscriber: Tenant) -> Person:
    return await world.join(subscriber, "OWNER", await world.person("boss"))


@pytest.fixture
async def admin(world: World, subscriber: Tenant) -> Person:
    return await world.join(subscriber, "ADMINISTRATOR", await world.person("admin"))


@pytest.fixture
async def books(subscriber: Tenant, boss: Person) -> str:
    return await create(boss, subscriber, "Books")


@pytest.fixture
async def store(subscriber: Tenant, boss: Person) -> str:
    return await create(boss, subscriber, "Store")


async def options(by: Person, tenant: Tenant) -> dict[str, Any]:
    found: dict[str, Any] = (await by.ask(OPTIONS, id=tenant.id))["tenant"]["addMemberOptions"]
    return found


async def invite(by: Person, tenant: Tenant, **more: Any) -> dict[str, Any]:
    values = steps.invitation(tenant, role=None) | more
    return await by.do("inviteMember", values, "member { id role { code } } emailQueued")


async def add(by: Person, tenant: Tenant, **more: Any) -> dict[str, Any]:
    values = {"tenantId": tenant.id, **IRIS, **more}
    return await by.do("addMember", values, "member { id status role { code } maxSessions }")


async def iris(world: World) -> Person:
    """Somebody without an e-mail, who has chosen a password of her own."""
    pair = {"login": "iris", "password": PASSWORD, "newPassword": "mine from now on"}
    answer = await world.anonymous.do("signIn", pair | {"transport": "BEARER"}, "token")
    return Person("", "iris", "", "Iris", world.client(answer["token"]), answer["token"])


@pytest.mark.parametrize("who", ["boss", "admin"])
async def test_the_owner_or_an_administrator_adds_a_user_not_yet_registered(
    request: pytest.FixtureRequest, subscriber: Tenant, boss: Person, admin: Person, who: str
) -> None:
    """F: «владелец или администратор абонента могут подключить»."""
    by = {"boss": boss, "admin": admin}[who]
    assert (await invite(by, subscriber))["__typename"] == "InviteMemberPayload"


async def test_a_user_does_not_add_users(world: World, subscriber: Tenant, boss: Person) -> None:
    """F: the owner and administrators do."""
    user = await world.join(subscriber, "USER")
    for answer in (await invite(user, subscriber), await add(user, subscriber)):
        assert answer["permission"] == "members:invite"


async def test_the_wizard_begins_with_the_way_of_adding(subscriber: Tenant, admin: Person) -> None:
    """F: «выбрать способ добавления пользователя»."""
    assert (await options(admin, subscriber))["ways"] == [
        "NEWCOMER_WITH_EMAIL",
        "NEWCOMER_WITHOUT_EMAIL",
        "REGISTERED",
    ]


async def test_with_a_known_address_name_address_and_login_are_set_the_phone_need_not_be(
    world: World, subscriber: Tenant, admin: Person
) -> None:
    """F: «Полное имя, Почта, Логин, Телефон (задание телефона не обязательно)»."""
    newcomer = {"fullName": "Nina New", "login": "nina"}
    answer = await invite(admin, subscriber, newcomer=newcomer)
    assert answer["emailQueued"] is True
    shown_by_link = await steps.look(world.anonymous, await world.link_token(steps.NINA))
    prefilled = [shown_by_link[field] for field in ("fullName", "login", "email", "phone")]
    assert prefilled == ["Nina New", "nina", steps.NINA, None]


async def test_without_an_address_name_login_and_password_are_set_the_phone_need_not_be(
    world: World, subscriber: Tenant, admin: Person
) -> None:
    """F: «Полное имя, Логин, Пароль, Телефон (задание телефона не обязательно)»."""
    assert (await add(admin, subscriber))["member"]["status"] == "JOINED"
    answer = await add(admin, subscriber, login="ivan", phone="+77051250043")
    assert answer["member"]["status"] == "JOINED"


async def test_an_owner_who_adds_a_user_is_asked_for_his_role(
    subscriber: Tenant, boss: Person
) -> None:
    """F: «Если пользователя абонента добавляет владелец … попросит указать роль»."""
    asked = await options(boss, subscriber)
    assert asked["mayChooseRole"] is True
    offered = [option["role"]["code"] for option in asked["roles"]]
    assert offered == ["OWNER", "ADMINISTRATOR", "USER"]


async def test_an_administrator_skips_the_step_and_the_new_user_is_always_a_user(
    subscriber: Tenant, boss: Person, admin: Person
) -> None:
    """F: «этот шаг пропускается — новый пользователь всегда получает права пользователя»."""
    asked = await options(admin, subscriber)
    assert (asked["mayChooseRole"], asked["defaultRole"]) == (False, {"code": "USER"})
    assert (await invite(admin, subscriber))["member"]["role"] == {"code": "USER"}
    for role in ("OWNER", "ADMINISTRATOR"):
        answer = await invite(admin, subscriber, invitee={"email": "x@example.com"}, role=role)
        assert (answer["__typename"], answer["grantable"]) == ("RoleNotGrantable", ["USER"])


async def test_owners_and_administrators_are_not_added_without_an_address(
    subscriber: Tenant, boss: Person
) -> None:
    """F: «При добавлении владельцев и администраторов абонента указание почты обязательно»."""
    asked = {
        o["role"]["code"]: o["emailRequired"] for o in (await options(boss, subscriber))["roles"]
    }
    assert asked == {"OWNER": True, "ADMINISTRATOR": True, "USER": False}
    for role, needed in asked.items():
        answer = await add(boss, subscriber, role=role)
        assert answer["__typename"] == ("EmailRequired" if needed else "AddMemberPayload")


@pytest.mark.usefixtures("books", "store")
async def test_then_the_wizard_asks_for_rights_on_each_of_the_tenants_apps(
    subscriber: Tenant, admin: Person
) -> None:
    """F: «Для каждого приложения надо указать, какие права», «Запуск», «Запуск и
    администрирование»; also for who has no right on them himself.
    """
    asked = (await options(admin, subscriber))["apps"]["edges"]
    rights = ["LAUNCH", "LAUNCH_AND_ADMINISTER"]
    assert [edge["node"] for edge in asked] == [
        {"app": {"name": name}, "rights": rights} for name in ("Books", "Store")
    ]


@pytest.mark.parametrize("right", ["LAUNCH", "LAUNCH_AND_ADMINISTER"])
async def test_the_right_given_at_adding_is_the_right_he_has(
    world: World, subscriber: Tenant, admin: Person, books: str, right: str
) -> None:
    """F: «какие права пользователь абонента получит по отношению к этому приложению»."""
    await add(admin, subscriber, apps=[{"appId": books, "right": right}])
    query = "query($id: ID!) { node(id: $id) { ... on App { viewerRight } } }"
    user = await iris(world)
    assert (await user.ask(query, id=books))["node"] == {"viewerRight": right}


async def test_an_app_left_empty_is_not_shown_to_him_among_his_apps(
    world: World, subscriber: Tenant, admin: Person, books: str, store: str
) -> None:
    """F: «оно не будет показываться пользователю на странице Мои приложения»; to an ordinary user
    nor in the cabinet: «не будет выводиться никакая информация о существовании этого приложения».
    """
    await add(admin, subscriber, apps=[{"appId": books, "right": "LAUNCH"}])
    user = await iris(world)
    assert (await user.ask(MINE))["apps"]["edges"] == [{"node": {"id": books, "name": "Books"}}]
    assert (await user.ask(SEEN, id=subscriber.id))["tenant"]["apps"] == {
        "totalCount": 1,
        "edges": [{"node": {"id": books}}],
    }
    query = "query($id: ID!) { node(id: $id) { id } }"
    assert (await user.ask(query, id=store))["node"] is None


async def test_an_administrator_without_a_right_still_sees_the_app_in_the_cabinet(
    subscriber: Tenant, admin: Person, books: str
) -> None:
    """F: only «обычным пользователям» it is not shown there; nor can he launch it."""
    listed = (await admin.ask(SEEN, id=subscriber.id))["tenant"]["apps"]["edges"]
    assert listed == [{"node": {"id": books}}]
    assert (await admin.ask(MINE))["apps"]["edges"] == []


async def test_clearing_the_right_takes_the_access(
    world: World, subscriber: Tenant, admin: Person, books: str
) -> None:
    """F: «Чтобы очистить поле в колонке Право», «не будет доступа к этому приложению»."""
    added = await add(admin, subscriber, apps=[{"appId": books, "right": "LAUNCH"}])
    await admin.do("setAppAccess", {"memberId": added["member"]["id"], "unset": [books]})
    assert (await (await iris(world)).ask(MINE))["apps"]["edges"] == []


async def test_the_answer_says_whether_he_is_told_by_mail(
    subscriber: Tenant, admin: Person
) -> None:
    """F: «в сообщении будет сказано, что пользователю направлено уведомление»."""
    assert (await invite(admin, subscriber))["emailQueued"] is True


@pytest.mark.usefixtures("boss")
async def test_the_added_user_appears_in_the_list(subscriber: Tenant, admin: Person) -> None:
    """F: «В списке пользователей … появится строка с именем добавленного пользователя»."""
    await invite(admin, subscriber, newcomer={"fullName": "Nina New"})
    await add(admin, subscriber)
    edges = (await admin.ask(MEMBERS, id=subscriber.id))["members"]["edges"]
    listed = {edge["node"]["fullName"]: edge["node"]["status"] for edge in edges}
    assert (listed["Nina New"], listed["Iris"]) == ("PENDING", "JOINED")


async def test_after_adding_his_sessions_are_limited(subscriber: Tenant, admin: Person) -> None:
    """F: «Ограничить максимальное количество сеансов для пользователя»; at once, too."""
    added = (await add(admin, subscriber, maxSessions=2))["member"]
    assert added["maxSessions"] == 2
    values = {"memberId": added["id"], "maxSessions": 1}
    answer = await admin.do("setMemberLimits", values, "member { maxSessions }")
    assert answer["member"] == {"maxSessions": 1}


async def test_after_adding_his_roles_in_the_apps_are_configured(
    subscriber: Tenant, boss: Person, admin: Person, books: str
) -> None:
    """F: «Настроить роли пользователя в приложениях абонента, к которым он будет иметь доступ»."""
    added = await add(admin, subscriber, apps=[{"appId": books, "right": "LAUNCH"}])
    role = await define(boss, books, "clerk")
    answer = await set_roles(admin, added["member"]["id"], books, role)
    assert held(answer) == {books: ["clerk"]}


async def test_roles_in_the_apps_can_be_set_at_once(
    subscriber: Tenant, boss: Person, admin: Person, books: str
) -> None:
    """PRODUCT 3.1 (F)."""
    given = {"appId": books, "right": "LAUNCH", "roles": [await define(boss, books)]}
    added = await add(admin, subscriber, apps=[given])
    assert await shown(boss, added["member"]["id"]) == {books: ["clerk"]}


@pytest.mark.usefixtures("store")
async def test_the_mail_names_the_tenant_the_role_and_the_apps(
    world: World, subscriber: Tenant, admin: Person, books: str
) -> None:
    """F: «какой абонент пригласил», «роль пользователя», «доступные пользователю приложения»."""
    await invite(admin, subscriber, apps=[{"appId": books, "right": "LAUNCH"}])
    [mail] = await world.mails()
    assert all(word in mail.text for word in ("Daisy", "User", "Books"))
    assert "Store" not in mail.text


async def test_following_the_link_he_corrects_his_data_and_sets_his_password(
    world: World, subscriber: Tenant, admin: Person
) -> None:
    """F: «сможет уточнить свои данные и задать свой пароль в сервисе»."""
    await invite(admin, subscriber, newcomer={"fullName": "Nina Nwe", "login": "nnina"})
    await steps.register(world, fullName="Nina New", login="nina")
    pair = {"login": "nina", "password": steps.NEWCOMER["password"], "transport": "BEARER"}
    answer = await world.anonymous.do("signIn", pair, "me { user { fullName } }")
    assert answer["me"] == {"user": {"fullName": "Nina New"}}


async def test_who_has_no_address_is_told_login_and_password_and_gets_in_with_them(
    world: World, subscriber: Tenant, admin: Person
) -> None:
    """F: «необходимо сообщить добавленному пользователю его логин и пароль»; no mail leaves."""
    await add(admin, subscriber)
    assert await world.mails() == []
    user = await iris(world)
    assert (await user.ask("{ me { login } }"))["me"] == {"login": "iris"}


async def test_a_wrong_pair_is_not_told_apart(
    world: World, subscriber: Tenant, admin: Person
) -> None:
    """F: «Логин или пароль введены неправильно. Попробуйте еще раз»."""
    await add(admin, subscriber)
    pairs = [{"login": "iris", "password": "no"}, {"login": "nobody", "password": PASSWORD}]
    answers = [await world.anonymous.do("signIn", pair) for pair in pairs]
    assert answers[0] == answers[1]
    assert answers[0]["__typename"] == "InvalidCredentials"
