"""Which entries of the audit trail wake somebody: a table of events, and the metric filters that find them.

`reference` is the recommendation of the CIS AWS Foundations Benchmark v3.0.0 (section 4, read 2026-11) that asks for
the alarm; alarms without one are ours. To add an alarm, add an entry.
"""

from dataclasses import dataclass
from typing import Final

LONGEST_PATTERN: Final = 1024
"""Characters that CloudWatch Logs takes in one filter pattern."""


@dataclass(frozen=True)
class Alarm:
    """An alarm raised by a single matching entry. `name` is part of resource names, so it must not change."""

    name: str
    meaning: str
    pattern: str
    reference: str = ""


def _any_of(*events: str, source: str = "") -> str:
    """The pattern of calls by name, optionally of one service, for example `kms.amazonaws.com`."""
    named = " || ".join(f"($.eventName = {event})" for event in events)
    return f"{{ ($.eventSource = {source}) && ({named}) }}" if source else f"{{ {named} }}"


ALARMS: Final = (
    Alarm(
        "unauthorised-calls",
        "A call was refused for lack of permission",
        # The clock of a machine's hours may not start it on a holiday, and is refused then: that is no event.
        '{ (($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*"))'
        ' && (($.eventName != "StartInstances") || ($.sourceIPAddress != "scheduler.amazonaws.com")) }',
        "CIS 4.1",
    ),
    Alarm(
        "sign-in-without-mfa",
        "A user signed in to the console without a second factor",
        '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes")'
        ' && ($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }',
        "CIS 4.2",
    ),
    Alarm(
        "root-use",
        "The root user did something",
        '{ ($.userIdentity.type = "Root") && ($.userIdentity.invokedBy NOT EXISTS)'
        ' && ($.eventType != "AwsServiceEvent") }',
        "CIS 4.3",
    ),
    Alarm(
        "permission-changes",
        "A policy, a permission boundary, a trust or an access key was changed",
        _any_of(
            "AttachGroupPolicy",
            "AttachRolePolicy",
            "AttachUserPolicy",
            "CreateAccessKey",
            "CreatePolicy",
            "CreatePolicyVersion",
            "DeleteGroupPolicy",
            "DeletePolicy",
            "DeletePolicyVersion",
            "DeleteRolePermissionsBoundary",
            "DeleteRolePolicy",
            "DeleteUserPolicy",
            "DetachGroupPolicy",
            "DetachRolePolicy",
            "DetachUserPolicy",
            "PutGroupPolicy",
            "PutRolePermissionsBoundary",
            "PutRolePolicy",
            "PutUserPolicy",
            "UpdateAssumeRolePolicy",
        ),
        "CIS 4.4",
    ),
    Alarm(
        "trail-changes",
        "The audit trail itself was changed or stopped",
        _any_of("CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging", "PutEventSelectors"),
        "CIS 4.5",
    ),
    Alarm(
        "failed-sign-ins",
        "Somebody failed to sign in to the console",
        '{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }',
        "CIS 4.6",
    ),
    Alarm(
        "key-deletion",
        "An encryption key was disabled, given away or set to be deleted",
        _any_of("DisableKey", "PutKeyPolicy", "ScheduleKeyDeletion", source="kms.amazonaws.com"),
        "CIS 4.7",
    ),
    Alarm(
        "bucket-policy-changes",
        "A bucket's access, lifecycle, lock, encryption or replication was changed",
        _any_of(
            "DeleteBucketCors",
            "DeleteBucketEncryption",
            "DeleteBucketLifecycle",
            "DeleteBucketPolicy",
            "DeleteBucketPublicAccessBlock",
            "DeleteBucketReplication",
            "PutBucketAcl",
            "PutBucketCors",
            "PutBucketLifecycle",
            "PutBucketObjectLockConfiguration",
            "PutBucketPolicy",
            "PutBucketPublicAccessBlock",
            "PutBucketReplication",
            "PutBucketVersioning",
            source="s3.amazonaws.com",
        ),
        "CIS 4.8",
    ),
    Alarm(
        "recorder-changes",
        "AWS Config's recording of this account was changed or stopped",
        _any_of(
            "DeleteDeliveryChannel",
            "PutConfigurationRecorder",
            "PutDeliveryChannel",
            "StopConfigurationRecorder",
            source="config.amazonaws.com",
        ),
        "CIS 4.9",
    ),
    Alarm(
        "security-group-changes",
        "A security group was changed",
        _any_of(
            "AuthorizeSecurityGroupEgress",
            "AuthorizeSecurityGroupIngress",
            "CreateSecurityGroup",
            "DeleteSecurityGroup",
            "ModifySecurityGroupRules",
            "RevokeSecurityGroupEgress",
            "RevokeSecurityGroupIngress",
        ),
        "CIS 4.10",
    ),
    Alarm(
        "network-acl-changes",
        "A network access list was changed",
        _any_of(
            "CreateNetworkAcl",
            "CreateNetworkAclEntry",
            "DeleteNetworkAcl",
            "DeleteNetworkAclEntry",
            "ReplaceNetworkAclAssociation",
            "ReplaceNetworkAclEntry",
        ),
        "CIS 4.11",
    ),
    Alarm(
        "gateway-changes",
        "A gateway to the internet or to another network was changed",
        _any_of(
            "AttachInternetGateway",
            "CreateCustomerGateway",
            "CreateInternetGateway",
            "CreateNatGateway",
            "DeleteCustomerGateway",
            "DeleteInternetGateway",
            "DetachInternetGateway",
        ),
        "CIS 4.12",
    ),
    Alarm(
        "route-changes",
        "A route table was changed",
        _any_of(
            "CreateRoute",
            "CreateRouteTable",
            "DeleteRoute",
            "DeleteRouteTable",
            "DisassociateRouteTable",
            "ReplaceRoute",
            "ReplaceRouteTableAssociation",
            source="ec2.amazonaws.com",
        ),
        "CIS 4.13",
    ),
    Alarm(
        "network-changes",
        "A network, a peering or a service endpoint was changed",
        _any_of(
            "AcceptVpcPeeringConnection",
            "AttachClassicLinkVpc",
            "CreateVpc",
            "CreateVpcPeeringConnection",
            "DeleteVpc",
            "DeleteVpcPeeringConnection",
            "DetachClassicLinkVpc",
            "DisableVpcClassicLink",
            "EnableVpcClassicLink",
            "ModifyVpcAttribute",
            "ModifyVpcEndpoint",
            "RejectVpcPeeringConnection",
        ),
        "CIS 4.14",
    ),
    Alarm(
        "organization-changes",
        "The organization of this account, or a policy of it, was changed",
        _any_of(
            "AcceptHandshake",
            "AttachPolicy",
            "CancelHandshake",
            "CreateAccount",
            "CreateOrganization",
            "CreateOrganizationalUnit",
            "CreatePolicy",
            "DeclineHandshake",
            "DeleteOrganization",
            "DeleteOrganizationalUnit",
            "DeletePolicy",
            "DetachPolicy",
            "DisablePolicyType",
            "EnableAllFeatures",
            "EnablePolicyType",
            "InviteAccountToOrganization",
            "LeaveOrganization",
            "MoveAccount",
            "RemoveAccountFromOrganization",
            "UpdateOrganizationalUnit",
            "UpdatePolicy",
            source="organizations.amazonaws.com",
        ),
        "CIS 4.15",
    ),
    Alarm(
        "disk-sharing",
        "A disk snapshot or a machine image was shared, which carries media out without a download",
        _any_of("ModifyImageAttribute", "ModifySnapshotAttribute", "DisableSnapshotBlockPublicAccess"),
    ),
)
"""Every alarm of the audit trail."""
