"""Tenants: made, edited, deleted, listed (PRODUCT 4).

Who may create them: see `tests/permissions/test_creating_tenants.py`.
"""

from typing import Any

import pytest

from models import Catalog, Invitation, InvitationState, MemberStatus, Tenant
from tests.clients import Client, Person
from tests.factories import World
from tests.resolvers import steps

TENANT = "tenant { id name catalog locale viewer { role { code } member { isFirstUser } } }"


async def create(by: Person, **given: Any) -> dict[str, Any]:
    return await by.do("createTenant", {"name": "Acme", "catalog": "PROJECT"} | given, TENANT)


async def names(who: Person, **arguments: Any) -> list[str]:
    """The tenants he is shown, with `filter`, `first`, `last`, `after`, `before`."""
    shown = await who.ask(
        "query($filter: TenantFilter, $first: Int, $last: Int, $after: String, $before: String) {"
        " tenants(filter: $filter, first: $first, last: $last, after: $after, before: $before) {"
        " totalCount edges { node { name } } } }",
        **arguments,
    )
    return [edge["node"]["name"] for edge in shown["tenants"]["edges"]]


@pytest.mark.parametrize("catalog", ["PROJECT", "SUBSCRIBER", "ACCOUNT"])
async def test_who_creates_a_tenant_owns_it(stranger: Person, catalog: str) -> None:
    """PRODUCT 2, rule 5: the first member of an ACCOUNT is its first user."""
    answer = await create(stranger, name=" Ромашка ", catalog=catalog, locale="RU")
    tenant = answer["tenant"]
    assert (tenant["name"], tenant["catalog"], tenant["locale"]) == ("Ромашка", catalog, "RU")
    assert tenant["viewer"] == {
        "role": {"code": "OWNER"},
        "member": {"isFirstUser": catalog == "ACCOUNT"},
    }
    assert await names(stranger) == ["Ромашка"]


async def test_a_tenant_speaks_its_creators_language_unless_another_is_named(
    world: World, stranger: Person
) -> None:
    """PRODUCT 8."""
    kazakh = await world.person(locale="KK")
    assert (await create(kazakh))["tenant"]["locale"] == "KK"
    assert (await create(stranger))["tenant"]["locale"] == "EN"


async def test_whose_address_is_not_verified_owns_a_tenant_nobody_finds_him_in_by_it(
    world: World,
) -> None:
    """PRODUCT 3.7: his address may be somebody else's, who can be invited."""
    squatter = await world.person("squatter", email=steps.NINA, verified=False)
    tenant = (await create(squatter))["tenant"]
    answer = await squatter.do(
        "inviteMember",
        {"tenantId": tenant["id"], "invitee": {"email": steps.NINA}, "role": "MANAGER"},
    )
    assert answer["__typename"] == "InviteMemberPayload"


@pytest.mark.parametrize(
    ("name", "code"), [(" ", "REQUIRED"), ("x" * 201, "TOO_LONG"), ("a\u0000b", "INVALID")]
)
async def test_a_name_that_cannot_be_one_is_refused(
    owner: Person, project: Tenant, name: str, code: str
) -> None:
    """CASES 74; for creating and for editing."""
    made = await create(owner, name=name)
    edited = await owner.do("updateTenant", {"tenantId": project.id, "name": name})
    assert [(f["path"], f["code"]) for f in made["fields"]] == [(["name"], code)]
    assert edited == made
    assert await names(owner) == ["Acme"]


async def test_editing_changes_what_is_named_and_leaves_the_rest(
    project: Tenant, administrator: Person
) -> None:
    """PRODUCT 4, C."""

    async def update(**given: Any) -> tuple[str, str]:
        answer = await administrator.do(
            "updateTenant", {"tenantId": project.id, **given}, "tenant { name locale }"
        )
        return answer["tenant"]["name"], answer["tenant"]["locale"]

    assert await update(name=" Other ") == ("Other", "EN")
    assert await update(locale="KK") == ("Other", "KK")
    assert await update() == ("Other", "KK")


async def test_an_edit_that_changes_nothing_leaves_no_trace(project: Tenant, owner: Person) -> None:
    before = await steps.everything()
    same = {"tenantId": project.id, "name": " Acme ", "locale": "EN"}
    assert (await owner.do("updateTenant", same))["__typename"] == "UpdateTenantPayload"
    assert await steps.everything() == before


async def test_a_new_name_is_found_and_mailed(world: World, project: Tenant, owner: Person) -> None:
    await owner.do("updateTenant", {"tenantId": project.id, "name": "Zenith"})
    await steps.invite(owner, project)
    assert await names(owner, filter={"search": "zen"}) == ["Zenith"]
    assert (await world.mails())[0].subject == "Olga invites you to Zenith"


