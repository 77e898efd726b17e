"""What would satisfy the policies, as a patch of the resources' properties to read before anything is changed."""

import json
from collections import defaultdict

from soundstage.core.values import masked
from soundstage.plan.plan import Plan
from soundstage.policies.policy import Edit
from soundstage.policies.report import Report
from soundstage.policies.reports.words import one_line
from soundstage.policies.views.node import Resource


def patch(report: Report, plan: Plan) -> str:
    """A unified-diff-like text: for each resource, the property before and after. Empty when nothing can be mended so."""
    edits: dict[str, dict[str, Edit]] = defaultdict(dict)
    for finding in report.violations():
        for edit in finding.edits:
            edits[finding.urn][edit.path] = edit
    lines = []
    for urn, by_path in edits.items():
        resource = Resource(plan.by_urn[urn])
        changed = [
            (edit, resource.get(edit.path).value)
            for edit in by_path.values()
            if resource.get(edit.path).value != edit.value
        ]
        if changed:
            lines += [f"--- {one_line(urn)}", f"+++ {one_line(urn)}"]
        for edit, before in changed:
            if before is not None:
                lines.append(f"-{edit.path}: {json.dumps(masked(before))}")
            lines.append(f"+{edit.path}: {json.dumps(edit.value)}")
    return "\n".join(lines) + "\n" if lines else ""
