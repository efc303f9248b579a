"""Every kind of secret that there is, followed to wherever it could have stayed behind."""

import base64
import logging as standard
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx2
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from auth import tokens
from models import Catalog, database
from server import logging, metrics, span_export
from settings import Settings
from tests import authenticator, databases, provider, visits
from tests.clients import Person
from tests.factories import PASSWORD, World
from tests.journeys.hosting import hosting
from tests.journeys.site import Browser, Site
from tests.provider import Provider
from tests.resolvers import importing

SECRET, GATEWAY = "a secret of the server that is long enough for it", "Bearer of-the-sms-gateway"
AGAIN, NEWCOMERS, PHONE = "quite another long one", "twelve letters", "+77051250043"
WRONG = "a password that nobody has"
RECEIVER = "https://portal.example/hooks"
KINDS = {value for value in vars(tokens).values() if str(value).startswith("tnt_")}
Configure = Callable[..., Settings]
Exported = Callable[[], str]


@dataclass
class Secrets:
    """`told`: what an answer hands out, once. `sent`: what is mailed, and no answer repeats."""

    told: dict[str, str] = field(default_factory=dict)
    sent: dict[str, str] = field(default_factory=dict)

    def all(self) -> list[tuple[str, str]]:
        return [*self.told.items(), *self.sent.items()]


@pytest.fixture
async def site(configure: Configure, provider: Provider, database: None) -> AsyncIterator[Site]:
    more: dict[str, Any] = {
        "secret": SECRET,
        "registration": True,
        "sms_authorization": GATEWAY,
        "identity_providers": [provider.settings()],
    }
    async with hosting(configure, smtp=True, **more) as opened:
        yield opened


@pytest.fixture
def traces() -> Iterator[Exported]:
    """All that has been recorded, as it is exported."""
    exporter = InMemorySpanExporter()
    with span_export.recording(exporter) as recording:

        def exported() -> str:
            recording.force_flush()
            return "".join(span.to_json() for span in exporter.get_finished_spans())

        yield exported
    recording.shutdown()


@pytest.fixture
def logged(configure: Configure) -> Iterator[Exported]:
    """Everything, by whomever, however unimportant."""
    handlers, level = standard.root.handlers[:], standard.root.level
    standard.root.handlers.clear()  # those of pytest, which would be closed
    logging.configure(configure(secret=SECRET, sms_authorization=GATEWAY))
    standard.root.setLevel(standard.DEBUG)
    written = StringIO()
    for handler in standard.root.handlers:
        assert isinstance(handler, standard.StreamHandler)
        handler.setStream(written)
    yield written.getvalue
    standard.root.handlers[:] = handlers
    standard.root.setLevel(level)


async def test_no_secret_of_any_kind_stays_behind_anywhere(
    world: World,
    site: Site,
    traces: Exported,
    logged: Exported,
) -> None:
    """CASES 50, 51 and 82: of every kind that there is, neither in a row of the database, nor in a
    log, a trace, a metric, nor in any answer but the one that hands it out.
    """
    found = Secrets()
    await lead_a_life(world, site, found)
    assert {value[:8] for _, value in found.all() if value.startswith("tnt_")} == KINDS
    places = {
        "database": await everything_kept(),
        "log": logged(),
        "traces": traces(),
        "metrics": await metrics_page(),
    }
    assert all(len(text) > 1000 for text in places.values())
    bodies = [body for browser in site.browsers for body in browser.bodies]
    for kind, secret in found.all():
        assert [name for name, text in places.items() if secret in text] == [], kind
        assert not any(form in places["database"] for form in encoded(secret)), kind
        answers = [body for body in bodies if secret in body]
        assert len(answers) == (kind in found.told), kind
    for place in places.values():
        assert [kind for kind in KINDS if re.search(rf"{kind}[A-Za-z0-9_-]{{20,}}", place)] == []


def encoded(secret: str) -> list[str]:
    """As a column of bytes would show it."""
    return [secret.encode().hex(), base64.b64encode(secret.encode()).decode().rstrip("=")]


async def everything_kept() -> str:
    """Every column of every table."""
    address = database.parse(databases.address()) | {"user": "postgres"}
    connection = await asyncpg.connect(**address)
    tables = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
    rows = [
        row["text"]
        for table in tables
        for row in await connection.fetch(f"select t::text as text from {table['tablename']} t")  # noqa: S608
    ]
    await connection.close()
    return "\n".join(rows)


