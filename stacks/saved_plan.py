"""A reviewed plan on disk, and the check that nothing else is applied.

What is compared is what a reviewer saw: which resources, what happens to each, with which inputs. Names that an engine makes up
anew for every preview are not, nor are values that only the cloud decides. Secrets are masked in the file; a secret that
changed since shows as the update that it causes.
"""

import json
import re
from pathlib import Path
from typing import Any, Final

from soundstage.components import files
from soundstage.components.errors import PreflightRefused, UsageError
from soundstage.stacks.deployment import PreviewResult
from soundstage.stacks.plan import Plan

FORMAT: Final = "soundstage.preview/1"
MOST_BYTES: Final = 256 << 20
"""The largest file that is read."""
_MADE_UP: Final = re.compile(r"-[0-9a-f]{7}(?![0-9a-f])")
"""The end of a generated name (pulumi-terraform-bridge `pkg/tfbridge/names.go`: seven hexadecimal digits)."""


def save(file: Path, preview: PreviewResult) -> None:
    """Write a preview for review (0600)."""
    document = {
        "format": FORMAT,
        "plan": preview.plan.to_json(),
        "studio_plan": preview.studio_plan.to_json() if preview.studio_plan else None,
    }
    try:
        files.write(file, json.dumps(document, indent=1) + "\n", 0o600)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}.", "Name another file.") from error


def load(file: Path) -> PreviewResult:
    """Read a preview that `save` wrote. `UsageError` says what is wrong with anything else."""
    try:
        document = json.loads(files.read(file, MOST_BYTES))
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.", "Write it with `preview --save-plan`.") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file} is no saved plan: it is not JSON.", "Write it with `preview --save-plan`.") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise UsageError(f"{file} is no saved plan.", "Write it with `workstation preview --save-plan FILE`.")
    studio = document.get("studio_plan")
    return PreviewResult(Plan.from_json(document.get("plan")), Plan.from_json(studio) if studio else None)


def check(reviewed: PreviewResult, now: PreviewResult) -> None:
    """Raise `PreflightRefused` when what would be done now is not what was reviewed."""
    differing = sorted({*_differences(reviewed.plan, now.plan), *_differences(reviewed.studio_plan, now.studio_plan)})
    if differing:
        shown = ", ".join(differing[:5]) + (f" and {len(differing) - 5} more" if len(differing) > 5 else "")
        raise PreflightRefused(
            f"What would be done now is not what was reviewed; it differs in {shown}. Nothing was changed.",
            "Run `workstation preview --save-plan FILE` again and have it reviewed.",
        )


def _differences(reviewed: Plan | None, now: Plan | None) -> set[str]:
    """The names of the resources in which two plans differ."""
    before, after = _told(reviewed), _told(now)
    return {urn.rpartition("::")[2] for urn in before.keys() | after.keys() if before.get(urn) != after.get(urn)}


def _told(plan: Plan | None) -> dict[str, Any]:
    if plan is None:
        return {}
    told = {}
    for resource in plan.to_json()["resources"]:
        if resource["operation"] in ("same", "read"):
            continue
        kept = {key: resource[key] for key in ("operation", "inputs", "options", "changes")}
        kept["inputs"] = {key: value for key, value in kept["inputs"].items() if not key.startswith("__")}
        told[resource["urn"]] = _MADE_UP.sub("-*", json.dumps(kept, sort_keys=True))
    return told
