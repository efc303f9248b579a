"""Inviting by e-mail (PRODUCT 3.1)."""

from typing import Any

import pytest

from models import Catalog, Member, MemberStatus, Tenant, User
from tests.clients import Person
from tests.factories import World
from tests.resolvers import steps

MEMBER = "emailQueued member { id status role { code } email fullName login phone maxSessions }"
PREFILLED = {"fullName": "Nina New", "login": "nina", "phone": "+7 705 125 0043"}


async def test_an_invited_person_is_in_the_list_at_once_as_pending(
    project: Tenant, owner: Person
) -> None:
    """PRODUCT 3.1, 4; F, C."""
    answer = await owner.do("inviteMember", steps.invitation(project), MEMBER)
    listed = await owner.ask(
        "query($t: ID!) { members(tenantId: $t, filter: { statuses: [PENDING] })"
        " { totalCount edges { node { id status role { code } email user { id } } } } }",
        t=project.id,
    )
    assert answer["member"]["status"] == "PENDING"
    assert listed["members"] == {
        "totalCount": 1,
        "edges": [
            {
                "node": {
                    "id": answer["member"]["id"],
                    "status": "PENDING",
                    "role": {"code": "ACCOUNTANT"},
                    "email": steps.NINA,
                    "user": None,
                }
            }
        ],
    }


