"""Changing one place of a program's source, as both tests of mutants do it: of checks and of views."""

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeAlias

Operator: TypeAlias = Callable[[ast.AST], ast.AST | None]
"""What stands in place of a node; None where there is nothing to change."""
_FLIPS: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip


def compared(node: ast.AST) -> ast.AST | None:
    """A comparison turned into its opposite."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return ast.Compare(node.left, [_FLIPS[type(node.ops[0])]()], node.comparators)
    return None


class _Once(ast.NodeTransformer):
    """Applies an operator at its n-th place."""

    def __init__(self, operator: Operator, place: int) -> None:
        self.operator, self.place, self.line = operator, place, 0

    def visit(self, node: ast.AST) -> Any:
        changed = self.operator(node)
        if changed is not None:
            self.place -= 1
            if self.place == -1:
                self.line = getattr(node, "lineno", 0)
                return ast.copy_location(changed, node)
        return self.generic_visit(node)


def mutated(source: str, operators: Sequence[Operator]) -> Iterator[tuple[Operator, int, ast.Module]]:
    """The program with each place changed that each operator can change: the operator, the line, and the changed program."""
    tree = ast.parse(source)
    for operator in operators:
        for place in range(sum(operator(node) is not None for node in ast.walk(tree))):
            once = _Once(operator, place)
            changed = once.visit(ast.parse(source))  # a copy of the tree takes ten times as long
            yield operator, once.line, ast.fix_missing_locations(changed)
