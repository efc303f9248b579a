"""How an import goes on, for who listens; see `live`."""

from collections.abc import AsyncGenerator

import strawberry

from models import announcements
from permissions import checks
from permissions.catalog import Permission
from permissions.fields import Caller
from resolvers import member_imports
from schema import listening
from schema.arguments import Id
from schema.context import Info
from schema.interfaces import Rows
from schema.listening import listens
from schema.member_imports import MemberImport


@strawberry.type(description="An import of members has gone on.")
class MemberImportProgress:
    import_id: strawberry.ID | None = strawberry.field(
        description="Which; null in the first message, and where it may be any."
    )
    shown_id: strawberry.Private[str]

    @strawberry.field(
        graphql_type=MemberImport | None, description="As it is now; null: it is forgotten."
    )
    async def member_import(self, info: Info) -> Rows:
        return await member_imports.get(info.context.viewer, self.shown_id)


@strawberry.type
class MemberImportLive:
    @strawberry.subscription(
        extensions=listens(Caller()),
        description="How an import goes on: a message for every few dozen rows, and for its end.",
    )
    async def member_import_progress(
        self, info: Info, import_id: Id
    ) -> AsyncGenerator[MemberImportProgress, None]:
        context = info.context
        async with context.reading():
            tenant_id = (await member_imports.get(context.viewer, import_id)).tenant_id
        context.before_news.append(
            lambda: checks.require_sees(context.viewer, tenant_id, Permission.MEMBERS_INVITE)
        )
        topics = [announcements.imports(tenant_id)]
        told = listening.to(
            context,
            lambda _: topics,
            lambda i: MemberImportProgress(import_id=i, shown_id=import_id),
        )
        async for progress in told:
            if progress.import_id in (None, import_id):
                yield progress
