"""Applying imports of members, watching them, and forgetting them (issue 7.3; ADR 0030)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from auth import tokens
from models import (
    ApiKey,
    AppAccess,
    Catalog,
    ImportState,
    Invitation,
    Member,
    MemberImport,
    MemberImportRow,
    MemberStatus,
    Tenant,
    User,
    database,
    ids,
)
from models import clock as clock_module
from resolvers import import_steps, member_imports
from settings import Settings
from tests.clients import Person
from tests.conftest import Clock
from tests.factories import World
from tests.production import PRODUCTION
from tests.resolvers import app_steps, importing, steps
from tests.resolvers.importing import csv

pytestmark = pytest.mark.usefixtures("new_threads")

Configure = Callable[..., Settings]
ANN, BEN = "ann@example.com", "ben@example.com"
TWO = csv(f"{ANN},MANAGER", f"{BEN},ACCOUNTANT")


async def applied(by: Person, tenant: Tenant, source: Any) -> str:
    """Planned, applied and done."""
    plan = await importing.planned(by, tenant, source)
    await importing.apply(by, plan)
    await importing.work()
    return plan


async def change(model: Any, change_id: str, **values: object) -> None:
    async with database.transaction(database.SYSTEM):
        await model.filter(id=change_id).update(**values)


@pytest.fixture
async def inviter(world: World, project: Tenant, owner: Person) -> Person:
    """Another owner, who may be changed."""
    return await world.join(project, "OWNER", await world.person("ivan"))


@pytest.fixture
async def key(world: World, project: Tenant, owner: Person) -> Person:
    """An API key of the owner's for members."""
    token, now = tokens.new(tokens.KEY), clock_module.now()
    async with database.transaction(database.SYSTEM):
        made = await ApiKey.create(
            id=ids.new("key"),
            tenant_id=project.id,
            member_id=owner.member_id,
            name="Portal",
            permissions=["members:view", "members:invite"],
            token_digest=tokens.digest(token),
            created_at=now,
            expires_at=now + timedelta(days=1),
        )
    return Person(made.id, "", "", "Portal", world.client(token), token)


async def test_ready_rows_are_invited_and_the_others_stay(
    world: World, owner: Person, project: Tenant
) -> None:
    """PRODUCT 3.1: a pending member, an invitation, a record and a mail each, as by hand."""
    app = await app_steps.create(owner, project, name="Books")
    given = {"email": ANN, "role": "MANAGER", "fullName": "Ann Ant", "newcomerLogin": "ann"}
    given |= {"phone": "+77051250043", "locale": "RU"}
    apps = {"maxSessions": 3, "apps": [{"appId": app, "right": "LAUNCH_AND_ADMINISTER"}]}
    plan = await applied(owner, project, [given | apps, {"email": "nobody", "role": "MANAGER"}])
    shown = await importing.look(owner, plan)
    assert (shown["state"], shown["invitedCount"], shown["refusedCount"]) == ("APPLIED", 1, 1)
    assert None not in (shown["startedAt"], shown["finishedAt"])
    [invited, refused] = [edge["node"] for edge in shown["rows"]["edges"]]
    assert (refused["state"], refused["member"]) == ("REFUSED", None)
    assert invited["member"]["status"] == "PENDING"
    member = await steps.member(invited["member"]["id"])
    assert (member.full_name, member.login, member.phone) == ("Ann Ant", "ann", "+77051250043")
    assert (member.role, member.max_sessions, member.email_key) == ("MANAGER", 3, ANN)
    [access] = await steps.stored(AppAccess.filter(member_id=member.id))
    assert (access.app_id, access.right) == (app, "LAUNCH_AND_ADMINISTER")
    [event] = await steps.audit("member.invite")
    assert (event.subject_id, event.actor_id) == (member.id, owner.id)
    [mail] = [mail for mail in await world.mails() if mail.to == ANN]
    assert mail.subject.startswith("Olga приглашает")
    assert "Books" in mail.text


