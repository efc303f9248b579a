"""Subtrees of documents that are kept, run as compiled functions (ADR 0046).

Resolvers are called as they are. What they wait for comes when everything else of the level is
there: of one loader all keys at once, and of one field the coroutines of all objects beside each
other, so that what they ask alike is one statement (`models/batches`). One field comes after the
other, as they would have to wait for the one connection anyway.

Where anything is not as expected, what has been made is thrown away and graphql-core makes all of
it, so that nulls, errors and their paths are its own; of coroutines that ran it gets the
`outcomes`.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

from graphql import GraphQLObjectType, OperationType
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.loaders import Loader, Loading
from server import selections
from server.fields import Field
from server.outcomes import Outcome, Outcomes
from server.selections import Compiled

_SEEN = 2
"""Times that a document was sent, before it is worth the work."""


class Executor(StrawberryGraphQLCoreExecutionContext):
    """graphql-core's executor. Where the context has a `document` that is sent again and again
    (`schema/prepared`), its `subtrees` keep what was compiled, as long as its nodes live.
    """

    outcomes: Outcomes | None = None
    """Something was not as expected: the rest of the operation is graphql-core's, and goes on with
    these.
    """

    def collect_and_execute_subfields(
        self, return_type: Any, field_details_list: Any, path: Path, result: Any, *rest: Any
    ) -> Any:
        plain = partial(
            super().collect_and_execute_subfields,
            *(return_type, field_details_list, path, result),
            *rest,
        )
        found = self.compiled(return_type, field_details_list)
        return _Run(self, path, plain).result(found, result) if found else plain()

    def compiled(self, kind: GraphQLObjectType, details: FieldDetailsList) -> Compiled | None:
        """None where that is graphql-core's."""
        document = self.context_value.document
        if self.outcomes or document is None or document.times < _SEEN or not self._is_usual:
            return None
        key = (kind, *[id(each.node) for each in details])
        if key not in document.subtrees:
            document.subtrees[key] = selections.compiled(self, kind, details)
        found: Compiled | None = document.subtrees[key]
        return found

    def remember(self, outcomes: list[Outcome]) -> None:
        """graphql-core does the rest, and need not do this."""
        if self.outcomes is None:
            self.outcomes = Outcomes()
            self.middleware_manager = self.outcomes  # type: ignore[assignment]  # is asked the same
        self.outcomes.add(outcomes)

    @property
    def _is_usual(self) -> bool:
        """One answer, with nothing around its resolvers."""
        around = self.middleware_manager.middlewares if self.middleware_manager else ()
        is_live = self.operation.operation is OperationType.SUBSCRIPTION
        return not (around or is_live or self.abort_signal)


class _Run:
    """One subtree on its way."""

    def __init__(self, executor: Any, path: Path, plain: Callable[[], Any]) -> None:
        self.executor, self.path, self.plain = executor, path, plain
        self.later: list[tuple[Field, Any, dict[str, Any]]] = []
        self.outcomes: list[Outcome] = []
        self.infos: dict[Field, Any] = {}
        self.resolvers: dict[Field, Callable[[Any], Any]] = {}

    def result(self, compiled: Compiled, value: object) -> Any:
        """As graphql-core hands it back: perhaps an awaitable."""
        try:
            found = compiled.complete(value, self)
        except Exception:  # noqa: BLE001 graphql-core will say what it is
            return self._plain()
        return self._settled(found) if self.later else found

    def _plain(self) -> Any:
        self.executor.remember(self.outcomes)
        return self.plain()

    async def _settled(self, found: Any) -> Any:
        """`found` with everything in its place."""
        try:
            while self.later:
                level, self.later = self.later, []
                await self._settle(level)
        except Exception:  # noqa: BLE001 graphql-core will say what it is
            again = self._plain()
            return await again if self.executor.is_awaitable(again) else again
        return found

    async def _settle(self, level: list[tuple[Field, Any, dict[str, Any]]]) -> None:
        loading: dict[Loader[Any, Any], list[Any]] = defaultdict(list)
        running: dict[Field, list[Any]] = defaultdict(list)
        for each in level:
            field, waited, _ = each
            if waited.__class__ is Loading:
                loading[waited.loader].append(each)
            else:
                running[field].append(each)
        for field, ran in running.items():
            outcomes = await self._outcomes(field, [source for _, source, _ in ran])
            for outcome, (_, _, place) in zip(outcomes, ran, strict=True):
                place[field.key] = field.complete(await outcome.again(), self)
        for loader, asked in loading.items():
            found = await loader.all([waited.key for _, waited, _ in asked])
            for (field, waited, place), value in zip(asked, found, strict=True):
                then = waited.then
                place[field.key] = field.complete(then(value) if then else value, self)

    async def _outcomes(self, field: Field, sources: list[object]) -> list[Outcome]:
        """When all of them are there. One alone needs no task of its own."""
        resolve = self.resolver(field)
        if len(sources) == 1:
            return [await self._outcome(field, resolve, sources[0])]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._outcome(field, resolve, each)) for each in sources]
        return [task.result() for task in tasks]

    async def _outcome(
        self, field: Field, resolve: Callable[[Any], Any], source: object
    ) -> Outcome:
        try:
            outcome = Outcome(field, source, await resolve(source))
        except Exception as failure:  # noqa: BLE001 it is raised where it belongs
            outcome = Outcome(field, source, None, failure)
        self.outcomes.append(outcome)
        return outcome

    def info(self, field: Field) -> Any:
        if field not in self.infos:
            self.infos[field] = field.info(self.executor, self.path)
        return self.infos[field]

    def resolver(self, field: Field) -> Callable[[Any], Any]:
        """Of an object."""
        if field not in self.resolvers:
            self.resolvers[field] = field.resolver(self.executor, self.info(field))
        return self.resolvers[field]
