"""What `workstation export` writes."""

import json
from pathlib import Path
from typing import Any

from soundstage.cli.notice import notice
from soundstage.core import files
from soundstage.core.errors import UsageError
from soundstage.plan.plan import Plan
from soundstage.plan.terraform import terraform_plan


def exported(plan: Plan, format: str, recorded: Plan) -> dict[str, Any]:
    """The plan in a format; `recorded` is what is on record now. Resources that Terraform has no name for are told on
    stderr."""
    if format == "plan":
        return plan.to_json()
    converted = terraform_plan(plan, recorded)
    if converted.omitted:
        left_out = ", ".join(f"{count} of {kind}" for kind, count in sorted(converted.omitted.items()))
        notice(f"Left out, because their Terraform names are not known: {left_out}.", "yellow")
    return converted.document


def written(path: Path, text: str) -> None:
    """Write a file that somebody named, all of it or nothing."""
    try:
        files.write(path, text)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error


def saved(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=True)
