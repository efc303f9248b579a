"""Administering an app: where it listens, what it is asked to do, and what it answers."""

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import strawberry

from permissions.fields import SignedIn, guard
from resolvers import app_actions, app_controls, pages, rows
from schema import connections, errors
from schema.arguments import Input
from schema.context import Info
from schema.enums import AppActionState
from schema.interfaces import Node, Rows, shown_from

if TYPE_CHECKING:
    from schema.apps import App
    from schema.members import Member

LazyApp = Annotated["App", strawberry.lazy("schema.apps")]
LazyMember = Annotated["Member", strawberry.lazy("schema.members")]


@strawberry.type(description="Something that an app was asked to do, and what it answered.")
@shown_from(app_actions.Request)
class AppAction(Node):
    action: str = strawberry.field(description="The app's code for it, one of `App.actions`.")
    argument: str | None = strawberry.field(description="What the app was told beside it.")
    state: AppActionState = strawberry.field(description="What became of it.")
    answer: str | None = strawberry.field(
        description="The app's own words, the first 64 KB of them: text to show, not markup."
    )
    requested_at: datetime = strawberry.field(description="When it was asked for.")
    answered_at: datetime | None = strawberry.field(
        description="When the answer came, or nothing more was to come."
    )
    member_id: strawberry.ID = strawberry.field(description="Who asked for it.")
    member_name: str | None = strawberry.field(
        description="His full name, also without members:view; null: he is not here any more."
    )

    @strawberry.field(graphql_type=LazyApp, description="Which app.")
    def app(parent: strawberry.Parent[app_actions.Request], info: Info) -> Rows:
        return info.context.loaders.apps.load(parent.app_id)

    @strawberry.field(
        graphql_type=LazyMember | None, description="Who asked, where the viewer may see him."
    )
    def member(parent: strawberry.Parent[app_actions.Request], info: Info) -> Rows:
        return info.context.loaders.members.load(parent.member_id)


async def action_page(info: Info, app: rows.App, window: pages.Window) -> Rows:
    """A page of what an app was asked as a connection."""
    viewer = info.context.viewer
    page = await app_actions.page(viewer, app, window)
    return connections.of(page, partial(app_actions.count, viewer, app))


@strawberry.input(description="Where an app listens for its administrators, and what it can do.")
class SetAppControlInput:
    app_id: strawberry.ID = strawberry.field(description="Which app.")
    url: str | None = strawberry.field(
        default=None,
        description="An https address (http in development) that takes signed calls; null or left"
        " out: the app is asked nothing any more.",
    )
    actions: list[str] = strawberry.field(
        description="What it does beside BACKUP, RESTORE and ERROR_LOG: codes of A-Z 0-9 _ that"
        " begin with a letter, 64 characters and 50 codes at most."
    )


@strawberry.type(description="The app listens there, for calls signed with the new secret.")
class SetAppControlPayload:
    app: Rows = strawberry.field(graphql_type=LazyApp, description="The app.")
    secret: str | None = strawberry.field(
        description="`whsec_...` of Standard Webhooks, for the app to verify calls with; shown for"
        " this once, and the one before is worth nothing now. Null: the app listens no more."
    )


@strawberry.input(description="Something to ask of an app.")
class RequestAppActionInput:
    app_id: strawberry.ID = strawberry.field(description="Which app.")
    action: str = strawberry.field(description="One of `App.actions`.")
    argument: str | None = strawberry.field(
        default=None,
        description="What the app is told beside it, as it is: 1000 characters at most.",
    )


@strawberry.type(description="The app is about to be asked; its answer will stand in the request.")
class RequestAppActionPayload:
    app_action: Rows = strawberry.field(graphql_type=AppAction, description="The request.")


SetAppControlResult = Annotated[
    SetAppControlPayload | errors.PermissionDenied | errors.NotFound | errors.InvalidInput,
    strawberry.union(
        "SetAppControlResult", description="What setting an app's control address can come to."
    ),
]
RequestAppActionResult = Annotated[
    RequestAppActionPayload
    | errors.PermissionDenied
    | errors.NotFound
    | errors.InvalidInput
    | errors.RateLimited,
    strawberry.union(
        "RequestAppActionResult", description="What asking an app for something can come to."
    ),
]


@strawberry.type
class AppActionMutations:
    @strawberry.mutation(
        graphql_type=SetAppControlResult | None,
        extensions=guard(SignedIn()),
        description="Say where an app listens for what its administrators ask it to do.",
    )
    async def set_app_control(self, info: Info, input: Input[SetAppControlInput]) -> Rows:
        made = await app_controls.change(
            info.context.viewer, input.app_id, url=input.url, actions=input.actions
        )
        return SetAppControlPayload(app=made.app, secret=made.secret)

    @strawberry.mutation(
        graphql_type=RequestAppActionResult | None,
        extensions=guard(SignedIn()),
        description="Ask an app that the viewer administers for a backup, its error log or whatever"
        " else it names.",
    )
    async def request_app_action(self, info: Info, input: Input[RequestAppActionInput]) -> Rows:
        asked = await app_actions.request(
            info.context.viewer, input.app_id, action=input.action, argument=input.argument
        )
        return RequestAppActionPayload(app_action=asked)
