"""The commands at work, each as a process beside others (DESIGN 4)."""

import asyncio
import re
import signal
from pathlib import Path
from typing import Any

from tests import processes
from tests.journeys import steps
from tests.journeys.site import Mailbox, Site
from tests.journeys.steps import NEWCOMER

PASSWORD = "a password of somebody"
SIGN_IN = re.compile(r"^Sign in as +(\S+) / (.+)$", re.MULTILINE)
LINK = re.compile(r"\S+/invitation#(tnt_inv_\S+)")


def create_user(data_dir: Path, *options: str, typed: str = PASSWORD, **given: str) -> Any:
    """`given` differs from an account that can be made."""
    values = {"login": "olga", "email": "olga@example.com", "full_name": "Olga Owner"} | given
    named = [
        part for name, value in values.items() for part in (f"--{name}".replace("_", "-"), value)
    ]
    return processes.run(
        "create-user", *named, *options, "--password-stdin", typed=f"{typed}\n", data_dir=data_dir
    )


async def test_the_database_is_made_and_migrated_once(open_folders: Path) -> None:
    """Wherever the checkout lies."""
    folder = open_folders / "made by migrate (1) & C++"
    assert await processes.run("migrate", data_dir=folder) == processes.Done(0, "")
    again, checked = await asyncio.gather(
        processes.run("migrate", data_dir=folder), processes.run("check", data_dir=folder)
    )
    assert again == processes.Done(0, "")
    assert checked.status == 0
    assert "is migrated" in checked.printed
    assert processes.databases(folder) == []


async def test_demo_data_is_loaded_once_and_can_be_used(data_dir: Path) -> None:
    """DESIGN 4: two sign-ins and one pending invitation link, whether just made or found."""
    first = await processes.run("demo", data_dir=data_dir)
    assert first.status == 0, first.printed
    async with (
        processes.serving(data_dir=data_dir) as server,
        Site(server.url, Mailbox(server.url)) as site,
    ):
        assert await processes.run("demo", data_dir=data_dir) == first
        people, [token] = SIGN_IN.findall(first.printed), LINK.findall(first.printed)
        assert len(people) == 2
        for login, password in people:
            await site.signed_in(login, password)
        assert (await steps.offer(site.browser(), token))["__typename"] == "InvitationPreview"


async def test_accounts_are_made_beside_a_running_server(data_dir: Path) -> None:
    """A verified address, so that one signs in by it; what is wrong is said in sentences."""
    async with (
        processes.serving(data_dir=data_dir) as server,
        Site(server.url, Mailbox(server.url)) as site,
    ):
        made = await create_user(data_dir, "--provider-role", "SUPPORT")
        assert made.status == 0
        assert re.fullmatch(r"usr_\w{26}\n", made.printed)
        await site.signed_in("olga@example.com", PASSWORD)
        refused = await asyncio.gather(
            create_user(data_dir, email="other@example.com"),
            create_user(data_dir, login="other"),
            create_user(data_dir, login="O!", email="nobody", full_name=" ", typed="short"),
        )
    assert [done.status for done in refused] == [1, 1, 1]
    assert refused[0].printed == "This login is taken. Choose another one.\n"
    assert refused[1].printed == "email: This value is taken already.\n"
    assert {line.partition(":")[0] for line in refused[2].printed.splitlines()} == {
        "login",
        "email",
        "fullName",
        "password",
    }


async def test_a_signal_ends_serving_and_the_data_is_there_again(data_dir: Path) -> None:
    """CASES 137; TRAPS 29: within 15 seconds, status 0, no database left behind."""
    assert (await create_user(data_dir)).status == 0
    for by in (signal.SIGTERM, signal.SIGINT):
        async with (
            processes.serving(data_dir=data_dir) as server,
            Site(server.url, Mailbox(server.url)) as site,
        ):
            await site.signed_in("olga", PASSWORD)
            assert await server.stop(by) == 0
        assert processes.databases(data_dir) == []
        assert "Traceback" not in server.log


async def test_a_server_and_a_worker_of_its_own_deliver_together(data_dir: Path) -> None:
    """DESIGN 4: each works beside the other; the one that is stopped last stops the database."""
    await create_user(data_dir)
    async with (
        processes.serving("--no-worker", data_dir=data_dir) as server,
        Site(server.url, Mailbox(server.url)) as site,
    ):
        owner = await site.signed_in("olga", PASSWORD)
        made = await owner.do("createTenant", {"name": "A", "catalog": "PROJECT"}, "tenant { id }")
        await steps.invite(owner, made["tenant"]["id"], NEWCOMER)
        await asyncio.sleep(1)
        assert await site.post.letters(NEWCOMER) == []
        async with processes.working(data_dir=data_dir, public_url=server.url) as worker:
            letter = await site.letter(NEWCOMER)
        assert worker.returncode == 0
        assert (await steps.offer(owner, letter.token))["tenantName"] == "A"
    assert processes.databases(data_dir) == []


async def test_production_does_not_start_on_what_only_development_may_default_to() -> None:
    """DESIGN 3: every problem is named at once; CASES 77 and 141."""
    commands = ("serve", "migrate")
    for refused in await asyncio.gather(
        *[processes.run(command, environment="production", secret="short") for command in commands]
    ):
        assert refused.status == 1
        assert [line.partition(":")[0] for line in refused.printed.splitlines()] == [
            "TENANTRY_SECRET",
            "TENANTRY_DATABASE_URL",
            "TENANTRY_SMTP_URL",
            "TENANTRY_MAIL_FROM",
            "TENANTRY_PUBLIC_URL",
        ]
