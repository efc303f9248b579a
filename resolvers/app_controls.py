"""Where an app listens for what its administrators ask it to do, and what it can be asked (F).

Whoever sets the address decides who hears of the app's administration and answers for it: he has to
manage the tenant's apps and to administer this one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import errors
from auth import sealing, webhooks
from auth.tokens import Token
from auth.viewer import Viewer
from models import App, AppRight, clock, database
from permissions import checks
from permissions.catalog import Permission
from resolvers import apps, audit, identifiers, locks, rows

STANDARD = ("BACKUP", "RESTORE", "ERROR_LOG")
MOST = 50
_ACTION = re.compile(r"[A-Z][A-Z0-9_]{0,63}")


@dataclass(frozen=True, slots=True)
class Control:
    """Where an app listens, and what it can be asked: nothing where it listens nowhere."""

    url: str | None
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """`secret` is in clear, for this once; None where the app listens no more."""

    app: rows.App
    secret: Token | None


async def change(viewer: Viewer, app_id: str, *, url: str | None, actions: Sequence[str]) -> Made:
    """The app listens there, for calls signed with a new secret; None: it is asked nothing any
    more. It does `actions` beside those of the standard.

    What waited to be asked is asked at the new address, and at none once that is taken away.

    Raises:
        errors.Unauthenticated, errors.NotFound, errors.PermissionDenied, errors.InvalidInput
    """
    checks.require_signed_in(viewer)
    faults = identifiers.Faults()
    url = faults.check(("url",), identifiers.optional(identifiers.call_address), url)
    _check(faults, actions)
    secret = webhooks.new_secret() if url is not None else None
    async with database.transaction(viewer.scope):
        actor, known = await locks.app(viewer, app_id)
        checks.require(actor, Permission.APPS_MANAGE)
        app = known.require_administered()
        faults.settle()
        before = app.actions
        app.control_url, app.actions = url, list(actions) if url is not None else []
        app.control_secret = sealing.seal(secret) if secret else None
        app.updated_at = clock.now()
        await app.save(update_fields=["control_url", "control_secret", "actions", "updated_at"])
        await _record(viewer, app, before)
        return Made(await apps.get(viewer, app_id), secret)


def _check(faults: identifiers.Faults, actions: Sequence[str]) -> None:
    if len(actions) > MOST:
        faults.found.append(errors.FieldFault(("actions",), "TOO_MANY_ACTIONS", MOST))
        return
    known = set(STANDARD)
    for number, code in enumerate(actions):
        path = ("actions", str(number))
        if not _ACTION.fullmatch(code):
            faults.add(path, "INVALID")
        elif code in known:
            faults.add(path, "TWICE")
        known.add(code)


async def _record(viewer: Viewer, app: App, before: Sequence[str]) -> None:
    await audit.record(
        viewer,
        "app.set_control",
        subject_id=app.id,
        tenant_id=app.tenant_id,
        changes={
            "control_url": (),
            "control_secret": (),
            "actions": (" ".join(before) or None, " ".join(app.actions) or None),
        },
    )


async def many(known: Sequence[rows.App]) -> dict[rows.App, Control]:
    """Where those of the apps listen that the viewer administers, and what they can be asked."""
    own = {app.id: app for app in known if app.viewer_right is AppRight.LAUNCH_AND_ADMINISTER}
    return {own[app.id]: _shown(app) for app in await App.filter(id__in=list(own))}


def _shown(app: App) -> Control:
    if app.control_url is None:
        return Control(None, ())
    return Control(app.control_url, offered(app))


def offered(app: App) -> tuple[str, ...]:
    """What it can be asked, where it listens."""
    return (*STANDARD, *app.actions)
