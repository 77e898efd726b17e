"""AccountGuardrails: what nobody in a Google Cloud project may do, whatever their roles: organisation policies."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NotRequired, TypedDict

import pulumi
import pulumi_gcp as gcp

from soundstage.components.arguments import refuse
from soundstage.components.component import Component
from soundstage.components.fields import conformed
from soundstage.components.gcp.naming import component_faults, place_faults
from soundstage.components.gcp.place import place_of

ENFORCED: Final[Mapping[str, str]] = {
    "logins": "compute.requireOsLogin",
    "shielded": "compute.requireShieldedVm",
    "serial": "compute.disableSerialPortAccess",
    "nested": "compute.disableNestedVirtualization",
    "network": "compute.skipDefaultNetworkCreation",
    "account-keys": "iam.disableServiceAccountKeyCreation",
    "key-upload": "iam.disableServiceAccountKeyUpload",
    "defaults": "iam.automaticIamGrantsForDefaultServiceAccounts",
    "public": "storage.publicAccessPrevention",
    "uniform": "storage.uniformBucketLevelAccess",
    "sql": "sql.restrictPublicIp",
}
"""What is switched on, by what its resource is called (Resource Manager, "Organization policy constraints", read 2026-11)."""
DENIED: Final[Mapping[str, str]] = {"addresses": "compute.vmExternalIpAccess"}
"""What is allowed to nothing at all."""


class AccountGuardrailsArgs(TypedDict):
    regions: list[str]
    """Regions in which anything may be made, such as `europe-west4`. What is elsewhere already stays."""
    image_projects: NotRequired[list[str]]
    """Ids of the projects whose images machines may be made from, such as the studio's own and `ubuntu-os-cloud`. Any when absent."""
    secure_boot: NotRequired[bool]
    """Whether new machines must be Shielded VMs with Secure Boot on (`compute.requireShieldedVm`). True when absent. False where a machine
    has a driver that nobody signed, such as NVIDIA's for virtual workstations on Linux: Google would not make it."""
    project_id: NotRequired[str]
    """Id of the Google Cloud project. That of the provider when absent."""


@dataclass(frozen=True)
class _Rails:
    regions: tuple[str, ...]
    image_projects: tuple[str, ...]
    secure_boot: bool
    project_id: str | None


def _resolve(name: str, args: AccountGuardrailsArgs) -> _Rails:
    args, faults = conformed(args, AccountGuardrailsArgs)
    faults += component_faults(name) + place_faults(args)
    regions, images = args.get("regions", []), args.get("image_projects", [])
    faults += [
        fault.replace("region is", "regions has", 1) for each in regions for fault in place_faults({"region": each})
    ]
    faults += [
        fault.replace("project_id is", "image_projects has", 1)
        for each in images
        for fault in place_faults({"project_id": each})
    ]
    if not regions:
        faults.append("regions is empty; name the regions in which the studio works")
    refuse("AccountGuardrails", name, faults)
    return _Rails(
        tuple(sorted(set(regions))), tuple(sorted(set(images))), args.get("secure_boot", True), args.get("project_id")
    )


class AccountGuardrails(Component):
    """Organisation policies on one Google Cloud project: no public address, no public bucket, no key of a service account, nothing
    outside the studio's regions, and no default network or broad default account.

    They take an organisation above the project and the role `roles/orgpolicy.policyAdmin` in it. A project without one cannot have
    them; the other components are closed by themselves.
    """

    policy_names: pulumi.Output[list[str]]
    """Names of the policies, `projects/PROJECT/policies/CONSTRAINT`."""

    def __init__(self, name: str, args: AccountGuardrailsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        rails = _resolve(name, args)
        super().__init__(name, args, opts)
        parent = place_of(self, rails.project_id, rails.regions[0]).apply(lambda known: f"projects/{known.project_id}")
        enforced = {label: one for label, one in ENFORCED.items() if label != "shielded" or rails.secure_boot}
        rules: dict[str, tuple[str, gcp.orgpolicy.PolicySpecRuleArgsDict]] = {
            **{label: (constraint, {"enforce": "TRUE"}) for label, constraint in enforced.items()},
            **{label: (constraint, {"deny_all": "TRUE"}) for label, constraint in DENIED.items()},
            "regions": (
                "gcp.resourceLocations",
                {"values": {"allowed_values": [f"in:{region}-locations" for region in rails.regions]}},
            ),
        }
        if rails.image_projects:
            allowed = [f"projects/{project}" for project in rails.image_projects]
            rules["images"] = ("compute.trustedImageProjects", {"values": {"allowed_values": allowed}})
        self.policies: dict[str, gcp.orgpolicy.Policy] = {
            label: gcp.orgpolicy.Policy(
                f"{name}-{label}",
                name=parent.apply(lambda place, constraint=constraint: f"{place}/policies/{constraint}"),  # type: ignore[misc]
                parent=parent,
                spec=_spec(rule),
                opts=pulumi.ResourceOptions(parent=self),
            )
            for label, (constraint, rule) in rules.items()
        }
        """The policies, by what they are about."""
        self.policy_names = pulumi.Output.all(*(policy.name for policy in self.policies.values()))
        self.record_outputs()


def _spec(rule: gcp.orgpolicy.PolicySpecRuleArgsDict) -> gcp.orgpolicy.PolicySpecArgsDict:
    """One rule, which stands whatever the organisation says above."""
    return {"inherit_from_parent": False, "rules": [rule]}
