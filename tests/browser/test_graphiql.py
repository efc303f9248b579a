"""`/graphql` in a browser: GraphiQL, for people who administer something."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Locator

from models import Catalog, MemberStatus, Tenant
from server.graphql import SCHEMA
from tests.browser.conftest import Visiting
from tests.browser.visitors import DESK, Visitor
from tests.clients import Person
from tests.factories import PASSWORD, World

# What axe-core finds in GraphiQL itself, where nothing can be mended from outside: the rule, how
# the element begins, and why.
THEIRS = {
    'nested-interactive: <li aria-selected="': "a tab holds the buttons that show and close it",
    'color-contrast: <span class="mtk8">': "how its editor colours comments in the dark",
}
KEPT = "JSON.stringify([{...localStorage}, {...sessionStorage}, location.href, history.state])"
SIGN_IN = f"""mutation SignIn {{
  signIn(input: {{login: "olga", password: "{PASSWORD}"}}) {{ __typename }}
}}"""


class Explorer:
    """What somebody does in GraphiQL."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor, self.page = visitor, visitor.page

    async def open(self, person: Person | None = None) -> None:
        """Signed in as that person; until the schema is there and the first query is shown."""
        if person:
            await self.visitor.enter(person)
        async with self.page.expect_response(
            lambda r: "Introspection" in (r.request.post_data or "")
        ):
            await self.visitor.open("/graphql")
        await self.query.get_by_text("WhoAmI").wait_for()

    @property
    def query(self) -> Locator:
        return self.page.get_by_role("region", name="Operation Editor")

    @property
    def variables(self) -> Locator:
        return self.page.get_by_role("region", name="Variables")

    async def show(self, tab: str) -> None:
        await self.visitor.press(tab)
        await self.query.get_by_text(tab, exact=True).wait_for()

    async def paste(self, editor: Locator, text: str) -> None:
        """In place of what stands there; the editor closes brackets that are typed. While it is
        still being made it loses what comes.
        """
        await self.visitor.context.grant_permissions(["clipboard-write"])
        await self.page.evaluate("text => navigator.clipboard.writeText(text)", text)
        [*_, last] = re.findall(r"[\w@.]+", text)
        while not await editor.get_by_text(last).count():
            await editor.locator(".view-lines").click()
            await self.page.keyboard.press("Control+A")
            await self.page.keyboard.press("Control+V")
            await asyncio.sleep(0.5)

    async def run(self) -> None:
        """Once the editor has loaded what it loads late: it runs what it has heard of."""
        await self.page.wait_for_load_state("networkidle")
        await self.visitor.press("Execute query (Ctrl-Enter)")

    async def answered(self, text: str) -> None:
        """Wait until the answer has this in it."""
        result = self.page.get_by_role("region", name="Result Window")
        await result.get_by_text(text).first.wait_for()

    async def violations(self) -> list[str]:
        """Ours."""
        found = await self.visitor.violations()
        return [each for each in found if not each.startswith(tuple(THEIRS))]


@pytest.fixture
async def explorer(visiting: Visiting) -> AsyncIterator[Explorer]:
    async with visiting(viewport=DESK) as visitor:
        yield Explorer(visitor)


async def test_somebody_asks_who_he_is_by_keyboard(explorer: Explorer, owner: Person) -> None:
    """Issue 6.3."""
    await explorer.open(owner)
    await explorer.query.locator(".view-lines").click()
    await explorer.page.keyboard.press("Control+Enter")
    await explorer.answered('"olga"')
    assert await explorer.violations() == []


async def test_a_choice_of_a_tenant_reaches_every_example(
    world: World, explorer: Explorer, owner: Person
) -> None:
    """Issue 6.3; where he is disabled there is nothing to do for him."""
    served = await world.tenant(Catalog.SUBSCRIBER, "Globex")
    await world.join(served, "OWNER", owner)
    await world.join(await world.tenant(name="Gone"), "OWNER", owner, status=MemberStatus.DISABLED)
    await explorer.open(owner)
    choice = explorer.page.get_by_label("Tenant")
    assert (await choice.inner_text()).split("\n") == ["Choose one", "Acme", "Globex"]
    await choice.select_option("Globex")
    for tab in ("Invite", "Members"):
        await explorer.show(tab)
        await explorer.variables.get_by_text(served.id).wait_for()
    await explorer.run()
    await explorer.answered('"JOINED"')