async def test_it_is_the_same_path_that_one_invitation_takes(
    owner: Person, project: Tenant
) -> None:
    """PRODUCT 3: what a row becomes differs from `inviteMember` in nothing but who it is."""
    by_hand = await steps.invite(owner, project, ANN, "MANAGER")
    plan = await applied(owner, project, csv(f"{BEN},MANAGER"))
    [row] = await importing.rows(owner, plan)
    members = [await steps.member(i) for i in (by_hand.member_id, row["member"]["id"])]
    compared = (
        "status",
        "role",
        "user_id",
        "full_name",
        "login",
        "phone",
        "grants",
        "is_first_user",
    )
    assert len({str([getattr(member, name) for name in compared]) for member in members}) == 1
    offers = await steps.stored(Invitation.filter(tenant_id=project.id))
    same = ("state", "generation", "inviter_id", "locale", "suppressed")
    assert len({str([getattr(offer, name) for name in same]) for offer in offers}) == 1
    assert len({(e.message, e.locale, str(sorted(e.facts))) for e in await steps.queued()}) == 1


async def test_an_invited_person_accepts_as_anybody(
    world: World, owner: Person, project: Tenant
) -> None:
    """PRODUCT 3.4."""
    await applied(owner, project, csv(f"{steps.NINA},MANAGER"))
    nina = await steps.register(world)
    assert (await steps.member(nina.member_id)).status is MemberStatus.JOINED


async def test_applying_twice_is_applying_once(owner: Person, project: Tenant) -> None:
    """Issue 7.3: while it goes on, and when it is done; mails leave once."""
    plan = await importing.planned(owner, project, TWO)
    started = set()
    for state in ("APPLYING", "APPLIED"):
        for _ in range(2):
            shown = (await importing.apply(owner, plan))["memberImport"]
            assert (shown["id"], shown["state"]) == (plan, state)
            started.add(shown["startedAt"])
        await importing.work()
    assert len(started) == 1
    assert len(await steps.audit("member_import.apply")) == 1
    assert sorted(mail.recipient for mail in await steps.queued()) == [ANN, BEN]


async def test_what_was_applied_can_be_planned_again_and_invites_nobody_twice(
    owner: Person, project: Tenant
) -> None:
    await applied(owner, project, TWO)
    again = await applied(owner, project, TWO)
    assert await importing.reasons(owner, again) == [["ALREADY_MEMBER"], ["ALREADY_MEMBER"]]
    assert len(await steps.queued()) == 2


async def test_a_plan_that_is_asked_for_again_by_its_key_is_the_same_plan(
    world: World, owner: Person, project: Tenant
) -> None:
    """Issue 7.7: also where logins were looked up and limits counted on the way."""
    await world.person("ada")
    owner.client.http.headers["idempotency-key"] = '"a file of Monday"'
    rows = [{"login": "ada", "role": "MANAGER"}, {"email": ANN, "role": "MANAGER"}]
    plans = {await importing.planned(owner, project, rows) for _ in range(2)}
    assert len(plans) == 1
    del owner.client.http.headers["idempotency-key"]
    assert (await importing.look(owner, plans.pop()))["readyCount"] == 2


async def test_whoever_applies_it_becomes_the_inviter(
    owner: Person, manager: Person, project: Tenant
) -> None:
    """As who resends (PRODUCT 3.6), so that nobody does by another's plan what he may not do."""
    plan = await importing.planned(owner, project, csv(f"{ANN},OWNER", f"{BEN},MANAGER"))
    await importing.apply(manager, plan)
    await importing.work()
    assert await importing.reasons(owner, plan) == [["ROLE_NOT_GRANTABLE"], []]
    [offer] = await steps.stored(Invitation.filter(tenant_id=project.id))
    assert offer.inviter_id == manager.id
    [event] = await steps.audit("member_import.apply")
    assert (event.actor_id, event.subject_id) == (manager.id, plan)


LOSSES: dict[str, dict[str, Any]] = {
    "removed": {"status": MemberStatus.REMOVED},
    "disabled": {"status": MemberStatus.DISABLED},
    "demoted": {"role": "ACCOUNTANT"},
    "denied": {"role": "MANAGER", "denials": ["members:invite"]},
}


