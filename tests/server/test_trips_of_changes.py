"""What inviting and accepting ask the database, trip by trip: docs/statements.md says what for."""

import re
from pathlib import Path

from models import Tenant
from tests import statements
from tests.clients import Person
from tests.factories import World
from tests.resolvers import steps

PAGE = Path(__file__).parents[2] / "docs" / "statements.md"
AGAIN = 3  # the first ones on each connection prepare what they ask


def written(operation: str) -> list[str]:
    """What each trip of it asks, by the page."""
    [section] = re.findall(rf"## {operation}\n(.*?)(?=\n## |\Z)", PAGE.read_text(), re.DOTALL)
    return re.findall(r"^\| `(.*?)` \|", section, re.MULTILINE)


def assert_as_written(found: list[str], operation: str) -> None:
    asked = written(operation)
    differing = [
        (number, wanted, sent)
        for number, (wanted, sent) in enumerate(zip(asked, found, strict=False), 1)
        if wanted not in sent
    ]
    assert not differing, differing[0]
    assert len(found) == len(asked), found


async def test_inviting_asks_what_is_written_down(owner: Person, project: Tenant) -> None:
    """SPEED.md: rights under the lock, attempts counted apart, one commit."""
    for number in range(AGAIN):
        given = steps.invitation(project, f"guest{number}@example.com")
        with statements.recorded() as found:
            await owner.do("inviteMember", given, "member { id status email } emailQueued")
    assert_as_written(found, "inviteMember")


async def test_accepting_asks_what_is_written_down(
    world: World, owner: Person, project: Tenant
) -> None:
    """SPEED.md: by somebody signed in, who has the link."""
    for number in range(AGAIN):
        guest = await world.person(f"guest{number}")
        await steps.invite(owner, project, guest.email)
        given = {"invitation": {"token": await world.link_token(guest.email)}}
        with statements.recorded() as found:
            await guest.do("acceptInvitation", given, "member { id status }")
    assert_as_written(found, "acceptInvitation")
