"""A baseline: the violations that a stack had when the policies were adopted. They are shown and do not refuse."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from soundstage.core.errors import UsageError
from soundstage.policies.report import Finding, Report, Status

BASELINE_FORMAT: Final = "soundstage.policy-baseline/1"


@dataclass(frozen=True)
class Baseline:
    """Fingerprints of known violations."""

    known: frozenset[str]

    @classmethod
    def from_json(cls, document: Any) -> "Baseline":
        """Read what `baseline_of` wrote; `UsageError` for anything else."""
        listed = document.get("findings") if isinstance(document, dict) else None
        if not isinstance(listed, list) or document.get("format") != BASELINE_FORMAT:
            raise UsageError(
                f"This is not a policy baseline (expected format {BASELINE_FORMAT}).",
                "Write one with `workstation check … --write-baseline FILE`.",
            )
        known = [item.get("fingerprint") if isinstance(item, dict) else None for item in listed]
        if not all(isinstance(item, str) for item in known):
            raise UsageError("The policy baseline is damaged: a finding has no fingerprint.", "Write it again.")
        return cls(frozenset(str(item) for item in known))

    def apply(self, findings: Sequence[Finding]) -> list[Finding]:
        return [
            replace(item, status=Status.BASELINED)
            if item.status is Status.OPEN and item.fingerprint in self.known
            else item
            for item in findings
        ]


def baseline_of(report: Report) -> dict[str, Any]:
    """The baseline that accepts every violation now open, with what follows from it."""
    return {
        "format": BASELINE_FORMAT,
        "stack": f"{report.project}/{report.stack}",
        "findings": [
            {"fingerprint": item.fingerprint, "policy": item.policy.id, "resource": item.urn or "stack"}
            for item in sorted(
                [*report.violations(), *report.consequences], key=lambda item: (item.policy.id, item.urn)
            )
        ],
    }