@pytest.mark.parametrize("loss", LOSSES)
async def test_who_may_not_invite_any_more_invites_nobody(
    owner: Person, inviter: Person, project: Tenant, loss: str
) -> None:
    """Issue 7.3, CASES 63: rights are those of the step, and the rest says why it failed."""
    plan = await importing.planned(inviter, project, TWO)
    await importing.apply(inviter, plan)
    await steps.edit(inviter.member_id, **LOSSES[loss])
    await importing.work()
    shown = await importing.look(owner, plan)
    assert (shown["state"], shown["failedCount"]) == ("APPLIED", 2)
    assert await importing.reasons(owner, plan) == [["PERMISSION_DENIED"], ["PERMISSION_DENIED"]]
    assert await steps.queued() == []


async def test_what_was_invited_before_the_right_was_lost_stays(
    owner: Person, inviter: Person, project: Tenant
) -> None:
    """A step is whole or not at all."""
    file = csv(*[f"somebody{n}@example.com,MANAGER" for n in range(60)])
    plan = await importing.planned(inviter, project, file)
    await importing.apply(inviter, plan)
    assert await import_steps.apply_next()
    shown = await importing.look(owner, plan)
    assert (shown["state"], shown["finishedAt"]) == ("APPLYING", None)
    done = shown["invitedCount"]
    assert 0 < done < 60
    await steps.edit(inviter.member_id, role="ACCOUNTANT")
    await importing.work()
    shown = await importing.look(owner, plan)
    assert (shown["invitedCount"], shown["failedCount"]) == (done, 60 - done)
    assert len(await steps.queued()) == done


async def test_a_lower_role_hands_out_what_it_still_may(
    owner: Person, inviter: Person, project: Tenant
) -> None:
    """PRODUCT 2, rule 1, at each step."""
    plan = await importing.planned(inviter, project, csv(f"{ANN},OWNER", f"{BEN},MANAGER"))
    await importing.apply(inviter, plan)
    await steps.edit(inviter.member_id, role="MANAGER")
    await importing.work()
    assert await importing.reasons(owner, plan) == [["ROLE_NOT_GRANTABLE"], []]


async def test_an_import_ends_with_its_tenant(world: World, owner: Person, project: Tenant) -> None:
    """PRODUCT 4: invitations of a deleted tenant end, and none is made."""
    plan = await importing.planned(owner, project, TWO)
    await importing.apply(owner, plan)
    await owner.do("deleteTenant", {"tenantId": project.id})
    await importing.work()
    rows = await steps.stored(MemberImportRow.filter(member_import_id=plan))
    assert {row.state for row in rows} == {"FAILED"}
    assert await steps.stored(Invitation.filter()) == []


async def test_an_api_key_imports_with_what_it_holds_of_its_makers_rights(
    owner: Person, key: Person, project: Tenant
) -> None:
    """Issue 7.1, CASES 101: the record names the key, the invitation its maker."""
    app = await app_steps.create(owner, project)
    right = {"apps": [{"appId": app, "right": "LAUNCH"}]}
    rows = [{"email": ANN, "role": "MANAGER"}, {"email": BEN, "role": "MANAGER"} | right]
    plan = await applied(key, project, [*rows, {"email": "o@example.com", "role": "OWNER"}])
    assert await importing.reasons(key, plan) == [
        [],
        ["PERMISSION_DENIED"],
        ["ROLE_NOT_GRANTABLE"],
    ]
    [event] = await steps.audit("member.invite")
    [offer] = await steps.stored(Invitation.filter(tenant_id=project.id))
    assert (event.actor_id, offer.inviter_id) == (key.id, owner.id)
    [mail] = await steps.queued()
    assert mail.facts["inviter_name"] == "Olga"


@pytest.mark.parametrize("end", ["revoked_at", "expires_at", "its maker", "its permissions"])
async def test_a_key_that_has_ended_invites_nobody(
    owner: Person, key: Person, project: Tenant, manager: Person, end: str
) -> None:
    """CASES 99 and 100: revoked, expired, or its maker gone, at the next step."""
    plan = await importing.planned(key, project, TWO)
    await importing.apply(key, plan)
    if end == "its maker":
        await steps.edit(owner.member_id, status=MemberStatus.DISABLED)
    elif end == "its permissions":
        await change(ApiKey, key.id, permissions=["members:view"])
    else:
        await change(ApiKey, key.id, **{end: clock_module.now()})
    await importing.work()
    assert await importing.reasons(manager, plan) == [["PERMISSION_DENIED"]] * 2


