"""How an operation runs against the database.

A query is one read-only transaction, opened before its first field. A mutation looks up who asks
before each root field, whose use case opens its own transaction; the payload is read in another
one after the commit. Each message of a subscription is a read-only transaction; see
`schema/listening`.
"""

from collections.abc import Awaitable
from contextlib import suppress
from functools import partial
from typing import Any

from graphql import GraphQLError, GraphQLObjectType, OperationType
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.executor import CollectedErrors
from graphql.pyutils import Path

import errors
import settings
from models import replica, retrying
from permissions import checks
from schema import coercion
from schema.errors import Error, wrapped
from server import access, deadline, idempotency, staleness, subtrees, tracing

INTROSPECTION = ("__schema", "__type")
LINK_QUERIES = ("invitation", "tenantInvitation", "accountLink")
"""The root fields of `Query` that take a link's token: counted, and refused over GET."""


class Executor(subtrees.Executor):
    """graphql-core's executor with our transactions around its steps."""

    @classmethod
    def build(cls, *given: Any, **named: Any) -> Any:
        """With the variables, which are not repeated where they are wrong."""
        named["hide_suggestions"] = settings.load().production
        built = super().build(*given, **named)
        return [coercion.of_variable(each) for each in built] if isinstance(built, list) else built

    def execute_collected_root_fields(
        self, root_type: Any, root_value: Any, grouped_field_set: Any, *rest: Any
    ) -> Any:
        run = partial(
            super().execute_collected_root_fields, root_type, root_value, grouped_field_set, *rest
        )
        names = [details[0].node.name.value for details in grouped_field_set.values()]
        if self.operation.operation is OperationType.SUBSCRIPTION:
            if root_value is None:
                raise GraphQLError(
                    "Subscribe over a WebSocket, or with `Accept: text/event-stream`."
                )
            return self._tell(run, names)
        access.executes(self.operation.operation.value, names)
        begin = partial(self._begin, run, grouped_field_set, names)
        return self._paid(begin) if self.context_value.is_metered else begin()

    def _begin(self, run: Any, grouped_field_set: Any, names: list[str]) -> Any:
        if self.operation.operation is not OperationType.QUERY:
            return self._change(run, names)
        nodes = [details[0].node for details in grouped_field_set.values()]
        links = sum(name in LINK_QUERIES for name in names)
        if links and self.context_value.over_get:
            raise GraphQLError("Send this as POST: its arguments are secret.")
        if self.context_value.staleness is not None and staleness.may_be_old(nodes):
            return self._query_old(run)
        return self._query(run, links, explores=not set(names).isdisjoint(INTROSPECTION))

    async def _paid(self, begin: Any) -> Any:
        """Begins once the API key has paid; where nobody could be looked up, `begin` says so."""
        with suppress(errors.Failure):
            await self.context_value.identify()
        try:
            await self.context_value.charge(self.context_value.points)
        except errors.Failure as failure:
            raise wrapped(failure) from failure
        return await _settled(begin())

    async def _tell(self, run: Any, names: list[str]) -> Any:
        """One message. What it raises ends the stream, where an error of GraphQL would not."""
        access.executes("subscription", names)
        with tracing.message(names[0], self.context_value.client.request_id):
            async with self.context_value.reading_news():
                return await _settled(run())

    async def _query_old(self, run: Any) -> Any:
        """From the replica, or else as any other query."""
        with suppress(errors.Failure, replica.Unfit):
            async with self.context_value.reading_old():
                answer = await _settled(run())
            self.context_value.staleness.say("replica")
            return answer
        self.collected_errors = CollectedErrors()
        return await self._query(run, 0, explores=False)

    async def _query(self, run: Any, links: int, *, explores: bool) -> Any:
        if self.context_value.staleness is not None:
            self.context_value.staleness.say("primary")
        try:
            if links:
                await self.context_value.count_links(links)
            async with self.context_value.reading():
                if explores:
                    checks.require_may_explore(self.context_value.viewer)
                return await _settled(run())
        except errors.Failure as failure:
            raise wrapped(failure) from failure

    def _change(self, run: Any, names: list[str]) -> Any:
        """Once, where the client wants to be able to send it again."""
        ours = [name for name in names if not name.startswith("__")]
        if self.context_value.resend is None or not ours:
            return run()
        return idempotency.once(
            self.context_value, ours, lambda: _settled(run()), self.collected_errors
        )

    def execute_field(
        self, parent_type: Any, source: Any, field_details_list: Any, path: Path, *rest: Any
    ) -> Any:
        field = super().execute_field
        run: Any = partial(field, parent_type, source, field_details_list, path, *rest)
        if path.prev is not None:
            return run()
        kind = self.operation.operation
        if kind is OperationType.MUTATION:
            run = partial(self._mutate, run, parent_type, field_details_list, path)
        return tracing.field(field_details_list[0].node.name.value, kind.value, run)

    async def _mutate(
        self,
        run: Any,
        parent_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        path: Path,
    ) -> Any:
        async def work() -> Any:
            await self.context_value.identify()
            return await _settled(run())

        try:
            async with deadline.kept():
                return await retrying.done(work)
        except errors.Failure as failure:
            field = parent_type.fields[field_details_list[0].node.name.value]
            self.handle_field_error(failure, field.type, field_details_list, path)
            return None

    def collect_and_execute_subfields(
        self, return_type: Any, field_details_list: Any, path: Path, result: Any, *rest: Any
    ) -> Any:
        if path.prev is None and isinstance(result, Error):
            access.failed(result.code)
        run = partial(
            super().collect_and_execute_subfields,
            *(return_type, field_details_list, path, result),
            *rest,
        )
        if not self._is_root_of_mutation(path):
            return run()
        found = self.compiled(return_type, field_details_list)
        return run() if found and found.is_plain else self._payload(run)

    async def _payload(self, run: Any) -> Any:
        """Where more is asked than the use case has handed back."""
        async with self.context_value.reading_payload():
            return await _settled(run())

    def _is_root_of_mutation(self, path: Path) -> bool:
        return path.prev is None and self.operation.operation is OperationType.MUTATION

    def handle_field_error(
        self, raw_error: Exception, return_type: Any, field_details_list: Any, path: Path
    ) -> None:
        """What the viewer may not know of is null, without an error (contract)."""
        if retrying.is_wanted(raw_error):
            raise raw_error
        if not isinstance(raw_error, errors.NotFound):
            failure = deadline.told(raw_error)
            super().handle_field_error(failure, return_type, field_details_list, path)


async def _settled(result: Any) -> Any:
    return await result if isinstance(result, Awaitable) else result
