"""What people do on their way, a function a step; each checks what it was answered."""

from typing import Any

from tests.journeys.site import Browser, Site

MEMBERS = (
    "query($id: ID!) { members(tenantId: $id) { edges { node { id status role { code } } } } }"
)
OFFER = "query($token: String!) { invitation(token: $token) { __typename ... on InvitationPreview {"
OFFER += " tenantName registrationRequired role { code } } } }"
NEWCOMER = "new@example.com"
REGISTRATION = {"fullName": "Nora New", "login": "nora", "password": "twelve letters"}


async def invite(browser: Browser, tenant_id: str, email: str) -> str:
    """The new member's id."""
    answer = await browser.do(
        "inviteMember",
        {"tenantId": tenant_id, "invitee": {"email": email}, "role": "MANAGER"},
        "member { id status } emailQueued",
    )
    assert answer["emailQueued"]
    assert answer["member"]["status"] == "PENDING"
    return str(answer["member"]["id"])


async def resend(browser: Browser, member_id: str) -> None:
    """What somebody does who knows the member from the list."""
    query = "query($id: ID!) { node(id: $id) { ... on Member { invitation { id } } } }"
    invitation = (await browser.ask(query, id=member_id))["node"]["invitation"]
    answer = await browser.do("resendInvitation", {"invitationId": invitation["id"]}, "emailQueued")
    assert answer["emailQueued"]


async def accept(browser: Browser, token: str, **more: object) -> dict[str, Any]:
    return await browser.do(
        "acceptInvitation",
        {"invitation": {"token": token}, **more},
        "member { id status tenant { name } } session { token me { login emailVerified } }",
    )


async def offer(browser: Browser, token: str) -> dict[str, Any]:
    """What the link's page shows."""
    found: dict[str, Any] = (await browser.ask(OFFER, token=token))["invitation"]
    return found


async def member(browser: Browser, tenant_id: str, member_id: str) -> dict[str, Any] | None:
    """A member as the list shows him."""
    edges = (await browser.ask(MEMBERS, id=tenant_id))["members"]["edges"]
    found: list[dict[str, Any]] = [edge["node"] for edge in edges]
    return next((node for node in found if node["id"] == member_id), None)


async def newcomers_way(site: Site, owner: Browser, tenant_id: str, owners_email: str) -> None:
    """Invited, joined, changed and removed, with every mail on the way."""
    member_id = await invite(owner, tenant_id, NEWCOMER)
    letter = await site.letter(NEWCOMER)
    assert letter.link.startswith(f"{site.url}/invitation#tnt_inv_")

    newcomer = site.browser()
    assert (await offer(newcomer, letter.token))["registrationRequired"]
    joined = await accept(newcomer, letter.token, registration=REGISTRATION)
    assert joined["member"] == {"id": member_id, "status": "JOINED", "tenant": {"name": "Acme"}}
    assert joined["session"] == {"token": None, "me": {"login": "nora", "emailVerified": True}}
    listed = {"id": member_id, "status": "JOINED", "role": {"code": "MANAGER"}}
    assert await member(newcomer, tenant_id, member_id) == listed
    assert "Nora New" in (await site.letter(owners_email)).text

    await owner.do("changeRole", {"memberId": member_id, "role": "ACCOUNTANT"})
    assert "Accountant" in (await site.letter(NEWCOMER)).text
    listed = {"id": member_id, "status": "JOINED", "role": {"code": "ACCOUNTANT"}}
    assert await member(owner, tenant_id, member_id) == listed

    await owner.do("removeMember", {"memberId": member_id})
    assert "Acme" in (await site.letter(NEWCOMER)).subject
    assert await member(owner, tenant_id, member_id) is None
    assert await newcomer.ask(MEMBERS, id=tenant_id) == {"members": None}
    assert await newcomer.ask("{ me { login } }") == {"me": {"login": "nora"}}
