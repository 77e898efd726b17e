"""Lives as data: the steps of one, so that what failed at random can be kept as a file in `lives/` and lived again.

A file is a list of steps, `{name: arguments}`; the invariants of `life.Life` hold after each.
"""

import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from life import Described, Fault, Kill, Life, Machine

LIVES = Path(__file__).resolve().parent / "lives"
INVARIANTS = ("nothing_is_unknown_or_there_twice", "every_state_can_be_used_and_is_bounded")


def written(steps: list[tuple[str, Mapping[str, Any]]]) -> str:
    """Steps as a file holds them."""
    return yaml.safe_dump([{name: _plain(arguments)} for name, arguments in steps], sort_keys=False)


def live(life: Life, text: str) -> None:
    """Live the steps of a file, one after the other."""
    for step in yaml.safe_load(text):
        for name, arguments in step.items():
            getattr(life, name)(**{key: _meant(key, value) for key, value in arguments.items()})
            for invariant in INVARIANTS:
                getattr(life, invariant)()


def _plain(value: Any) -> Any:
    match value:
        case Kill():
            return {"kill": signal.Signals(value.signal).name, "at": value.at}
        case Fault():
            return {"fault": value.kind, "after": value.after}
        case Described() | Machine():
            return {key: _plain(item) for key, item in vars(value).items()}
        case Mapping():
            return {key: _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
    return value


def _meant(key: str, value: Any) -> Any:
    if key == "troubles":
        return [
            Kill(one["at"], signal.Signals[one["kill"]]) if "kill" in one else Fault(one["fault"], one["after"])
            for one in value
        ]
    if key == "described":
        machines = {name: Machine(**machine) for name, machine in value.get("machines", {}).items()}
        return Described(**{**value, "machines": machines})
    return value
