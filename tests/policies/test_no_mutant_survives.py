"""Break each check in each small way: an example must notice.

Mutants of `policies/checks`: a comparison flipped, a negation dropped, `all_of` and `any_of` exchanged, a truth turned
round. Each mutant runs against the examples of its module's policies and the plans of `red_team/` that speak of them, and
against each example with one value after another unknown. Of the tables of resource types, each spelling is dropped in turn.
"""

import ast
import types
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from tests.policies import red_team_plans
from tests.policies.mutation import Operator, compared, mutated

from soundstage.plan.plan import Plan
from soundstage.policies import catalogue as catalogue_module
from soundstage.policies.example import Example, examples, variants
from soundstage.policies.judge import JUDGED_BY_THE_RUN, verdicts
from soundstage.policies.policy import Blind, Policy
from soundstage.policies.views.stack import Stack

CHECKS = {module.__name__.rpartition(".")[2]: module for module in catalogue_module.MODULES}


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


OPERATORS: tuple[Operator, ...] = (compared, drop_negation, exchange_logic)


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
    for name in red_team_plans.NAMES:
        case = red_team_plans.case(name)
        silent = case.get("silent", ())
        named = [
            *case.get("caught", ()),
            *case.get("kept", ()),
            *(text for text in case.get("not_judged", ()) if ":" not in text),
        ]
        for id in dict.fromkeys(text.split()[0] for text in (*named, *(silent if silent != "all" else ()))):
            yield id, red_team_plans.example(name)


@dataclass(frozen=True, eq=False)
class Case:
    """One plan that a policy judges."""

    policy: Policy
    example: Example
    plan: Plan

    @cached_property
    def said(self) -> tuple[Any, ...]:
        """What the policy says of it."""
        return seen(self.policy, self.example, self.plan)


def shown(original: dict[str, Policy]) -> Iterator[Case]:
    """The red team's plans and the examples of these policies."""
    for id, example in red_team():
        if id in original:
            yield Case(original[id], example, example.plan())
    for id in sorted(original):
        for example in examples_of(id):
            yield Case(original[id], example, example.plan())


def hidden(original: dict[str, Policy]) -> Iterator[Case]:
    """Each example with one value after another unknown."""
    for id in sorted(original):
        for example in examples_of(id):
            for _, _, changed in variants(example.plan()):
                yield Case(original[id], example, changed)


def examples_of(id: str) -> tuple[Example, ...]:
    return () if id in JUDGED_BY_THE_RUN else (*examples(id).bad, *examples(id).good)


def notices(case: Case, mutant: dict[str, Policy]) -> bool:
    """Whether anything can be observed of the change in this case."""
    try:
        return seen(mutant[case.policy.id], case.example, case.plan) != case.said
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
    judged, more, survivors = list(shown(original)), hidden(original), []
    for operator, line, tree in mutated(source, OPERATORS):
        try:
            found = loaded(name, tree)
        except Exception:  # noqa: BLE001 - a module that cannot even be loaded is noticed
            continue
        if set(found) != set(original):
            continue
        noticing = next((case for case in each(judged, more) if notices(case, found)), None)
        if noticing is None:
            survivors.append(f"{operator.__name__}: {source.splitlines()[line - 1].strip()}")
        else:  # the next mutant stands nearby in the code, and what noticed this one is likely to notice it too
            judged.remove(noticing)
            judged.insert(0, noticing)
    assert not survivors, "\n".join(survivors)


def each(judged: list[Case], more: Iterator[Case]) -> Iterator[Case]:
    """The cases that there are, then those that are made only because none of these says anything; they are kept."""
    yield from tuple(judged)
    for case in more:
        judged.append(case)
        yield case


def every_example() -> Iterator[tuple[str, Example]]:
    for id in catalogue_module.catalogue():
        for example in examples_of(id):
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