async def test_a_key_does_not_go_on_in_another_place_of_its_makers(
    world: World, owner: Person, key: Person, project: Tenant, manager: Person
) -> None:
    """PRODUCT 4: nothing of a former membership comes back, its keys included."""
    plan = await importing.planned(key, project, TWO)
    await importing.apply(key, plan)
    await steps.edit(owner.member_id, status=MemberStatus.REMOVED)
    await world.join(project, "OWNER", owner)
    await importing.work()
    assert await importing.reasons(manager, plan) == [["PERMISSION_DENIED"]] * 2


async def test_who_became_a_member_meanwhile_is_not_invited_again(
    owner: Person, project: Tenant
) -> None:
    """Issue 7.3, CASES 69."""
    plan = await importing.planned(owner, project, TWO)
    await steps.invite(owner, project, ANN)
    await importing.apply(owner, plan)
    await importing.work()
    assert await importing.reasons(owner, plan) == [["ALREADY_MEMBER"], []]


async def test_what_has_gone_meanwhile_fails_its_row_alone(
    world: World, owner: Person, project: Tenant
) -> None:
    """An account, an app."""
    ada = await world.person("ada")
    app = await app_steps.create(owner, project)
    plan = await importing.planned(
        owner,
        project,
        [
            {"login": "ada", "role": "MANAGER"},
            {"email": ANN, "role": "MANAGER", "apps": [{"appId": app, "right": "LAUNCH"}]},
            {"email": BEN, "role": "MANAGER"},
        ],
    )
    await change(User, ada.id, ended_at=clock_module.now())
    await owner.do("removeApp", {"appId": app})
    await importing.apply(owner, plan)
    await importing.work()
    assert await importing.reasons(owner, plan) == [
        ["NOT_FOUND"],
        ["apps.0.appId: UNKNOWN_APP"],
        [],
    ]
    assert len(await steps.stored(Member.filter(tenant_id=project.id, status="PENDING"))) == 1


async def test_a_rule_that_became_stricter_holds_for_rows_that_were_ready(
    owner: Person, project: Tenant, configure: Configure
) -> None:
    """A row is understood anew when it is applied: here addresses of a test, which production has
    no use for.
    """
    plan = await importing.planned(owner, project, csv("ann@sub.test,MANAGER"))
    configure(**PRODUCTION)
    await importing.apply(owner, plan)
    await importing.work()
    assert await importing.reasons(owner, plan) == [["email: INVALID"]]


async def test_imported_people_have_a_limit_of_their_own(
    owner: Person, project: Tenant, configure: Configure
) -> None:
    """Issue 7.3: that of inviting one by one would forbid imports; a row over it can be planned
    again.
    """
    configure(limit_invitations_per_inviter=("1/hour",), limit_imported_members="2/day")
    plan = await applied(owner, project, csv(*[f"p{n}@example.com,MANAGER" for n in range(3)]))
    assert await importing.reasons(owner, plan) == [[], [], ["RATE_LIMITED"]]
    again = await applied(owner, project, csv("p2@example.com,MANAGER"))
    assert await importing.reasons(owner, again) == [["RATE_LIMITED"]]
    await steps.invite(owner, project)


@pytest.mark.parametrize(
    ("registration", "second"), [(True, ["RATE_LIMITED"]), (False, [])], ids=["open", "closed"]
)
async def test_a_new_tenant_imports_no_more_than_it_may_invite_where_strangers_found_tenants(
    world: World, configure: Configure, second: list[str], *, registration: bool
) -> None:
    """PRODUCT 3.11, ADR 0030: elsewhere its first day is when its people are brought."""
    configure(limit_invitations_of_new_tenant="2/day", registration=registration)
    person = await world.person()
    made = await person.do("createTenant", {"name": "N", "catalog": "ACCOUNT"}, "tenant { id }")
    async with database.transaction(database.SYSTEM):
        tenant = await Tenant.get(id=made["tenant"]["id"])
    await steps.invite(person, tenant, "a@example.com", None)
    plan = await applied(person, tenant, csv(ANN, BEN, columns="email"))
    assert await importing.reasons(person, plan) == [[], second]


