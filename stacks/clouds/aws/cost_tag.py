"""The cost allocation tag, without which a budget by tag counts nothing.

AWS offers a tag key for activation up to a day after a resource first carried it, and only to an account of its own or to the
management account of an organisation. Source: AWS Billing user guide, "Activating user-defined cost allocation tags"; Cost
Explorer API reference, `UpdateCostAllocationTagsStatus` (2026-11).
"""

from typing import Any, Final

from soundstage.components.tags import PROJECT
from soundstage.core.errors import CloudError
from soundstage.stacks.clouds.aws.calls import Clients, call
from soundstage.stacks.clouds.bills import TAGS

CONSOLE: Final = "AWS Billing console, Cost allocation tags"
_WHO: Final = f"Ask whoever has the management account to activate it: {CONSOLE}."


def activate(cloud: Clients) -> str:
    """Activate the tags by which a bill is split, of which project budgets count by one. Returns what a person has to know; empty when the tag is active.

    Asks twice at most, and never fails an `up`: the machines are there, and the budget can count later.
    """
    client: Any = cloud.client("ce", "us-east-1")  # the one region of Cost Explorer
    try:
        found = call(client, "ListCostAllocationTags", "cost tags", TagKeys=list(TAGS), Type="UserDefined")
        known = {tag["TagKey"]: tag["Status"] for tag in found["CostAllocationTags"]}
        if PROJECT not in known:
            return (
                f"AWS has not seen the tag {PROJECT} yet, so project budgets count nothing. It takes up to a day; the next "
                "`workstation up` activates the tag."
            )
        wanted = [{"TagKey": key, "Status": "Active"} for key in TAGS if known.get(key, "Active") != "Active"]
        if not wanted:
            return ""
        done = call(client, "UpdateCostAllocationTagsStatus", "cost tags", CostAllocationTagsStatus=wanted)
        if not (refused := done.get("Errors")):
            return ""
        reason = str(refused[0].get("Message") or refused[0].get("Code"))
        if known[PROJECT] == "Active":
            return f"The bill is not split by {', '.join(one['TagKey'] for one in wanted)} ({reason}). {_WHO}"
    except CloudError as error:
        reason = error.code or error.message
    return f"The tag {PROJECT} is not active for cost allocation ({reason}), so project budgets count nothing. {_WHO}"
