"""The cost allocation tag, without which a budget by tag counts nothing.

AWS offers a tag key for activation up to a day after a resource first carried it, and only to an account of its own or to the
management account of an organisation. Source: AWS Billing user guide, "Activating user-defined cost allocation tags"; Cost
Explorer API reference, `UpdateCostAllocationTagsStatus` (2026-11).
"""

from typing import Any, Final

from soundstage.components.tags import PROJECT
from soundstage.core.errors import CloudError
from soundstage.stacks.clouds.aws.calls import Clients, call

CONSOLE: Final = "AWS Billing console, Cost allocation tags"


def activate(cloud: Clients) -> str:
    """Activate the tag that project budgets count by. Returns what a person has to know; empty when the tag is active.

    Asks twice at most, and never fails an `up`: the machines are there, and the budget can count later.
    """
    client: Any = cloud.client("ce", "us-east-1")  # the one region of Cost Explorer
    try:
        found = call(client, "ListCostAllocationTags", "cost tags", TagKeys=[PROJECT], Type="UserDefined")
        status = next((tag["Status"] for tag in found["CostAllocationTags"]), "")
        if status == "Active":
            return ""
        if not status:
            return (
                f"AWS has not seen the tag {PROJECT} yet, so project budgets count nothing. It takes up to a day; the next "
                "`workstation up` activates the tag."
            )
        wanted = [{"TagKey": PROJECT, "Status": "Active"}]
        done = call(client, "UpdateCostAllocationTagsStatus", "cost tags", CostAllocationTagsStatus=wanted)
        if not (refused := done.get("Errors")):
            return ""
        reason = str(refused[0].get("Message") or refused[0].get("Code"))
    except CloudError as error:
        reason = error.code or error.message
    return (
        f"The tag {PROJECT} is not active for cost allocation ({reason}), so project budgets count nothing. Ask whoever has "
        f"the management account to activate it: {CONSOLE}."
    )
