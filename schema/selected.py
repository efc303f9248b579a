"""What a list is asked to tell of its items, so that no more is read of them (ADR 0051)."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from graphql import FieldNode, FragmentSpreadNode
from strawberry.utils.str_converters import to_snake_case

from schema.context import Info


def fields(info: Info, *path: str) -> frozenset[str]:
    """Names of attributes, of the objects that are told below `path` of the field; those that a
    directive may leave out as well, and those that only one type of several has.
    """
    raw: Any = info._raw_info  # noqa: SLF001 Strawberry's own way converts all there is below
    found: Iterable[FieldNode] = raw.field_nodes
    for name in path:
        found = [node for node in _below(found, raw.fragments) if node.name.value == name]
    return frozenset(_attribute(node.name.value) for node in _below(found, raw.fragments))


def _below(nodes: Iterable[Any], fragments: Any) -> Iterator[FieldNode]:
    """Through fragments, each once."""
    waiting, spread = list(nodes), set()
    while waiting:
        for node in waiting.pop().selection_set.selections:
            if isinstance(node, FieldNode):
                yield node
            elif not isinstance(node, FragmentSpreadNode):
                waiting.append(node)
            elif node.name.value not in spread:
                spread.add(node.name.value)
                waiting.append(fragments[node.name.value])


_attribute = lru_cache(maxsize=None)(to_snake_case)
"""Of fields of the schema, which are few."""
