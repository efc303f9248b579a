"""Imports of members as they are looked at; they are made by `import_plans`."""

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from models import ImportRowState
from permissions.catalog import Permission
from permissions.fields import Caller, Can, guard
from resolvers import import_reasons, member_imports, pages
from schema import connections, errors
from schema.arguments import After, Before, First, Id, Last, TenantId
from schema.connections import Connection
from schema.context import Info
from schema.enums import MemberImportReason, MemberImportState
from schema.enums import MemberImportRowState as RowState
from schema.interfaces import Node, Rows, shown_from
from schema.sentences import fault_message, reason_message

if TYPE_CHECKING:
    from schema.members import Member

LazyMember = Annotated["Member", strawberry.lazy("schema.members")]
States = Annotated[
    list[RowState] | None,
    strawberry.argument(description="Rows in one of these states; all where it is left out."),
]


@strawberry.type(description="One thing that keeps a row from being invited.")
@shown_from(import_reasons.Reason)
class MemberImportRefusal:
    reason: MemberImportReason = strawberry.field(
        resolver=lambda root: root.code, description="What."
    )

    @strawberry.field(description="For people.")
    def message(parent: strawberry.Parent[import_reasons.Reason], info: Info) -> str:
        return reason_message(info.context.locale, parent)

    @strawberry.field(
        description="Of INVALID: which column, and what is wrong with what stands in it."
    )
    def field(
        parent: strawberry.Parent[import_reasons.Reason], info: Info
    ) -> errors.FieldError | None:
        if (fault := parent.field) is None:
            return None
        said = fault_message(info.context.locale, fault)
        return errors.FieldError(path=list(fault.path), code=fault.code, message=said)

    @strawberry.field(description="Of DUPLICATE: the number of the row that named him first.")
    def duplicate_of(parent: strawberry.Parent[import_reasons.Reason]) -> int | None:
        return parent.row


@strawberry.type(description="One row of an import: what was typed, and what has become of it.")
@shown_from(member_imports.Row)
class MemberImportRow:
    number: int = strawberry.field(
        description="Which row, from 1; that of the columns not counted."
    )
    state: RowState = strawberry.field(description="What has become of it.")
    reasons: list[MemberImportRefusal] = strawberry.field(
        description="Everything that keeps it from being invited; none while it is READY."
    )

    @strawberry.field(description="As it was typed.")
    def email(parent: strawberry.Parent[member_imports.Row]) -> str | None:
        return parent.given.get("email")

    @strawberry.field(description="As it was typed.")
    def login(parent: strawberry.Parent[member_imports.Row]) -> str | None:
        return parent.given.get("login")

    @strawberry.field(description="As it was typed.")
    def full_name(parent: strawberry.Parent[member_imports.Row]) -> str | None:
        return parent.given.get("fullName")

    @strawberry.field(description="As it was typed.")
    def role(parent: strawberry.Parent[member_imports.Row]) -> str | None:
        return parent.given.get("role")

    @strawberry.field(
        graphql_type=LazyMember | None,
        description="The member of an INVITED row, where the viewer may see him.",
    )
    def member(parent: strawberry.Parent[member_imports.Row], info: Info) -> Rows:
        return info.context.loaders.members.load(parent.member_id) if parent.member_id else None


def _count(state: ImportRowState) -> Any:
    return lambda root: root.counts.get(state.value, 0)


@strawberry.type(
    description="People to be invited together. Seen by who holds members:invite. What was never "
    "applied is forgotten after a day, what was applied after thirty; the operator may set both."
)
@shown_from(member_imports.Import)
class MemberImport(Node):
    state: MemberImportState = strawberry.field(description="How far it is.")
    total: int = strawberry.field(description="How many rows it has.")
    created_at: datetime = strawberry.field(description="When it was planned.")
    started_at: datetime | None = strawberry.field(description="When it was applied.")
    finished_at: datetime | None = strawberry.field(description="When its last row was done.")
    ready_count: int = strawberry.field(
        resolver=_count(ImportRowState.READY), description="Rows that are READY."
    )
    refused_count: int = strawberry.field(
        resolver=_count(ImportRowState.REFUSED), description="Rows that are REFUSED."
    )
    invited_count: int = strawberry.field(
        resolver=_count(ImportRowState.INVITED), description="Rows that are INVITED."
    )
    failed_count: int = strawberry.field(
        resolver=_count(ImportRowState.FAILED), description="Rows that have FAILED."
    )

    @strawberry.field(
        graphql_type=Connection[MemberImportRow] | None,
        description="Its rows, in their order.",
    )
    async def rows(
        parent: strawberry.Parent[member_imports.Import],
        states: States = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Rows:
        window = pages.Window(first, after, last, before)
        page = await member_imports.row_page(parent, window, states)
        return connections.of(page, partial(member_imports.count_rows, parent, states))


@strawberry.type
class MemberImportQueries:
    @strawberry.field(
        graphql_type=MemberImport | None,
        extensions=guard(Caller()),
        description="One import of members.",
    )
    async def member_import(self, info: Info, id: Id) -> Rows:
        return await member_imports.get(info.context.viewer, id)

    @strawberry.field(
        graphql_type=Connection[MemberImport] | None,
        extensions=guard(Can(Permission.MEMBERS_INVITE)),
        description="The imports of a tenant, newest first.",
    )
    async def member_imports(
        self,
        info: Info,
        tenant_id: TenantId,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Rows:
        window = pages.Window(first, after, last, before)
        return connections.of(await member_imports.page(info.context.viewer, tenant_id, window))
