"""Everything that is done beside reading lists: each query, id and field that the tables of
permissions name, each mutation, what goes over other addresses, and what the worker does.
"""

from collections.abc import Callable
from typing import Any

import settings
from mail import backlog, delivery
from mail.transport import MailboxTransport, mailbox_folder
from models import Channel
from resolvers import operator_reports, reminders
from server import worker
from tests import app_servers, authenticator, visits
from tests.clients import Client, Person
from tests.factories import PASSWORD, World
from tests.permissions import attempts, operations, readings
from tests.permissions.actors import Actor, Cast
from tests.permissions.cells import rows
from tests.permissions.holdings import PHONE
from tests.resolvers import importing, tenant_steps

MUTATIONS = rows(operations.MUTATIONS)
FIELDS = rows(operations.FIELDS)

LATE = (
    *("setAppAccess", "endAppSessions", "setAppControl", "removeAppRole"),
    "setWebhookEndpointEnabled",
    *("removeWebhookEndpoint", "removeFirstUser", "removeApp", "endServicing"),
    "setServicingOrganization",
    *("changePassword", "transferOwnership", "setMemberEnabled", "removeMember", "leaveTenant"),
    *("deleteMyAccount", "deleteTenant", "endOtherSessions", "signOut"),
)
"""What ends something that others need, in this order after them."""

BY = {
    "acceptInvitation": "stranger",
    "declineInvitation": "PROJECT MANAGER",
    "transferOwnership": "made the app",
    "leaveTenant": "PROJECT MANAGER",
    "deleteMyAccount": "PROJECT ADMINISTRATOR",
}
FIRST = ("PROJECT OWNER", "SUBSCRIBER OWNER", "made the app", "provider ADMIN")
"""Who does it, if he may: owners of the large tenant, of an organization, of an app; staff."""

NEW_PASSWORD = {"newPassword": attempts.NEW_PASSWORD}
_AT_ONCE = 8


async def look(actor: Actor, cast: Cast) -> None:
    """Whatever can be asked first, each kind of id, and each field that not everybody sees."""
    variables = readings.variables(actor.own, cast)
    asked = [
        *readings.ROOTS.values(),
        *map(readings.of_node, readings.KINDS),
        *map(readings.of_field, FIELDS),
    ]
    for start in range(0, len(asked), _AT_ONCE):
        some = {f"f{n}": text for n, text in enumerate(asked[start : start + _AT_ONCE])}
        await ask(actor.client, readings.document(some), variables)


async def ask(client: Client, document: str, variables: dict[str, str]) -> dict[str, Any]:
    """What is refused is refused by rights; anything else would hide what is to be watched."""
    given = {name: value for name, value in variables.items() if f"${name}:" in document}
    answer = await client.execute(document, **given)
    codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
    assert codes <= {"PERMISSION_DENIED", "NOT_FOUND", "UNAUTHENTICATED"}, (codes, document)
    return answer


async def change(cast: Cast, begin: Callable[[str], None]) -> dict[str, str]:
    """Each mutation by one who may; the codes of what was refused nevertheless."""
    refused = {}
    for name in (*(each for each in MUTATIONS if each not in LATE), *LATE):
        actor, sign = _who(name, cast)
        begin(f"{name} by {actor.name}")
        given = attempts.given(name, cast, actor.own, actor.mine)
        answer = await actor.client.execute(attempts.document(name), input=given)
        code = (answer["data"] or {}).get("it", {}).get("code")
        if code is not None and sign == "+":
            refused[name] = code
    return refused


def _who(name: str, cast: Cast) -> tuple[Actor, str]:
    """And what becomes of it: what nobody succeeds with is tried in vain."""
    signs = zip(cast, MUTATIONS[name].own, strict=True)
    wanted = (BY[name],) if name in BY else FIRST
    return min(signs, key=lambda each: ("+w0-u".index(each[1]), each[0].name not in wanted))


async def succeed(world: World) -> None:
    """What `change` tries in vain: with the right code, link, or answer of a provider."""
    person = await world.person(phone=PHONE)
    await visits.link(person)
    await visits.sign_in(world.anonymous)
    for asking, showing in (
        ("requestPhoneCode", "confirmPhone"),
        ("requestPhoneRemoval", "removePhone"),
    ):
        await person.do(asking)
        code = next(mail.text[:6] for mail in await world.mails() if mail.to == PHONE)
        await person.do(showing, {"code": code})
    app, _ = await authenticator.switch_on(person)
    await person.do("renewRecoveryCodes", {"password": PASSWORD, "code": app.code(1)})
    await person.do("disableSecondFactor", {"password": PASSWORD, "code": app.code(2)})
    await person.do("changeEmail", {"email": "new@example.net", "password": PASSWORD})
    link = {"token": await world.link_token("new@example.net")}
    await world.anonymous.do("confirmEmail", link)
    await person.do("requestPasswordReset", {"login": person.login})
    link = {"token": await world.link_token("new@example.net")}
    await world.anonymous.do("resetPassword", link | NEW_PASSWORD)
    await world.anonymous.do("registerTenant", {"email": "eve@example.net", "tenantName": "Lotus"})
    link = {"token": await world.link_token("eve@example.net")}
    eve = {"registration": attempts.REGISTRATION | {"login": "eve"}, "transport": "BEARER"}
    await world.anonymous.do("completeRegistration", link | eve)
    await tenant_steps.found(world, await tenant_steps.organization(world, tenant_steps.INVITES))


async def work() -> None:
    """What the worker does, but for what leaves, and what is measured of it."""
    await worker._tidy()  # noqa: SLF001 all that it forgets, whatever comes to it
    await operator_reports.send_due()
    await reminders.send_due()
    await importing.work()
    await backlog.read()


async def send() -> None:
    """Some of what is to leave, by every channel."""
    for channel in Channel:
        transport = MailboxTransport(mailbox_folder(settings.load()), channel)
        await delivery.deliver_due(transport, limit=10)


ADDRESSES = {
    *("/graphql", "/healthz", "/readyz", "/avatar", "/avatars/{user_id}/{digest}"),
    *("/tenants/{tenant_id}/members.csv", "/.well-known/jwks.json"),
    *("/app-sessions", "/app-sessions/{session_id}", "/app-sessions/{session_id}/heartbeat"),
}
"""Of the server, without its pages, which ask by GraphQL."""


async def go_elsewhere(world: World, owner: Person, tenant: str, app: str) -> None:
    """What goes over other addresses than GraphQL's."""
    http = owner.client.http
    for path in (f"/tenants/{tenant}/members.csv", "/readyz", "/.well-known/jwks.json"):
        answer = await http.get(path)
        assert answer.status_code == 200, (path, answer.text)
    await http.get(f"/avatars/{owner.id}/x")
    await http.delete("/avatar")
    session = await app_servers.at_work(world, owner, app)
    await session.beat()
    await session.report_end()
