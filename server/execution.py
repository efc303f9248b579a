"""How an operation runs against the database.

A query is one read-only transaction, opened before its first field. A mutation looks up who asks
before each root field, whose use case opens its own transaction; the payload is read in another
one after the commit. Each message of a subscription is a read-only transaction; see
`schema/listening`.
"""

from collections.abc import Awaitable
from functools import partial
from typing import Any

from graphql import GraphQLError, GraphQLObjectType, OperationType
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

import errors
from permissions import checks

INTROSPECTION = ("__schema", "__type")
LINK_QUERIES = ("invitation", "tenantInvitation", "accountLink")
"""The root fields of `Query` that take a link's token: counted, and refused over GET."""


class Executor(StrawberryGraphQLCoreExecutionContext):
    """graphql-core's executor with our transactions around its steps."""

    def execute_collected_root_fields(
        self, root_type: Any, root_value: Any, grouped_field_set: Any, *rest: Any
    ) -> Any:
        run = partial(
            super().execute_collected_root_fields, root_type, root_value, grouped_field_set, *rest
        )
        if self.operation.operation is OperationType.SUBSCRIPTION:
            if root_value is None:
                raise GraphQLError(
                    "Subscribe over a WebSocket, or with `Accept: text/event-stream`."
                )
            return self._tell(run)
        if self.operation.operation is not OperationType.QUERY:
            return run()
        names = [details[0].node.name.value for details in grouped_field_set.values()]
        links = sum(name in LINK_QUERIES for name in names)
        if links and self.context_value.over_get:
            raise GraphQLError("Send this as POST: its arguments are secret.")
        return self._query(run, links, explores=not set(names).isdisjoint(INTROSPECTION))

    async def _tell(self, run: Any) -> Any:
        """One message. What it raises ends the stream, where an error of GraphQL would not."""
        async with self.context_value.reading_news():
            return await _settled(run())

    async def _query(self, run: Any, links: int, *, explores: bool) -> Any:
        try:
            if links:
                await self.context_value.count_links(links)
            async with self.context_value.reading():
                if explores:
                    checks.require_may_explore(self.context_value.viewer)
                return await _settled(run())
        except errors.Failure as failure:
            raise GraphQLError(failure.code, original_error=failure) from failure

    def execute_field(
        self, parent_type: Any, source: Any, field_details_list: Any, path: Path, *rest: Any
    ) -> Any:
        run = partial(super().execute_field, parent_type, source, field_details_list, path, *rest)
        if not self._is_root_of_mutation(path):
            return run()
        return self._mutate(run, parent_type, field_details_list, path)

    async def _mutate(
        self,
        run: Any,
        parent_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        path: Path,
    ) -> Any:
        try:
            await self.context_value.identify()
        except errors.Failure as failure:
            field = parent_type.fields[field_details_list[0].node.name.value]
            self.handle_field_error(failure, field.type, field_details_list, path)
            return None
        return await _settled(run())

    def collect_and_execute_subfields(
        self, return_type: Any, field_details_list: Any, path: Path, *rest: Any
    ) -> Any:
        run = partial(
            super().collect_and_execute_subfields, return_type, field_details_list, path, *rest
        )
        return self._payload(run) if self._is_root_of_mutation(path) else run()

    async def _payload(self, run: Any) -> Any:
        async with self.context_value.reading_payload():
            return await _settled(run())

    def _is_root_of_mutation(self, path: Path) -> bool:
        return path.prev is None and self.operation.operation is OperationType.MUTATION

    def handle_field_error(
        self, raw_error: Exception, return_type: Any, field_details_list: Any, path: Path
    ) -> None:
        """What the viewer may not know of is null, without an error (contract)."""
        if not isinstance(raw_error, errors.NotFound):
            super().handle_field_error(raw_error, return_type, field_details_list, path)


async def _settled(result: Any) -> Any:
    return await result if isinstance(result, Awaitable) else result
