"""How code is broken on purpose: one node of a function for another that says something else."""

import ast
import re
from collections.abc import Iterator
from typing import Any

_SWAPPED: dict[type[ast.AST], type[Any]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.Pow: ast.Mult,
}
# Where a condition left out still makes a call that works, and one that means something else.
_SELECTING = {"filter", "exclude", "get", "get_or_none", "update", "create", "replace", "exists"}
_SQL = re.compile(r"^\s*(select|insert|update|delete|with) ", re.IGNORECASE)
_SQL_SWAPPED = {
    " and ": " or ",
    " or ": " and ",
    " = ": " <> ",
    " <> ": " = ",
    " < ": " <= ",
    " <= ": " < ",
    " > ": " >= ",
    " >= ": " > ",
    " is null": " is not null",
    " is not null": " is null",
    " skip locked": "",
}
_CELL = re.compile(r"(?<=[ ])[-+gs](?=[ \n])")


def of(node: ast.AST) -> Iterator[ast.AST]:
    """What can stand in place of the node."""
    match node:
        case ast.Expr() | ast.Raise() | ast.Delete() | ast.Assign() | ast.AugAssign():
            yield from _statement(node)
        case ast.Return(value=value) if value is not None and not _is_none(value):
            yield ast.Return(ast.Constant(None))
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
            yield from _condition(node, test)
        case ast.expr():
            yield from _expression(node)


def _expression(node: ast.expr) -> Iterator[ast.AST]:
    match node:
        case ast.Compare():
            yield from _comparison(node)
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(_SWAPPED[type(op)](), values)
            yield from values
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _SWAPPED:
            yield ast.BinOp(left, _SWAPPED[type(op)](), right)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.Constant(value=value):
            yield from map(ast.Constant, _constants(value))
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            yield from _shorter(node, elements)
        case ast.Call(func=ast.Attribute(attr=name)) if name in _SELECTING:
            yield from _freer(node)


def _statement(node: ast.stmt) -> Iterator[ast.AST]:
    """Left out; but for texts that stand alone, and names that the rest could not do without."""
    match node:
        case ast.Expr(value=ast.Constant()):
            return
        case ast.Assign(targets=targets) if any(isinstance(each, ast.Name) for each in targets):
            return
    yield ast.Pass()


def _condition(node: ast.AST, test: ast.expr) -> Iterator[ast.AST]:
    """Turned round, where it is not made of what is changed by itself."""
    if isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp):
        return
    turned = ast.UnaryOp(ast.Not(), test)
    match node:
        case ast.If(body=body, orelse=orelse):
            yield ast.If(turned, body, orelse)
        case ast.IfExp(body=then, orelse=otherwise):
            yield ast.IfExp(turned, then, otherwise)
        case ast.While(body=body, orelse=orelse):
            yield ast.While(turned, body, orelse)


def _comparison(node: ast.Compare) -> Iterator[ast.AST]:
    for index, op in enumerate(node.ops):
        ops = [*node.ops]
        ops[index] = _SWAPPED[type(op)]()
        yield ast.Compare(node.left, ops, node.comparators)


def _constants(value: object) -> Iterator[bool | int | float | str]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield value + 1
    elif isinstance(value, str):
        yield from _texts(value)


def _texts(value: str) -> Iterator[str]:
    """SQL and the tables of roles, piece by piece; other texts with something before them."""
    if _SQL.match(value):
        for piece, other in _SQL_SWAPPED.items():
            for found in re.finditer(re.escape(piece), value):
                yield value[: found.start()] + other + value[found.end() :]
    elif len(cells := list(_CELL.finditer(value))) > 1:
        for cell in cells:
            other = "-" if cell.group() == "+" else "+"
            yield value[: cell.start()] + other + value[cell.end() :]
    else:
        yield f"XX{value}"


def _shorter(node: ast.AST, elements: list[ast.expr]) -> Iterator[ast.AST]:
    """One of the names it lists is left out."""
    if len(elements) > 1 and all(
        isinstance(each, ast.Constant | ast.Attribute) for each in elements
    ):
        for index in range(len(elements)):
            rest = elements[:index] + elements[index + 1 :]
            yield ast.Set(rest) if isinstance(node, ast.Set) else type(node)(rest, ast.Load())  # type: ignore[call-arg]


def _freer(node: ast.Call) -> Iterator[ast.AST]:
    for index in range(len(node.keywords)):
        rest = node.keywords[:index] + node.keywords[index + 1 :]
        yield ast.Call(node.func, node.args, rest)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
