"""Who is spoken to in which language (PRODUCT 8)."""

import pytest

from locales import Locale
from models import Catalog, Tenant
from tests.clients import Client, Person
from tests.factories import World

SIGN_IN_FIRST = {
    Locale.EN: "Sign in first.",
    Locale.RU: "Сначала войдите в систему.",
    Locale.KK: "Алдымен жүйеге кіріңіз.",
}
NOT_ALLOWED = {
    Locale.EN: "You may not do this here. Ask an owner of the tenant.",
    Locale.RU: "У вас нет прав на это действие. Обратитесь к владельцу пространства.",
    Locale.KK: "Бұл әрекетке құқығыңыз жоқ. Кеңістіктің иесіне хабарласыңыз.",
}
REMOVED = {
    Locale.EN: "You are no longer a member of Acme",
    Locale.RU: "Вы больше не участник пространства «Acme»",
    Locale.KK: "Сіз енді «Acme» кеңістігінің мүшесі емессіз",
}
INVITED = {
    Locale.EN: "Olga invites you to Acme",
    Locale.RU: "Olga приглашает вас в пространство «Acme»",
    Locale.KK: "Olga сізді «Acme» кеңістігіне шақырады",
}
ROLES = {
    Catalog.PROJECT: {
        Locale.EN: ["Owner", "Manager", "Administrator", "Accountant"],
        Locale.RU: ["Владелец", "Руководитель", "Администратор", "Бухгалтер"],
        Locale.KK: ["Иесі", "Жетекші", "Әкімші", "Бухгалтер"],
    },
    Catalog.SUBSCRIBER: {
        Locale.EN: ["Owner", "Administrator", "User", "Operator"],
        Locale.RU: ["Владелец", "Администратор", "Пользователь", "Оператор"],
        Locale.KK: ["Иесі", "Әкімші", "Пайдаланушы", "Оператор"],
    },
    Catalog.ACCOUNT: {
        Locale.EN: ["Owner", "User"],
        Locale.RU: ["Владелец", "Пользователь"],
        Locale.KK: ["Иесі", "Пайдаланушы"],
    },
}


def accepting(client: Client, locale: Locale) -> Client:
    """The client, whose browser asks for that language."""
    client.http.headers["accept-language"] = locale.lower()
    return client


async def subject(world: World, person: Person) -> str:
    """Of the newest mail to him."""
    return next(mail.subject for mail in await world.mails() if mail.to == person.email)


async def test_who_is_not_signed_in_is_answered_in_the_language_he_asks_for(
    anonymous: Client,
) -> None:
    for locale, sentence in SIGN_IN_FIRST.items():
        created = {"name": "Acme", "catalog": "PROJECT"}
        answer = await accepting(anonymous, locale).do("createTenant", created)
        assert (answer["code"], answer["message"]) == ("UNAUTHENTICATED", sentence)


async def test_errors_of_queries_are_told_in_the_language_asked_for(anonymous: Client) -> None:
    for locale, sentence in SIGN_IN_FIRST.items():
        answer = await accepting(anonymous, locale).execute("{ apps { totalCount } }")
        assert [error["message"] for error in answer["errors"]] == [sentence]


async def test_who_asks_for_no_language_is_answered_in_english(anonymous: Client) -> None:
    answer = await anonymous.do("createTenant", {"name": "Acme", "catalog": "PROJECT"})
    assert answer["message"] == SIGN_IN_FIRST[Locale.EN]


async def test_the_language_of_an_account_goes_before_the_browsers(
    world: World, project: Tenant
) -> None:
    invitation = {"tenantId": project.id, "invitee": {"email": "a@example.com"}, "role": "OWNER"}
    for locale, sentence in NOT_ALLOWED.items():
        person = await world.join(project, "ACCOUNTANT", await world.person(locale=locale))
        accepting(person.client, Locale.RU if locale is Locale.KK else Locale.KK)
        answer = await person.do("inviteMember", invitation)
        assert answer["message"] == sentence


async def test_an_account_without_a_language_is_answered_in_the_browsers(
    project: Tenant, accountant: Person
) -> None:
    accepting(accountant.client, Locale.KK)
    invitation = {"tenantId": project.id, "invitee": {"email": "a@example.com"}, "role": "OWNER"}
    answer = await accountant.do("inviteMember", invitation)
    assert answer["message"] == NOT_ALLOWED[Locale.KK]


async def test_wrong_fields_are_explained_in_the_language_too(stranger: Person) -> None:
    accepting(stranger.client, Locale.RU)
    answer = await stranger.do("createTenant", {"name": "x" * 201, "catalog": "PROJECT"})
    assert answer["message"] == "Некоторые поля заполнены неверно."
    [field] = answer["fields"]
    assert (field["code"], field["message"]) == ("TOO_LONG", "Не более 200 символов.")


async def test_roles_have_names_in_the_readers_language(anonymous: Client) -> None:
    query = "query($catalog: Catalog!) { roleMatrix(catalog: $catalog) { roles { name } } }"
    for catalog, names in ROLES.items():
        for locale, wanted in names.items():
            answer = await accepting(anonymous, locale).ask(query, catalog=catalog)
            assert [role["name"] for role in answer["roleMatrix"]["roles"]] == wanted


async def test_people_are_written_to_in_their_own_language(
    world: World, project: Tenant, owner: Person
) -> None:
    for locale, wanted in REMOVED.items():
        person = await world.join(project, "ACCOUNTANT", await world.person(locale=locale))
        await owner.do("removeMember", {"memberId": person.member_id})
        assert await subject(world, person) == wanted


async def test_people_without_a_language_are_written_to_in_the_tenants(
    world: World, owner: Person
) -> None:
    for locale, wanted in REMOVED.items():
        tenant = await world.tenant(locale=locale)
        await world.join(tenant, "OWNER", owner)
        person = await world.join(tenant, "ACCOUNTANT")
        await owner.do("removeMember", {"memberId": person.member_id})
        assert await subject(world, person) == wanted


@pytest.mark.parametrize(
    ("account", "invitation", "tenant", "chosen"),
    [
        (Locale.KK, Locale.RU, Locale.EN, Locale.KK),
        (None, Locale.RU, Locale.KK, Locale.RU),
        (None, None, Locale.KK, Locale.KK),
        (None, None, Locale.EN, Locale.EN),
    ],
)
async def test_an_invitation_is_in_the_invitees_language_else_its_own_else_the_tenants(
    world: World,
    owner: Person,
    account: Locale | None,
    invitation: Locale | None,
    tenant: Locale,
    chosen: Locale,
) -> None:
    place = await world.tenant(locale=tenant)
    await world.join(place, "OWNER", owner)
    invitee = await world.person(locale=account)
    invited = {
        "tenantId": place.id,
        "invitee": {"email": invitee.email},
        "role": "MANAGER",
        "locale": invitation,
    }
    await owner.do("inviteMember", invited)
    assert await subject(world, invitee) == INVITED[chosen]


async def test_the_role_in_a_mail_is_in_its_readers_language(
    world: World, project: Tenant, owner: Person
) -> None:
    person = await world.join(project, "ACCOUNTANT", await world.person(locale=Locale.RU))
    await owner.do("changeRole", {"memberId": person.member_id, "role": "MANAGER"})
    [mail] = await world.mails()
    assert "Ваша новая роль: Руководитель" in mail.text
