"""A stand-alone page of evidence: by framework, with what passed, failed, is manual, or could not be judged."""

import itertools
import re
from collections import defaultdict
from html import escape
from typing import Final

from soundstage.policies.frameworks import Framework, frameworks, supported
from soundstage.policies.policy import Policy
from soundstage.policies.report import Finding, Report, Status
from soundstage.policies.reports.words import adjusted, one_line, summary

_STYLE: Final = """
:root{color-scheme:light dark;--text:#1c1e21;--dim:#57606a;--line:#d8dee4;--card:#f6f8fa;--page:#fff;
--pass:#1a7f37;--fail:#b42318;--blind:#8a5a00;--waived:#6639ba}
@media (prefers-color-scheme:dark){:root{--text:#e6e6e6;--dim:#9da7b1;--line:#3a424b;--card:#1b2027;--page:#12151a;
--pass:#4cc26a;--fail:#ff8a80;--blind:#e0b04a;--waived:#c3a6ff}}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,sans-serif;color:var(--text);background:var(--page);max-width:64rem;margin:2rem auto;
padding:0 1rem;overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.25}h2{font-size:1.15rem;margin-top:2.2rem}h3{font-size:1rem;margin:0}
a{color:inherit}small,.dim{color:var(--dim)}p{margin:.5rem 0}ul{margin:.4rem 0;padding-left:1.2rem}
.pass{color:var(--pass)}.fail{color:var(--fail);font-weight:600}.blind{color:var(--blind)}.waived{color:var(--waived)}
.manual,.none{color:var(--dim)}
article{background:var(--card);border-left:4px solid var(--line);border-radius:4px;padding:.7rem 1rem;margin:.7rem 0}
article.mandatory{border-color:var(--fail)}article.advisory{border-color:var(--blind)}article.waived{color:inherit;border-color:var(--waived)}
code{font:13px/1.4 ui-monospace,monospace}
table{border-collapse:collapse;width:100%;margin:.6rem 0}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line)}th{font-weight:600}
td:first-child{white-space:nowrap}
@media (max-width:40rem){thead{display:none}tr{display:block;padding:.5rem 0;border-bottom:1px solid var(--line)}
td{display:block;border:0;padding:.05rem 0}td:first-child{font-weight:600}td:empty{display:none}
td[title]::before{content:attr(title) ": ";color:var(--dim);font-weight:400}}
@media print{body{margin:0;max-width:none}article{break-inside:avoid}details>*{display:block}}
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
    verdict = "fail" if report.violations(mandatory=True) else "pass"
    body = "\n".join(
        [
            f"<h1>Policy evidence: {_safe(report.project)}/{_safe(report.stack)}</h1>",
            f'<p><span class="{verdict}">{_safe(summary(report))}</span>. Judged on {report.day.isoformat()}.</p>',
            *(f'<p class="fail">{_safe(text)}</p>' for text in adjusted(report)),
            _CAVEAT,
            *_findings("Violations", report.violations()),
            *_findings("Follows from these, and goes when they are mended", report.consequences),
            *_findings("Waivers", report.waived),
            *_findings("Known when the policies came in", report.baselined),
            *(_framework(item, report, states) for item in frameworks().values()),
            *_blind(report),
        ]
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Policy evidence: {_safe(report.stack)}</title><style>{_STYLE}</style></head><body>\n{body}\n</body></html>\n"
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
            f"<tr><td>{_safe(control.id)}</td><td>{_safe(control.title)}</td>"
            f'<td class="{state}" title="State">{_WORDS[state]}</td>'
            + (f'<td title="Policies">{listed}</td></tr>' if listed else "<td></td></tr>")
        )
    told = ", ".join(f"{count} {_WORDS[state]}" for state, count in counts.items() if count)
    note = f"<p><small>{_safe(framework.note)}</small></p>" if framework.note else ""
    return (
        f'<h2 id="{framework.id}">{_safe(framework.name)} {_safe(framework.version)}</h2><p>{told}</p>{note}'
        "<table><thead><tr><th>Control</th><th>Topic</th><th>State</th><th>Policies</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _findings(title: str, found: list[Finding]) -> list[str]:
    """A card for each policy: what it asks, which resources do not do it, and the fix."""
    by_policy: dict[str, list[Finding]] = defaultdict(list)
    for item in found:
        by_policy[item.policy.id].append(item)
    if not found:
        return []
    return [f"<h2>{title}</h2>", *map(_card, by_policy.values())]


def _card(listed: list[Finding]) -> str:
    policy, level = listed[0].policy, listed[0].level
    shade = level if listed[0].status is Status.OPEN else listed[0].status
    alike: dict[tuple[str, str, str], list[Finding]] = defaultdict(list)
    for item in listed:
        reason = f"follows from {item.reason}" if item.status is Status.CONSEQUENCE else item.reason
        alike[item.message, item.paths[0] if item.paths else "", reason].append(item)
    return (
        f'<article class="{shade}"><h3>{policy.id} {_safe(policy.title)}</h3>'
        f'<p class="dim">{level}, severity {policy.severity}</p>'
        f"<ul>{''.join(itertools.starmap(_line, alike.items()))}</ul><p><strong>Fix:</strong> {_with_code(policy.fix)}</p>"
        f'<p class="dim">{_with_code(policy.why)}</p></article>'
    )


def _line(said: tuple[str, str, str], found: list[Finding]) -> str:
    """What is wrong, and each resource of which it is true."""
    message, path, reason = said
    where = ", ".join(f"<strong>{_safe(item.name)}</strong>" if item.urn else "the stack" for item in found)
    types = ", ".join(dict.fromkeys(_safe(item.type) for item in found if item.type))
    told = f"<br><small>{types}{f' <code>{_safe(path)}</code>' if path else ''}</small>" if types or path else ""
    why = f'<br><span class="waived">{_safe(reason)}</span>' if reason else ""
    return f"<li>{where}: {_safe(message)}{told}{why}</li>"


def _with_code(text: str) -> str:
    """Our own words, in which backticks mark what is typed."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", _safe(text))


def _blind(report: Report) -> list[str]:
    """Many policies stumble over one value, and one reason over many values: a line for each reason."""
    if not report.blind and not report.unjudged:
        return []
    places: dict[str, dict[str, None]] = defaultdict(dict)
    ids: dict[str, dict[str, None]] = defaultdict(dict)
    for spot in report.blind:
        places[spot.reason][f"{spot.name or 'the stack'} {spot.path}".strip()] = None
        ids[spot.reason][spot.policy.id] = None
    lines = [
        f"<li>{_safe(reason)} <small>({', '.join(ids[reason])})</small><br>"
        f"{', '.join(f'<code>{_safe(place)}</code>' for place in found)}</li>"
        for reason, found in places.items()
    ]
    lines += [
        f"<li>{count} of <code>{_safe(kind)}</code>: no policy knows this type</li>" for kind, count in report.unjudged
    ]
    return [f"<h2>Could not be judged</h2><ul>{''.join(lines)}</ul>"]
