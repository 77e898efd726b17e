"""JUnit XML, which every CI server shows: one test per policy."""

from collections import defaultdict
from xml.etree import ElementTree

from soundstage.policies.policy import Level
from soundstage.policies.report import Finding, Report
from soundstage.policies.reports.words import adjusted, one_line, summary


def render(report: Report, _colour: bool) -> str:
    """A policy fails when it has an open mandatory violation; advice, what follows from other violations
    and blind spots are its output."""
    by_policy: dict[str, list[Finding]] = defaultdict(list)
    for item in report.violations():
        by_policy[item.policy.id].append(item)
    follows: dict[str, list[str]] = defaultdict(list)
    for item in report.consequences:
        follows[item.policy.id].append(f"{_told(item)} (follows from {item.reason})")
    blind = defaultdict(list)
    for spot in report.blind:
        blind[spot.policy.id].append(f"not judged: {spot.name or 'the stack'} {spot.path}: {spot.reason}")
    failures = sum(any(item.level is Level.MANDATORY for item in listed) for listed in by_policy.values())
    suite = ElementTree.Element(
        "testsuite",
        name=f"soundstage policies: {one_line(report.project)}/{one_line(report.stack)}",
        tests=str(len(report.policies)),
        failures=str(failures),
        errors="0",
        skipped="0",
    )
    for policy in report.policies:
        case = ElementTree.SubElement(suite, "testcase", classname=policy.area, name=f"{policy.id} {policy.title}")
        listed = by_policy[policy.id]
        refusing = [item for item in listed if item.level is Level.MANDATORY]
        if refusing:
            failure = ElementTree.SubElement(case, "failure", message=one_line(refusing[0].message))
            failure.text = "\n".join([*(_told(item) for item in refusing), f"Fix: {policy.fix}"])
        told = [_told(item) for item in listed if item.level is Level.ADVISORY]
        told += [*follows[policy.id], *(one_line(text) for text in blind[policy.id])]
        if told:
            ElementTree.SubElement(case, "system-out").text = "\n".join(told)
    ElementTree.SubElement(suite, "system-out").text = "\n".join([summary(report), *map(one_line, adjusted(report))])
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    text: str = ElementTree.tostring(root, encoding="unicode", xml_declaration=False)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _told(item: Finding) -> str:
    return f"{one_line(item.where)}: {one_line(item.message)}"
