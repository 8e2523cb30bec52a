"""The small changes that make a mutant: for a node of the syntax tree, the text that stands in its place."""

import ast
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_COMPARISONS: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_OPERATORS: Mapping[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
    ast.Mod: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
_SKIPPED = ("annotation", "returns", "decorator_list")


def changes(tree: ast.AST) -> Iterator[tuple[Any, str]]:
    """Each node that can be changed and its new text. Left alone, as no test could notice or any would: annotations,
    decorators, imports, all texts, unions with None, `strict` of zip, which is an assertion, and getattr's default."""
    for node in _code(tree):
        if (new := _CHANGES[type(node)](node) if type(node) in _CHANGES else None) is not None:
            yield node, f"({new})" if isinstance(node, ast.expr) else new


def _code(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes under this one, without those that decide nothing when the module runs."""
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if name in _SKIPPED or not isinstance(child, ast.AST) or isinstance(child, ast.JoinedStr | ast.ImportFrom):
                continue
            if _asserts(child) or (name == "args" and _is_default(node, child)):
                continue
            yield child
            yield from _code(child)


def _asserts(node: ast.AST) -> bool:
    return isinstance(node, ast.keyword) and node.arg == "strict"


def _is_default(call: ast.AST, argument: ast.AST) -> bool:
    """Of getattr: what another system takes."""
    named = isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "getattr"
    return named and call.args[2:] == [argument]


def _compare(node: ast.Compare) -> str | None:
    if len(node.ops) > 1:
        return None
    return ast.unparse(ast.Compare(node.left, [_COMPARISONS[type(node.ops[0])]()], node.comparators))


def _logic(node: ast.BoolOp) -> str:
    return ast.unparse(ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values))


def _without_not(node: ast.UnaryOp) -> str | None:
    return ast.unparse(node.operand) if isinstance(node.op, ast.Not) else None


def _arithmetic(node: ast.BinOp) -> str | None:
    """None for what joins texts or unites types: the change would fail at once and tell nothing."""
    if type(node.op) not in _OPERATORS or any(map(_names_or_texts, (node.left, node.right))):
        return None
    return ast.unparse(ast.BinOp(node.left, _OPERATORS[type(node.op)](), node.right))


def _names_or_texts(node: ast.expr) -> bool:
    text = isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
    return text or (isinstance(node, ast.Constant) and node.value is None)


def _constant(node: ast.Constant) -> str | None:
    """One more of a count; a measure, which one more might hardly change, is doubled."""
    if isinstance(node.value, bool):
        return str(not node.value)
    if isinstance(node.value, float):
        return repr(node.value * 2 or 1.0)
    return repr(node.value + 1) if isinstance(node.value, int) else None


def _choice(node: ast.IfExp) -> str:
    return ast.unparse(ast.IfExp(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse))


def _returned(node: ast.Return) -> str | None:
    return "return None" if node.value and not isinstance(node.value, ast.Constant) else None


def _called(node: ast.Expr) -> str | None:
    return "pass" if isinstance(node.value, ast.Call | ast.Await) else None


def _gone(_: ast.AST) -> str:
    return "pass"


_CHANGES: Mapping[type[ast.AST], Callable[[Any], str | None]] = {
    ast.Compare: _compare,
    ast.BoolOp: _logic,
    ast.UnaryOp: _without_not,
    ast.BinOp: _arithmetic,
    ast.Constant: _constant,
    ast.IfExp: _choice,
    ast.Return: _returned,
    ast.Expr: _called,
    ast.Raise: _gone,
    ast.Continue: _gone,
}
