"""Steps from data files: what a machine answers, and what follows. The file's name is the case; no machine takes part.

`then` is what the machine answers afterwards: nothing may be left to do. `UPDATE_SNAPSHOTS=1 pytest tests/images/steps` writes
`commands` anew.
"""

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from soundstage.images.recipe import Entry
from soundstage.images.steps.download import Fetched, Source

CASES = sorted(Path(__file__).with_name("cases").glob("*.yaml"))


class _Block(yaml.SafeDumper):
    """Long texts as blocks, which a diff shows line by line."""


_Block.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)


def _step(case: dict[str, Any]) -> Any:
    if "download" in case:
        source = Source.model_validate(case["source"])
        return Fetched(source=source, **case["download"])
    return Entry.model_validate(case["step"]).step


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    case = yaml.safe_load(path.read_text())
    step, system = _step(case), case["system"]
    assert set(step.questions(system)) == set(case["facts"])
    commands = step.commands(case["facts"], system)
    found = [
        {"about": one.about, "text": one.text, "seconds": one.seconds} | ({"reboot": True} if one.reboot else {})
        for one in commands
    ]
    if os.environ.get("UPDATE_SNAPSHOTS"):
        case["commands"] = found
        path.write_text(yaml.dump(case, Dumper=_Block, sort_keys=False, width=130, allow_unicode=True))
    assert found == case.get("commands", [])
    assert bool(found) == ("then" in case)
    if found:
        assert step.commands(case["then"], system) == []


def test_every_kind_has_a_case_on_each_system_that_it_is_for() -> None:
    seen = {(path.stem.partition("-")[0], yaml.safe_load(path.read_text())["system"]) for path in CASES}
    kinds = set(Entry.model_fields) - {"name"}
    assert {(kind, "debian") for kind in kinds} <= seen
    assert {(kind, "windows") for kind in kinds - {"package", "user"}} <= seen
