"""Lists of members: their filter, their order, and the one way to read a page of them."""

from datetime import datetime
from functools import partial

import strawberry

from resolvers import directory, member_filter, pages
from schema import connections, selected
from schema.context import Info
from schema.enums import InvitationState, MemberOrderField, MemberStatus, OrderDirection
from schema.interfaces import Rows
from schema.scalars import RoleCode


@strawberry.input(description="Which members to list; what is left out does not narrow.")
class MemberFilter:
    search: str | None = strawberry.field(
        default=None, description="How the name, e-mail or (where it is visible) login begins."
    )
    roles: list[RoleCode] | None = strawberry.field(default=None, description="One of these roles.")
    statuses: list[MemberStatus] | None = strawberry.field(
        default=None, description="One of these; REMOVED needs audit:view."
    )
    invitation_states: list[InvitationState] | None = strawberry.field(
        default=None, description="An invitation in one of these; needs members:invite."
    )
    app_id: strawberry.ID | None = strawberry.field(
        default=None, description="A right on this app, which the viewer may know of."
    )


@strawberry.input(description="How to order members; the id breaks ties.")
class MemberOrder:
    field: MemberOrderField = strawberry.field(description="By what.")
    direction: OrderDirection = strawberry.field(
        default=OrderDirection.ASC, description="Which way."
    )


async def member_page(
    info: Info,
    tenant_id: str,
    window: pages.Window,
    *,
    wanted: MemberFilter | None,
    order: MemberOrder | None,
    updated_since: datetime | None,
) -> Rows:
    """A page of a tenant's members as a connection."""
    viewer = info.context.viewer
    narrowed = _narrow(wanted or MemberFilter(), updated_since)
    usual = MemberOrderField.UPDATED_AT if updated_since else MemberOrderField.CREATED_AT
    page = await directory.page(
        viewer,
        tenant_id,
        window,
        wanted=narrowed,
        by=order.field if order else usual,
        descending=order is not None and order.direction is OrderDirection.DESC,
        attributes=selected.fields(info, "edges", "node"),
    )
    return connections.of(page, partial(directory.count, viewer, tenant_id, narrowed))


def _narrow(wanted: MemberFilter, updated_since: datetime | None) -> member_filter.Filter:
    return member_filter.Filter(
        wanted.search,
        wanted.roles,
        wanted.statuses,
        wanted.invitation_states,
        wanted.app_id,
        updated_since,
    )
