"""The audit log of a tenant: who changed what, for those who hold `audit:view`."""

from datetime import datetime

import strawberry

from resolvers import actions, audit_log, pages
from schema import connections
from schema.context import Info
from schema.interfaces import Actor, Node, Rows, shown_from


@strawberry.type(description="Somebody who acted for the provider, not by a place of his own.")
@shown_from(audit_log.ProviderStaff)
class ProviderStaff(Actor):
    id: strawberry.ID = strawberry.field(description="His user id, to ask the provider about.")


@strawberry.type(description="What acted was no person.")
@shown_from(audit_log.System)
class System(Actor):
    pass


@strawberry.type(description="One field that was changed.")
@shown_from(audit_log.Change)
class AuditChange:
    before: str | None = strawberry.field(description="A code or state; null for what is personal.")
    after: str | None = strawberry.field(description="A code or state; null for what is personal.")

    @strawberry.field(description="Its name; where a right on an app has changed, the app's id.")
    def field(parent: strawberry.Parent[audit_log.Change]) -> str:
        return actions.field_name(parent.field)


@strawberry.type(description="Something that was done in a tenant. It stays as it is.")
@shown_from(audit_log.Event)
class AuditEvent(Node):
    created_at: datetime = strawberry.field(description="When.")
    action: str = strawberry.field(description="What: `noun.verb`, e.g. member.change_role.")
    subject_id: strawberry.ID = strawberry.field(description="To whom or what.")
    changes: list[AuditChange] = strawberry.field(description="What was changed of it.")
    request_id: str = strawberry.field(description="In which request, as its answer said.")

    @strawberry.field(graphql_type=Actor, description="Who did it.")
    def actor(parent: strawberry.Parent[audit_log.Event], info: Info) -> Rows:
        return info.context.loaders.actors.load(parent)


@strawberry.input(description="Which events to list; what is left out does not narrow.")
class AuditFilter:
    actor_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Done by one of these users or API keys."
    )
    actions: list[str] | None = strawberry.field(default=None, description="One of these actions.")
    since: datetime | None = strawberry.field(
        name="from", default=None, description="Then or later; UTC where it names no zone."
    )
    until: datetime | None = strawberry.field(
        default=None, description="Before then; UTC where it names no zone."
    )


async def audit_page(
    info: Info, tenant_id: str, window: pages.Window, wanted: AuditFilter | None
) -> Rows:
    """A page of a tenant's audit as a connection; the log only grows, so it is not counted."""
    narrowed = audit_log.Filter()
    if wanted is not None:
        narrowed = audit_log.Filter(wanted.actor_ids, wanted.actions, wanted.since, wanted.until)
    return connections.of(await audit_log.page(info.context.viewer, tenant_id, window, narrowed))
