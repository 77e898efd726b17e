"""The catalogue as text: one policy explained, and the list of all."""

import yaml

from soundstage.policies.catalogue import catalogue, find
from soundstage.policies.example import Example, examples
from soundstage.policies.frameworks import frameworks, supported
from soundstage.policies.judge import JUDGED_BY_THE_RUN, verdicts
from soundstage.policies.policy import Policy, Profile
from soundstage.policies.views.stack import Stack


def explain(id: str) -> str:
    """One policy in Markdown: what, why, how to fix, levels, references, examples."""
    policy = find(id)
    lines = [
        f"# {policy.id}: {policy.title}",
        "",
        policy.why,
        "",
        f"**Fix:** {policy.fix}",
        "",
        f"Severity {policy.severity}, area {policy.area}, for {' and '.join(cloud.upper() for cloud in policy.clouds)}.",
        "",
        "| profile | level |",
        "|---|---|",
        *(f"| `{profile}` | {policy.levels[profile]} |" for profile in Profile),
        "",
        *_references(policy),
        *_examples(policy),
    ]
    return "\n".join(lines).rstrip() + "\n"


def listing() -> str:
    """All policies, one a line."""
    width = max(len(policy.title) for policy in catalogue().values())
    lines = [
        f"{policy.id:<8} {policy.severity.value:<9} {policy.levels[Profile.STUDIO].value:<10} {policy.title:<{width}}".rstrip()
        for policy in catalogue().values()
    ]
    return "\n".join(lines) + "\n"


def judged_types() -> dict[str, list[str]]:
    """Each resource type that is judged, with the policies that ask for it."""
    found: dict[str, list[str]] = {}
    for policy in catalogue().values():
        asked: set[str] = set()
        for example in _every_example(policy):
            stack = Stack(example.plan(), example.judged_by())
            list(verdicts(policy, stack))
            asked |= stack.judged
        for type in asked:
            found.setdefault(type, []).append(policy.id)
    return dict(sorted(found.items()))


def _every_example(policy: Policy) -> tuple[Example, ...]:
    if policy.id in JUDGED_BY_THE_RUN:
        return ()
    listed = examples(policy.id)
    return (*listed.good, *listed.bad)


def documents(id: str | None = None) -> list[dict[str, object]]:
    """One policy, or all of them, for programs."""
    return [
        {
            "id": policy.id, "title": policy.title, "severity": policy.severity.value, "area": policy.area,
            "levels": {profile.value: level.value for profile, level in policy.levels.items()},
            "why": policy.why, "fix": policy.fix, "references": list(supported(policy.references)),
        }
        for policy in ([find(id)] if id else catalogue().values())
    ]  # fmt: skip


def _references(policy: Policy) -> list[str]:
    lines = ["Supports evidence for:", ""]
    for reference in supported(policy.references):
        framework, _, control = reference.partition(":")
        entry = frameworks()[framework]
        lines.append(f"- {entry.name} {entry.version}, {control}: {entry.controls[control].title}")
    return [*lines, ""]


def _examples(policy: Policy) -> list[str]:
    if policy.id in JUDGED_BY_THE_RUN:
        return []
    found = examples(policy.id)
    lines = []
    for title, listed in (("Refused", found.bad), ("Accepted", found.good)):
        lines += [f"## {title}", ""]
        if listed[0].settings:
            lines += ["With these settings:", "", "```yaml", _yaml(dict(listed[0].settings)), "```", ""]
        lines += ["```yaml", _yaml(_program(listed[0])), "```", ""]
    return lines


def _program(example: Example) -> dict[str, object]:
    return {"resources": {name: dict(entry) for name, entry in example.resources.items()}}


def _yaml(value: object) -> str:
    text: str = yaml.safe_dump(value, sort_keys=False, width=100, allow_unicode=True)
    return text.rstrip()
