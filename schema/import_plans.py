"""Imports of members: planned from a file or a list, and applied."""

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry

from permissions.catalog import Permission
from permissions.fields import Caller, Can, guard
from resolvers import import_plans, member_imports
from schema import errors
from schema.arguments import Input
from schema.context import Info
from schema.cost import LONG
from schema.enums import AppRight, Locale
from schema.interfaces import Rows
from schema.member_imports import MemberImport
from schema.scalars import RoleCode


@strawberry.input(description="A right on an app, from acceptance on.")
class MemberImportAppInput:
    app_id: strawberry.ID = strawberry.field(description="On which app.")
    right: AppRight = strawberry.field(description="Which right.")


@strawberry.input(
    description="Somebody to be invited, as by inviteMember: by `email`, or by the `login` of "
    "somebody registered."
)
class MemberImportRowInput:
    email: str | None = strawberry.field(default=None, description="An address, registered or not.")
    login: str | None = strawberry.field(
        default=None, description="The login of somebody registered."
    )
    full_name: str | None = strawberry.field(
        default=None, description="A newcomer's name; prefills, and is refused with `login`."
    )
    newcomer_login: str | None = strawberry.field(
        default=None, description="A login for a newcomer, likewise; it is not reserved."
    )
    phone: str | None = strawberry.field(
        default=None, description="A newcomer's number in E.164, likewise."
    )
    role: RoleCode | None = strawberry.field(
        default=None, description="As what; left out as with inviteMember."
    )
    locale: Locale | None = strawberry.field(
        default=None, description="The language of the mail, where the invitee has none yet."
    )
    max_sessions: int | None = strawberry.field(
        default=None, description="Simultaneous app sessions at most."
    )
    apps: list[MemberImportAppInput] | None = strawberry.field(
        default=None, description="Rights on apps."
    )


@strawberry.input(one_of=True, description="Who is to be invited.")
class MemberImportSourceInput:
    csv: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="A file: its first row names columns as MemberImportRowInput names fields, in "
        "any order; separated by commas, semicolons or tabs. In `apps`: `app_1=LAUNCH app_2=...`.",
    )
    rows: list[MemberImportRowInput] | None = strawberry.field(
        default=strawberry.UNSET, description="A list.", metadata=LONG
    )


@strawberry.input(description="Who is to be invited to which tenant.")
class PlanMemberImportInput:
    tenant_id: strawberry.ID = strawberry.field(description="To which tenant.")
    source: MemberImportSourceInput = strawberry.field(description="Who.")


@strawberry.type(description="Nobody is invited yet; every row says what would become of it.")
class PlanMemberImportPayload:
    member_import: Rows = strawberry.field(graphql_type=MemberImport, description="The plan.")


@strawberry.input(description="A plan that is to come true.")
class ApplyMemberImportInput:
    import_id: strawberry.ID = strawberry.field(description="Which import.")


@strawberry.type(description="Its READY rows are invited from now on, or have been already.")
class ApplyMemberImportPayload:
    member_import: Rows = strawberry.field(graphql_type=MemberImport, description="As it is now.")


PlanMemberImportResult = Annotated[
    PlanMemberImportPayload
    | errors.PermissionDenied
    | errors.NotFound
    | errors.InvalidInput
    | errors.RateLimited,
    strawberry.union("PlanMemberImportResult", description="What planning can come to."),
]
ApplyMemberImportResult = Annotated[
    ApplyMemberImportPayload | errors.PermissionDenied | errors.NotFound,
    strawberry.union("ApplyMemberImportResult", description="What applying can come to."),
]


@strawberry.type
class MemberImportMutations:
    @strawberry.mutation(
        graphql_type=PlanMemberImportResult | None,
        extensions=guard(Can(Permission.MEMBERS_INVITE)),
        description="Look at many people who are to be invited, and say what would become of each.",
    )
    async def plan_member_import(self, info: Info, input: Input[PlanMemberImportInput]) -> Rows:
        source = input.source
        given = source.csv if isinstance(source.csv, str) else _given(source.rows or ())
        planned = await import_plans.plan(info.context.viewer, input.tenant_id, given)
        return PlanMemberImportPayload(member_import=planned)

    @strawberry.mutation(
        graphql_type=ApplyMemberImportResult | None,
        extensions=guard(Caller()),
        description="Invite the people of a plan, in the viewer's name and with his rights; a "
        "second time it answers with the same import.",
    )
    async def apply_member_import(self, info: Info, input: Input[ApplyMemberImportInput]) -> Rows:
        applied = await member_imports.apply(info.context.viewer, input.import_id)
        return ApplyMemberImportPayload(member_import=applied)


def _given(inputs: Sequence[MemberImportRowInput]) -> list[dict[str, Any]]:
    """By column, as a file would have it."""
    return [
        {name: value for name, value in _columns(one).items() if value not in (None, "", [])}
        for one in inputs
    ]


def _columns(row: MemberImportRowInput) -> dict[str, Any]:
    return {
        "email": row.email,
        "login": row.login,
        "fullName": row.full_name,
        "newcomerLogin": row.newcomer_login,
        "phone": row.phone,
        "role": row.role,
        "locale": row.locale.value if row.locale else None,
        "maxSessions": row.max_sessions,
        "apps": [{"appId": one.app_id, "right": one.right.value} for one in row.apps or ()],
    }
