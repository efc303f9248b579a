"""What the first manual says of operators and of administering an app, sentence by sentence (F);
see `test_adding_by_the_manual` for the rest of it.
"""

from datetime import timedelta

import pytest

from models import Catalog, Tenant
from resolvers import operator_reports
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import World
from tests.resolvers import service, tariff_steps, tenant_steps
from tests.resolvers.app_steps import create

ROLES = """query($id: ID!) { tenant(id: $id) { addMemberOptions { roles { role { code } } } } }"""
MAY = "query($id: ID!) { tenant(id: $id) { viewer { permissions } } }"
ACTIONS = ["BACKUP", "RESTORE", "ERROR_LOG"]


async def offered(by: Person, tenant: Tenant) -> list[str]:
    """The roles that the wizard shows him."""
    found = (await by.ask(ROLES, id=tenant.id))["tenant"]["addMemberOptions"]["roles"]
    return [option["role"]["code"] for option in found]


async def may(by: Person, tenant: Tenant) -> list[str]:
    return list((await by.ask(MAY, id=tenant.id))["tenant"]["viewer"]["permissions"])


async def test_in_a_servicing_organization_the_wizard_offers_the_role_operator_and_nowhere_else(
    world: World,
) -> None:
    """F: «в списке ролей добавляемого пользователя будет доступна роль Оператор»."""
    for serves in (True, False):
        tenant = await world.tenant(Catalog.SUBSCRIBER, servicing=[] if serves else None)
        boss = await world.join(tenant, "OWNER")
        assert ("OPERATOR" in await offered(boss, tenant)) is serves


async def test_an_operator_has_the_rights_of_an_ordinary_user(world: World) -> None:
    """F: «имеет те же права, что обычный пользователь абонента»."""
    tenant = await world.tenant(Catalog.SUBSCRIBER, servicing=[])
    user, operator = await world.join(tenant, "USER"), await world.join(tenant, "OPERATOR")
    assert await may(operator, tenant) == await may(user, tenant)


@pytest.mark.parametrize("permitted", [True, False], ids=["permitted", "not permitted"])
async def test_an_operator_invites_and_subscribes_tenants_where_the_provider_permits_it(
    world: World, *, permitted: bool
) -> None:
    """F: «может высылать приглашения … и подписывать обслуживаемых абонентов на тарифы»."""
    serving = await service.begin(world)
    if not permitted:
        await tenant_steps.permit(serving.organization)
    await tariff_steps.make(world)
    wanted = tenant_steps.wanted(serving.organization)
    invited = await serving.operator.do("inviteTenant", wanted)
    subscribed = await tariff_steps.subscribe(serving.operator, serving.client)
    done = ["InviteTenantPayload", "SubscribeTenantPayload"]
    refused = ["NotPermittedByProvider"] * 2
    assert [invited["__typename"], subscribed["__typename"]] == (done if permitted else refused)


async def test_an_operator_gets_reports_on_the_tenants_he_serves(
    world: World, clock: Clock
) -> None:
    """F: «получает рассылки с отчетами … (о новых подписках на тарифы, заканчивающихся…)»."""
    serving = await service.begin(world)
    await operator_reports.send_due()
    await tariff_steps.make(world)
    await tariff_steps.subscribe(serving.operator, serving.client)
    clock.move(timedelta(days=20))
    await operator_reports.send_due()
    [report] = [mail for mail in await world.mails() if mail.to == serving.operator.email]
    assert report.text.count("Client") == 2, "once as new and once as about to end"


async def test_administering_an_app_is_backup_restore_ending_sessions_and_the_error_log(
    world: World,
) -> None:
    """F: «создание резервной копии, восстановление …, завершение сеансов …, просмотр журнала
    ошибок … и т. д.»; «Запуск» is launching only.
    """
    tenant = await world.tenant(Catalog.SUBSCRIBER)
    boss, user = await world.join(tenant, "OWNER"), await world.join(tenant, "USER")
    books = await create(boss, tenant, "Books")
    control = {"appId": books, "url": "https://books.example.com/control", "actions": ["REINDEX"]}
    await boss.do("setAppControl", control)
    launching = {"memberId": user.member_id, "set": [{"appId": books, "right": "LAUNCH"}]}
    await boss.do("setAppAccess", launching)
    assert (await user.do("launchApp", {"appId": books}))["__typename"] == "LaunchAppPayload"
    for action in [*ACTIONS, "REINDEX"]:
        asked = {"appId": books, "action": action}
        assert (await boss.do("requestAppAction", asked))["__typename"].endswith("Payload")
        assert (await user.do("requestAppAction", asked))["code"] == "PERMISSION_DENIED"
    assert (await user.do("endAppSessions", {"appId": books}))["code"] == "PERMISSION_DENIED"
    assert (await boss.do("endAppSessions", {"appId": books}, "ended"))["ended"] == 1
