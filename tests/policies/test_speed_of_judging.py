"""What judging costs grows with the stack, and not with its square. How long a stack takes, `make bench` measures."""

import sys
from typing import Any

from soundstage import policies
from soundstage.plan.plan import Plan
from soundstage.policies.catalogue import catalogue
from soundstage.policies.example import examples, plan_of


def test_four_times_the_resources_cost_four_times_the_work() -> None:
    once, four = calls(stack_of(2)), calls(stack_of(8))
    assert once < four < 4.5 * once, f"{four / once:.1f} times the calls"


def stack_of(rounds: int) -> Plan:
    """Every good example of every policy, so many times."""
    resources: dict[str, Any] = {}
    usable = [id for id in catalogue() if id not in ("GOV-04", "GOV-05")]
    for round in range(rounds):
        for id in usable:
            for number, example in enumerate(examples(id).good):
                prefix = f"{id}-{number}-{round}-"
                names = {name: prefix + name for name in example.resources}
                for name, entry in example.resources.items():
                    resources[prefix + name] = renamed(dict(entry), names)
    return plan_of(resources)


def calls(plan: Plan) -> int:
    """How many calls of functions it takes: work that no other load on the machine can stretch."""
    policies.run(plan, "content")
    count = 0

    def one_more(_frame: object, event: str, _arg: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(one_more)
    try:
        policies.run(plan, "content")
    finally:
        sys.setprofile(None)
    return count


def renamed(value: Any, names: dict[str, str]) -> Any:
    """References follow the new names."""
    if isinstance(value, dict):
        return {key: renamed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [renamed(item, names) for item in value]
    if isinstance(value, str) and value.startswith("${"):
        for old, new in names.items():
            if value[2:].startswith((f"{old}.", f"{old}}}")):
                return "${" + new + value[2 + len(old) :]
    return value
