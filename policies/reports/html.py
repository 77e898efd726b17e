"""A stand-alone page of evidence: by framework, with what passed, failed, is manual, or could not be judged."""

from collections import defaultdict
from html import escape
from typing import Final

from soundstage.policies.frameworks import Framework, frameworks, supported
from soundstage.policies.policy import Policy
from soundstage.policies.report import Finding, Report, Status
from soundstage.policies.reports.words import adjusted, one_line, summary

_STYLE: Final = """
body{font:15px/1.5 system-ui,sans-serif;color:#1c1e21;max-width:64rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.2rem}table{border-collapse:collapse;width:100%;margin:.6rem 0}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid #ddd}th{font-weight:600}
.pass{color:#1a7f37}.fail{color:#b42318;font-weight:600}.blind{color:#9a6700}.manual,.none{color:#57606a}
.waived{color:#6639ba}td:first-child{white-space:nowrap}small{color:#57606a}@media print{body{margin:0}}
"""
_CAVEAT: Final = (
    "<p>A control that passed is <em>supported</em> by this evidence. This report certifies nothing, and manual "
    "controls need evidence of their own.</p>"
)
_WORDS: Final = {
    "pass": "passed",
    "fail": "failed",
    "waived": "waived",
    "blind": "not judged",
    "manual": "manual",
    "none": "not covered",
}


def render(report: Report, _colour: bool) -> str:
    states = _states(report)
    sections = [_framework(item, report, states) for item in frameworks().values()]
    body = "\n".join(
        [
            f"<h1>Policy evidence: {_safe(report.project)}/{_safe(report.stack)}</h1>",
            f"<p>{_safe(summary(report))}. Judged on {report.day.isoformat()}.</p>",
            *(f'<p class="fail">{_safe(text)}</p>' for text in adjusted(report)),
            _CAVEAT,
            *(_findings("Violations", report.violations())),
            *(_findings("Waivers", report.waived, reason=True)),
            *(_findings("Known when the policies came in", report.baselined)),
            *_blind(report),
            *sections,
        ]
    )
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Policy evidence: {_safe(report.stack)}'
        f"</title><style>{_STYLE}</style></head><body>\n{body}\n</body></html>\n"
    )


def _safe(text: object) -> str:
    return escape(one_line(str(text)))


def _states(report: Report) -> dict[str, str]:
    """The worst that became of each policy."""
    states = {policy.id: "pass" for policy in report.policies}
    states |= {spot.policy.id: "blind" for spot in report.blind}
    for item in report.findings:
        if states.get(item.policy.id) != "fail":
            states[item.policy.id] = "fail" if item.status is not Status.WAIVED else "waived"
    return states


def _framework(framework: Framework, report: Report, states: dict[str, str]) -> str:
    by_control: dict[str, list[Policy]] = defaultdict(list)
    for policy in report.policies:
        for reference in supported(policy.references):
            owner, _, number = reference.partition(":")
            if owner == framework.id and policy not in by_control[number]:
                by_control[number].append(policy)
    rows, counts = [], dict.fromkeys(_WORDS, 0)
    for control in framework.controls.values():
        policies = by_control[control.id]
        found = {states[policy.id] for policy in policies}
        order = ("fail", "blind", "waived", "pass")
        state = next((item for item in order if item in found), "manual" if control.manual else "none")
        counts[state] += 1
        listed = ", ".join(f'<span class="{states[policy.id]}">{policy.id}</span>' for policy in policies)
        rows.append(
            f'<tr><td>{_safe(control.id)}</td><td>{_safe(control.title)}</td><td class="{state}">{_WORDS[state]}</td>'
            f"<td>{listed}</td></tr>"
        )
    told = ", ".join(f"{count} {_WORDS[state]}" for state, count in counts.items() if count)
    note = f"<p><small>{_safe(framework.note)}</small></p>" if framework.note else ""
    return (
        f'<h2 id="{framework.id}">{_safe(framework.name)} {_safe(framework.version)}</h2><p>{told}</p>{note}'
        f"<table><tr><th>Control</th><th>Topic</th><th>State</th><th>Policies</th></tr>{''.join(rows)}</table>"
    )


def _findings(title: str, found: list[Finding], *, reason: bool = False) -> list[str]:
    if not found:
        return []
    rows = "".join(
        f"<tr><td>{item.policy.id}</td><td>{_safe(item.where)}</td><td>{_safe(item.message)}</td>"
        f"<td>{_safe(item.reason if reason else item.level)}</td></tr>"
        for item in found
    )
    last = "Why, who, until" if reason else "Level"
    head = f"<tr><th>Policy</th><th>Resource</th><th>What</th><th>{last}</th></tr>"
    return [f"<h2>{title}</h2><table>{head}{rows}</table>"]


def _blind(report: Report) -> list[str]:
    if not report.blind and not report.unjudged:
        return []
    rows = "".join(
        f"<tr><td>{spot.policy.id}</td><td>{_safe(spot.name or 'the stack')}</td><td>{_safe(spot.path)}</td>"
        f"<td>{_safe(spot.reason)}</td></tr>"
        for spot in report.blind
    )
    rows += "".join(
        f"<tr><td></td><td>{count} of {_safe(kind)}</td><td></td><td>no policy knows this type</td></tr>"
        for kind, count in report.unjudged
    )
    head = "<tr><th>Policy</th><th>Resource</th><th>Value</th><th>Why</th></tr>"
    return [f"<h2>Could not be judged</h2><table>{head}{rows}</table>"]
