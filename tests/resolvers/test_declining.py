"""PRODUCT 3.8: saying no, and not being asked again."""

from collections.abc import Callable

from models import Tenant
from settings import Settings
from tests.clients import Person
from tests.factories import World

NEW = "new@example.com"
RESENT = "emailQueued invitation { delivery }"
SENT = "member { id invitation { id delivery } } emailQueued"


async def invite(person: Person, tenant: Tenant, email: str = NEW) -> dict[str, object]:
    terms = {"tenantId": tenant.id, "invitee": {"email": email}, "role": "ACCOUNTANT"}
    return await person.do("inviteMember", terms, SENT)


async def test_somebody_not_registered_declines_by_link_without_signing_in(
    world: World, project: Tenant, owner: Person
) -> None:
    await invite(owner, project)
    link = {"invitation": {"token": await world.link_token(NEW)}, "reason": "No time\x07, sorry"}
    answer = await world.anonymous.do("declineInvitation", link, "tenantName")
    assert answer == {"__typename": "DeclineInvitationPayload", "tenantName": "Acme"}
    told = (await world.mails())[0]
    assert told.to == owner.email
    assert NEW in told.text
    assert "No time, sorry" in told.text
    again = await world.anonymous.do("declineInvitation", link)
    assert again["__typename"] == "InvitationUnavailable"


async def test_somebody_registered_declines_in_his_own_list(
    world: World, project: Tenant, owner: Person, stranger: Person
) -> None:
    await invite(owner, project, stranger.email)
    listed = await stranger.ask("{ me { invitations { edges { node { id } } } } }")
    [edge] = listed["me"]["invitations"]["edges"]
    answer = await stranger.do("declineInvitation", {"invitation": {"id": edge["node"]["id"]}})
    assert answer["__typename"] == "DeclineInvitationPayload"
    assert stranger.full_name in (await world.mails())[0].text


async def test_only_the_invitee_declines(
    world: World, project: Tenant, owner: Person, stranger: Person
) -> None:
    """PRODUCT 3.9."""
    await invite(owner, project, stranger.email)
    link = {"invitation": {"token": await world.link_token(stranger.email)}}
    assert (await world.anonymous.do("declineInvitation", link))["__typename"] == "SignInRequired"
    other = await world.person()
    wrong = await other.do("declineInvitation", link)
    assert wrong["__typename"] == "WrongAccount"
    assert wrong["invitedEmail"] == "st***@example.com"


async def test_what_was_accepted_cannot_be_declined(
    world: World, project: Tenant, owner: Person, stranger: Person
) -> None:
    await invite(owner, project, stranger.email)
    link = {"invitation": {"token": await world.link_token(stranger.email)}}
    await stranger.do("acceptInvitation", link)
    answer = await stranger.do("declineInvitation", link)
    assert answer["__typename"] == "InvitationUnavailable"


async def test_a_reason_has_an_end(world: World, project: Tenant, owner: Person) -> None:
    await invite(owner, project)
    link = {"invitation": {"token": await world.link_token(NEW)}, "reason": "x" * 501}
    answer = await world.anonymous.do("declineInvitation", link)
    assert [(fault["path"], fault["code"]) for fault in answer["fields"]] == [
        (["reason"], "TOO_LONG")
    ]


async def test_invitations_of_a_blocked_tenant_are_suppressed_until_it_is_lifted(
    world: World, project: Tenant, owner: Person, stranger: Person
) -> None:
    """CASES 95."""
    await invite(owner, project, stranger.email)
    link = {"invitation": {"token": await world.link_token(stranger.email)}, "blockTenant": True}
    await stranger.do("declineInvitation", link)
    mails = len(await world.mails())

    suppressed = await invite(owner, project, stranger.email)
    assert suppressed["emailQueued"] is False
    invitation = suppressed["member"]["invitation"]  # type: ignore[index]
    assert invitation["delivery"] == "SUPPRESSED"
    own = "{ me { blockedTenants { id name } invitations { edges { node { id } } } } }"
    mine = (await stranger.ask(own))["me"]
    assert mine == {
        "blockedTenants": [{"id": project.id, "name": "Acme"}],
        "invitations": {"edges": []},
    }
    resent = await owner.do(
        "resendInvitation",
        {"invitationId": invitation["id"]},
        "emailQueued invitation { delivery }",
    )
    assert resent["emailQueued"] is False
    assert len(await world.mails()) == mails

    lifted = await stranger.do("unblockTenant", {"tenantId": project.id}, "tenantId")
    assert lifted["tenantId"] == project.id
    assert len((await stranger.ask(own))["me"]["invitations"]["edges"]) == 1
    resent = await owner.do(
        "resendInvitation",
        {"invitationId": invitation["id"]},
        "emailQueued invitation { delivery }",
    )
    assert resent["emailQueued"] is True
    assert resent["invitation"]["delivery"] == "QUEUED"


async def test_a_block_by_link_is_kept_by_address_and_lifted_by_its_owner(
    world: World, project: Tenant, owner: Person
) -> None:
    await invite(owner, project)
    link = {"invitation": {"token": await world.link_token(NEW)}, "blockTenant": True}
    await world.anonymous.do("declineInvitation", link)
    assert (await invite(owner, project))["emailQueued"] is False
    newcomer = await world.person("newcomer", email=NEW)
    answer = await newcomer.do("unblockTenant", {"tenantId": project.id})
    assert answer["__typename"] == "UnblockTenantPayload"


async def test_lifting_what_is_not_blocked_finds_nothing(project: Tenant, stranger: Person) -> None:
    answer = await stranger.do("unblockTenant", {"tenantId": project.id})
    assert answer["__typename"] == "NotFound"


async def test_who_only_claims_an_address_lifts_no_block_of_it(
    world: World, project: Tenant, owner: Person
) -> None:
    """PRODUCT 3.7: a block of the address he only claims is its owner's."""
    claims = await world.person("claims", email=NEW, verified=False)
    await invite(owner, project)
    link = {"invitation": {"token": await world.link_token(NEW)}, "blockTenant": True}
    await world.anonymous.do("declineInvitation", link)
    answer = await claims.do("unblockTenant", {"tenantId": project.id})
    assert answer["__typename"] == "NotFound"


async def test_declining_by_link_counts_as_looking_at_it(
    configure: Callable[..., Settings], world: World
) -> None:
    """PRODUCT 3.11: otherwise declining would be the way to try links."""
    configure(limit_links="1/minute")
    link = {"invitation": {"token": "tnt_inv_unknown"}}
    kinds = [(await world.anonymous.do("declineInvitation", link))["__typename"] for _ in range(2)]
    assert kinds == ["InvitationUnavailable", "RateLimited"]
