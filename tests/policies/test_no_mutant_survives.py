"""Break each check in each small way: an example must notice.

Mutants of `policies/checks`: a comparison flipped, a negation dropped, `all_of` and `any_of` exchanged, a truth turned
round. Each mutant runs against the examples of its module's policies and the plans of `red_team/` that speak of them, and
against each example with one value after another unknown. Of the tables of resource types, each spelling is dropped in turn.
"""

import ast
import copy
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from soundstage.plan.plan import Plan
from soundstage.policies import catalogue as catalogue_module
from soundstage.policies.example import Example, examples, variants
from soundstage.policies.judge import verdicts
from soundstage.policies.policy import Blind, Policy
from soundstage.policies.views.stack import Stack

CHECKS = {module.__name__.rpartition(".")[2]: module for module in catalogue_module.MODULES}
FLIPS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


def flip_comparison(node: ast.AST) -> ast.AST | None:
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return ast.Compare(node.left, [FLIPS[type(node.ops[0])]()], node.comparators)
    return None


def drop_negation(node: ast.AST) -> ast.AST | None:
    return (
        node.args[0]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "no"
        else None
    )


def exchange_logic(node: ast.AST) -> ast.AST | None:
    names = {"all_of": "any_of", "any_of": "all_of"}
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names and len(node.args) > 1:
        return ast.Call(ast.Name(names[node.func.id], ast.Load()), node.args, node.keywords)
    return None


OPERATORS: tuple[Callable[[ast.AST], ast.AST | None], ...] = (flip_comparison, drop_negation, exchange_logic)


class Once(ast.NodeTransformer):
    """Applies an operator at its n-th place."""

    def __init__(self, operator: Callable[[ast.AST], ast.AST | None], place: int) -> None:
        self.operator, self.place, self.line = operator, place, 0

    def visit(self, node: ast.AST) -> Any:
        changed = self.operator(node)
        if changed is not None:
            self.place -= 1
            if self.place == -1:
                self.line = getattr(node, "lineno", 0)
                return ast.copy_location(changed, node)
        return self.generic_visit(node)


def mutants(source: str) -> Iterator[tuple[str, ast.Module]]:
    tree = ast.parse(source)
    for operator in OPERATORS:
        places = sum(operator(node) is not None for node in ast.walk(tree))
        for place in range(places):
            once = Once(operator, place)
            changed = once.visit(copy.deepcopy(tree))
            line = source.splitlines()[once.line - 1].strip()
            yield f"{operator.__name__}: {line}", ast.fix_missing_locations(changed)


def seen(policy: Policy, example: Example, plan: Plan) -> tuple[Any, ...]:
    """Everything that a person could observe of a policy on a plan."""
    stack = Stack(plan, example.judged_by())
    return tuple(
        (item.resource.name if item.resource else "stack", item.path, item.reason)
        if isinstance(item, Blind)
        else (
            item.resource.name if item.resource else "stack",
            item.message,
            tuple(node.path for node in item.evidence),
            tuple(policy.remedy(item.resource)) if policy.remedy and item.resource else (),
        )
        for item in verdicts(policy, stack)
    )


def red_team() -> Iterator[tuple[str, Example]]:
    """Each plan of the red team, once for every policy that its case names."""
    for path in sorted((Path(__file__).parent / "red_team").glob("*.yaml")):
        case = yaml.load(path.read_text(), yaml.CSafeLoader)
        silent = case.get("silent", ())
        named = [
            *case.get("caught", ()),
            *case.get("kept", ()),
            *(text for text in case.get("not_judged", ()) if ":" not in text),
        ]
        for id in dict.fromkeys(text.split()[0] for text in (*named, *(silent if silent != "all" else ()))):
            settings = {"today": "2026-11-21"} | case.get("settings", {})
            yield id, Example(case["resources"], frozenset(), settings, case.get("profile", "studio"))


@dataclass(frozen=True)
class Case:
    """One plan that a policy judges, and what it says of it."""

    id: str
    example: Example
    plan: Plan
    said: tuple[Any, ...]


def cases(original: dict[str, Policy]) -> list[Case]:
    """The examples of these policies and the red team's plans, then each example with one value after another unknown."""
    shown, hidden = [], []
    for id, example in red_team():
        if id in original:
            plan = example.plan()
            shown.append(Case(id, example, plan, seen(original[id], example, plan)))
    for id in sorted(original):
        for example in () if id in ("GOV-04", "GOV-05") else (*examples(id).bad, *examples(id).good):
            plan = example.plan()
            shown.append(Case(id, example, plan, seen(original[id], example, plan)))
            for _, _, changed in variants(plan):
                hidden.append(Case(id, example, changed, seen(original[id], example, changed)))
    return [*shown, *hidden]


def notices(case: Case, mutant: dict[str, Policy]) -> bool:
    """Whether anything can be observed of the change in this case."""
    try:
        return seen(mutant[case.id], case.example, case.plan) != case.said
    except Exception:  # noqa: BLE001 - a mutant may fail in any way; failing is being noticed
        return True


def policies_of(module: types.ModuleType) -> dict[str, Policy]:
    return {item.id: item for item in vars(module).values() if isinstance(item, Policy)}


def loaded(name: str, tree: ast.Module) -> dict[str, Policy]:
    module = types.ModuleType(f"mutant_{name}")
    exec(compile(tree, f"mutant_{name}", "exec"), module.__dict__)
    return policies_of(module)


@pytest.mark.slow
@pytest.mark.parametrize("name", CHECKS)
def test_every_mutant_of_a_check_is_noticed(name: str) -> None:
    source = Path(str(CHECKS[name].__file__)).read_text()
    original = policies_of(CHECKS[name])
    judged, survivors = cases(original), []
    for told, tree in mutants(source):
        try:
            found = loaded(name, tree)
        except Exception:  # noqa: BLE001 - a module that cannot even be loaded is noticed
            continue
        if set(found) != set(original):
            continue
        place = next((place for place, case in enumerate(judged) if notices(case, found)), None)
        if place is None:
            survivors.append(told)
        else:  # the next mutant stands nearby in the code, and what noticed this one is likely to notice it too
            judged.insert(0, judged.pop(place))
    assert not survivors, "\n".join(survivors)


def every_example() -> Iterator[tuple[str, Example]]:
    for id in catalogue_module.catalogue():
        for example in () if id in ("GOV-04", "GOV-05") else (*examples(id).bad, *examples(id).good):
            yield id, example
    yield from red_team()


def test_no_spelling_of_a_resource_can_be_dropped() -> None:
    """Every resource type that any policy asks for is hidden in turn: some example must come out differently."""
    asked: set[str] = set()
    for id, example in every_example():
        stack = Stack(example.plan(), example.judged_by())
        list(verdicts(catalogue_module.catalogue()[id], stack))
        asked |= stack._asked
    noticed: set[str] = set()
    for id, example in every_example():
        policy, plan = catalogue_module.catalogue()[id], example.plan()
        for type in {item.type for item in plan} & asked - noticed:
            resources = tuple(replace(item, type="none") if item.type == type else item for item in plan)
            if seen(policy, example, replace(plan, resources=resources)) != seen(policy, example, plan):
                noticed.add(type)
    unnoticed = asked - noticed
    assert not unnoticed, "\n".join(sorted(unnoticed))
