import asyncio
import contextvars

from auth.viewer import Viewer
from models import User
from models import database as db
from resolvers import sessions
from tests.authenticator import sign_in
from tests.clients import Person
from tests.factories import CLIENT, World
from tests.resolvers import steps

WAITING = "select from pg_locks where not granted"


async def test_no_session_is_opened_by_a_password_that_was_changed_meanwhile(
    world: World, stranger: Person
) -> None:
    """CASES 98: the sign-in found the old one right, then all sessions were ended.

    The line that holds it is `_require_unchanged` in `resolvers.sessions.sign_in`.
    """
    context = contextvars.copy_context()
    async with db.transaction(db.SYSTEM):
        account = User.filter(id=stranger.id)
        await account.select_for_update(no_key=True).get()
        signing_in = sign_in(world.anonymous, stranger.login)
        task = asyncio.create_task(signing_in, context=context)
        while not task.done() and not await db.rows(WAITING):  # noqa: ASYNC110 no event
            await asyncio.sleep(0.01)
        await account.update(password_hash="another")
        await sessions.end_all(Viewer(CLIENT), stranger.id)
    assert (await task)["__typename"] == "InvalidCredentials"
    assert await stranger.ask("{ me { login } }") == {"me": None}
    [row] = await steps.audit("session.end_all")
    assert row.actor_id == stranger.id
