"""A stand-alone page of evidence: what is wrong and how to mend it, and by framework what is kept, broken, manual or not judged."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Final

from soundstage.policies.frameworks import Control, Framework, frameworks, shown_in_part, supported
from soundstage.policies.policy import Policy
from soundstage.policies.report import Report, Status
from soundstage.policies.reports.cards import folded, safe, sections
from soundstage.policies.reports.words import adjusted, summary

_STYLE: Final = """
:root{color-scheme:light dark;--text:#1c1e21;--dim:#57606a;--line:#d8dee4;--card:#f6f8fa;--page:#fff;
--pass:#1a7f37;--fail:#b42318;--blind:#8a5a00;--waived:#6639ba;--link:#0a56b3}
@media (prefers-color-scheme:dark){:root{--text:#e6e6e6;--dim:#9da7b1;--line:#3a424b;--card:#1b2027;--page:#12151a;
--pass:#4cc26a;--fail:#ff8a80;--blind:#e0b04a;--waived:#c3a6ff;--link:#7cb7ff}}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,sans-serif;color:var(--text);background:var(--page);max-width:64rem;margin:2rem auto;
padding:0 1rem;overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.25}h2{font-size:1.15rem;margin:2rem 0 .6rem}h3{font-size:1rem;margin:0}
a{color:var(--link)}td a{color:inherit}small,.dim{color:var(--dim)}p{margin:.4rem 0}ul{margin:.4rem 0;padding-left:1.2rem}
.pass,.part{color:var(--pass)}.fail{color:var(--fail);font-weight:600}.blind{color:var(--blind)}.waived{color:var(--waived)}
.manual,.none,.absent{color:var(--dim)}.controls{font-size:.8rem}.controls a{color:inherit}
article{background:var(--card);border-left:4px solid var(--line);border-radius:4px;padding:.7rem 1rem;margin:.7rem 0}
article.mandatory{border-color:var(--fail)}article.advisory{border-color:var(--blind)}
article.waived{color:inherit;border-color:var(--waived)}:target{outline:2px solid var(--link);outline-offset:3px}
code{font:13px/1.4 ui-monospace,monospace}summary{cursor:pointer;color:var(--link)}li>details{display:inline-block}
table{border-collapse:collapse;width:100%;margin:.6rem 0}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line)}th{font-weight:600}
th{overflow-wrap:normal}td:first-child{white-space:nowrap}.counts td:first-child{white-space:normal}
@media (max-width:40rem){thead{display:none}tr{display:block;padding:.5rem 0;border-bottom:1px solid var(--line)}
td{display:block;border:0;padding:.05rem 0}td:first-child{font-weight:600}td:empty{display:none}
td[title]::before{content:attr(title) ": ";color:var(--dim);font-weight:400}
.counts td:not(:empty){display:inline-block;margin-right:.9rem}.counts td:first-child{display:block}}
@page{margin:14mm}
@media print{:root{color-scheme:light;--text:#000;--dim:#444;--line:#bbb;--card:#fff;--page:#fff;
--pass:#1a7f37;--fail:#b42318;--blind:#8a5a00;--waived:#6639ba;--link:#000}
body{margin:0;padding:0;max-width:none;font-size:9.5pt;line-height:1.35}a{text-decoration:none}h2,h3{break-after:avoid}
article{break-inside:avoid;padding:.2rem .7rem;margin:.5rem 0}p,ul{margin:.15rem 0}code{font-size:8.5pt}
details::details-content{display:block;content-visibility:visible}summary{color:inherit;list-style:none}
li>details,li>details>summary{display:inline}li>details>summary::after{content:": "}li>details::details-content{display:inline}
th,td{padding:.12rem .5rem}tr{break-inside:avoid}.counts{font-size:8pt}#appendix{break-before:page}}
"""
_CAVEAT: Final = (
    "<p>A control that is kept is <em>supported</em> by this evidence. This report certifies nothing, and manual "
    "controls need evidence of their own.</p>"
)
_WORDS: Final = {
    "pass": "kept",
    "part": "kept in part",
    "fail": "broken",
    "waived": "waived",
    "blind": "not judged",
    "absent": "does not arise",
    "manual": "manual",
    "none": "not covered",
}
"""States of policies and controls. Where nothing is of the kind that a control is about, it is not kept, it does not arise."""


def render(report: Report, _colour: bool) -> str:
    states = _states(report)
    verdict = "fail" if report.violations(mandatory=True) else "pass"
    body = "\n".join(
        [
            f"<h1>Policy evidence: {safe(report.project)}/{safe(report.stack)}</h1>",
            f'<p><span class="{verdict}">{safe(summary(report))}</span>. Judged on {report.day.isoformat()}.</p>',
            *(f'<p class="fail">{safe(text)}</p>' for text in adjusted(report)),
            _CAVEAT,
            _overview(report, states),
            *sections(report),
            '<h1 id="appendix">Appendix</h1>',
            *(_framework(item, report, states) for item in frameworks().values() if item.concerns(report.clouds)),
            _policies(report, states),
            *_blind(report),
        ]
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Policy evidence: {safe(report.stack)}</title><style>{_STYLE}</style></head><body>\n{body}\n</body></html>\n"
    )


def _overview(report: Report, states: Mapping[str, str]) -> str:
    """What became of the controls of each framework, a line each; the appendix has them one by one."""
    counted = {
        framework.id: Counter(state for _, state, _ in _controls(framework, report, states))
        for framework in frameworks().values()
        if framework.concerns(report.clouds)
    }
    shown = {
        state: f"{word[0].upper()}{word[1:]}"
        for state, word in _WORDS.items()
        if any(c[state] for c in counted.values())
    }
    rows = []
    for framework in frameworks().values():
        name = f"{safe(framework.name)} {safe(framework.version)}"
        if framework.id not in counted:
            rows.append(
                f'<tr><td>{name}</td><td class="none" colspan="{len(shown)}">nothing of its cloud is here</td></tr>'
            )
            continue
        cells = "".join(
            f'<td class="{state}" title="{word}">{counted[framework.id][state] or ""}</td>'
            for state, word in shown.items()
        )
        rows.append(f'<tr><td><a href="#{framework.id}">{name}</a></td>{cells}</tr>')
    heads = "".join(f"<th>{word}</th>" for word in shown.values())
    table = (
        f'<table class="counts"><thead><tr><th>Controls</th>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    )
    unseen = (
        ' What <a href="#not-judged">could not be judged</a> is there, too.' if report.blind or report.unjudged else ""
    )
    return f'{table}<p>The <a href="#appendix">appendix</a> names each control and each policy that ran.{unseen}</p>'


def _states(report: Report) -> dict[str, str]:
    """The worst that became of each policy."""
    states = {policy.id: "absent" if policy.id in report.idle else "pass" for policy in report.policies}
    states |= {spot.policy.id: "blind" for spot in report.blind}
    for item in report.findings:
        if states.get(item.policy.id) != "fail":
            states[item.policy.id] = "fail" if item.status is not Status.WAIVED else "waived"
    return states


def _controls(
    framework: Framework, report: Report, states: Mapping[str, str]
) -> list[tuple[Control, str, list[Policy]]]:
    """Each control with the worst that became of the policies that support evidence for it, and these policies."""
    by_control: dict[str, list[Policy]] = defaultdict(list)
    for policy in report.policies:
        for reference in supported(policy.references):
            owner, _, number = reference.partition(":")
            if owner == framework.id and policy not in by_control[number]:
                by_control[number].append(policy)
    found = []
    for control in framework.controls.values():
        policies = by_control[control.id]
        became = {states[policy.id] for policy in policies}
        worst = next((state for state in ("fail", "blind", "waived", "pass", "absent") if state in became), "")
        kept_in_part = worst == "pass" and f"{framework.id}:{control.id}" in shown_in_part()
        found.append((control, "part" if kept_in_part else worst or ("manual" if control.manual else "none"), policies))
    return found


def _framework(framework: Framework, report: Report, states: Mapping[str, str]) -> str:
    rows, counts = [], dict.fromkeys(_WORDS, 0)
    for control, state, policies in _controls(framework, report, states):
        counts[state] += 1
        listed = ", ".join(
            f'<a class="{states[policy.id]}" href="#policy-{policy.id}">{policy.id}</a>' for policy in policies
        )
        rows.append(
            f'<tr id="{framework.id}:{safe(control.id)}"><td>{safe(control.id)}</td><td>{safe(control.title)}</td>'
            f'<td class="{state}" title="State">{_WORDS[state]}</td>'
            + (f'<td title="Policies">{listed}</td></tr>' if listed else "<td></td></tr>")
        )
    told = ", ".join(f"{count} {_WORDS[state]}" for state, count in counts.items() if count)
    note = f"<p><small>{safe(framework.note)}</small></p>" if framework.note else ""
    source = (
        f' <small><a href="{safe(framework.url)}">source</a></small>' if framework.url.startswith("https://") else ""
    )
    return (
        f'<h2 id="{framework.id}">{safe(framework.name)} {safe(framework.version)}{source}</h2><p>{told}</p>{note}'
        "<table><thead><tr><th>Control</th><th>Topic</th><th>State</th><th>Policies</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _policies(report: Report, states: Mapping[str, str]) -> str:
    """Each policy that ran. A link to one leads here, and from here to what it found."""
    carded = {item.policy.id for item in report.findings if item.status is not Status.CONSEQUENCE}
    rows = [
        f'<tr id="policy-{policy.id}"><td>'
        + (f'<a href="#{policy.id}">{policy.id}</a>' if policy.id in carded else policy.id)
        + f'</td><td>{safe(policy.title)}</td><td title="Level">{policy.levels[report.profile]}, {policy.severity}</td>'
        f'<td class="{states[policy.id]}" title="State">{_WORDS[states[policy.id]]}</td></tr>'
        for policy in report.policies
    ]
    return (
        '<h2 id="policies">Policies that ran</h2><table><thead><tr><th>Policy</th><th>What it asks</th><th>Level</th>'
        f"<th>State</th></tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


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
        f"<li>{safe(reason)} <small>({', '.join(ids[reason])})</small><br>"
        + folded(
            f"{len(found)} place{'s' if len(found) > 1 else ''}",
            ", ".join(f"<code>{safe(place)}</code>" for place in found),
        )
        + "</li>"
        for reason, found in places.items()
    ]
    lines += [
        f"<li>{count} of <code>{safe(kind)}</code>: no policy knows this type</li>" for kind, count in report.unjudged
    ]
    return ['<h2 id="not-judged">Could not be judged</h2>', f"<ul>{''.join(lines)}</ul>"]