async def test_the_only_tenant_is_chosen_and_another_choice_keeps_what_was_typed(
    world: World, explorer: Explorer, project: Tenant, owner: Person
) -> None:
    await explorer.open(owner)
    await explorer.show("Invite")
    await explorer.variables.get_by_text(project.id).wait_for()
    await world.join(other := await world.tenant(name="Globex"), "OWNER", owner)
    await explorer.open()
    await explorer.show("Invite")
    await explorer.paste(explorer.variables, '{"tenantId": "", "email": "nina@example.com')
    await explorer.page.get_by_label("Tenant").select_option("Globex")
    await explorer.variables.get_by_text(other.id).wait_for()
    await explorer.variables.get_by_text("nina@example.com").wait_for()


async def test_what_changes_arrives_while_one_listens(
    explorer: Explorer, project: Tenant, owner: Person
) -> None:
    """Issue 6.3."""
    await explorer.open(owner)
    await explorer.show("Changes")
    await explorer.variables.get_by_text(project.id).wait_for()
    await explorer.run()
    await explorer.answered("null")
    invitee = {"email": "nina@example.com"}
    await owner.do("inviteMember", {"tenantId": project.id, "invitee": invitee, "role": "MANAGER"})
    await explorer.answered('"MANAGER"')
    await explorer.visitor.press("Stop query (Ctrl-Enter)")
    await explorer.page.get_by_role("button", name="Execute query (Ctrl-Enter)").wait_for()


async def test_the_docs_describe_every_field(explorer: Explorer, owner: Person) -> None:
    """Issue 6.3."""
    await explorer.open(owner)
    await explorer.visitor.press("Show Documentation Explorer")
    docs = explorer.page.get_by_role("region", name="Documentation Explorer")
    await docs.get_by_role("link", name="Mutation", exact=True).click()
    mutations = SCHEMA._schema.mutation_type  # noqa: SLF001 Strawberry offers no other way
    assert mutations
    await docs.get_by_text(mutations.fields["inviteMember"].description or "").wait_for()
    assert await explorer.violations() == []


async def test_nothing_that_is_typed_is_kept(explorer: Explorer, owner: Person) -> None:
    """Issue 6.3, CASES 40: neither in storage nor in the address."""
    await explorer.open(owner)
    await explorer.paste(explorer.variables, f'{{"password": "{PASSWORD}"}}')
    await explorer.paste(explorer.query, SIGN_IN)
    await explorer.page.get_by_role("button", name="SignIn", exact=True).wait_for()
    await explorer.run()
    await explorer.answered('"SignedIn"')
    kept = await explorer.page.evaluate(KEPT)
    assert kept == f'[{{}},{{}},"{explorer.visitor.url}/graphql",null]'
    assert await explorer.page.get_by_role("button", name="Headers").count() == 0


async def test_who_has_not_signed_in_may_and_is_shown_where(explorer: Explorer) -> None:
    """Issue 6.3: everybody in development."""
    await explorer.open()
    link = explorer.page.get_by_role("link", name="Sign in")
    assert await link.get_attribute("href") == "/sign-in?next=/graphql"
    await explorer.run()
    await explorer.answered('"me"')
    assert await explorer.violations() == []


async def test_it_follows_the_system_into_the_dark_and_onto_a_phone(
    visiting: Visiting, owner: Person
) -> None:
    """Issue 6.5."""
    async with visiting(color_scheme="dark", locale="ru-RU") as visitor:
        explorer = Explorer(visitor)
        await explorer.open(owner)
        colour = "getComputedStyle(document.querySelector('.graphiql-container')).backgroundColor"
        assert await explorer.page.evaluate(colour) == "rgb(33, 42, 59)"
        assert await explorer.page.evaluate("document.documentElement.lang") == "ru"
        assert await explorer.page.evaluate("document.body.scrollWidth") == 360
        await explorer.run()
        await explorer.answered('"olga"')
        assert await explorer.violations() == []