async def metrics_page() -> str:
    transport = httpx2.ASGITransport(app=metrics.APP)
    async with httpx2.AsyncClient(transport=transport, base_url="http://metrics") as http:
        return (await http.get("/metrics")).text


async def lead_a_life(world: World, site: Site, found: Secrets) -> None:
    """Whoever can be told or sent a secret is."""
    tenant = await world.tenant(Catalog.SUBSCRIBER, servicing=["tenants:invite"])
    olga = await world.join(tenant, "OWNER", await world.person("olga"))
    found.sent |= {"secret of the server": SECRET, "of the gateway": GATEWAY, "wrong": WRONG}
    found.sent |= {"password": PASSWORD, "new password": AGAIN, "newcomer's": NEWCOMERS}
    found.sent["of the provider's client"] = provider.CLIENT_SECRET
    owner = await site.signed_in("olga")
    await site.browser().do("signIn", {"login": "olga", "password": WRONG})
    found.sent["cookie"] = next(iter(owner.http.cookies.values()))
    await invitations(site, owner, tenant.id, found)
    await keys(owner, tenant.id, found)
    await apps(site, owner, tenant.id, olga, found)
    await account(world, site, found)
    await second_factor(world, site, found)
    await provider_visit(world, site, found)
    await news(world, site, found)


async def invitations(site: Site, owner: Browser, tenant_id: str, found: Secrets) -> None:
    """Of a member, one after another, by an import, and of a tenant."""
    invitee = {"tenantId": tenant_id, "invitee": {"email": "nora@example.com"}, "role": "USER"}
    made = await owner.do("inviteMember", invitee, "member { invitation { id } }")
    found.sent["first link"] = (await site.letter("nora@example.com")).token
    invitation = made["member"]["invitation"]["id"]
    await owner.do("resendInvitation", {"invitationId": invitation})
    found.sent["link"] = token = (await site.letter("nora@example.com")).token
    registration = {"fullName": "Nora", "login": "nora", "password": NEWCOMERS}
    given = {"invitation": {"token": token}, "registration": registration, "transport": "BEARER"}
    joined = await site.browser().do("acceptInvitation", given, "session { token }")
    found.told["session of the newcomer"] = joined["session"]["token"]

    source = {"csv": importing.csv("imported@example.com,USER")}
    given = {"tenantId": tenant_id, "source": source}
    plan = await owner.do("planMemberImport", given, "memberImport { id }")
    await owner.do("applyMemberImport", {"importId": plan["memberImport"]["id"]})
    found.sent["link of an import"] = (await site.letter("imported@example.com")).token

    wanted = {"organizationId": tenant_id, "name": "Lotus", "ownerEmail": "lotus@example.com"}
    await owner.do("inviteTenant", wanted | {"catalog": "SUBSCRIBER"})
    found.sent["link to a tenant"] = (await site.letter("lotus@example.com")).token


async def keys(owner: Browser, tenant_id: str, found: Secrets) -> None:
    """Of an API key, asked for twice under one idempotency key, and of a webhook."""
    given = {"tenantId": tenant_id, "name": "Portal", "permissions": ["members:view"]}
    owner.http.headers["idempotency-key"] = "once"
    made = await owner.do("createApiKey", given, "apiKey { id } secret")
    del owner.http.headers["idempotency-key"]
    found.told["key"] = made["secret"]
    again = await owner.do("rotateApiKey", {"id": made["apiKey"]["id"]}, "secret")
    found.told["rotated key"] = again["secret"]
    given = {"tenantId": tenant_id, "url": RECEIVER, "events": ["*"]}
    made = await owner.do("createWebhookEndpoint", given, "webhookEndpoint { id } secret")
    found.told["webhook"] = made["secret"]
    given = {"id": made["webhookEndpoint"]["id"]}
    again = await owner.do("rotateWebhookSecret", given, "secret")
    found.told["rotated webhook"] = again["secret"]


async def apps(site: Site, owner: Browser, tenant_id: str, olga: Person, found: Secrets) -> None:
    """A ticket, and what it is redeemed for; what an app's calls are signed with."""
    given = {"tenantId": tenant_id, "name": "Books", "url": RECEIVER}
    app_id = (await owner.do("createApp", given, "app { id }"))["app"]["id"]
    control = {"appId": app_id, "url": RECEIVER, "actions": ["FORGET_VISITORS"]}
    found.told["control"] = (await owner.do("setAppControl", control, "secret"))["secret"]
    right = [{"appId": app_id, "right": "LAUNCH_AND_ADMINISTER"}]
    await owner.do("setAppAccess", {"memberId": olga.member_id, "set": right})
    found.told["ticket"] = (await owner.do("launchApp", {"appId": app_id}, "ticket"))["ticket"]
    headers = {"authorization": f"Bearer {found.told['ticket']}"}
    redeemed = await site.browser().http.post("/app-sessions", headers=headers)
    found.told["session in the app"] = redeemed.json()["token"]