async def test_the_answer_says_that_a_mail_is_queued_and_it_reaches_the_address(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 3.1, 3.4."""
    answer = await owner.do("inviteMember", steps.invitation(project), MEMBER)
    [mail] = await world.mails()
    assert answer["emailQueued"] is True
    assert mail.to == steps.NINA
    assert mail.subject == "Olga invites you to Acme"
    assert "Your role: Accountant" in mail.text


@pytest.mark.parametrize(
    ("catalog", "role"), [(Catalog.SUBSCRIBER, "USER"), (Catalog.ACCOUNT, "USER")]
)
async def test_who_is_invited_without_a_role_becomes_a_user(
    world: World, catalog: Catalog, role: str
) -> None:
    """Contract: the default role of SUBSCRIBER and ACCOUNT."""
    tenant = await world.tenant(catalog)
    owner = await world.join(tenant)
    answer = await owner.do("inviteMember", steps.invitation(tenant, role=None), MEMBER)
    assert answer["member"]["role"]["code"] == role


@pytest.mark.parametrize(
    ("role", "code"),
    [(None, "REQUIRED"), ("", "REQUIRED"), ("USER", "UNKNOWN"), ("owner", "UNKNOWN")],
)
async def test_a_project_has_no_default_role_and_knows_only_its_own(
    project: Tenant, owner: Person, role: str | None, code: str
) -> None:
    """Contract: PROJECT has no default."""
    answer = await owner.do("inviteMember", steps.invitation(project, role=role))
    assert [(f["path"], f["code"]) for f in answer["fields"]] == [(["role"], code)]
    assert await steps.queued() == []


async def test_a_role_that_one_cannot_hand_out_is_refused_with_those_one_can(
    world: World, project: Tenant, manager: Person
) -> None:
    """CASES 64; PRODUCT 2, rule 1."""
    subscriber = await world.tenant(Catalog.SUBSCRIBER)
    admin = await world.join(subscriber, "ADMINISTRATOR")
    as_owner = await manager.do("inviteMember", steps.invitation(project, role="OWNER"))
    as_admin = await admin.do("inviteMember", steps.invitation(subscriber, role="ADMINISTRATOR"))
    assert as_owner["grantable"] == ["MANAGER", "ADMINISTRATOR", "ACCOUNTANT"]
    assert as_admin["grantable"] == ["USER"]
    await steps.invite(admin, subscriber, role="USER")


async def test_what_is_typed_of_a_newcomer_is_shown_to_him_by_the_link(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 3.1; F."""
    await steps.invite(owner, project, newcomer=PREFILLED)
    shown = await steps.look(world.anonymous, await world.link_token(steps.NINA))
    assert (shown["fullName"], shown["login"], shown["phone"]) == (
        "Nina New",
        "nina",
        "+77051250043",
    )


async def test_a_login_typed_for_a_newcomer_is_neither_checked_nor_reserved(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 3.1: no login is reserved or checked before acceptance."""
    await steps.invite(owner, project, "a@example.com", newcomer={"login": owner.login})
    await steps.invite(owner, project, "b@example.com", newcomer={"login": "nina"})
    taken = await steps.accept(
        world.anonymous,
        token=await world.link_token("a@example.com"),
        registration=steps.NEWCOMER,
    )
    assert taken["__typename"] == "AcceptInvitationPayload"


async def test_a_limit_and_what_was_typed_show_on_the_pending_member(
    project: Tenant, owner: Person
) -> None:
    """PRODUCT 4: while PENDING a member shows only what the inviter typed."""
    input_ = steps.invitation(project, maxSessions=2, newcomer=PREFILLED)
    shown = (await owner.do("inviteMember", input_, MEMBER))["member"]
    assert {key: shown[key] for key in ("fullName", "login", "phone", "maxSessions")} == {
        "fullName": "Nina New",
        "login": "nina",
        "phone": "+77051250043",
        "maxSessions": 2,
    }


async def test_all_wrong_fields_are_named_at_once_and_nothing_is_done(
    project: Tenant, owner: Person
) -> None:
    """DESIGN 3: all invalid fields are reported at once."""
    answer = await owner.do(
        "inviteMember",
        {
            "tenantId": project.id,
            "invitee": {"email": "nobody"},
            "role": "EMPEROR",
            "maxSessions": 0,
            "newcomer": {"fullName": " ", "login": "no spaces", "phone": "7051250043"},
        },
    )
    assert sorted((".".join(f["path"]), f["code"]) for f in answer["fields"]) == [
        ("invitee.email", "INVALID"),
        ("maxSessions", "INVALID"),
        ("newcomer.fullName", "REQUIRED"),
        ("newcomer.login", "INVALID"),
        ("newcomer.phone", "INVALID"),
        ("role", "UNKNOWN"),
    ]
    assert list(await steps.statuses(project)) == [owner.member_id]


async def test_a_name_that_cannot_be_one_is_refused_at_its_field(
    project: Tenant, owner: Person
) -> None:
    """CASES 74, 76; the rules themselves are in test_identifiers."""
    for name in ("a\u0000b", "a\r\nBcc: x", "a\u202eb", "x" * 201, "ﬃ" * 200, "http://x.y"):
        answer = await owner.do(
            "inviteMember", steps.invitation(project, newcomer={"fullName": name})
        )
        assert [f["path"] for f in answer["fields"]] == [["newcomer", "fullName"]], name


@pytest.mark.parametrize(
    "status", [MemberStatus.PENDING, MemberStatus.JOINED, MemberStatus.DISABLED]
)
async def test_who_is_in_the_list_already_is_not_invited_again(
    world: World, project: Tenant, owner: Person, status: MemberStatus
) -> None:
    """PRODUCT 4, CASES 69: changes nothing, sends nothing."""
    if status is MemberStatus.PENDING:
        member_id = (await steps.invite(owner, project)).member_id
    else:
        nina = await world.person("nina")
        member_id = (await world.join(project, "ACCOUNTANT", nina, status=status)).member_id
    before, mails = vars(await steps.member(member_id)), len(await world.mails())
    answer = await owner.do("inviteMember", steps.invitation(project, role="MANAGER"))
    assert (answer["__typename"], answer["known"]) == ("AlreadyMember", {"id": member_id})
    assert vars(await steps.member(member_id)) == before
    assert len(await world.mails()) == mails
    assert len(await steps.audit("member.invite")) == (status is MemberStatus.PENDING)


async def test_one_address_is_one_invitation_however_it_is_written(
    project: Tenant, owner: Person
) -> None:
    """CASES 70: case, blanks, the form of an international domain."""
    first = await steps.invite(owner, project, "nina@почта.рф")
    for again in (
        "NINA@Почта.рф",
        "  nina@почта.рф\t",
        "nina@xn--80a1acny.xn--p1ai",
        "nina@XN--80A1ACNY.xn--p1ai",
    ):
        answer = await owner.do("inviteMember", steps.invitation(project, again))
        assert answer["known"] == {"id": first.member_id}, again


async def test_what_is_not_one_plain_address_is_refused(project: Tenant, owner: Person) -> None:
    """CASES 71, 73; the rules themselves are in test_identifiers."""
    for address in (
        "а@example.com",
        "a@x.com,evil@y.com",
        "a@x.com\r\nBcc: evil@y.com",
        "a\u0000@x.com",
    ):
        answer = await owner.do("inviteMember", steps.invitation(project, address))
        assert [(f["path"], f["code"]) for f in answer["fields"]] == [
            (["invitee", "email"], "INVALID")
        ], address
    assert await steps.queued() == []


async def test_inviting_a_registered_address_is_the_same_answer_and_the_same_statements(
    world: World, project: Tenant, owner: Person, statements: list[str]
) -> None:
    """CASES 84; PRODUCT 3.1: the answer does not tell which."""
    await world.person("registered")

    async def invite(email: str) -> tuple[dict[str, Any], list[str]]:
        statements.clear()
        answer = await owner.do("inviteMember", steps.invitation(project, email), MEMBER)
        answer["member"] |= {"id": "", "email": ""}
        return answer, list(statements)

    known, unknown = await invite("registered@example.com"), await invite("new@example.com")
    assert known == unknown
    assert len(known[1]) > 4


async def test_a_removed_person_is_invited_as_a_new_member(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 4: a new invitation makes a new member and revives nothing of the old."""
    nina = await world.join(project, "MANAGER", await world.person("nina"), max_sessions=3)
    await owner.do("removeMember", {"memberId": nina.member_id})
    again = await steps.invite(owner, project)
    assert again.member_id != nina.member_id
    assert (await steps.member(again.member_id)).max_sessions is None
    assert (await steps.member(nina.member_id)).status is MemberStatus.REMOVED


async def test_nobody_gets_an_account_by_being_invited(project: Tenant, owner: Person) -> None:
    """PRODUCT 3.4, C: registration happens in the act of accepting."""
    await steps.invite(owner, project, newcomer=PREFILLED)
    [invited] = await steps.stored(Member.filter(status=MemberStatus.PENDING))
    assert invited.user_id is None
    assert await steps.stored(User.filter(login="nina")) == []


async def test_inviting_needs_the_permission_and_a_place_in_the_tenant(
    project: Tenant, administrator: Person, stranger: Person
) -> None:
    """PRODUCT 2; unknown and foreign tenants are the same answer."""
    refused = await administrator.do("inviteMember", steps.invitation(project))
    foreign = await stranger.do("inviteMember", steps.invitation(project))
    unknown = await stranger.do(
        "inviteMember", steps.invitation(project) | {"tenantId": "ten_" + "0" * 26}
    )
    assert refused["permission"] == "members:invite"
    assert foreign == unknown
    assert foreign["code"] == "NOT_FOUND"
