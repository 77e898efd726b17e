"""A list of permissions: as a table, as a policy in JSON, or as Terraform."""

import json
from typing import Any

from soundstage.cli.display.screen import Screen
from soundstage.cli.display.table import table
from soundstage.stacks.account import google_role
from soundstage.stacks.account.operator_policy import documents, terraform
from soundstage.stacks.account.permissions import Permissions


def permissions_document(found: Permissions) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "purposes": list(found.purposes),
        "actions": [{"action": item.action, "reasons": list(item.reasons)} for item in found.items],
        "policies": _documents(found),
    }


def permissions_text(found: Permissions, form: str, screen: Screen, typed: str = "") -> str:
    """What a person reads, or pipes into a file. `typed` is what people call the project."""
    if form == "json":
        written = _documents(found)
        return screen.lines(json.dumps(written[0] if len(written) == 1 else written, indent=2))
    if form == "terraform":
        return screen.lines((google_role.terraform if found.on_google else terraform)(found).rstrip("\n"))
    rows = [(item.action, ", ".join(_short(reason) for reason in item.reasons)) for item in found.items]
    listed = table(("action", "for"), rows, screen)
    return "\n".join([listed, *_how(found, typed or found.project, screen)]) if found.on_google else listed


def _documents(found: Permissions) -> list[dict[str, Any]]:
    return [google_role.document(found)] if found.on_google else documents(found)


def _how(found: Permissions, typed: str, screen: Screen) -> list[str]:
    """What to type on Google Cloud to give somebody these permissions."""
    purposes = "".join(f" --for {one}" for one in found.purposes)
    printed = f"workstation permissions {typed}{purposes}{'' if found.project or 'bake' in found.purposes else ' --studio'} --format json"
    steps = google_role.how(found, printed)
    return ["", screen.plain("To give these to NAME:"), *(screen.plain(f"  {one}") for one in steps)]


def _short(reason: str) -> str:
    """`aws:ec2/vpc:Vpc` reads better as `ec2 Vpc`; commands stay as they are."""
    module, _, kind = reason.rpartition(":")
    cloud, _, rest = module.partition(":")
    return f"{rest.partition('/')[0]} {kind}" if cloud in ("aws", "gcp") else reason
