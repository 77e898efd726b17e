"""Break the guard's decision in each small way: a trace, or a case of names, must notice.

Mutants of the functions that decide: a comparison turned round or moved by its boundary, a condition turned round, `and` for `or`, plus
for minus, a number one larger. Each number of the table is made larger and smaller, too.
"""

import ast
import copy
import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from tests.components.guard import replay
from tests.components.guard.test_traces import NAMES

from soundstage.components.boot import idle_decision
from soundstage.components.boot.rules import rules

DECIDING = (
    idle_decision.decide,
    idle_decision.at_work,
    idle_decision.matches,
    idle_decision.is_named,
)
TURNED: Mapping[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}


def compared(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Compare):
        for place, op in enumerate(node.ops):
            for other in TURNED[type(op)]:
                yield ast.Compare(node.left, [*node.ops[:place], other(), *node.ops[place + 1 :]], node.comparators)


def joined(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        for place in range(len(node.values)):
            rest = [value for at, value in enumerate(node.values) if at != place]
            yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)


def negated(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    if isinstance(node, ast.IfExp):
        yield ast.IfExp(node.test, node.orelse, node.body)
    if isinstance(node, ast.If):
        yield ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)


def reckoned(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)) and not isinstance(node.right, ast.Name):
        yield ast.BinOp(node.left, ast.Sub() if isinstance(node.op, ast.Add) else ast.Add(), node.right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("min", "max", "any", "all"):
        other = {"min": "max", "max": "min", "any": "all", "all": "any"}[node.func.id]
        yield ast.Call(ast.Name(other, ast.Load()), node.args, node.keywords)


def renumbered(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        yield ast.Constant(node.value + 1)


OPERATORS: tuple[Callable[[ast.AST], Iterator[ast.AST]], ...] = (compared, joined, negated, reckoned, renumbered)


class Once(ast.NodeTransformer):
    """Puts a replacement in the place of one node, known by its number."""

    def __init__(self, place: int, instead: ast.AST) -> None:
        self.place, self.instead, self.seen = place, instead, -1

    def visit(self, node: ast.AST) -> Any:
        self.seen += 1
        return ast.copy_location(self.instead, node) if self.seen == self.place else self.generic_visit(node)


class Numbered(ast.NodeVisitor):
    def __init__(self) -> None:
        self.nodes: list[ast.AST] = []

    def visit(self, node: ast.AST) -> None:
        self.nodes.append(node)
        self.generic_visit(node)


def mutants() -> Iterator[tuple[str, ast.Module, str]]:
    """What was done, the functions that decide with it, and the name of the function that has it."""
    for function in DECIDING:
        tree = ast.parse(inspect.getsource(function))
        numbered = Numbered()
        numbered.visit(tree)
        for place, node in enumerate(numbered.nodes):
            for operator in OPERATORS:
                for instead in operator(copy.deepcopy(node)):
                    changed = Once(place, instead).visit(copy.deepcopy(tree))
                    was = ast.unparse(node).splitlines()[0]
                    now = ast.unparse(ast.fix_missing_locations(instead)).splitlines()[0]
                    yield (
                        f"{function.__name__}: {was}  ->  {now}",
                        ast.fix_missing_locations(changed),
                        function.__name__,
                    )


def notices(decide: Any, matches: Any, table: Any) -> bool:
    """Whether a trace or a case of names goes another way with these functions and this table. One that breaks is noticed as well."""
    try:
        for command, pattern, expected in NAMES:
            if matches(table, command, pattern) is not expected:
                return True
        for place, trace in enumerate(TRACES):
            if replay.fault(trace, list(replay.told(trace, lambda _, *rest: decide(table, *rest)))):
                TRACES.insert(0, TRACES.pop(place))  # what noticed one change is likely to notice the next
                return True
        return False
    except Exception:  # noqa: BLE001 - a mutant may do anything
        return True


TRACES: list[dict[str, Any]] = sorted(
    (replay.read(path) for path in replay.TRACES), key=lambda trace: sum(each["minutes"] for each in trace["play"])
)


def test_without_a_change_nothing_is_noticed() -> None:
    assert not notices(idle_decision.decide, idle_decision.matches, rules())


def test_no_change_of_the_decision_goes_unnoticed() -> None:
    survivors = []
    for label, tree, _ in mutants():
        room = {**vars(idle_decision)}
        exec(compile(tree, "<mutant>", "exec"), room)
        # What calls the changed function must find it.
        for function in DECIDING:
            if function.__name__ != label.partition(":")[0]:
                exec(compile(inspect.getsource(function), "<same>", "exec"), room)
        if not notices(room["decide"], room["matches"], rules()):
            survivors.append(label)
    assert survivors == []


NUMBERS = (
    *("looks", "busy_looks", "gap_minutes", "quiet_minutes", "app_minutes", "quiet_cores"),
    *("app_cores", "dark_minutes", "after_hours_minutes"),
)


@pytest.mark.parametrize("factor", [0.4, 2.6])
@pytest.mark.parametrize("name", NUMBERS)
def test_no_change_of_a_number_of_the_table_goes_unnoticed(name: str, factor: float) -> None:
    table = json.loads(json.dumps(rules()))
    table[name] = round(table[name] * factor) if isinstance(table[name], int) else table[name] * factor
    assert notices(idle_decision.decide, idle_decision.matches, table)


@pytest.mark.parametrize("factor", [0.3, 3.0])
@pytest.mark.parametrize("place", range(len(rules()["measures"])))
def test_no_change_of_a_threshold_goes_unnoticed(place: int, factor: float) -> None:
    table = json.loads(json.dumps(rules()))
    table["measures"][place]["at_least"] *= factor
    assert notices(idle_decision.decide, idle_decision.matches, table)
