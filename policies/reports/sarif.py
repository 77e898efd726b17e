"""SARIF 2.1.0, which GitHub, GitLab and editors read (OASIS, “Static Analysis Results Interchange Format”)."""

import json
from typing import Any, Final
from urllib.parse import quote

from soundstage.plan.plan import Source
from soundstage.policies.frameworks import supported
from soundstage.policies.policy import Level, Policy, Profile, Severity
from soundstage.policies.report import Finding, Report, Status
from soundstage.policies.reports.words import adjusted, without_links

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
NOWHERE: Final = Source("Pulumi.yaml", 1)
"""Code scanning shows nothing without a file. This one stands for a stack of which nobody says what made it."""
_SCORES: Final = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "3.0"}
"""GitHub's `security-severity`, by which it sorts and gates (GitHub documentation, “SARIF support for code scanning”)."""


def render(report: Report, _colour: bool) -> str:
    run = {
        "tool": {
            "driver": {
                "name": "Soundstage policies",
                "rules": [_rule(policy, report.profile) for policy in report.policies],
            }
        },
        "automationDetails": {"id": without_links(f"soundstage/{report.project}/{report.stack}/{report.profile}")},
        "results": [_result(item, report) for item in report.findings if item.status is not Status.CONSEQUENCE],
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {
                        "level": "note",
                        "descriptor": {"id": item.policy.id},
                        "message": {
                            "text": without_links(f"Not judged: {item.name or 'the stack'} {item.path}: {item.reason}")
                        },
                    }
                    for item in report.blind
                ]
                + [{"level": "warning", "message": {"text": without_links(text)}} for text in adjusted(report)],
            }
        ],
        "columnKind": "unicodeCodePoints",
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=True) + "\n"


def _rule(policy: Policy, profile: Profile) -> dict[str, Any]:
    return {
        "id": policy.id,
        "name": policy.title,
        "shortDescription": {"text": policy.title},
        "fullDescription": {"text": policy.why},
        "help": {"text": f"{policy.why}\n\nFix: {policy.fix}", "markdown": f"{policy.why}\n\n**Fix:** {policy.fix}"},
        "defaultConfiguration": {"level": _level(policy.levels[profile])},
        "properties": {
            "security-severity": _SCORES[policy.severity],
            "precision": "high",
            "tags": [policy.area, *supported(policy.references)],
        },
    }


def _level(level: Level) -> str:
    return "error" if level is Level.MANDATORY else "warning"


def _result(item: Finding, report: Report) -> dict[str, Any]:
    source = item.source or NOWHERE
    result: dict[str, Any] = {
        "ruleId": item.policy.id,
        "level": _level(item.level),
        "message": {"text": without_links(f"{item.where}: {item.message}")},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(source.file)},
                    "region": {"startLine": source.line},
                },
                "logicalLocations": [
                    {
                        "name": without_links(item.name or f"{report.project}/{report.stack}"),
                        "fullyQualifiedName": without_links(item.urn or f"{report.project}/{report.stack}"),
                        "kind": "resource",
                    }
                ],
            }
        ],
        "partialFingerprints": {"soundstage/v1": item.fingerprint},
    }
    if item.status is not Status.OPEN:
        result["suppressions"] = [
            {"kind": "external", "justification": without_links(item.reason) or "Known when policies came in."}
        ]
    return result
