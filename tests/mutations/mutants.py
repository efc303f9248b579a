"""Mutants of a module: each its source with one change, ready to be put into the running process.

A mutant of a function is another code object for it, one of a constant is its assignment run anew:
nothing has to be imported again, so a forked process is a mutant at once.
"""

import ast
import gc
import importlib.util
import inspect
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from tests.mutations import changes

_UNCHANGED = {"annotation", "returns", "decorator_list", "args", "type_params"}
# What another module makes of a table when it is imported.
_DEPENDENT = {
    "permissions.project": "permissions.roles",
    "permissions.subscriber": "permissions.roles",
    "permissions.account": "permissions.roles",
}

_WIDTH = 90

Functions = dict[tuple[str, str, int], list[FunctionType]]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change; `name` stays the same while the function is not rewritten."""

    module: str
    function: str
    name: str
    line: int
    lines: frozenset[int]
    code: CodeType

    @property
    def key(self) -> str:
        return f"{self.where}: {self.name}"

    @property
    def where(self) -> str:
        return f"{self.module}.{self.function}"

    @property
    def is_constant(self) -> bool:
        return self.function.startswith("=")

    def apply(self, functions: Functions) -> None:
        """Be the mutant, from here on and in this process."""
        if self.is_constant:
            _assign(self.module, self.code)
            return
        found = functions[self.code.co_filename, self.code.co_qualname, self.code.co_firstlineno]
        for each in found:
            each.__code__ = self.code


def of(module: str) -> list[Mutant]:
    """Every mutant of the module, in the order of its lines."""
    path = source(module)
    tree = ast.parse(path.read_text())
    found = [*_of_constants(module, path, tree), *_of_functions(module, path, tree)]
    return sorted(_numbered(found), key=lambda mutant: mutant.line)


def source(module: str) -> Path:
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin)


def functions(modules: list[str]) -> Functions:
    """The functions of these modules as they live in this process, by where they are written."""
    files, found = {str(source(module)) for module in modules}, Functions()
    for each in gc.get_objects():
        if type(each) is FunctionType and each.__code__.co_filename in files:
            code = each.__code__
            key = code.co_filename, code.co_qualname, code.co_firstlineno
            found.setdefault(key, []).append(each)
    return found


def _of_functions(module: str, path: Path, tree: ast.Module) -> Iterator[Mutant]:
    for name, function in named(tree):
        for node, change in _changes(function):
            code = _code(compile(tree, path, "exec"), name)
            assert code is not None
            lines = frozenset(range(node.lineno, (node.end_lineno or node.lineno) + 1))
            yield Mutant(module, name, change, node.lineno, lines, code)


def _of_constants(module: str, path: Path, tree: ast.Module) -> Iterator[Mutant]:
    for index, statement in enumerate(tree.body):
        if (name := target(statement)) is None:
            continue
        for node, change in _changes(statement):
            again = ast.Module(list(_affected(tree.body[index:], name)), type_ignores=[])
            code = compile(again, path, "exec")
            yield Mutant(module, f"={name}", change, node.lineno, _lines_with(tree, name), code)


def named(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.AST]]:
    for each in ast.iter_child_nodes(node):
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{prefix}{each.name}", each
        elif isinstance(each, ast.ClassDef):
            yield from named(each, f"{prefix}{each.name}.")


def _changes(root: ast.AST) -> Iterator[tuple[Any, str]]:
    """Each node that can be changed, while it is, and the change in words."""
    for parent, field, index, node in list(_places(root)):
        for other in changes.of(node):
            ast.copy_location(other, node)
            ast.fix_missing_locations(other)
            _put(parent, field, index, other)
            yield node, _words(node, other)
            _put(parent, field, index, node)


def _places(node: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return  # a docstring
    for field, value in ast.iter_fields(node):
        if field in _UNCHANGED and not isinstance(node, ast.Call):
            continue
        for index, each in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(each, ast.AST) and not isinstance(getattr(each, "ctx", None), ast.Store):
                yield node, field, index, each
                yield from _places(each)


def _put(parent: ast.AST, field: str, index: int | None, node: ast.AST) -> None:
    if index is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[index] = node


def _words(node: ast.AST, other: ast.AST) -> str:
    if isinstance(node, ast.Call) and isinstance(other, ast.Call):
        [lost] = {str(one.arg) for one in node.keywords} - {str(one.arg) for one in other.keywords}
        return f"{ast.unparse(node.func)}(...) without {lost}"
    if isinstance(node, ast.Constant) and isinstance(other, ast.Constant):
        one, two = str(node.value), str(other.value)
        if "\n" in one and not two.startswith("XX"):
            return _in_line(one, next(i for i, c in enumerate(one) if c != two[i]), two)
    return f"{_short(node)} -> {_short(other)}"


def _in_line(one: str, at: int, two: str) -> str:
    """Where a text of several lines is another one, with the line and the column."""
    start, end = one.rfind("\n", 0, at) + 1, one.find("\n", at)
    line, changed = one[start:end], two[start:].partition("\n")[0]
    return f"{' '.join(line.split())} -> {' '.join(changed.split())}"


def _short(node: ast.AST) -> str:
    if isinstance(node, ast.If | ast.While):
        return f"if {_short(node.test)}"
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= _WIDTH else text[: _WIDTH - 3] + "..."


def _code(code: CodeType, name: str) -> CodeType | None:
    """That of the function, within the module's."""
    for each in code.co_consts:
        if inspect.iscode(each):
            if each.co_qualname == name:
                return each
            if (found := _code(each, name)) is not None:
                return found
    return None


def target(statement: ast.AST) -> str | None:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
    return None


def _affected(statements: list[ast.stmt], name: str) -> Iterator[ast.stmt]:
    """The assignment to the name, and those further down that are made of it."""
    names = {name}
    for statement in statements:
        made = target(statement)
        used = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
        if made is not None and used & names:
            names.add(made)
            yield statement


def _lines_with(tree: ast.Module, name: str) -> frozenset[int]:
    """Where functions of the module use the constant, or what is made of it."""
    names = {str(target(each)) for each in _affected(tree.body, name)}
    functions = (function for _, function in named(tree))
    nodes = (node for function in functions for node in ast.walk(function))
    return frozenset(n.lineno for n in nodes if isinstance(n, ast.Name) and n.id in names)


def _assign(module: str, code: CodeType) -> None:
    names = code.co_names
    owner = sys.modules[module].__dict__
    before = {name: owner[name] for name in names if name in owner}
    exec(code, owner)  # noqa: S102 it is our own
    for each in list(sys.modules.values()):
        for name, value in before.items():
            if getattr(each, "__dict__", {}).get(name) is value:
                setattr(each, name, owner[name])
    if (dependent := _DEPENDENT.get(module)) is not None:
        tree = ast.parse(source(dependent).read_text())
        again = [statement for statement in tree.body if target(statement)]
        exec(compile(ast.Module(again, []), dependent, "exec"), sys.modules[dependent].__dict__)  # noqa: S102 as above


def _numbered(found: list[Mutant]) -> Iterator[Mutant]:
    """With a number where one function has the same change more than once."""
    seen = Counter[str]()
    for mutant in found:
        seen[mutant.key] += 1
        number = f" ({seen[mutant.key]})" if seen[mutant.key] > 1 else ""
        yield Mutant(
            mutant.module,
            mutant.function,
            mutant.name + number,
            mutant.line,
            mutant.lines,
            mutant.code,
        )