async def test_an_address_gets_no_more_mails_by_imports_than_by_hand(
    world: World, owner: Person, project: Tenant, configure: Configure
) -> None:
    """PRODUCT 3.11, CASES 86: per address and tenant, and from all tenants."""
    configure(limit_mails_per_address_and_tenant="1/hour", limit_mails_per_address="2/hour")
    invited = await steps.invite(owner, project, ANN)
    await owner.do("revokeInvitation", {"invitationId": invited.invitation_id})
    plan = await applied(owner, project, TWO)
    assert await importing.reasons(owner, plan) == [["RATE_LIMITED"], []]
    for expected in ([], ["RATE_LIMITED"]):
        other = await world.tenant()
        stranger = await world.join(other)
        plan = await applied(stranger, other, csv(f"{BEN},MANAGER"))
        assert await importing.reasons(stranger, plan) == [expected]


async def test_imports_leave_no_more_mails_than_the_whole_server_may_send(
    owner: Person, project: Tenant, configure: Configure
) -> None:
    """CASES 86, ADR 0041: together with invitations; rows beyond are told so."""
    configure(limit_mails_of_server="2/hour")
    await steps.invite(owner, project, "first@example.com")
    plan = await applied(owner, project, TWO)
    assert await importing.reasons(owner, plan) == [[], ["RATE_LIMITED"]]
    refused = await owner.do("inviteMember", steps.invitation(project, "last@example.com"))
    assert refused["__typename"] == "RateLimited"


async def test_who_blocks_the_tenant_is_invited_without_a_mail(
    world: World, owner: Person, project: Tenant
) -> None:
    """PRODUCT 3.8."""
    await steps.invite(owner, project, ANN)
    reference = {"token": await world.link_token(ANN)}
    await world.anonymous.do("declineInvitation", {"invitation": reference, "blockTenant": True})
    plan = await applied(owner, project, csv(f"{ANN},MANAGER"))
    assert await importing.reasons(owner, plan) == [[]]
    assert [mail for mail in await steps.queued() if mail.recipient == ANN] == []


async def test_a_row_that_nobody_foresaw_holds_up_no_other(
    owner: Person, project: Tenant, database_urls: tuple[str, str]
) -> None:
    """CASES 125: here the database itself refuses it; the row says INTERNAL, the log has it."""
    connection = await asyncpg.connect(**database.parse(database_urls[1]))
    await connection.execute(
        "alter table members add constraint poison check (email_key <> 'poison@example.com')"
    )
    await connection.close()
    file = csv(f"{ANN},MANAGER", "poison@example.com,MANAGER", f"{BEN},MANAGER")
    plan = await applied(owner, project, file)
    assert await importing.reasons(owner, plan) == [[], ["INTERNAL"], []]
    assert (await importing.look(owner, plan))["state"] == "APPLIED"


async def test_imports_take_turns(world: World, owner: Person, project: Tenant) -> None:
    """A long one does not hold up those of others."""
    other = await world.tenant()
    stranger = await world.join(other)
    long = csv(*[f"somebody{n}@example.com,MANAGER" for n in range(60)])
    plans = [
        await importing.planned(owner, project, long),
        await importing.planned(stranger, other, csv(f"{ANN},MANAGER")),
    ]
    await importing.apply(owner, plans[0])
    await importing.apply(stranger, plans[1])
    for _ in range(2):
        assert await import_steps.apply_next()
    assert (await importing.look(stranger, plans[1]))["state"] == "APPLIED"
    assert (await importing.look(owner, plans[0]))["state"] == "APPLYING"


