"""Which actions the genuine provider's calls take for a type of resource, as they were recorded.

`data/provider-calls.json` is what `make provider` records (`SOUNDSTAGE_RECORD_CALLS=1`) while Terraform's AWS provider, the one that
Pulumi's is made from, creates, reads, updates and deletes our resources; it says the provider's version and the day. A genuine
provider looks at more than ours does (a bucket's ACL, CORS rules and website, say), and AWS refuses it when it may not.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from soundstage.plan.terraform_names import table


def genuine(type: str, *phases: str) -> frozenset[str]:
    """The actions of `create`, `read`, `update` or `delete` of a Pulumi type; empty for a type that only newer providers have."""
    recorded = _recorded().get(table().types.get(type, ""), {})
    return frozenset(action for phase in phases for action in recorded.get(phase, ()))


@cache
def _recorded() -> dict[str, dict[str, list[str]]]:
    text = (files("soundstage.providers") / "aws" / "data" / "provider-calls.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return dict(found["types"])
