"""Inviting new tenants: by operators, where the provider switched it on (PRODUCT 6.3)."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from auth import tokens
from models import (
    Catalog,
    MemberStatus,
    Tenant,
    TenantBlock,
    TenantInvitation,
    clock,
    database,
    ids,
)
from settings import Settings
from tests.clients import Client, Person
from tests.conftest import Clock
from tests.factories import World
from tests.resolvers import steps
from tests.resolvers import tenant_steps as ts
from tests.resolvers.test_limits import HOUR, waits

Configure = Callable[..., Settings]
RESEND, REVOKE = "resendTenantInvitation", "revokeTenantInvitation"
DEAD = "InvitationUnavailable"


async def test_an_operator_names_the_tenant_and_its_owners_address(
    oscar: Person, servio: Tenant
) -> None:
    """F; issue 5.6: nothing of the tenant exists before its owner accepts."""
    before = await steps.stored(Tenant.filter())
    answer = await oscar.do(
        "inviteTenant",
        ts.wanted(servio, " Nina@Example.com", name=" Lotus "),
        f"invitation {{ {ts.SHOWN} }} emailQueued",
    )
    shown = answer["invitation"]
    made, until = (datetime.fromisoformat(shown.pop(n)) for n in ("createdAt", "expiresAt"))
    assert until - made == timedelta(days=3)
    assert shown == {
        "id": shown["id"],
        "name": "Lotus",
        "ownerEmail": "Nina@example.com",
        "catalog": "SUBSCRIBER",
        "locale": "EN",
        "state": "PENDING",
        "invitedBy": {"displayName": "Oscar"},
    }
    assert answer["emailQueued"] is True
    assert await steps.stored(Tenant.filter()) == before


async def test_the_mail_names_organization_tenant_and_inviter_and_carries_the_link(
    world: World, oscar: Person, servio: Tenant, configure: Configure
) -> None:
    """PRODUCT 3.4."""
    configure(tenant_invitation_url="https://app.example.com/own")
    await ts.invite(oscar, servio)
    [mail] = await world.mails()
    assert (mail.to, mail.subject) == (steps.NINA, "Servio invites you to own Lotus")
    assert "Oscar of Servio invites you to own Lotus" in mail.text
    assert "The link works until" in mail.text
    assert "choose your password" in mail.text
    assert mail.links[0].startswith("https://app.example.com/own#tnt_tin_")


async def test_catalogue_and_language_may_be_chosen(
    world: World, oscar: Person, servio: Tenant
) -> None:
    await ts.invite(oscar, servio, catalog="PROJECT", locale="RU")
    [edge] = (await ts.listed(oscar, servio))["edges"]
    assert (edge["node"]["catalog"], edge["node"]["locale"]) == ("PROJECT", "RU")
    [mail] = await world.mails()
    assert '<html lang="ru">' in mail.html


async def test_the_answer_does_not_tell_whether_the_address_is_registered(
    world: World, oscar: Person, servio: Tenant, statements: list[str]
) -> None:
    """PRODUCT 3.1, CASES 84: only the mail does, which its reader alone gets."""
    ann, answers, work = await world.person("ann", locale="KK"), [], []
    for email in (ann.email, steps.NINA):
        statements.clear()
        given = ts.wanted(servio, email)
        answers.append(await oscar.do("inviteTenant", given, "invitation { state } emailQueued"))
        work.append(len(statements))
    assert answers[0] == answers[1]
    assert work[0] == work[1]
    mails = {mail.to: mail for mail in await world.mails()}
    assert '<html lang="kk">' in mails[ann.email].html
    assert '<html lang="en">' in mails[steps.NINA].html


async def test_an_owner_of_the_organization_invites_as_its_operators_do(
    world: World, servio: Tenant
) -> None:
    """PRODUCT 2, SUBSCRIBER."""
    await ts.invite(await world.join(servio), servio)


@pytest.mark.parametrize("role", ["ADMINISTRATOR", "USER"])
async def test_other_roles_of_the_organization_invite_no_tenants(
    world: World, servio: Tenant, oscar: Person, role: str
) -> None:
    """PRODUCT 2, SUBSCRIBER."""
    other, named = await world.join(servio, role), {"invitationId": await ts.invite(oscar, servio)}
    answers = [
        await other.do("inviteTenant", ts.wanted(servio)),
        await other.do(RESEND, named),
        await other.do(REVOKE, named),
    ]
    denied = [(a["__typename"], a["permission"]) for a in answers]
    assert denied == [("PermissionDenied", ts.INVITES)] * 3
    assert await other.refusal(ts.LIST, t=servio.id) == "PERMISSION_DENIED"


async def test_nobody_invites_where_the_provider_has_not_switched_it_on(
    world: World, servio: Tenant, oscar: Person
) -> None:
    """PRODUCT 6.3; issue 5, bad input."""
    named = {"invitationId": await ts.invite(oscar, servio)}
    await ts.permit(servio, "subscriptions:manage")
    for mutation, given in (
        ("inviteTenant", ts.wanted(servio)),
        (RESEND, named),
        (REVOKE, named),
    ):
        assert (await oscar.do(mutation, given))["__typename"] == "NotPermittedByProvider"
    plain = await world.tenant(Catalog.SUBSCRIBER)
    owner = await world.join(plain)
    answer = await owner.do("inviteTenant", ts.wanted(plain))
    assert answer["__typename"] == "NotPermittedByProvider"
    assert await owner.refusal(ts.LIST, t=plain.id) == "PERMISSION_DENIED"


async def test_what_is_switched_off_meanwhile_is_refused_under_the_lock(
    oscar: Person, servio: Tenant
) -> None:
    """CASES 57."""
    answer = await steps.meanwhile(
        servio,
        oscar.do("inviteTenant", ts.wanted(servio)),
        lambda: Tenant.filter(id=servio.id).update(servicing=[]),
    )
    assert answer["__typename"] == "NotPermittedByProvider"
    assert await ts.states(oscar, servio) == []


async def test_a_stranger_learns_nothing_of_an_organizations_invitations(
    world: World, oscar: Person, servio: Tenant, stranger: Person
) -> None:
    """Issue 5, bad input: unknown and not his are one answer."""
    named = {"invitationId": await ts.invite(oscar, servio)}
    elsewhere = await world.join(await ts.organization(world, ts.INVITES, name="Other"))
    for person in (stranger, elsewhere):
        for mutation, given in (
            ("inviteTenant", ts.wanted(servio)),
            (RESEND, named),
            (REVOKE, named),
        ):
            assert (await person.do(mutation, given))["__typename"] == "NotFound"
    assert await elsewhere.ask(ts.LIST, t=servio.id) == {"tenant": None}


async def test_every_wrong_field_is_named(oscar: Person, servio: Tenant) -> None:
    answer = await oscar.do("inviteTenant", ts.wanted(servio, "nobody", name=" "))
    assert [(f["path"], f["code"]) for f in answer["fields"]] == [
        (["name"], "REQUIRED"),
        (["ownerEmail"], "INVALID"),
    ]


async def test_the_list_shows_the_latest_first_page_by_page(oscar: Person, servio: Tenant) -> None:
    for name in ("One", "Two", "Three"):
        await ts.invite(oscar, servio, name=name)
    first = await ts.listed(oscar, servio, first=2)
    rest = await ts.listed(oscar, servio, after=first["pageInfo"]["endCursor"])
    assert [e["node"]["name"] for e in first["edges"] + rest["edges"]] == ["Three", "Two", "One"]
    assert first["totalCount"] == 3


async def test_a_cursor_of_another_organizations_list_is_refused(
    world: World, oscar: Person, servio: Tenant
) -> None:
    """CASES 106."""
    other = await ts.organization(world, ts.INVITES)
    await world.join(other, "OPERATOR", oscar)
    await ts.invite(oscar, other)
    cursor = (await ts.listed(oscar, other))["pageInfo"]["endCursor"]
    refused = await oscar.refusal(ts.LIST, t=servio.id, after=cursor)
    assert refused == "BAD_USER_INPUT"


async def test_an_invitation_whose_time_is_over_is_shown_as_expired(
    oscar: Person, servio: Tenant, clock: Clock
) -> None:
    await ts.invite(oscar, servio)
    clock.move(timedelta(days=3))
    assert await ts.states(oscar, servio) == ["EXPIRED"]


async def test_the_link_shows_what_is_offered_to_whoever_holds_it(
    world: World, oscar: Person, servio: Tenant, anonymous: Client
) -> None:
    """PRODUCT 3.4; the address is masked."""
    await ts.invite(oscar, servio)
    token = await world.link_token(steps.NINA)
    shown = await ts.look(anonymous, token)
    assert shown | {"expiresAt": None} == {
        "__typename": "TenantInvitationPreview",
        "organizationName": "Servio",
        "tenantName": "Lotus",
        "email": "ni***@example.com",
        "invitedBy": {"displayName": "Oscar"},
        "expiresAt": None,
        "registrationRequired": True,
        "viewerIsInvited": False,
        "locale": "EN",
    }
    await world.person("nina")
    assert (await ts.look(anonymous, token))["registrationRequired"] is False


@pytest.mark.parametrize("again", ["while it works", "after it has expired"])
async def test_resending_makes_a_new_link_and_the_old_one_is_dead(
    world: World, oscar: Person, servio: Tenant, anonymous: Client, clock: Clock, again: str
) -> None:
    """PRODUCT 3.6; who resends becomes the inviter."""
    named = {"invitationId": await ts.invite(oscar, servio)}
    old = await world.link_token(steps.NINA)
    clock.move(timedelta(days=1 if again == "while it works" else 5))
    owner = await world.join(servio, "OWNER", await world.person("olga"))
    answer = await owner.do(RESEND, named, f"invitation {{ {ts.SHOWN} }} emailQueued")
    assert (answer["invitation"]["state"], answer["emailQueued"]) == ("PENDING", True)
    assert answer["invitation"]["invitedBy"] == {"displayName": "Olga"}
    new = await world.link_token(steps.NINA)
    assert (await ts.look(anonymous, old))["__typename"] == DEAD
    shown = await ts.look(anonymous, new)
    until = datetime.fromisoformat(shown["expiresAt"])
    assert until - clock.now() > timedelta(days=2, hours=23)


async def test_a_mail_that_has_not_left_is_replaced_by_the_newer_one(
    world: World, oscar: Person, servio: Tenant
) -> None:
    """PRODUCT 3.6."""
    named = {"invitationId": await ts.invite(oscar, servio)}
    await oscar.do(RESEND, named)
    [mail] = await world.mails()
    assert (await ts.look(world.anonymous, mail.links[0].partition("#")[2]))["tenantName"]


async def test_a_mail_overtaken_while_it_waits_does_not_leave(
    world: World, oscar: Person, servio: Tenant
) -> None:
    """CASES 60: what it carries is looked at once more at the last moment."""
    invitation_id = await ts.invite(oscar, servio)
    digest = tokens.digest(tokens.of_tenant_invitation(invitation_id, 2))
    async with database.transaction(database.SYSTEM):
        await TenantInvitation.filter(id=invitation_id).update(generation=2, token_digest=digest)
    assert await world.mails() == []


async def test_what_is_withdrawn_is_dead_and_its_mail_does_not_leave(
    world: World, oscar: Person, servio: Tenant, anonymous: Client
) -> None:
    """PRODUCT 3.8."""
    named = {"invitationId": await ts.invite(oscar, servio)}
    token = await world.link_token(steps.NINA)
    await oscar.do(RESEND, named)
    answer = await oscar.do(REVOKE, named, "invitation { state }")
    assert answer["invitation"]["state"] == "REVOKED"
    assert len(await world.mails()) == 1
    assert (await ts.look(anonymous, token))["__typename"] == DEAD
    assert (await ts.accept(anonymous, token))["__typename"] == DEAD
    for mutation in (RESEND, REVOKE):
        closed = await oscar.do(mutation, named)
        assert (closed["__typename"], closed["state"]) == ("InvitationClosed", "REVOKED")


async def test_who_blocks_the_organization_gets_no_mail_of_it(
    world: World, oscar: Person, servio: Tenant
) -> None:
    """PRODUCT 3.8."""
    async with database.transaction(database.SYSTEM):
        await TenantBlock.create(
            id=ids.new("blk"),
            tenant_id=servio.id,
            email_key=steps.NINA,
            created_at=clock.now(),
        )
    answer = await oscar.do("inviteTenant", ts.wanted(servio), "emailQueued")
    assert answer["emailQueued"] is False
    assert await world.mails() == []


@pytest.mark.parametrize("end", ["deleteTenant", "setServicingOrganization"])
async def test_the_organizations_end_is_that_of_its_open_invitations(
    world: World, oscar: Person, servio: Tenant, anonymous: Client, end: str
) -> None:
    """PRODUCT 4, 6.4."""
    owner = await world.join(servio)
    await ts.invite(oscar, servio, "other@example.com")
    token = await world.link_token("other@example.com")
    await ts.invite(oscar, servio)
    if end == "deleteTenant":
        ended = await owner.do(end, {"tenantId": servio.id})
    else:
        ended = await (await world.staff()).do(end, {"tenantId": servio.id, "isServicing": False})
    assert ended["__typename"].endswith("Payload")
    assert (await ts.accept(anonymous, token))["__typename"] == DEAD
    assert steps.NINA not in [mail.to for mail in await world.mails()]
    [event] = await steps.audit("tenant_invitation.revoke_all")
    assert (event.tenant_id, event.changes) == (servio.id, {"revoked": [None, "2"]})


async def test_inviters_and_addresses_have_the_limits_of_all_invitations(
    world: World, oscar: Person, servio: Tenant, configure: Configure
) -> None:
    """PRODUCT 3.11: 200 an hour per inviter; mails to one address from one tenant."""
    configure(
        limit_mails_per_address_and_tenant="1/hour", limit_invitations_per_inviter=("2/hour",)
    )
    await ts.invite(oscar, servio)
    assert waits(await oscar.do("inviteTenant", ts.wanted(servio)), HOUR)
    assert waits(await oscar.do("inviteTenant", ts.wanted(servio, "b@example.com")), HOUR)
    await ts.invite(await world.join(servio, "OPERATOR"), servio, "b@example.com")


async def test_one_invitation_is_resent_so_often_an_hour_by_those_who_may(
    world: World, oscar: Person, servio: Tenant, configure: Configure
) -> None:
    """PRODUCT 3.11."""
    configure(limit_resends="1/hour")
    named = {"invitationId": await ts.invite(oscar, servio)}
    user = await world.join(servio, "USER")
    assert (await user.do(RESEND, named))["__typename"] == "PermissionDenied"
    assert (await oscar.do(RESEND, named))["__typename"] == "ResendTenantInvitationPayload"
    assert waits(await oscar.do(RESEND, named), HOUR)


async def test_links_are_counted_with_those_of_other_invitations(
    anonymous: Client, configure: Configure
) -> None:
    """PRODUCT 3.11, CASES 87."""
    configure(limit_links="3/minute")
    assert (await ts.look(anonymous, "tnt_tin_guess"))["__typename"] == DEAD
    assert (await ts.accept(anonymous, "tnt_tin_guess"))["__typename"] == DEAD
    assert (await steps.look(anonymous, "tnt_inv_guess"))["__typename"] == DEAD
    assert waits(await ts.look(anonymous, "tnt_tin_guess"), 60)
    assert waits(await ts.accept(anonymous, "tnt_tin_guess"), 60)


async def test_the_link_is_not_looked_up_over_get(anonymous: Client) -> None:
    """CASES 80: addresses stand in logs."""
    query = '{ tenantInvitation(token: "tnt_tin_x") { __typename } }'
    answer = await anonymous.http.get("/graphql", params={"query": query})
    assert "Send this as POST" in answer.json()["errors"][0]["message"]


async def test_the_audit_of_the_organization_knows_who_invited(
    oscar: Person, servio: Tenant
) -> None:
    """PRODUCT 4: ids and codes, nothing personal."""
    named = {"invitationId": await ts.invite(oscar, servio)}
    await oscar.do(RESEND, named)
    await oscar.do(REVOKE, named)
    verbs = ("create", "resend", "revoke")
    rows = await steps.audit(*(f"tenant_invitation.{verb}" for verb in verbs))
    assert [(r.tenant_id, r.actor_id, r.subject_id, r.changes) for r in rows] == [
        (servio.id, oscar.id, named["invitationId"], {})
    ] * 3


async def test_an_operator_who_has_left_sees_his_invitations_no_more(
    oscar: Person, servio: Tenant
) -> None:
    """PRODUCT 6.4."""
    named = {"invitationId": await ts.invite(oscar, servio)}
    await steps.edit(oscar.member_id, status=MemberStatus.REMOVED)
    assert (await oscar.do(RESEND, named))["__typename"] == "NotFound"
    assert await oscar.ask(ts.LIST, t=servio.id) == {"tenant": None}
