"""A list of permissions: as a table, as a policy in JSON, or as Terraform."""

import json
from typing import Any

from soundstage.cli.display.screen import Screen
from soundstage.cli.display.table import table
from soundstage.stacks.account.operator_policy import documents, terraform
from soundstage.stacks.account.permissions import Permissions


def permissions_document(found: Permissions) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "purposes": list(found.purposes),
        "actions": [{"action": item.action, "reasons": list(item.reasons)} for item in found.items],
        "policies": documents(found),
    }


def permissions_text(found: Permissions, form: str, screen: Screen) -> str:
    """What a person reads, or pipes into a file."""
    if form == "json":
        written = documents(found)
        return screen.lines(json.dumps(written[0] if len(written) == 1 else written, indent=2))
    if form == "terraform":
        return screen.lines(terraform(found).rstrip("\n"))
    rows = [(item.action, ", ".join(_short(reason) for reason in item.reasons)) for item in found.items]
    return table(("action", "for"), rows, screen)


def _short(reason: str) -> str:
    """`aws:ec2/vpc:Vpc` reads better as `ec2 Vpc`; commands stay as they are."""
    module, _, kind = reason.rpartition(":")
    return f"{module.removeprefix('aws:').partition('/')[0]} {kind}" if module.startswith("aws:") else reason
