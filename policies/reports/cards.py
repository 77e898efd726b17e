"""The violations of an evidence page: a card for each policy, with what it asks, what does not do it, the fix, and what follows."""

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Final

from soundstage.policies.frameworks import frameworks, supported
from soundstage.policies.report import Finding, Report, Status
from soundstage.policies.reports.words import one_line

MOST_NAMED: Final = 8
"""Resources named before the rest is folded away. On paper nothing is folded."""


def safe(text: object) -> str:
    """Text from a plan, which can leave neither its element nor its attribute."""
    return escape(one_line(str(text)))


def with_code(text: str) -> str:
    """Our own words, in which backticks mark what is typed."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", safe(text))


def folded(title: str, content: str) -> str:
    """What a reader opens who wants to know more."""
    return f"<details><summary>{title}</summary>{content}</details>"


def sections(report: Report) -> list[str]:
    """Everything that was found, the worst first. The first card of a policy is where links to it lead."""
    followers = _followers(report)
    seen: set[str] = set()
    parts = []
    for title, found, below in (
        ("Violations", report.violations(), followers),
        ("Waivers", report.waived, {}),
        ("Known when the policies came in", report.baselined, {}),
    ):
        by_policy: dict[str, list[Finding]] = defaultdict(list)
        for item in found:
            by_policy[item.policy.id].append(item)
        if found:
            parts.append(f'<h2 id="{title.split()[0].lower()}">{title}</h2>')
        for id, listed in by_policy.items():
            parts.append(_card(listed, below.get(id, ()), report.clouds, first=id not in seen))
            seen.add(id)
    return parts


def _followers(report: Report) -> Mapping[str, list[Finding]]:
    """What follows from the open violations of each policy. A cause that follows from another itself has no card."""
    shown = {item.policy.id for item in report.violations()}
    above = {item.policy.id: item.reason for item in report.consequences}
    found: dict[str, list[Finding]] = defaultdict(list)
    for item in report.consequences:
        cause = item.reason
        while cause not in shown and cause in above:
            cause = above[cause]
        found[cause].append(item)
    return found


def _card(listed: Sequence[Finding], follows: Iterable[Finding], clouds: frozenset[str], *, first: bool) -> str:
    policy, level, status = listed[0].policy, listed[0].level, listed[0].status
    shade = level if status is Status.OPEN else status
    place = f' id="{policy.id}"' if first else ""
    by_reason: dict[str, list[Finding]] = defaultdict(list)
    for item in listed:
        by_reason[item.reason].append(item)
    wrong = "".join(
        f"<ul>{_lines(found)}</ul>" + (f'<p class="waived">{safe(reason)}</p>' if reason else "")
        for reason, found in by_reason.items()
    )
    controls = ", ".join(
        f'<a href="#{safe(reference)}">{safe(reference.replace(":", " "))}</a>'
        for reference in supported(policy.references)
        if frameworks()[reference.partition(":")[0]].concerns(clouds)
    )
    return (
        f'<article class="{shade}"{place}><h3>{policy.id} {safe(policy.title)}</h3>'
        f'<p class="dim">{level}, severity {policy.severity}</p>{wrong}'
        f"<p><strong>Fix:</strong> {with_code(policy.fix)}</p>{_following(policy.id, follows)}"
        f'<p class="dim">{with_code(policy.why)}</p>'
        + (f'<p class="dim controls">Controls: {controls}</p>' if controls else "")
        + "</article>"
    )


def _lines(found: Sequence[Finding]) -> str:
    alike: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for item in found:
        alike[item.message, item.paths[0] if item.paths else ""].append(item)
    return "".join(itertools.starmap(_line, alike.items()))


def _line(said: tuple[str, str], found: Sequence[Finding]) -> str:
    """What is wrong, and each resource of which it is true."""
    message, path = said
    named = [f"<strong>{safe(item.name)}</strong>" if item.urn else "the stack" for item in found]
    shown, rest = named[:MOST_NAMED], named[MOST_NAMED:]
    more = " " + folded(f"and {len(rest)} more", ", ".join(rest)) if rest else ""
    types = ", ".join(dict.fromkeys(safe(item.type) for item in found if item.type))
    told = " ".join(part for part in (types, f"<code>{safe(path)}</code>" if path else "") if part)
    return f"<li>{safe(message)}: {', '.join(shown)}{more}{f' <small>{told}</small>' if told else ''}</li>"


def _following(cause: str, follows: Iterable[Finding]) -> str:
    """The policies that the same values violate besides: mending this mends them."""
    by_policy: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for item in follows:
        by_policy[item.policy.id, item.policy.title][item.name or "the stack"] = None
    lines = "".join(
        f"<li>{id} {safe(title)} <small>{', '.join(map(safe, names))}</small></li>"
        for (id, title), names in by_policy.items()
    )
    return folded(f"What follows from {cause} and goes with it: {len(by_policy)}", f"<ul>{lines}</ul>") if lines else ""
