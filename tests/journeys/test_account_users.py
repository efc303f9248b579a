"""A customer lets others into his account, each with the rights he needs: over HTTP, with mail."""

from typing import Any

from tests.clients import Person
from tests.journeys import steps
from tests.journeys.site import Browser, Site

VIEWER = "query($id: ID!) { tenant(id: $id) { viewer { role { code } permissions } } }"
SWITCHABLE = """query($id: ID!) { members(tenantId: $id, orderBy: { field: CREATED_AT }) {
    edges { node { id fullName viewer { switchablePermissions } } } } }"""


async def invited(site: Site, by: Browser, account: str, login: str) -> tuple[Browser, str]:
    """A newcomer who has come in by the mailed link, as a user, and his member's id."""
    email = f"{login}@example.com"
    values = {"tenantId": account, "invitee": {"email": email}}
    answer = await by.do("inviteMember", values, "member { id role { code } } emailQueued")
    assert (answer["member"]["role"]["code"], answer["emailQueued"]) == ("USER", True)
    newcomer = site.browser()
    registration = {"fullName": login.title(), "login": login, "password": "twelve letters"}
    token = (await site.letter(email)).token
    joined = await steps.accept(newcomer, token, registration=registration)
    assert joined["member"]["status"] == "JOINED"
    return newcomer, str(answer["member"]["id"])


async def switch(by: Browser, member_id: str, **lists: list[str]) -> dict[str, Any]:
    values = {"memberId": member_id, **lists}
    return await by.do("setMemberPermissions", values, "member { permissions }")


async def permissions(browser: Browser, account: str) -> list[str]:
    found: list[str] = (await browser.ask(VIEWER, id=account))["tenant"]["viewer"]["permissions"]
    return found


async def test_an_accountant_is_let_in_and_a_user_brings_a_third_until_his_right_is_taken(
    site: Site, stranger: Person
) -> None:
    """B: «бухгалтеру для управления счетами и документами», «изменить права пользователя»."""
    ann = await site.signed_in(stranger.login)
    made = await ann.do("createTenant", {"name": "Home", "catalog": "ACCOUNT"}, "tenant { id }")
    account = made["tenant"]["id"]

    olga, olgas_id = await invited(site, ann, account, "olga")
    assert await permissions(olga, account) == ["tenant:view", "members:leave"]
    books = ["billing:manage", "documents:manage"]
    await switch(ann, olgas_id, on=books)
    assert await permissions(olga, account) == ["tenant:view", "members:leave", *books]

    ben, bens_id = await invited(site, ann, account, "ben")
    refused = await ben.do(
        "inviteMember", {"tenantId": account, "invitee": {"email": "carl@example.com"}}
    )
    assert refused["permission"] == "members:invite"
    await switch(ann, bens_id, on=["members:invite", "members:view", "members:grant"])
    _, carls_id = await invited(site, ben, account, "carl")
    listed = (await ben.ask(SWITCHABLE, id=account))["members"]["edges"]
    his = ["members:view", "members:invite", "members:grant"]
    assert {
        edge["node"]["fullName"]: edge["node"]["viewer"]["switchablePermissions"] for edge in listed
    } == {stranger.full_name: [], "Olga": his, "Ben": his, "Carl": his}
    refused = await switch(ben, carls_id, on=["billing:manage"])
    assert refused["permission"] == "billing:manage"

    waiting = {"tenantId": account, "invitee": {"email": "dora@example.com"}}
    assert (await ben.do("inviteMember", waiting))["__typename"] == "InviteMemberPayload"
    await switch(ann, bens_id, off=["members:invite"])
    token = (await site.letter("dora@example.com")).token
    assert (await steps.offer(ben, token))["__typename"] == "InvitationUnavailable"
    waiting["invitee"] = {"email": "emma@example.com"}
    assert (await ben.do("inviteMember", waiting))["permission"] == "members:invite"
