"""The plans of `red_team/`, each read once; `test_red_team.py` says what a case holds."""

from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from soundstage import policies
from soundstage.plan.plan import Plan
from soundstage.policies.example import Example
from soundstage.policies.report import Report

FOLDER: Final = Path(__file__).parent / "red_team"
NAMES: Final = tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


@cache
def case(name: str) -> dict[str, Any]:
    """A case, which nobody changes."""
    found: dict[str, Any] = yaml.load((FOLDER / f"{name}.yaml").read_text(), yaml.CSafeLoader)
    return found


def example(name: str) -> Example:
    """The plan of a case and how it is judged."""
    settings = {"today": "2026-11-21"} | case(name).get("settings", {})
    return Example(case(name)["resources"], frozenset(), settings, case(name).get("profile", "studio"))


def judged(example: Example, plan: Plan | None = None) -> Report:
    """What is said of an example, or of another plan that is judged in the same way."""
    return policies.run(plan or example.plan(), example.profile, example.judged_by())
