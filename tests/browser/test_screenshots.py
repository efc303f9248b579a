"""A picture of every page, light and dark, on a phone and on a desk, for people to look through.

They are written to `screenshots/`; its `index.html` shows all of them.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.routing import Route

from auth import tokens
from models import Tenant
from server.pages import page, shells
from settings import CHECKOUT, Settings
from tests.browser.conftest import Visiting
from tests.browser.visitors import DESK, PHONE, Visitor
from tests.clients import Person
from tests.factories import PASSWORD, World
from tests.journeys.site import Site
from tests.resolvers import app_steps, steps, tenant_steps

FOLDER = CHECKOUT / "screenshots"
SIZES = {"phone": PHONE, "desk": DESK}
_FIGURE = '<figure><img src="{name}"><figcaption>{name}</figcaption></figure>'
BESIDE = {"/mailbox", "/graphql", "/unsubscribe"}
"""Pages that are no shells."""


class Album:
    """The pictures of one visitor; `paths` are the pages he has been to."""

    def __init__(self, visitor: Visitor, theme: str) -> None:
        self.visitor, self.theme = visitor, theme
        self.paths: set[str] = set()

    async def add(self, name: str, address: str, *, until: str = "h1") -> None:
        """What is at an address, in both sizes, once there is what `until` selects."""
        opened = await self.visitor.open(address)
        await opened.locator(until).first.wait_for()
        self.paths.add(opened.url.removeprefix(self.visitor.url).split("?")[0])
        for size, viewport in SIZES.items():
            await opened.set_viewport_size(
                {"width": viewport["width"], "height": viewport["height"]}
            )
            file = FOLDER / f"{name}, {self.theme}, {size}.png"
            await opened.screenshot(path=file, full_page=True, animations="disabled")


@pytest.fixture(scope="module", autouse=True)
def album() -> Iterator[None]:
    """All that there is to look through, on one page."""
    FOLDER.mkdir(exist_ok=True)
    yield
    pictures = sorted(file.name for file in FOLDER.glob("*.png"))
    shown = [
        f'<figure><img src="{name}"><figcaption>{name}</figcaption></figure>' for name in pictures
    ]
    (FOLDER / "index.html").write_text("<title>Tenantry</title>\n" + "\n".join(shown))


@pytest.fixture
async def links(
    world: World, site: Site, owner: Person, project: Tenant, configure: Callable[..., Settings]
) -> dict[str, str]:
    """What people find in their mail, by the name of its picture."""
    configure(registration=True)
    ann = await world.person("ann")
    app = await app_steps.create(owner, project, "Ledger")
    apps, newcomer = [{"appId": app, "right": "LAUNCH"}], {"fullName": "Nina New"}
    for address in (ann.email, "nina@example.com"):
        await steps.invite(owner, project, address, apps=apps, newcomer=newcomer)
    servio = await tenant_steps.organization(world, tenant_steps.INVITES)
    operator = await world.join(servio, "OPERATOR", await world.person("oscar"))
    await tenant_steps.invite(operator, servio, "lotus@example.com")
    await world.anonymous.do("registerTenant", {"email": "kim@example.com", "tenantName": "Lotus"})
    await ann.do("changeEmail", {"email": "ann.later@example.com", "password": PASSWORD})
    mailed = {
        "invitation of a newcomer": "nina@example.com",
        "invitation of somebody registered": ann.email,
        "tenant invitation": "lotus@example.com",
        "registration": "kim@example.com",
        "new address": "ann.later@example.com",
    }
    found = {name: (await site.letter(address)).link for name, address in mailed.items()}
    await world.anonymous.do("requestPasswordReset", {"login": "oscar"})
    return found | {"new password": (await site.letter(operator.email)).link}


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_every_page_is_in_the_album(
    visiting: Visiting, world: World, owner: Person, links: dict[str, str], theme: str
) -> None:
    """Issue 6, "How it is judged"."""
    reader = await world.person(wants_news=True)
    token = tokens.derive(tokens.UNSUBSCRIBE, reader.id)
    async with visiting(color_scheme=theme) as visitor:
        album = Album(visitor, theme)
        await album.add("forgotten password", "/reset-password")
        for name, link in links.items():
            await album.add(name, link)
        await album.add("invitation that is dead", "/invitation#tnt_inv_dead")
        await album.add("sign in", "/sign-in")
        await album.add("back from a provider", "/sign-in/provider?error=access_denied")
        await album.add("unsubscribe", f"/unsubscribe/{reader.id}/{token}")
        await album.add("mailbox", "/mailbox", until=".mails li")
        await visitor.enter(owner)
        await album.add("invitation of somebody else", links["invitation of a newcomer"])
        await album.add("signed in", "/sign-in")
        await album.add("GraphiQL", "/graphql", until="text=WhoAmI")
    shown = {route.path for route in shells.routes if isinstance(route, Route)} | BESIDE
    assert shown - {"/".join(path.split("/")[:2]) for path in album.paths} - album.paths == set()


async def test_a_page_that_is_not_built_is_in_the_album(
    visiting: Visiting, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.copytree(page.WEB / "static", tmp_path / "static")
    monkeypatch.setattr(page, "WEB", tmp_path)
    async with visiting() as visitor:
        await Album(visitor, "light").add("not built", "/invitation#tnt_inv_1")
        visitor.complaints.clear()  # the console tells of the status, 503
