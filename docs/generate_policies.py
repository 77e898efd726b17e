"""Writes the policy pages: one per policy, the index, and the JSON Schemas; or with `--check` says which are out of date."""

import json
import sys

from pages import ROOT, deliver

from soundstage.policies.catalogue import catalogue
from soundstage.policies.frameworks import frameworks, supported
from soundstage.policies.pages import explain
from soundstage.policies.policy import AREAS, Profile
from soundstage.policies.policy_file import PolicyFile

FOLDER = ROOT / "docs/policies"
NOTE = "<!-- Written by `make docs`; change the policy, not this page. -->\n\n"


def pages() -> dict[str, str]:
    """Every generated file, by its name."""
    found = {f"{id}.md": NOTE + explain(id) for id in catalogue()}
    found["index.md"] = NOTE + index()
    found["policy-file.schema.json"] = json.dumps(PolicyFile.model_json_schema(), indent=2) + "\n"
    return found


def index() -> str:
    """The list of policies by area, and of frameworks by control."""
    lines = [
        "# Policies",
        "",
        f"{len(catalogue())} policies, held at three profiles: `baseline`, `studio` (the default) and `content`.",
        "How to run them, waive them and read their reports is in [using.md](using.md).",
        "",
    ]
    for area in AREAS.values():
        lines += [
            f"## {area.capitalize()}",
            "",
            "| | policy | severity | baseline | studio | content |",
            "|---|---|---|---|---|---|",
        ]
        for policy in catalogue().values():
            if policy.area == area:
                levels = " | ".join(policy.levels[profile].value for profile in Profile)
                lines.append(f"| [{policy.id}]({policy.id}.md) | {policy.title} | {policy.severity} | {levels} |")
        lines.append("")
    lines += [
        "## Frameworks",
        "",
        "A passing policy supports evidence for a control. It certifies nothing, and what no code can judge is marked manual.",
        "",
    ]
    for framework in frameworks().values():
        lines += [f"### {framework.name} {framework.version}", ""]
        lines += [f"{framework.note}", ""] if framework.note else []
        lines += ["| control | topic | policies |", "|---|---|---|"]
        for control in framework.controls.values():
            reference = f"{framework.id}:{control.id}"
            listed = ", ".join(
                policy.id for policy in catalogue().values() if reference in supported(policy.references)
            )
            lines.append(f"| {control.id} | {control.title} | {listed or ('manual' if control.manual else '')} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    written = {FOLDER / name: text for name, text in pages().items()}
    sys.exit(deliver(written, "the policies say", nothing_else=sorted(FOLDER.glob("*-*.md"))))