async def test_only_who_may_invite_sees_imports(
    world: World, owner: Person, accountant: Person, stranger: Person, project: Tenant
) -> None:
    """PRODUCT 4: what inviters typed; to strangers there is none."""
    plan = await importing.planned(owner, project, TWO)
    own = "query($id: ID!) { memberImport(id: $id) { id } }"
    listed = "query($id: ID!) { memberImports(tenantId: $id) { edges { node { id } } } }"
    node = "query($id: ID!) { node(id: $id) { id ... on MemberImport { total } } }"
    assert (await owner.ask(node, id=plan))["node"] == {"id": plan, "total": 2}
    assert await accountant.ask(node, id=plan) == {"node": None}
    for query, named in ((own, plan), (listed, project.id)):
        assert await accountant.refusal(query, id=named) == "PERMISSION_DENIED"
    for query, named in ((own, plan), (listed, project.id), (node, plan)):
        assert list((await stranger.ask(query, id=named)).values()) == [None]
        assert await world.anonymous.execute(query, id=named) != {}
    for who, kind in ((accountant, "PermissionDenied"), (stranger, "NotFound")):
        assert (await importing.apply(who, plan))["__typename"] == kind
        assert (await importing.plan(who, project, TWO))["__typename"] == kind


async def test_rows_are_read_in_pages_and_by_state(owner: Person, project: Tenant) -> None:
    """In the order of the file, each once."""
    file = csv(*[f"p{n}@example.com,{'MANAGER' if n % 2 else 'KING'}" for n in range(120)])
    plan = await importing.planned(owner, project, file)
    first = (await importing.look(owner, plan))["rows"]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (120, True)
    rest = await importing.rows(owner, plan, after=first["pageInfo"]["endCursor"])
    numbers = [edge["node"]["number"] for edge in first["edges"]] + [row["number"] for row in rest]
    assert numbers == list(range(1, 121))
    ready = (await importing.look(owner, plan, states=["READY"]))["rows"]
    assert ready["totalCount"] == 60
    assert {edge["node"]["role"] for edge in ready["edges"]} == {"MANAGER"}


async def test_imports_are_listed_newest_first(owner: Person, project: Tenant) -> None:
    plans = [await importing.planned(owner, project, TWO) for _ in range(3)]
    query = """query($id: ID!, $after: String) {
      memberImports(tenantId: $id, first: 2, after: $after) {
        totalCount edges { cursor node { id readyCount } }
      }
    }"""
    page = (await owner.ask(query, id=project.id))["memberImports"]
    assert [edge["node"]["id"] for edge in page["edges"]] == plans[:0:-1]
    after = page["edges"][-1]["cursor"]
    page = (await owner.ask(query, id=project.id, after=after))["memberImports"]
    assert [edge["node"] for edge in page["edges"]] == [{"id": plans[0], "readyCount": 2}]
    assert page["totalCount"] is None


async def test_what_was_never_applied_is_forgotten_after_a_day(
    owner: Person, project: Tenant, clock: Clock
) -> None:
    """Issue 7.3: it holds data of people who were not even invited; nobody applies it late."""
    plan = await importing.planned(owner, project, TWO)
    clock.move(timedelta(hours=23))
    assert await member_imports.forget_old() == 0
    clock.move(timedelta(hours=1))
    assert (await importing.apply(owner, plan))["__typename"] == "NotFound"
    assert await member_imports.forget_old() == 1
    assert await importing.look(owner, plan) is None
    assert await steps.stored(MemberImportRow.filter()) == []


async def test_what_was_applied_is_forgotten_after_thirty_days(
    owner: Person, project: Tenant, clock: Clock
) -> None:
    """Its members, records and mails stay; what is still being applied is kept."""
    await applied(owner, project, TWO)
    going_on = await importing.planned(owner, project, csv("c@example.com,MANAGER"))
    await importing.apply(owner, going_on)
    clock.move(timedelta(days=29))
    assert await member_imports.forget_old() == 0
    clock.move(timedelta(days=1, seconds=5))
    assert await member_imports.forget_old() == 1
    [kept] = await steps.stored(MemberImport.filter())
    assert (kept.id, kept.state) == (going_on, ImportState.APPLYING)
    pending = await steps.stored(Member.filter(status=MemberStatus.PENDING))
    assert len(pending) == 2


async def test_another_catalogue_has_its_own_roles(world: World) -> None:
    """PRODUCT 2: OPERATOR only where the tenant serves others."""
    tenant = await world.tenant(Catalog.SUBSCRIBER)
    owner = await world.join(tenant)
    plan = await importing.planned(owner, tenant, csv(f"{ANN},OPERATOR", f"{BEN},"))
    assert await importing.reasons(owner, plan) == [["ROLE_NOT_GRANTABLE"], []]