async def account(world: World, site: Site, found: Secrets) -> None:
    """A registration, a forgotten password, another address, a number."""
    given = {"email": "rita@example.com", "tenantName": "Rose", "catalog": "PROJECT"}
    rita = site.browser()
    await rita.do("registerTenant", given)
    found.sent["registration"] = token = (await site.letter("rita@example.com")).token
    registration = {"fullName": "Rita", "login": "rita", "password": NEWCOMERS}
    await rita.do("completeRegistration", {"token": token, "registration": registration})
    found.sent["cookie of the registration"] = next(iter(rita.http.cookies.values()))

    paul = await world.person("paul")
    await site.browser().do("requestPasswordReset", {"login": paul.email})
    found.sent["new password's link"] = token = (await site.letter(paul.email)).token
    await site.browser().do("resetPassword", {"token": token, "newPassword": AGAIN})
    browser = await site.signed_in("paul", AGAIN)
    await browser.do("changeEmail", {"email": "later@example.com", "password": AGAIN})
    found.sent["address"] = token = (await site.letter("later@example.com")).token
    await site.browser().do("confirmEmail", {"token": token})
    await browser.do("changePassword", {"password": AGAIN, "newPassword": PASSWORD})

    await browser.do("updateProfile", {"phone": PHONE})
    await browser.do("requestPhoneCode")
    code = (await site.letter(PHONE)).text[:6]
    assert not re.search(rf"(?<![\d.]){code}(?!\d)", await everything_kept())
    await browser.do("confirmPhone", {"code": code})


async def second_factor(world: World, site: Site, found: Secrets) -> None:
    """Its secret, the codes that replace it, and a session that began with one of them."""
    await world.person("fred")
    browser = await site.signed_in("fred")
    enrolled = await browser.do("enrolSecondFactor", {"password": PASSWORD}, "uri")
    app = authenticator.Authenticator(enrolled["uri"])
    found.told["second factor"] = app.app.secret
    confirmed = await browser.do("confirmSecondFactor", {"code": app.code()}, "recoveryCodes")
    found.told |= {f"recovery code {code[:3]}": code for code in confirmed["recoveryCodes"]}
    recovery = confirmed["recoveryCodes"][0]
    signed_in = await authenticator.sign_in(site.browser(), "fred", recovery)
    found.told["session after a second factor"] = signed_in["token"]


async def provider_visit(world: World, site: Site, found: Secrets) -> None:
    """A visit to an identity provider, with all that goes there and comes back."""
    await world.person("ivan")
    browser = await site.signed_in("ivan")
    with apart():
        await visits.link(browser)
    away = site.browser()
    begun = await away.do("startProviderSignIn", {"provider": "acme"}, "authorizationUrl visit")
    found.told["visit"] = begun["visit"]
    sent = parse_qs(urlsplit(begun["authorizationUrl"]).query)
    found.told["state"] = sent["state"][0]
    with apart():
        agreed = await provider.agree(begun["authorizationUrl"])
    back = {"visit": begun["visit"], **agreed}
    found.sent["code of the provider"] = back["code"]
    signed_in = await visits.finish(away, back)
    found.told["session through a provider"] = signed_in["token"]


@contextmanager
def apart() -> Iterator[None]:
    """What a browser does at the provider's, which here is logged by this process as well."""
    standard.disable()
    yield
    standard.disable(standard.NOTSET)


async def news(world: World, site: Site, found: Secrets) -> None:
    """With a link to hear no more of them."""
    reader = await world.person("rose", wants_news=True)
    staff = await world.person("anton", provider_role="ADMIN")
    browser = await site.signed_in(staff.login)
    text = {"locale": "EN", "subject": "News", "body": "There are some."}
    assert "recipients" in await browser.do("sendNews", {"texts": [text]}, "recipients")
    await site.letter(reader.email)
    token = tokens.derive(tokens.UNSUBSCRIBE, reader.id)
    found.sent["unsubscribing"] = str(token)
    await site.browser().http.post(f"/unsubscribe/{reader.id}/{token}")
