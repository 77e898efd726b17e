"""What calls to IAM and STS need.

Source: Service Authorization Reference, "AWS Identity and Access Management (IAM)", "AWS Security Token Service" (2026-11).
"""

from collections.abc import Mapping
from typing import Any, Final

from soundstage.simulator.aws.iam.context import request_tags
from soundstage.simulator.aws.iam.need import Need, action_of, tagged
from soundstage.simulator.aws.iam.world import World
from soundstage.simulator.aws.request import AwsRequest

_OPEN: Final = frozenset({"GetCallerIdentity", "GetSessionToken", "GetAccessKeyInfo", "DecodeAuthorizationMessage"})
"""Calls of STS that nobody needs permission for."""
_GUARDED: Final = frozenset(
    {
        "AttachRolePolicy", "CreateRole", "DeleteRolePermissionsBoundary", "DeleteRolePolicy", "DetachRolePolicy",
        "PutRolePermissionsBoundary", "PutRolePolicy",
    }
)  # fmt: skip
"""Calls whose condition key `iam:PermissionsBoundary` tells the boundary that the role has or gets."""


def needs(request: AwsRequest, world: World) -> list[Need]:
    """The permissions for a call to IAM."""
    arn = _resource(request.operation, request.params, world)
    facts: dict[str, str] = {}
    if arn.startswith(f"arn:aws:iam::{world.account}:"):
        facts = tagged(world.tags_of("iam", arn), "iam")
    boundary = request.params.get("PermissionsBoundary") or (
        world.boundary_of(arn) if request.operation in _GUARDED else ""
    )
    if boundary:
        facts["iam:permissionsboundary"] = boundary
    if request.params.get("PolicyArn") and "Policy" in request.operation:
        facts["iam:policyarn"] = request.params["PolicyArn"]
    return [Need(action_of(request), arn, facts)]


def _resource(operation: str, params: Mapping[str, Any], world: World) -> str:
    path = params.get("Path", "/")

    def here(kind: str, name: str) -> str:
        return f"arn:aws:iam::{world.account}:{kind}{name}"

    if params.get("RoleName") and operation != "AddRoleToInstanceProfile":
        return (
            here("role", path + params["RoleName"]) if operation == "CreateRole" else world.role_arn(params["RoleName"])
        )
    if params.get("InstanceProfileName"):
        name = params["InstanceProfileName"]
        known = world.iam.instance_profiles.values()
        return next((each.arn for each in known if each.name == name), here("instance-profile", path + name))
    if params.get("UserName") or operation in _ABOUT_ONESELF:
        return _user(params.get("UserName", ""), path, world)
    if params.get("GroupName"):
        return here("group", path + params["GroupName"])
    if params.get("PolicyArn"):
        return str(params["PolicyArn"])
    if params.get("PolicyName"):
        return here("policy", path + params["PolicyName"])
    if params.get("AWSServiceName"):
        return here("role", f"/aws-service-role/{params['AWSServiceName']}/*")
    return str(params.get("SerialNumber") or "*")


_ABOUT_ONESELF: Final = frozenset(
    {"ChangePassword", "CreateAccessKey", "DeleteAccessKey", "GetUser", "ListAccessKeys", "UpdateAccessKey"}
)
"""Calls that are about the caller where they name no user."""


def _user(name: str, path: str, world: World) -> str:
    if not name:
        return world.caller.principal_arn
    user = world.iam.users.get(name)
    return user.arn if user else f"arn:aws:iam::{world.account}:user{path}{name}"


def sts_needs(request: AwsRequest, world: World) -> list[Need]:
    """The permissions for a call to STS. A role's own policy decides with the account's policies who may take it."""
    if request.operation in _OPEN:
        return []
    arn = request.params.get("RoleArn", "")
    if not arn:
        return [Need(action_of(request))]
    facts: dict[str, str] = {"sts:rolesessionname": str(request.params.get("RoleSessionName", ""))}
    facts |= {"sts:externalid": request.params["ExternalId"]} if request.params.get("ExternalId") else {}
    facts |= tagged(world.tags_of("iam", arn), "iam")
    actions = [action_of(request)]
    if any(True for _ in request_tags(request.params)):
        actions.append("sts:TagSession")
    if request.params.get("SourceIdentity"):
        actions.append("sts:SetSourceIdentity")
    return [Need(action, arn, facts, world.trust_policy(arn)) for action in actions]
