"""A reviewed plan on disk, and the check that nothing else is applied.

What is compared is what a reviewer saw: for which project, on which account, which resources, what happens to each, with which
inputs. Names that an engine makes up anew for every preview are not, nor are values that only the cloud decides. Secrets are
masked in the file; a secret that changed since shows as the update that it causes (our own programs hold none).

The file is compared and never carried out, so one that was edited can only be refused. Who may write both the file and the
program decides what is done: keep the file where the reviewed program is kept.
"""

import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from soundstage.core import files
from soundstage.core.errors import PreflightRefused, UsageError
from soundstage.plan.plan import Operation, Plan, PreviewResult

FORMAT: Final = "soundstage.preview/2"
MOST_BYTES: Final = 256 << 20
"""The largest file that is read."""
_WRITE_IT: Final = "Write it with `workstation preview --save-plan FILE`."
_AGAIN: Final = "Run `workstation preview --save-plan FILE` again and have it reviewed."
_DEFAULTED: Final = "__defaults"
"""The input in which providers list what they filled in themselves (pulumi-terraform-bridge `pkg/tfbridge/schema.go`, 2026-11)."""
_MADE_UP: Final = re.compile(r"[0-9a-f]{7,32}\Z")
"""How a name ends that a provider made up (`pkg/tfbridge/names.go`)."""


@dataclass(frozen=True)
class Target:
    """Whom a plan is for."""

    studio: str
    project: str
    cloud: str
    account: str
    region: str


@dataclass(frozen=True)
class Reviewed:
    """A plan as it was saved. `created` is UTC."""

    target: Target
    created: datetime
    preview: PreviewResult


def save(file: Path, preview: PreviewResult, target: Target) -> None:
    """Write a preview for review (0600, where the file is new)."""
    document = {
        "format": FORMAT,
        "target": asdict(target),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "plan": preview.plan.to_json(),
        "studio_plan": preview.studio_plan.to_json() if preview.studio_plan else None,
    }
    try:
        files.write(file, json.dumps(document, indent=1) + "\n", 0o600)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}.", "Name another file.") from error


def load(file: Path) -> Reviewed:
    """Read a preview that `save` wrote. `UsageError` says what is wrong with anything else."""
    try:
        document = json.loads(files.read(file, MOST_BYTES))
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.", _WRITE_IT) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file} is not a saved plan: it is not JSON.", _WRITE_IT) from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise UsageError(f"{file} is not a saved plan of this version.", _WRITE_IT)
    try:
        target = Target(**{str(key): str(value) for key, value in document["target"].items()})
        created = datetime.fromisoformat(document["created"]).astimezone(UTC)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{file} is damaged ({type(error).__name__}).", _WRITE_IT) from error
    studio = document.get("studio_plan")
    preview = PreviewResult(Plan.from_json(document.get("plan")), Plan.from_json(studio) if studio else None)
    return Reviewed(target, created, preview)


def check(reviewed: Reviewed, now: PreviewResult, target: Target) -> None:
    """Raise `PreflightRefused` when what would be done now is not what was reviewed."""
    others = [
        f"{what} {then} (now {today})"
        for (what, then), today in zip(asdict(reviewed.target).items(), asdict(target).values(), strict=True)
        if then != today
    ]
    if others:
        raise PreflightRefused(f"That plan is for another target: {', '.join(others)}. Nothing was changed.", _AGAIN)
    before, after = _told(reviewed.preview), _told(now)
    names = {urn.rpartition("::")[2] for urn in before.keys() | after.keys() if before.get(urn) != after.get(urn)}
    if differing := sorted(names):
        shown = ", ".join(differing[:5]) + (f" and {len(differing) - 5} more" if len(differing) > 5 else "")
        raise PreflightRefused(
            f"What would be done now is not what was reviewed ({reviewed.created:%Y-%m-%d %H:%M} UTC); it differs in "
            f"{shown}. Nothing was changed.",
            _AGAIN,
        )


def _told(preview: PreviewResult) -> dict[str, str]:
    """What happens to each resource, by URN, with every name that was made up for this preview replaced by whose it is."""
    resources = [
        resource
        for plan in (preview.studio_plan, preview.plan)
        for resource in (plan.to_json()["resources"] if plan else ())
        if resource["operation"] not in (Operation.SAME, Operation.READ)
    ]
    made_up = dict(pair for resource in resources for pair in _made_up(resource))
    longest_first = sorted(made_up, key=len, reverse=True)
    told = {}
    for resource in resources:
        kept = {key: resource[key] for key in ("id", "operation", "inputs", "options", "changes")}
        kept["inputs"] = {key: value for key, value in kept["inputs"].items() if not key.startswith("__")}
        if resource["operation"] == Operation.CREATE:
            del kept["id"]  # a provider's is made up
        text = json.dumps(kept, sort_keys=True)
        for name in longest_first:
            text = text.replace(name, made_up[name])
        told[resource["urn"]] = text
    return told


def _made_up(resource: dict[str, Any]) -> list[tuple[str, str]]:
    """Names that exist only since this preview, and what stands for each."""
    if resource["operation"] not in (Operation.CREATE, Operation.REPLACE):
        return []
    inputs = resource["inputs"]
    named = {key: inputs.get(key) for key in inputs.get(_DEFAULTED) or ()}
    return [
        (value, f"<{key} of {resource['urn']}>")
        for key, value in named.items()
        if isinstance(value, str) and _MADE_UP.search(value)
    ]
