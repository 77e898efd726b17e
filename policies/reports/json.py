"""The report for programs. The shape is part of the interface: keys are added, never changed."""

import json
from typing import Any, Final

from soundstage.policies.frameworks import supported
from soundstage.policies.report import Finding, Report
from soundstage.policies.reports.words import one_line

REPORT_FORMAT: Final = "soundstage.policy-report/1"


def document(report: Report) -> dict[str, Any]:
    """The report as plain values."""
    return {
        "format": REPORT_FORMAT,
        "stack": f"{report.project}/{report.stack}",
        "profile": report.profile.value,
        "day": report.day.isoformat(),
        "resources": report.resources,
        "counts": {key: report.counts[key] for key in sorted(report.counts)},
        "policies": [policy.id for policy in report.policies],
        "findings": [_finding(item) for item in report.findings],
        "blind": [
            {
                "policy": item.policy.id,
                "urn": item.urn,
                "resource": item.name,
                "path": item.path,
                "reason": one_line(item.reason),
            }
            for item in report.blind
        ],
        "unjudged": dict(report.unjudged),
        "left_out": [policy.id for policy in report.left_out],
        "settings": list(report.settings),
        "idle": sorted(report.idle),
    }


def render(report: Report, _colour: bool) -> str:
    # In ASCII, so that no name commands the terminal that it is shown on; whoever parses it gets the names as they are.
    return json.dumps(document(report), indent=2, ensure_ascii=True) + "\n"


def _finding(item: Finding) -> dict[str, Any]:
    return {
        "policy": item.policy.id,
        "title": item.policy.title,
        "severity": item.policy.severity.value,
        "level": item.level.value,
        "status": item.status.value,
        "urn": item.urn,
        "type": item.type,
        "resource": item.name,
        "message": one_line(item.message),
        "paths": list(item.paths),
        "fix": item.policy.fix,
        "patch": [{"path": edit.path, "value": edit.value} for edit in item.edits],
        "references": list(supported(item.policy.references)),
        "reason": item.reason,
        "fingerprint": item.fingerprint,
        "source": {"file": one_line(item.source.file), "line": item.source.line} if item.source else None,
    }
