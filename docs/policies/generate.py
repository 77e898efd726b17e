"""Write the policy pages: one per policy, the index, and the JSON Schemas. `--check` fails when they are not current."""

import json
import sys
from pathlib import Path

from soundstage.policies.catalogue import catalogue
from soundstage.policies.frameworks import frameworks, supported
from soundstage.policies.pages import explain
from soundstage.policies.policy import AREAS, Profile
from soundstage.policies.policy_file import PolicyFile

HERE = Path(__file__).parent
NOTE = "<!-- Written by docs/policies/generate.py; change the policy, not this page. -->\n\n"


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


def main() -> int:
    stale = []
    wanted = pages()
    for name, text in wanted.items():
        path = HERE / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv:
                path.write_text(text, encoding="utf-8")
    extra = [path for path in HERE.glob("*-*.md") if path.name not in wanted]
    stale += [path.name for path in extra]
    if "--check" not in sys.argv:
        for path in extra:
            path.unlink()
        return 0
    if stale:
        print(f"Not current: {', '.join(stale)}. Run: python docs/policies/generate.py")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
