"""Rows of one app and what it is asked, as `resolvers.app_actions.request` would write them."""

from base64 import b64encode

from auth import sealing
from mail import outbox
from models import (
    App,
    AppAccess,
    AppAction,
    AppActionState,
    AppRight,
    Catalog,
    Member,
    MemberStatus,
    Tenant,
    User,
    clock,
    database,
    ids,
)

SECRET = "whsec_" + b64encode(b"x" * 32).decode()


async def ask(url: str, argument: str | None = None) -> AppAction:
    """An app that listens at `url` is to be asked for a backup."""
    now = clock.now()
    async with database.transaction(database.SYSTEM):
        tenant = await Tenant.create(
            id=ids.new("ten"),
            name="Acme",
            name_key="acme",
            catalog=Catalog.PROJECT,
            locale="EN",
            created_at=now,
            updated_at=now,
        )
        app = await App.create(
            id=ids.new("app"),
            tenant_id=tenant.id,
            name="Books",
            control_url=url,
            control_secret=sealing.seal(SECRET),
            created_at=now,
            updated_at=now,
        )
        return await _asked(app, await _administrator(app), argument)


async def ask_again(action: AppAction) -> AppAction:
    """The same of the same app, by the same member."""
    async with database.transaction(database.SYSTEM):
        return await _asked(await App.get(id=action.app_id), action.member_id, None)


async def _administrator(app: App) -> str:
    now, user_id = clock.now(), ids.new("usr")
    await User.create(id=user_id, login=user_id, full_name="Ada", created_at=now, updated_at=now)
    member = await Member.create(
        id=ids.new("mem"),
        tenant_id=app.tenant_id,
        user_id=user_id,
        status=MemberStatus.JOINED,
        role="OWNER",
        name_key="ada",
        joined_at=now,
        created_at=now,
        updated_at=now,
    )
    right = AppRight.LAUNCH_AND_ADMINISTER
    await AppAccess.create(
        id=ids.new("acc"),
        tenant_id=app.tenant_id,
        member_id=member.id,
        app_id=app.id,
        right=right,
    )
    return member.id


async def _asked(app: App, member_id: str, argument: str | None) -> AppAction:
    now = clock.now()
    action = await AppAction.create(
        id=ids.new("act"),
        tenant_id=app.tenant_id,
        app_id=app.id,
        member_id=member_id,
        action="BACKUP",
        argument=argument,
        state=AppActionState.REQUESTED,
        requested_at=now,
    )
    await outbox.enqueue_call(action, now=now)
    return action


async def outcome(action: AppAction) -> tuple[AppActionState, str | None]:
    """What became of it by now."""
    async with database.transaction(database.SYSTEM):
        found = await AppAction.get(id=action.id)
    assert (found.answered_at is None) == (found.state is AppActionState.REQUESTED)
    return found.state, found.answer
