"""PRODUCT 3.2: somebody registered, by his login; and what comes with an invitation (3.1)."""

from typing import Any

from models import Tenant
from tests.clients import Person
from tests.factories import World


async def invite(person: Person, tenant: Tenant, invitee: dict[str, str], **more: Any) -> Any:
    given = {"tenantId": tenant.id, "invitee": invitee, "role": "ACCOUNTANT"} | more
    return await person.do(
        "inviteMember",
        given,
        "emailQueued"
        " member { id login email fullName user { id } invitation { id email delivery } }",
    )


async def test_somebody_registered_is_invited_by_his_login(
    world: World, project: Tenant, owner: Person, stranger: Person
) -> None:
    """(F) while pending only what the inviter typed is shown; the mail goes to his address."""
    answer = await invite(owner, project, {"login": "STELLA"})
    assert answer["emailQueued"] is True
    member = answer["member"]
    assert (member["login"], member["email"], member["fullName"]) == ("stella", None, None)
    assert member["user"] is None
    assert member["invitation"]["email"] is None
    token = await world.link_token(stranger.email)
    offer = await stranger.ask(
        "query($t: String!) { invitation(token: $t) { ... on InvitationPreview {"
        " registrationRequired email } } }",
        t=token,
    )
    assert offer["invitation"] == {"registrationRequired": False, "email": stranger.email}
    joined = await stranger.do(
        "acceptInvitation", {"invitation": {"token": token}}, "member { id }"
    )
    assert joined["member"]["id"] == member["id"]


async def test_an_unknown_login_is_not_found(project: Tenant, owner: Person) -> None:
    answer = await invite(owner, project, {"login": "nobody"})
    assert answer["__typename"] == "NotFound"


async def test_asking_for_logins_counts_against_the_inviters_limit(
    configure: Any, project: Tenant, owner: Person
) -> None:
    """It tells who exists."""
    configure(limit_invitations_per_inviter=("2/hour",))
    kinds = [(await invite(owner, project, {"login": "nobody"}))["__typename"] for _ in range(3)]
    assert kinds == ["NotFound", "NotFound", "RateLimited"]


async def test_what_a_newcomer_would_fill_in_is_refused_with_a_login(
    project: Tenant, owner: Person, stranger: Person
) -> None:
    answer = await invite(owner, project, {"login": "stella"}, newcomer={"fullName": "S"})
    assert [(f["path"], f["code"]) for f in answer["fields"]] == [(["newcomer"], "NOT_ALLOWED")]


async def test_somebody_invited_by_login_is_already_a_member_by_login(
    project: Tenant, owner: Person, stranger: Person
) -> None:
    await invite(owner, project, {"login": "stella"})
    again = await invite(owner, project, {"login": "stella"})
    assert again["__typename"] == "AlreadyMember"


async def test_login_and_address_of_one_person_are_not_told_to_be_one_and_he_joins_once(
    project: Tenant, owner: Person, stranger: Person
) -> None:
    """PRODUCT 3.2: addresses never tell."""
    by_login = await invite(owner, project, {"login": "stella"})
    by_address = await invite(owner, project, {"email": stranger.email})
    assert by_address["__typename"] == "InviteMemberPayload"
    for way, other in ((by_address, by_login),):
        reference = {"invitation": {"id": way["member"]["invitation"]["id"]}}
        joined = await stranger.do("acceptInvitation", reference, "member { id status }")
        assert joined["member"] == {"id": way["member"]["id"], "status": "JOINED"}
        closed = {"invitation": {"id": other["member"]["invitation"]["id"]}}
        late = await stranger.do("acceptInvitation", closed)
        assert late["__typename"] == "InvitationUnavailable"


async def test_a_change_of_address_does_not_lose_an_invitation_by_login(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 3.7: invitations by login are listed always, verified address or not."""
    person = await world.person("una", verified=False)
    answer = await invite(owner, project, {"login": "una"})
    assert answer["emailQueued"] is False
    listed = await person.ask("{ me { invitations { edges { node { tenantName } } } } }")
    assert listed["me"]["invitations"]["edges"] == [{"node": {"tenantName": "Acme"}}]


async def test_apps_come_with_the_invitation_and_hold_from_acceptance(
    world: World, project: Tenant, owner: Person, stranger: Person
) -> None:
    """PRODUCT 3.1 (F); the mail and the link name them (3.4)."""
    made = await owner.do("createApp", {"tenantId": project.id, "name": "Books"}, "app { id }")
    apps = [{"appId": made["app"]["id"], "right": "LAUNCH"}]
    await invite(owner, project, {"email": stranger.email}, apps=apps, maxSessions=3)
    mine = "{ apps { edges { node { name viewerRight } } } }"
    assert (await stranger.ask(mine))["apps"]["edges"] == []
    mail = (await world.mails())[0]
    assert "Books" in mail.text
    token = await world.link_token(stranger.email)
    offer = await world.anonymous.ask(
        "query($t: String!) { invitation(token: $t) { ... on InvitationPreview {"
        " apps { name right } } } }",
        t=token,
    )
    assert offer["invitation"]["apps"] == [{"name": "Books", "right": "LAUNCH"}]
    listed = await stranger.ask("{ me { invitations { edges { node { apps { name } } } } } }")
    assert listed["me"]["invitations"]["edges"] == [{"node": {"apps": [{"name": "Books"}]}}]
    joined = await stranger.do(
        "acceptInvitation", {"invitation": {"token": token}}, "member { maxSessions }"
    )
    assert joined["member"] == {"maxSessions": 3}
    held = (await stranger.ask(mine))["apps"]["edges"]
    assert held == [{"node": {"name": "Books", "viewerRight": "LAUNCH"}}]


async def test_foreign_apps_come_with_no_invitation(
    world: World, project: Tenant, owner: Person
) -> None:
    other = await world.tenant(name="Other")
    other_owner = await world.join(other)
    made = await other_owner.do("createApp", {"tenantId": other.id, "name": "B"}, "app { id }")
    apps = [{"appId": made["app"]["id"], "right": "LAUNCH"}]
    answer = await invite(owner, project, {"email": "a@example.com"}, apps=apps)
    assert [(f["path"], f["code"]) for f in answer["fields"]] == [
        (["apps", "0", "appId"], "UNKNOWN_APP")
    ]
