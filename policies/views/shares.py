"""Shares: resources that give something to somebody by naming an account, and not by a policy document."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from soundstage.policies.views.node import Node, Resource, Truth, all_of, any_of, no
from soundstage.policies.views.probes import WHO, arn, foreign, meets
from soundstage.policies.views.stack import Stack

_GRANTEES: Final = ("accessControlPolicy.grants[*].grantee.id", "accessControlPolicy.grants[*].grantee.emailAddress")
ACCOUNTS: Final[Mapping[str, tuple[str, ...]]] = {
    "aws:ec2/amiLaunchPermission:AmiLaunchPermission": (
        "accountId",
        "group",
        "organizationArn",
        "organizationalUnitArn",
    ),
    "aws:ec2/snapshotCreateVolumePermission:SnapshotCreateVolumePermission": ("accountId",),
    "aws:ram/principalAssociation:PrincipalAssociation": ("principal",),
    "aws:lambda/permission:Permission": ("principal", "sourceAccount", "sourceArn"),
    "aws:lambda/layerVersionPermission:LayerVersionPermission": ("principal",),
    "aws:kms/grant:Grant": ("granteePrincipal", "retiringPrincipal"),
    "aws:ec2/vpcEndpointServiceAllowedPrinciple:VpcEndpointServiceAllowedPrinciple": ("principalArn",),
    "aws:ec2/vpcEndpointService:VpcEndpointService": ("allowedPrincipals",),
    "aws:ec2/vpcPeeringConnection:VpcPeeringConnection": ("peerOwnerId",),
    "aws:cloudwatch/eventPermission:EventPermission": ("principal",),
    "aws:ssm/document:Document": ("permissions.account_ids", "permissions.accountIds"),
    "aws:s3control/accessGrant:AccessGrant": ("grantee.granteeIdentifier",),
    "aws:s3/accessPoint:AccessPoint": ("bucketAccountId",),
    "aws:s3/bucketAcl:BucketAcl": _GRANTEES,
    "aws:s3/bucketAclV2:BucketAclV2": _GRANTEES,
    "aws:fsx/lustreFileSystem:LustreFileSystem": ("importPath", "exportPath"),
    "aws:rds/snapshot:Snapshot": ("sharedAccounts",),
    "aws:rds/clusterSnapshot:ClusterSnapshot": ("sharedAccounts",),
    "aws:rds/snapshotCopy:SnapshotCopy": ("sharedAccounts",),
    "aws:imagebuilder/distributionConfiguration:DistributionConfiguration": (
        "distributions[*].amiDistributionConfiguration.launchPermission.userIds",
        "distributions[*].amiDistributionConfiguration.launchPermission.userGroups",
        "distributions[*].amiDistributionConfiguration.launchPermission.organizationArns",
        "distributions[*].amiDistributionConfiguration.targetAccountIds",
    ),
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": (
        "rules[*].destination.account",
        "rules[*].destination.bucket",
    ),
    "aws:s3/bucket:Bucket": (
        "replicationConfiguration.rules[*].destination.accountId",
        "replicationConfiguration.rules[*].destination.bucket",
        "grants[*].id",
    ),
    "aws:s3/bucketV2:BucketV2": (
        "replicationConfigurations[*].rules[*].destinations[*].accountId",
        "replicationConfigurations[*].rules[*].destinations[*].bucket",
        "grants[*].id",
    ),
    "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig": ("destinationArn",),
    "aws:s3/inventory:Inventory": ("destination.bucket.accountId", "destination.bucket.bucketArn"),
    "aws:s3/analyticsConfiguration:AnalyticsConfiguration": (
        "storageClassAnalysis.dataExport.destination.s3BucketDestination.bucketArn",
        "storageClassAnalysis.dataExport.destination.s3BucketDestination.bucketAccountId",
    ),
    "aws:s3/bucketNotification:BucketNotification": (
        "queues[*].queueArn",
        "topics[*].topicArn",
        "lambdaFunctions[*].lambdaFunctionArn",
    ),
    "aws:sns/topicSubscription:TopicSubscription": ("endpoint",),
    "aws:backup/plan:Plan": ("rules[*].copyActions[*].destinationVaultArn",),
    "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter": ("destinationArn",),
    "aws:cloudwatch/eventTarget:EventTarget": ("arn",),
    "aws:scheduler/schedule:Schedule": ("target.arn",),
    "aws:ec2/flowLog:FlowLog": ("logDestination",),
}
"""Type → where it names accounts, groups or principals. `[*]` is every item of a list."""
_PERMISSION: Final = "aws:lambda/permission:Permission"
_EVERYBODY: Final = ("*", "all", "public")
_FROM: Final = ("sourceAccount", "sourceArn")
_ORGANISATION: Final = ("principalOrgId", "organizationId", "condition.value")


@dataclass(frozen=True, eq=False)
class Share:
    """One account, group or principal that a resource names."""

    resource: Resource
    to: Node
    for_ours: bool = False
    """Whether it says that a service comes for something of this stack."""

    @property
    def text(self) -> str:
        """Whom it names; empty while that is not known."""
        value = self.to.value
        return str(value) if isinstance(value, (str, int)) else ""

    @property
    def elsewhere(self) -> bool:
        """Whether it is a bucket that no account is written for."""
        if self.text.startswith("s3://"):
            return True
        return self.text.startswith("arn:") and arn(self.text).service == "s3" and not arn(self.text).account

    @property
    def everyone(self) -> Truth:
        """Whether it names everybody, and nothing beside it says whom of them."""
        return all_of(self.to.is_(lambda _: self.text.lower() in _EVERYBODY), no(self._limited))

    @property
    def limits(self) -> tuple[Node, ...]:
        """What it says beside the name: whom of them, or for whom a service may come."""
        return tuple(node for key in (*_ORGANISATION, *_FROM) if (node := self.resource.get(key)).value is not None)

    @property
    def _limited(self) -> Truth:
        own = (
            self.resource.get(key).is_(
                lambda value: isinstance(value, str) and value and not meets(value, WHO["aws:principalorgid"][0])
            )
            for key in _ORGANISATION
        )
        named = (
            self.resource.get(key).is_(lambda value: isinstance(value, str) and not foreign(value)) for key in _FROM
        )
        return any_of(self.for_ours, *own, *named)

    @property
    def for_anybody(self) -> Truth:
        """Whether it names a service, which then comes for whoever asks it to."""
        if self.resource.type != _PERMISSION or self.to.path != "principal":
            return False
        service = self.to.is_(lambda _: self.text.endswith(".amazonaws.com"))
        return all_of(service, no(self._limited), self.resource.get("eventSourceToken").value is None)


def shares(stack: Stack) -> list[Share]:
    """Everything that names somebody outside a policy document."""
    return [
        Share(resource, node, any(stack.targets(resource.get(key)) for key in _FROM))
        for resource in stack.of(*ACCOUNTS)
        for path in ACCOUNTS[resource.type]
        for end in resource.root.all(path)
        for listed in end.each()
        for node in _each(listed)
    ]


def _each(node: Node) -> list[Node]:
    """The accounts of a list that is written as one text, as documents of Systems Manager have it."""
    if not isinstance(node.value, str):
        return [] if node.value is None else [node]
    return [Node(node.resource, node.path, text.strip()) for text in node.value.split(",") if text.strip()]
