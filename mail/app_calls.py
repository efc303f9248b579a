"""How an app hears what it is asked to do: a signed call to its control address (ADR 0023)."""

from dataclasses import dataclass
from typing import Self

import orjson

from mail.calls import Call, Caller, Refused
from mail.outcomes import Outcome, Reply
from models import (
    App,
    AppAccess,
    AppAction,
    AppActionState,
    AppRight,
    Channel,
    Member,
    MemberStatus,
    OutboxEntry,
    OutboxState,
    clock,
)
from settings import Settings

LONGEST_ANSWER = 64 * 1024
_LATER = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class AppCaller(Caller):
    """Asks, and keeps what the app says."""

    @classmethod
    def at(cls, settings: Settings) -> Self:
        return cls(private=settings.reaches_private_destinations)

    @property
    def channel(self) -> Channel:
        return Channel.APP

    async def parcel(self, entry: OutboxEntry) -> Call | None:
        """None where the app has no control address any more, or who asked does not administer it
        any more.
        """
        action = await AppAction.get(id=entry.app_action_id).select_related("app")
        app = action.app
        if app.control_url is None or app.control_secret is None or not await _may_ask(action):
            return None
        return Call(action.id, app.control_url, (app.control_secret,), _body(action, app))

    async def call(self, call: Call) -> Reply:
        """A yes or a no."""
        reply = await self.post(call, longest=LONGEST_ANSWER)
        if reply.status // 100 not in (2, 4) or reply.status in _LATER:
            raise Refused(reply)
        return reply

    async def hold(self, entry: OutboxEntry) -> None:
        """Nobody but `record` changes what was asked."""

    async def record(self, entry: OutboxEntry, outcome: Outcome) -> None:
        """Once nothing more is to come."""
        if outcome.state is not OutboxState.QUEUED:
            state, answer = _judge(outcome)
            await AppAction.filter(id=entry.app_action_id).update(
                state=state, answer=answer, answered_at=clock.now()
            )


async def _may_ask(action: AppAction) -> bool:
    held = AppAccess.filter(
        member_id=action.member_id, app_id=action.app_id, right=AppRight.LAUNCH_AND_ADMINISTER
    )
    joined = Member.filter(id=action.member_id, status=MemberStatus.JOINED)
    return await held.exists() and await joined.exists()


def _body(action: AppAction, app: App) -> str:
    asked = {
        "id": action.id,
        "action": action.action,
        "argument": action.argument,
        "app": app.id,
        "tenant": app.tenant_id,
        "requestedBy": action.member_id,
    }
    moment = action.requested_at
    return orjson.dumps({"type": "app.action", "timestamp": moment, "data": asked}).decode()


def _judge(outcome: Outcome) -> tuple[AppActionState, str | None]:
    """What became of the action, and in which words of the app's."""
    reply = outcome.reply
    if outcome.state is not OutboxState.SENT or reply is None:
        return AppActionState.FAILED, None
    yes = reply.status // 100 == 2  # noqa: PLR2004 the class of success
    return AppActionState.DONE if yes else AppActionState.REFUSED, reply.text
