"""Subtrees of documents that are kept, run as compiled functions (ADR 0046).

Resolvers are called as they are. Those that are coroutines begin when everything else of the
subtree is there, and are waited for together in the one task: those that stand beside each other
ask their loaders at the same time, those below them next.

Where anything is not as expected, what has been made is thrown away and graphql-core makes all of
it, so that nulls, errors and their paths are its own; of resolvers that ran it gets the `outcomes`.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from inspect import iscoroutine
from typing import Any

from graphql import GraphQLObjectType, OperationType
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from server import selections
from server.fields import Field, Unusual
from server.outcomes import Ended, Outcomes
from server.selections import Complete

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
        complete = None if self.outcomes else self._compiled(return_type, field_details_list)
        return _Run(self, path, plain).result(complete, result) if complete else plain()

    def _compiled(self, kind: GraphQLObjectType, details: FieldDetailsList) -> Complete | None:
        document = self.context_value.document
        if document is None or document.times < _SEEN or not self._is_usual:
            return None
        key = (kind, *[id(each.node) for each in details])
        if key not in document.subtrees:
            document.subtrees[key] = selections.compiled(self, kind, details)
        found: Complete | None = document.subtrees[key]
        return found

    def remember(self, ended: Iterable[Ended]) -> None:
        """graphql-core does the rest, and need not do this."""
        if self.outcomes is None:
            self.outcomes = Outcomes()
            self.middleware_manager = self.outcomes  # type: ignore[assignment]  # is asked the same
        self.outcomes.add(ended)

    @property
    def _is_usual(self) -> bool:
        """One answer, with nothing around its resolvers."""
        around = self.middleware_manager.middlewares if self.middleware_manager else ()
        is_live = self.operation.operation is OperationType.SUBSCRIPTION
        return not (around or is_live or self.abort_signal)


class _Started:
    """A resolver that has begun and waits for `future`, or for its turn where that is None."""

    __slots__ = ("begun", "coroutine", "field", "future", "is_late", "place", "run", "source")

    def __init__(
        self,
        run: "_Run",
        field: Field,
        source: object,
        place: dict[str, Any],
        coroutine: Coroutine[Any, Any, Any],
    ) -> None:
        self.run, self.field, self.source, self.place = run, field, source, place
        self.coroutine, self.begun = coroutine, run.turn
        self.future: Any = None
        self.is_late = False

    def wait(self, future: Any) -> None:
        self.future = future
        if future is None:
            asyncio.get_running_loop().call_soon(self.wake)
        else:
            future._asyncio_future_blocking = False  # noqa: SLF001 a task does so, too
            future.add_done_callback(self.wake)

    def wake(self, _: object = None) -> None:
        self.run.wake(self)

    def cancel(self) -> None:
        """As a task would: by its future, or else at its next step."""
        self.is_late = self.future is None or not self.future.cancel()

    def ended(self, value: object, failure: Exception | None = None) -> Ended:
        return self.field, self.source, value, failure, self.run.turn - self.begun

    def step(self) -> Any:
        if self.is_late:
            self.is_late = False
            return self.coroutine.throw(asyncio.CancelledError())
        return self.coroutine.send(None)


class _Run:
    """One subtree on its way."""

    def __init__(self, executor: Any, path: Path, plain: Callable[[], Any]) -> None:
        self.executor, self.path, self.plain = executor, path, plain
        self.later: deque[tuple[Field, Any, dict[str, Any]]] = deque()
        self.open: set[_Started] = set()
        self.ready: deque[_Started] = deque()
        self.waker: asyncio.Future[None] | None = None
        self.failure: Exception | None = None
        self.is_ending = False
        self.turn = 0
        self.ended: list[Ended] = []
        self.infos: dict[Field, Any] = {}
        self.resolvers: dict[Field, Callable[[Any], Any]] = {}

    def result(self, complete: Complete, value: object) -> Any:
        """As graphql-core hands it back: perhaps an awaitable."""
        try:
            found = complete(value, self)
        except Exception:  # noqa: BLE001 graphql-core will say what it is
            return self._plain()
        return self._settled(found) if self.later else found

    def _plain(self) -> Any:
        self.executor.remember(self.ended)
        return self.plain()

    async def _settled(self, found: Any) -> Any:
        """`found` with everything in its place.

        Whoever has begun also ends here, whatever happens: by itself where another one failed,
        cancelled where the task was.
        """
        cancelled = None
        while self.later or self.open:
            try:
                self._go()
                if self.open:
                    self.waker = asyncio.get_running_loop().create_future()
                    await self.waker
                    self.turn += 1
            except asyncio.CancelledError as error:
                cancelled = error
                self._cancel()
        if cancelled is not None and not self._has_timed_out():
            raise cancelled
        if self.failure is None:
            return found
        again = self._plain()
        return await again if self.executor.is_awaitable(again) else again

    def _has_timed_out(self) -> bool:
        """It was a resolver that had the task cancelled, and made an error of it."""
        task = asyncio.current_task()
        return self.failure is not None and task is not None and not task.cancelling()

    def _go(self) -> None:
        """As far as nobody waits; each in its turn, so that loaders hear of all keys at once."""
        while self.later or self.ready:
            while self.later:
                self._begin(*self.later.popleft())
            while self.ready:
                self._advance(self.ready.popleft())

    def _begin(self, field: Field, source: object, place: dict[str, Any]) -> None:
        try:
            coroutine = self._resolver(field)(source)
        except Exception as failure:  # noqa: BLE001 an argument, or the limits of Python
            self._fail(failure)
        else:
            self._advance(_Started(self, field, source, place, coroutine))

    def _advance(self, started: _Started) -> None:
        """To where it waits next, or to its end."""
        self.open.discard(started)
        try:
            future = started.step()
        except StopIteration as end:
            self.ended.append(started.ended(end.value))
            self._tell(started, end.value)
        except asyncio.CancelledError:
            if not self.is_ending:
                raise
        except Exception as failure:  # noqa: BLE001 graphql-core will say what it is
            self.ended.append(started.ended(None, failure))
            self._fail(failure)
        else:
            self.open.add(started)
            started.wait(future)

    def _tell(self, started: _Started, value: object) -> None:
        complete = started.field.complete
        if complete is None or self.failure is not None or self.is_ending:
            return
        try:
            started.place[started.field.key] = complete(value, self)
        except Exception as failure:  # noqa: BLE001 graphql-core will say what it is
            self._fail(failure)

    def _fail(self, failure: Exception) -> None:
        self.failure = failure
        self.later.clear()

    def _cancel(self) -> None:
        self.is_ending = True
        self.later.clear()
        for started in self.open:
            started.cancel()

    def wake(self, started: _Started) -> None:
        self.ready.append(started)
        if self.waker is not None and not self.waker.done():
            self.waker.set_result(None)

    def now(self, field: Field, source: object) -> Any:
        """Of a resolver that is no coroutine, and should hand back none."""
        value = self._resolver(field)(source)
        if self.executor.is_awaitable(value):
            if iscoroutine(value):
                value.close()
            raise Unusual
        return value

    def info(self, field: Field) -> Any:
        if field not in self.infos:
            self.infos[field] = field.info(self.executor, self.path)
        return self.infos[field]

    def _resolver(self, field: Field) -> Callable[[Any], Any]:
        if field not in self.resolvers:
            self.resolvers[field] = field.resolver(self.executor, self.info(field))
        return self.resolvers[field]
