"""Renew what Checkov says of the red team's plans: `python -m tests.policies.agreement PATH_OF_CHECKOV`.

The plans are exported as `workstation export` does, Checkov judges the files, and `data/checkov.yaml` keeps its verdicts with the
day and its version. What each check is compared with, and why a verdict differs, is written by hand and kept.
"""

import datetime
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from tests.policies import red_team_plans

from soundstage.plan.terraform import terraform_plan

FILE: Final = Path(__file__).parent / "data/checkov.yaml"
HEAD: Final = "# Written by `python -m tests.policies.agreement`, which keeps `policies`, `none` and `differs`.\n"
Verdicts = Mapping[str, tuple[str, frozenset[str]]]
"""Each check that fails: what it asks for, and the plans in which it fails."""


def verdicts(checkov: str, names: Iterable[str]) -> tuple[str, Verdicts]:
    """Checkov's version, and what it says of these plans."""
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            document = terraform_plan(red_team_plans.example(name).plan()).document
            if document["resource_changes"]:
                Path(folder, f"{name}.json").write_text(json.dumps(document))
        command = [checkov, "-d", folder, "--framework", "terraform_plan", "-o", "json", "--compact", "--quiet"]
        done = subprocess.run([*command, "--skip-download"], capture_output=True, text=True, check=False)
    told = json.loads(done.stdout)
    found: dict[str, tuple[str, set[str]]] = {}
    for item in told["results"]["failed_checks"]:
        found.setdefault(item["check_id"], (item["check_name"], set()))[1].add(Path(item["file_path"]).stem)
    return told["summary"]["checkov_version"], {id: (asks, frozenset(at)) for id, (asks, at) in found.items()}


def table() -> dict[str, Any]:
    """The verdicts that are kept."""
    kept: dict[str, Any] = yaml.load(FILE.read_text(), yaml.CSafeLoader)
    return kept


def renew(checkov: str) -> None:
    version, found = verdicts(checkov, red_team_plans.NAMES)
    kept = table()["checks"]
    checks = {}
    for id, (asks, failing) in sorted(found.items()):
        own = {key: value for key, value in kept.get(id, {}).items() if key in ("policies", "none", "differs")}
        checks[id] = {"asks": asks, **own, **({} if "none" in own else {"plans": sorted(failing)})}
    document = {"version": version, "day": datetime.date.today(), "checks": checks}
    FILE.write_text(HEAD + yaml.safe_dump(document, sort_keys=False, width=120))


if __name__ == "__main__":
    renew(sys.argv[1])
