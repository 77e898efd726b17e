"""Writes the policy pages: one per policy, the index, and the JSON Schemas; or with `--check` says which are out of date."""

import json
import sys

import yaml
from pages import ROOT, deliver
from pydantic import TypeAdapter

from soundstage.policies.catalogue import catalogue
from soundstage.policies.frameworks import frameworks, supported
from soundstage.policies.pages import explain, judged_types
from soundstage.policies.policy import AREAS, Profile
from soundstage.policies.policy_file import PolicyFile
from soundstage.policies.rows import Row
from soundstage.policies.views.neutral import NEUTRAL

FOLDER = ROOT / "docs/policies"
NOTE = "<!-- Written by `make docs`; change the policy, not this page. -->\n\n"


def pages() -> dict[str, str]:
    """Every generated file, by its name."""
    found = {f"{id}.md": NOTE + explain(id) for id in catalogue()}
    found["index.md"] = NOTE + index()
    found["types.md"] = NOTE + types()
    found["others.md"] = NOTE + others()
    found["policy-file.schema.json"] = json.dumps(PolicyFile.model_json_schema(), indent=2) + "\n"
    found["rows.schema.json"] = json.dumps(TypeAdapter(list[Row]).json_schema(), indent=2) + "\n"
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


def types() -> str:
    """Which resource types are judged, by which policies, and which need not be."""
    lines = [
        "# Resource types",
        "",
        "What a policy asks for is judged by it. A type that is in neither table is listed in every report as not judged, and",
        "a strict run (`workstation check --strict`) refuses it.",
        "",
        "## Judged",
        "",
        "| type | by |",
        "|---|---|",
        *(f"| `{type}` | {', '.join(f'[{id}]({id}.md)' for id in ids)} |" for type, ids in judged_types().items()),
        "",
        "## Need not be judged",
        "",
        "| type | why | source |",
        "|---|---|---|",
        *(f"| `{type}` | It {item.why}. | {item.source} |" for type, item in NEUTRAL.items()),
        "",
    ]
    return "\n".join(lines)


def others() -> str:
    """What other scanners ask for, and which policy asks for the same."""
    data = ROOT / "tests/policies/data"
    checkov = yaml.safe_load((data / "checkov.yaml").read_text(encoding="utf-8"))
    published = yaml.safe_load((data / "other_scanners.yaml").read_text(encoding="utf-8"))
    compared = {id: check for id, check in checkov["checks"].items() if "policies" in check}
    lines = [
        "# Other scanners",
        "",
        "What other scanners find, our policies find, or a line says why not. What they do not judge (zones, remote displays, idle",
        "machines, review links, the rights of one project over another) is not in this page.",
        "",
        "## Checkov",
        "",
        f"Checkov {checkov['version']} judged the exported plans of our red team on {checkov['day']}. `plans` counts those in which its",
        "check fails; `differ` those of them in which the policy finds nothing, on purpose.",
        "",
        "| check | asks | ours | plans | differ | why |",
        "|---|---|---|---|---|---|",
    ]
    for id, check in compared.items():
        differs = check.get("differs", {"plans": (), "why": ""})
        ours = ", ".join(f"[{policy}]({policy}.md)" for policy in check["policies"])
        lines.append(
            f"| {id} | {check['asks']} | {ours} | {len(check['plans'])} | {len(differs['plans']) or ''} | {differs['why']} |"
        )
    lines += [
        "",
        "Checks of Checkov that no policy of ours asks for:",
        "",
        "| check | asks | why not |",
        "|---|---|---|",
    ]
    lines += [
        f"| {id} | {check['asks']} | {check['none']} |" for id, check in checkov["checks"].items() if "none" in check
    ]
    for scanner, rules in published.items():
        lines += ["", f"## {scanner}", "", "Its rules as published on 2026-08-21.", "", "| rule | ours |", "|---|---|"]
        for rule, said in rules.items():
            ours = ", ".join(f"[{policy}]({policy}.md)" for policy in said.split())
            lines.append(f"| `{rule}` | {said.removeprefix('none: ') if said.startswith('none: ') else ours} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    written = {FOLDER / name: text for name, text in pages().items()}
    sys.exit(deliver(written, "the policies say", nothing_else=sorted(FOLDER.glob("*-*.md"))))