async def test_a_deleted_tenant_is_out_of_everybodys_sight_at_once(
    world: World, project: Tenant, owner: Person, manager: Person
) -> None:
    """PRODUCT 4; the disabled member's memberships included."""
    disabled = await world.join(project, "ACCOUNTANT", status=MemberStatus.DISABLED)
    invited = await steps.invite(owner, project)
    answer = await owner.do("deleteTenant", {"tenantId": project.id}, "tenantId")
    assert answer["tenantId"] == project.id
    for person in (owner, manager, disabled):
        shown = await person.ask(
            "query($t: ID!, $m: ID!, $i: ID!) { tenant(id: $t) { id } tenants { totalCount }"
            " members(tenantId: $t) { totalCount } t: node(id: $t) { id } m: node(id: $m) { id }"
            " i: node(id: $i) { id } me { memberships { edges { node { id } } } } }",
            t=project.id,
            m=owner.member_id,
            i=invited.invitation_id,
        )
        nothing = dict.fromkeys(("tenant", "members", "t", "m", "i"))
        assert shown == nothing | {
            "tenants": {"totalCount": 0},
            "me": {"memberships": {"edges": []}},
        }
        gone = await person.do("leaveTenant", {"tenantId": project.id})
        assert gone["__typename"] == "NotFound"


async def test_a_deleted_tenants_invitations_and_queued_mails_end(
    world: World, project: Tenant, owner: Person, accountant: Person
) -> None:
    """PRODUCT 4."""
    invited = await steps.invite(owner, project)
    await owner.do("changeRole", {"memberId": accountant.member_id, "role": "MANAGER"})
    await owner.do("deleteTenant", {"tenantId": project.id})
    [invitation] = await steps.stored(Invitation.filter(id=invited.invitation_id))
    assert invitation.state is InvitationState.REVOKED
    assert await steps.queued() == []
    assert await world.mails() == []


async def test_a_deleted_tenants_audit_stays(project: Tenant, owner: Person) -> None:
    """PRODUCT 4."""
    await steps.invite(owner, project)
    await owner.do("deleteTenant", {"tenantId": project.id})
    kept = await steps.audit("member.invite", "tenant.delete")
    assert [(row.action, row.tenant_id) for row in kept] == [
        ("member.invite", project.id),
        ("tenant.delete", project.id),
    ]


@pytest.mark.parametrize(
    ("mutation", "permission"),
    [("updateTenant", "tenant:edit"), ("deleteTenant", "tenant:delete")],
)
async def test_editing_and_deleting_need_their_permission(
    project: Tenant, accountant: Person, stranger: Person, mutation: str, permission: str
) -> None:
    """PRODUCT 2; a foreign tenant is the same answer as an unknown one."""
    refused = await accountant.do(mutation, {"tenantId": project.id})
    foreign = await stranger.do(mutation, {"tenantId": project.id})
    unknown = await stranger.do(mutation, {"tenantId": "ten_" + "0" * 26})
    assert refused["permission"] == permission
    assert foreign == unknown
    assert foreign["__typename"] == "NotFound"


@pytest.fixture
async def reader(world: World) -> Person:
    """Somebody in four tenants, oldest first; a fifth is somebody else's."""
    reader = await world.person("reader")
    for name, catalog in (
        ("Альфа", "PROJECT"),
        ("alpha 100%", "SUBSCRIBER"),
        ("Alpha_1", "ACCOUNT"),
        ("Beta", "PROJECT"),
    ):
        await world.join(await world.tenant(Catalog(catalog), name), "OWNER", reader)
    await world.join(await world.tenant(name="Alpha of somebody else"))
    return reader


async def test_the_list_holds_the_tenants_one_has_joined_oldest_first(reader: Person) -> None:
    assert await names(reader) == ["Альфа", "alpha 100%", "Alpha_1", "Beta"]


async def test_a_list_is_narrowed_by_how_the_name_begins(reader: Person) -> None:
    """Case-folded; wildcards mean themselves."""
    searches = {
        "ALPHA": ["alpha 100%", "Alpha_1"],
        " альф ": ["Альфа"],
        "lpha": [],
        "%": [],
        "alpha_": ["Alpha_1"],
        "alpha 100%": ["alpha 100%"],
        "\\": [],
        "": ["Альфа", "alpha 100%", "Alpha_1", "Beta"],
    }
    assert {text: await names(reader, filter={"search": text}) for text in searches} == searches


async def test_a_list_is_narrowed_by_catalogue(reader: Person) -> None:
    both = {"catalogs": ["ACCOUNT", "SUBSCRIBER"], "search": "al"}
    assert await names(reader, filter={"catalogs": ["PROJECT"]}) == ["Альфа", "Beta"]
    assert await names(reader, filter=both) == ["alpha 100%", "Alpha_1"]
    assert await names(reader, filter={"catalogs": []}) == []


async def test_anonymous_callers_are_told_to_sign_in(project: Tenant, anonymous: Client) -> None:
    """Contract."""
    assert await anonymous.refusal("{ tenants { totalCount } }") == "UNAUTHENTICATED"
    query = "query($t: ID!) { tenant(id: $t) { id } }"
    assert await anonymous.refusal(query, t=project.id) == "UNAUTHENTICATED"
