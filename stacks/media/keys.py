"""Keys that somebody scheduled for deletion: to an engine they are gone, and all that they encrypt would be made anew.

Source: AWS KMS developer guide, "Deleting AWS KMS keys": the deletion can be cancelled until its waiting period of 7 to 30
days ends; until then the key opens nothing (2026-11).
"""

from typing import Final

from soundstage.core.errors import CloudError, OperationError
from soundstage.plan.plan import Plan
from soundstage.stacks.account.cloud_calls import call
from soundstage.stacks.machines import Clients

_DYING: Final = ("PendingDeletion", "PendingReplicaDeletion")


def refuse_dying_keys(cloud: Clients, recorded: Plan) -> None:
    """Raise `OperationError` when a key on record is about to be deleted. A key that is gone already is the engine's
    business. Raises what `call` raises when the cloud does not answer."""
    for key in recorded.of_type("aws:kms/key:Key"):
        region = key.property("region")
        try:
            about = call(cloud.client("kms", region), "DescribeKey", key.name, KeyId=key.id)["KeyMetadata"]
        except CloudError as error:
            if error.code == "NotFoundException":
                continue
            raise
        if about["KeyState"] in _DYING:
            until = f" on {about['DeletionDate']:%Y-%m-%d}" if "DeletionDate" in about else ""
            raise OperationError(
                f"{key.name} is scheduled for deletion{until}. Whatever it encrypts can be opened by nobody after that, "
                "and would now be made again, empty. Nothing was changed.",
                f"Run `aws kms cancel-key-deletion --key-id {key.id} --region {region}`, then `workstation up --refresh`, "
                "which enables it again. (For the simulated cloud, `workstation simulator env` sets the shell up.)",
            )
