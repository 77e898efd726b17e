"""One case per type of the resource table: what is created, what is then changed, and what somebody else changes.

`@name` stands for something that the test's world holds already (`test_provider_lifecycles.World`).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from soundstage.core.values import Properties


@dataclass(frozen=True)
class Case:
    """`changes` are applied one after the other, each on top of the last; `None` takes an input away."""

    type: str
    inputs: Properties
    changes: tuple[Properties, ...] = ()
    meddle: Callable[[Any, str], None] | None = None
    """Change it from outside: called with a function that makes clients, and the id."""
    drifts: str = ""
    """The path that a read then shows to differ."""
    after: str = "gone"
    """What is left after a delete: `gone`, or `stays` for settings that the cloud always has."""


SESSION = json.dumps(
    {
        "schemaVersion": "1.0", "description": "d", "sessionType": "Port",
        "parameters": {}, "properties": {"portNumber": "8443", "type": "LocalPortForwarding"},
    }
)  # fmt: skip
TAGS = {"soundstage:project": "teaser", "Name": "test"}
NEW_TAGS = {"soundstage:project": "teaser", "colour": "green"}

OWNER = {"AWS": "arn:aws:iam::123456789012:root"}
"""Not `*`, which an account may forbid a bucket's policy to say."""


def policy(action: str, resource: Any = "*", **principal: Any) -> str:
    statement = {"Effect": "Allow", **principal, "Action": [action], "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def retag(client: Any, id: str) -> None:
    client("ec2").create_tags(Resources=[id], Tags=[{"Key": "Name", "Value": "meddled"}])


_META = {
    "httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 1,
    "httpProtocolIpv6": "disabled", "instanceMetadataTags": "enabled",
}  # fmt: skip
_ROOT = {
    "volumeType": "gp3", "volumeSize": 60, "encrypted": True, "kmsKeyId": "@key_arn", "deleteOnTermination": True,
}  # fmt: skip
_DAILY = {
    "name": "daily", "copyTags": True, "tagsToAdd": {"soundstage:taken": "daily"},
    "createRule": {"interval": 24, "intervalUnit": "HOURS", "times": "02:00"},
    "retainRule": {"interval": 7, "intervalUnit": "DAYS"},
}  # fmt: skip
_RULES = [
    {
        "id": "footage",
        "status": "Enabled",
        "filter": {"prefix": "footage/"},
        "transitions": [{"days": 30, "storageClass": "STANDARD_IA"}, {"days": 365, "storageClass": "GLACIER"}],
        "noncurrentVersionTransitions": [{"noncurrentDays": 30, "storageClass": "STANDARD_IA"}],
        "noncurrentVersionExpiration": {"noncurrentDays": 90},
        "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
    },
    {
        "id": "large",
        "status": "Enabled",
        "filter": {"and": {"prefix": "exports/", "objectSizeGreaterThan": 131072}},
        "transitions": [{"days": 30, "storageClass": "GLACIER"}],
    },
]
_NOTIFICATION = {
    "comparisonOperator": "GREATER_THAN", "notificationType": "ACTUAL", "threshold": 50, "thresholdType": "PERCENTAGE",
    "subscriberEmailAddresses": ["ana@tinyorange.example"], "subscriberSnsTopicArns": ["@topic"],
}  # fmt: skip
_TARGET = {"arn": "arn:aws:scheduler:::aws-sdk:ec2:stopInstances", "roleArn": "@role_arn", "input": "{}"}

CASES = (
    Case(
        "aws:ec2/vpc:Vpc",
        {"cidrBlock": "10.77.0.0/20", "enableDnsHostnames": True, "assignGeneratedIpv6CidrBlock": False, "tags": TAGS},
        ({"enableDnsHostnames": False}, {"assignGeneratedIpv6CidrBlock": True}, {"tags": NEW_TAGS}),
        lambda client, id: client("ec2").modify_vpc_attribute(VpcId=id, EnableDnsSupport={"Value": False}),
        "enableDnsSupport",
    ),
    Case(
        "aws:ec2/subnet:Subnet",
        {"vpcId": "@vpc", "cidrBlock": "10.9.8.0/24", "availabilityZone": "eu-west-1b", "tags": TAGS},
        ({"mapPublicIpOnLaunch": True}, {"tags": NEW_TAGS}),
        lambda client, id: client("ec2").modify_subnet_attribute(SubnetId=id, MapPublicIpOnLaunch={"Value": False}),
        "mapPublicIpOnLaunch",
    ),
    Case(
        "aws:ec2/internetGateway:InternetGateway",
        {"vpcId": "@spare_vpc", "tags": TAGS},
        ({"tags": NEW_TAGS},),
        lambda client, id: client("ec2").detach_internet_gateway(
            InternetGatewayId=id,
            VpcId=client("ec2").describe_internet_gateways(InternetGatewayIds=[id])["InternetGateways"][0][
                "Attachments"
            ][0]["VpcId"],
        ),
        "vpcId",
    ),
    Case("aws:ec2/routeTable:RouteTable", {"vpcId": "@vpc", "tags": TAGS}, ({"tags": NEW_TAGS},), retag, "tags.Name"),
    Case(
        "aws:ec2/route:Route",
        {"routeTableId": "@route_table", "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "@gateway"},
    ),
    Case(
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        {"routeTableId": "@route_table", "subnetId": "@subnet"},
    ),
    Case("aws:ec2/eip:Eip", {"tags": TAGS}, ({"tags": NEW_TAGS},), retag, "tags.Name"),
    Case(
        "aws:ec2/natGateway:NatGateway",
        {"subnetId": "@subnet", "allocationId": "@address", "tags": TAGS},
        ({"tags": NEW_TAGS},),
        retag,
        "tags.Name",
    ),
    Case(
        "aws:ec2/flowLog:FlowLog",
        {
            "vpcId": "@vpc", "trafficType": "ALL", "logDestination": "@log_group_arn", "iamRoleArn": "@role_arn",
            "maxAggregationInterval": 60, "tags": TAGS,
        },
        ({"tags": NEW_TAGS},),
        retag,
        "tags.Name",
    ),
    Case(
        "aws:ec2/securityGroup:SecurityGroup",
        {
            "vpcId": "@vpc", "description": "test", "tags": TAGS,
            "ingress": [
                {"protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlocks": ["10.0.0.0/8", "192.168.0.0/16"]},
                {"protocol": "-1", "fromPort": 0, "toPort": 0, "self": True},
            ],
        },
        (
            {"ingress": [{"protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlocks": ["10.0.0.0/8"]}]},
            {"egress": [{"protocol": "udp", "fromPort": 53, "toPort": 53, "cidrBlocks": ["10.0.0.0/8"]}]},
        ),
        lambda client, id: client("ec2").authorize_security_group_ingress(
            GroupId=id, IpProtocol="tcp", FromPort=80, ToPort=80, CidrIp="0.0.0.0/0"
        ),
        "ingress",
    ),
    Case(
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        {"vpcId": "@vpc", "ingress": [], "egress": [], "tags": TAGS},
        (),
        lambda client, id: client("ec2").authorize_security_group_ingress(
            GroupId=id, IpProtocol="tcp", FromPort=80, ToPort=80, CidrIp="0.0.0.0/0"
        ),
        "ingress",
        after="stays",
    ),
    Case(
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        {
            "securityGroupId": "@group", "ipProtocol": "tcp", "fromPort": 8443, "toPort": 8443,
            "cidrIpv4": "203.0.113.7/32", "description": "display", "tags": TAGS,
        },
        ({"cidrIpv4": "203.0.113.8/32"}, {"description": "display of the colourist"}, {"tags": NEW_TAGS}),
        retag,
        "tags.Name",
    ),
    Case(
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        {
            "securityGroupId": "@group", "ipProtocol": "tcp", "fromPort": 443, "toPort": 443,
            "referencedSecurityGroupId": "@group", "description": "endpoints",
        },
    ),
    Case(
        "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive",
        {"securityGroupId": "@group", "ingressRuleIds": [], "egressRuleIds": []},
        (),
        lambda client, id: client("ec2").authorize_security_group_ingress(
            GroupId=id, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0"
        ),
        "ingressRuleIds",
        after="stays",
    ),
    Case(
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        {
            "vpcId": "@vpc", "serviceName": "com.amazonaws.eu-west-1.s3", "routeTableIds": ["@route_table"],
            "policy": policy("s3:GetObject", Principal="*"), "tags": TAGS,
        },
        ({"policy": policy("s3:PutObject", Principal="*")}, {"tags": NEW_TAGS}),
        retag,
        "tags.Name",
    ),
    Case(
        "aws:ebs/volume:Volume",
        {
            "availabilityZone": "eu-west-1a", "size": 100, "type": "gp3", "encrypted": True, "kmsKeyId": "@key_arn",
            "finalSnapshot": True, "tags": TAGS,
        },
        ({"size": 200}, {"tags": NEW_TAGS}),
        retag,
        "tags.Name",
    ),
    Case(
        "aws:ec2/volumeAttachment:VolumeAttachment",
        {
            "deviceName": "/dev/sdf", "volumeId": "@volume", "instanceId": "@machine",
            "stopInstanceBeforeDetaching": True,
        },
    ),
    Case("aws:ebs/snapshot:Snapshot", {"volumeId": "@volume", "description": "d", "tags": TAGS}, (), retag, "tags.Name"),
    Case("aws:ebs/encryptionByDefault:EncryptionByDefault", {"enabled": True}, after="stays"),
    Case("aws:ebs/defaultKmsKey:DefaultKmsKey", {"keyArn": "@key_arn"}, after="stays"),
    Case("aws:ebs/snapshotBlockPublicAccess:SnapshotBlockPublicAccess", {"state": "block-all-sharing"}),
    Case("aws:ec2/imageBlockPublicAccess:ImageBlockPublicAccess", {"state": "block-new-sharing"}),
    Case(
        "aws:ec2/instanceMetadataDefaults:InstanceMetadataDefaults",
        {"httpTokens": "required", "httpPutResponseHopLimit": 1},
        ({"httpPutResponseHopLimit": 2},),
        lambda client, id: client("ec2").modify_instance_metadata_defaults(HttpTokens="optional"),
        "httpTokens",
        after="stays",
    ),
    Case(
        "aws:ec2/instance:Instance",
        {
            "ami": "@image", "instanceType": "g5.xlarge", "subnetId": "@subnet", "vpcSecurityGroupIds": ["@group"],
            "iamInstanceProfile": "@profile", "associatePublicIpAddress": False, "metadataOptions": _META,
            "rootBlockDevice": _ROOT, "instanceInitiatedShutdownBehavior": "stop", "disableApiTermination": True,
            "disableApiStop": False, "forceDestroy": True, "monitoring": True, "ebsOptimized": True,
            "userData": "#!/bin/sh\necho one", "volumeTags": TAGS, "tags": TAGS,
        },
        (
            {"instanceType": "g5.2xlarge"},
            {"userData": "#!/bin/sh\necho two"},
            {"monitoring": False},
            {"rootBlockDevice": {**_ROOT, "volumeSize": 80}},
            {"volumeTags": NEW_TAGS},
            {"metadataOptions": {**_META, "httpPutResponseHopLimit": 2}},
            {"iamInstanceProfile": None},
            {"tags": NEW_TAGS},
        ),
        lambda client, id: client("ec2").modify_instance_attribute(
            InstanceId=id, DisableApiTermination={"Value": False}
        ),
        "disableApiTermination",
    ),
    Case(
        "aws:ec2/keyPair:KeyPair",
        {
            "publicKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGVjcVCwDNlSOpUnIYCl7LVHTRmCqtm3MgIwWjmYyFyS ana",
            "tags": TAGS,
        },
        ({"tags": NEW_TAGS},),
    ),
    Case(
        "aws:kms/key:Key",
        {
            "description": "one", "enableKeyRotation": True, "deletionWindowInDays": 30, "tags": TAGS,
            "policy": policy("kms:*", Principal={"AWS": "arn:aws:iam::123456789012:root"}),
        },
        (
            {"description": "two"},
            {"enableKeyRotation": False},
            {"policy": policy("kms:D*", Principal={"AWS": "arn:aws:iam::123456789012:root"})},
            {"tags": NEW_TAGS},
        ),
        lambda client, id: client("kms").disable_key(KeyId=id),
        "isEnabled",
    ),
    Case(
        "aws:kms/alias:Alias",
        {"name": "alias/soundstage/test", "targetKeyId": "@key"},
        (),
        lambda client, id: client("kms").update_alias(
            AliasName=id, TargetKeyId=client("kms").create_key()["KeyMetadata"]["KeyId"]
        ),
        "targetKeyId",
    ),
    Case(
        "aws:iam/role:Role",
        {"assumeRolePolicy": trust("ec2.amazonaws.com"), "path": "/soundstage/", "description": "d", "tags": TAGS},
        (
            {"assumeRolePolicy": trust("scheduler.amazonaws.com")},
            {"maxSessionDuration": 7200},
            {"permissionsBoundary": "@policy"},
            {"permissionsBoundary": None},
            {"tags": NEW_TAGS},
        ),
        lambda client, id: client("iam").update_assume_role_policy(
            RoleName=id, PolicyDocument=trust("lambda.amazonaws.com")
        ),
        "assumeRolePolicy",
    ),
    Case(
        "aws:iam/rolePolicy:RolePolicy",
        {"role": "@role", "policy": policy("s3:GetObject")},
        ({"policy": policy("s3:PutObject")},),
        lambda client, id: client("iam").put_role_policy(
            RoleName=id.split(":")[0], PolicyName=id.split(":")[1], PolicyDocument=policy("*")
        ),
        "policy",
    ),
    Case(
        "aws:iam/policy:Policy",
        {"policy": policy("s3:GetObject"), "description": "d", "tags": TAGS},
        tuple({"policy": policy(f"s3:Get{n}")} for n in range(7)),
        lambda client, id: client("iam").tag_policy(PolicyArn=id, Tags=[{"Key": "Name", "Value": "meddled"}]),
        "tags.Name",
    ),
    Case("aws:iam/rolePolicyAttachment:RolePolicyAttachment", {"role": "@role", "policyArn": "@policy"}),
    Case(
        "aws:iam/rolePoliciesExclusive:RolePoliciesExclusive",
        {"roleName": "@role", "policyNames": []},
        (),
        lambda client, id: client("iam").put_role_policy(
            RoleName=id, PolicyName="back-door", PolicyDocument=policy("*")
        ),
        "policyNames",
        after="stays",
    ),
    Case(
        "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive",
        {"roleName": "@role", "policyArns": []},
        ({"policyArns": ["@policy"]}, {"policyArns": []}),
        lambda client, id: client("iam").attach_role_policy(
            RoleName=id, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
        ),
        "policyArns",
        after="stays",
    ),
    Case(
        "aws:iam/instanceProfile:InstanceProfile",
        {"role": "@role", "tags": TAGS},
        ({"tags": NEW_TAGS},),
        lambda client, id: client("iam").remove_role_from_instance_profile(
            InstanceProfileName=id,
            RoleName=client("iam").get_instance_profile(InstanceProfileName=id)["InstanceProfile"]["Roles"][0][
                "RoleName"
            ],
        ),
        "role",
    ),
    Case(
        "aws:iam/accountPasswordPolicy:AccountPasswordPolicy",
        {"minimumPasswordLength": 14, "requireSymbols": True},
        ({"minimumPasswordLength": 16},),
        lambda client, id: client("iam").update_account_password_policy(MinimumPasswordLength=8),
        "minimumPasswordLength",
    ),
    Case(
        "aws:s3/bucket:Bucket",
        {"forceDestroy": True, "tags": TAGS},
        ({"tags": NEW_TAGS}, {"tags": None}),
        lambda client, id: client("s3").put_bucket_tagging(
            Bucket=id, Tagging={"TagSet": [{"Key": "Name", "Value": "meddled"}]}
        ),
        "tags",
    ),
    Case(
        "aws:s3/bucketVersioning:BucketVersioning",
        {"bucket": "@bucket", "versioningConfiguration": {"status": "Enabled"}},
        (),
        lambda client, id: client("s3").put_bucket_versioning(
            Bucket=id, VersioningConfiguration={"Status": "Suspended"}
        ),
        "versioningConfiguration.status",
        after="stays",
    ),
    Case(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        {
            "bucket": "@bucket",
            "rules": [
                {
                    "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "@key_arn"},
                    "bucketKeyEnabled": True,
                }
            ],
        },
        ({"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},),
        lambda client, id: client("s3").put_bucket_encryption(
            Bucket=id,
            ServerSideEncryptionConfiguration={
                "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]
            },
        ),
        "rules",
        after="stays",
    ),
    Case(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        {
            "bucket": "@bucket", "blockPublicAcls": True, "blockPublicPolicy": True, "ignorePublicAcls": True,
            "restrictPublicBuckets": True,
        },
        ({"blockPublicAcls": False},),
        lambda client, id: client("s3").delete_public_access_block(Bucket=id),
        "gone",
    ),
    Case(
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        {"bucket": "@bucket", "rule": {"objectOwnership": "BucketOwnerEnforced"}},
        ({"rule": {"objectOwnership": "BucketOwnerPreferred"}},),
        lambda client, id: client("s3").put_bucket_ownership_controls(
            Bucket=id, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
        ),
        "rule.objectOwnership",
    ),
    Case(
        "aws:s3/bucketPolicy:BucketPolicy",
        {"bucket": "@bucket", "policy": policy("s3:GetObject", "@bucket_objects", Principal=OWNER)},
        ({"policy": policy("s3:PutObject", "@bucket_objects", Principal=OWNER)},),
        lambda client, id: client("s3").delete_bucket_policy(Bucket=id),
        "gone",
    ),
    Case(
        "aws:s3/bucketLogging:BucketLogging",
        {"bucket": "@bucket", "targetBucket": "@log_bucket", "targetPrefix": "media/"},
        ({"targetPrefix": "other/"},),
        lambda client, id: client("s3").put_bucket_logging(Bucket=id, BucketLoggingStatus={}),
        "gone",
    ),
    Case(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        {"bucket": "@bucket", "rules": _RULES},
        ({"rules": [{**_RULES[0], "status": "Disabled"}, _RULES[1]]}, {"rules": _RULES[1:]}),
        lambda client, id: client("s3").put_bucket_lifecycle_configuration(
            Bucket=id,
            LifecycleConfiguration={
                "Rules": [{"ID": "all", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}]
            },
        ),
        "rules",
    ),
    Case(
        "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
        {"bucket": "@locked_bucket", "rule": {"defaultRetention": {"mode": "GOVERNANCE", "days": 3}}},
        ({"rule": {"defaultRetention": {"mode": "GOVERNANCE", "days": 5}}},),
        after="stays",
    ),
    Case(
        "aws:s3/bucketReplicationConfig:BucketReplicationConfig",
        {
            "bucket": "@versioned_bucket",
            "role": "@role_arn",
            "rules": [
                {
                    "id": "all",
                    "status": "Enabled",
                    "priority": 1,
                    "filter": {"prefix": ""},
                    "deleteMarkerReplication": {"status": "Disabled"},
                    "destination": {
                        "bucket": "@replica_bucket_arn",
                        "storageClass": "STANDARD_IA",
                        "encryptionConfiguration": {"replicaKmsKeyId": "@key_arn"},
                    },
                    "sourceSelectionCriteria": {"sseKmsEncryptedObjects": {"status": "Enabled"}},
                }
            ],
        },
        (),
        lambda client, id: client("s3").delete_bucket_replication(Bucket=id),
        "gone",
    ),
    Case("aws:s3/bucketObject:BucketObject", {"bucket": "@bucket", "key": "a/b", "content": "hello"}),
    Case(
        "aws:s3/bucketObjectv2:BucketObjectv2",
        {"bucket": "@bucket", "key": "a/c", "content": "hello", "tags": TAGS},
        ({"content": "other"}, {"tags": NEW_TAGS}),
        lambda client, id: client("s3").delete_object(Bucket=id.partition("/")[0], Key=id.partition("/")[2]),
        "gone",
    ),
    Case(
        "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",
        {"blockPublicAcls": True},
        ({"blockPublicPolicy": True},),
        lambda client, id: client("s3control").delete_public_access_block(AccountId=id),
        "gone",
    ),
    Case(
        "aws:cloudwatch/logGroup:LogGroup",
        {"name": "/soundstage/teaser/test", "retentionInDays": 365, "kmsKeyId": "@key_arn", "tags": TAGS},
        ({"retentionInDays": 400}, {"retentionInDays": None}, {"tags": NEW_TAGS}),
        lambda client, id: client("logs").put_retention_policy(logGroupName=id, retentionInDays=1),
        "retentionInDays",
    ),
    Case(
        "aws:cloudwatch/logMetricFilter:LogMetricFilter",
        {
            "logGroupName": "@log_group", "pattern": "{ $.a = 1 }",
            "metricTransformation": {"name": "m", "namespace": "n", "value": "1"},
        },
        ({"pattern": "{ $.a = 2 }"},),
        lambda client, id: client("logs").delete_metric_filter(
            logGroupName=id.rpartition(":")[0], filterName=id.rpartition(":")[2]
        ),
        "gone",
    ),
    Case(
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        {
            "comparisonOperator": "GreaterThanOrEqualToThreshold", "evaluationPeriods": 1, "metricName": "m",
            "namespace": "n", "period": 300, "statistic": "Sum", "threshold": 1, "alarmActions": ["@topic"],
            "treatMissingData": "notBreaching", "dimensions": {"InstanceId": "i-1"}, "tags": TAGS,
        },
        ({"threshold": 2}, {"tags": NEW_TAGS}),
        lambda client, id: client("cloudwatch").put_metric_alarm(
            AlarmName=id, ComparisonOperator="GreaterThanOrEqualToThreshold", EvaluationPeriods=1, MetricName="m",
            Namespace="n", Period=300, Statistic="Sum", Threshold=9, TreatMissingData="notBreaching",
            Dimensions=[{"Name": "InstanceId", "Value": "i-1"}],
        ),
        "alarmActions",
    ),
    Case(
        "aws:sns/topic:Topic",
        {"displayName": "one", "kmsMasterKeyId": "@key_arn", "tags": TAGS},
        ({"displayName": "two"}, {"tags": NEW_TAGS}),
        lambda client, id: client("sns").set_topic_attributes(
            TopicArn=id, AttributeName="DisplayName", AttributeValue="meddled"
        ),
        "displayName",
    ),
    Case(
        "aws:sns/topicPolicy:TopicPolicy",
        {"arn": "@topic", "policy": policy("sns:Publish", "@topic", Principal={"Service": "budgets.amazonaws.com"})},
        (),
        lambda client, id: client("sns").set_topic_attributes(
            TopicArn=id, AttributeName="Policy", AttributeValue=policy("sns:Publish", id, Principal="*")
        ),
        "policy",
        after="stays",
    ),
    Case(
        "aws:sns/topicSubscription:TopicSubscription",
        {"topic": "@topic", "protocol": "email", "endpoint": "ana@tinyorange.example"},
        ({"filterPolicy": '{"a":["b"]}'},),
        lambda client, id: client("sns").unsubscribe(SubscriptionArn=id),
        "gone",
    ),
    Case(
        "aws:cloudtrail/trail:Trail",
        {
            "name": "test-trail", "s3BucketName": "@bucket", "kmsKeyId": "@key_arn", "isMultiRegionTrail": True,
            "enableLogFileValidation": True, "cloudWatchLogsGroupArn": "@log_group_all",
            "cloudWatchLogsRoleArn": "@role_arn", "tags": TAGS,
            "advancedEventSelectors": [
                {"name": "Management", "fieldSelectors": [{"field": "eventCategory", "equals": ["Management"]}]},
                {
                    "name": "Media",
                    "fieldSelectors": [
                        {"field": "eventCategory", "equals": ["Data"]},
                        {"field": "resources.ARN", "startsWiths": ["arn:aws:s3:::media"]},
                    ],
                },
            ],
        },
        ({"enableLogging": False}, {"enableLogging": True}, {"s3KeyPrefix": "trail"}, {"tags": NEW_TAGS}),
        lambda client, id: client("cloudtrail").stop_logging(Name=id),
        "enableLogging",
    ),
    Case(
        "aws:budgets/budget:Budget",
        {
            "name": "teaser", "budgetType": "COST", "limitAmount": "500.00", "limitUnit": "USD", "timeUnit": "MONTHLY",
            "costFilters": [{"name": "TagKeyValue", "values": ["user:soundstage:project$teaser"]}],
            "notifications": [_NOTIFICATION], "tags": TAGS,
        },
        (
            {"limitAmount": "600.00"},
            {"notifications": [{**_NOTIFICATION, "threshold": 80}, {**_NOTIFICATION, "notificationType": "FORECASTED"}]},
            {"tags": NEW_TAGS},
        ),
        lambda client, id: client("budgets").update_budget(
            AccountId=id.split(":")[0],
            NewBudget={
                "BudgetName": id.split(":")[1], "BudgetType": "COST", "TimeUnit": "MONTHLY",
                "BudgetLimit": {"Amount": "9999", "Unit": "USD"},
                "CostFilters": {"TagKeyValue": ["user:soundstage:project$teaser"]},
            },
        ),
        "limitAmount",
    ),
    Case(
        "aws:budgets/budgetAction:BudgetAction",
        {
            "budgetName": "@budget", "actionType": "RUN_SSM_DOCUMENTS", "approvalModel": "AUTOMATIC",
            "notificationType": "ACTUAL", "executionRoleArn": "@role_arn",
            "actionThreshold": {"actionThresholdType": "PERCENTAGE", "actionThresholdValue": 100},
            "definition": {
                "ssmActionDefinition": {
                    "actionSubType": "STOP_EC2_INSTANCES", "instanceIds": ["@machine"], "region": "eu-west-1",
                }
            },
            "subscribers": [{"subscriptionType": "EMAIL", "address": "ana@tinyorange.example"}], "tags": TAGS,
        },
        (
            {"approvalModel": "MANUAL"},
            {"actionThreshold": {"actionThresholdType": "PERCENTAGE", "actionThresholdValue": 90}},
        ),
    ),
    Case(
        "aws:costexplorer/anomalyMonitor:AnomalyMonitor",
        {"name": "all", "monitorType": "DIMENSIONAL", "monitorDimension": "SERVICE", "tags": TAGS},
        ({"name": "other"},),
        lambda client, id: client("ce").update_anomaly_monitor(MonitorArn=id, MonitorName="meddled"),
        "name",
    ),
    Case(
        "aws:costexplorer/anomalySubscription:AnomalySubscription",
        {
            "name": "readers", "frequency": "DAILY", "monitorArnLists": ["@monitor"],
            "subscribers": [{"type": "EMAIL", "address": "ana@tinyorange.example"}],
            "thresholdExpression": {
                "dimension": {
                    "key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE", "matchOptions": ["GREATER_THAN_OR_EQUAL"], "values": ["20"],
                }
            },
            "tags": TAGS,
        },
        ({"frequency": "WEEKLY"},),
        lambda client, id: client("ce").update_anomaly_subscription(SubscriptionArn=id, Frequency="DAILY"),
        "frequency",
    ),
    Case(
        "aws:accessanalyzer/analyzer:Analyzer",
        {"analyzerName": "outside", "tags": TAGS},
        ({"tags": NEW_TAGS},),
        lambda client, id: client("accessanalyzer").delete_analyzer(analyzerName=id),
        "gone",
    ),
    Case(
        "aws:dlm/lifecyclePolicy:LifecyclePolicy",
        {
            "description": "Work disks of teaser", "executionRoleArn": "@role_arn", "tags": TAGS,
            "policyDetails": {
                "resourceTypes": ["VOLUME"],
                "targetTags": {"soundstage:work-disks": "tinyorange.teaser"},
                "schedules": [_DAILY],
            },
        },
        (
            {"state": "DISABLED"},
            {
                "policyDetails": {
                    "resourceTypes": ["VOLUME"],
                    "targetTags": {"soundstage:work-disks": "tinyorange.teaser"},
                    "schedules": [{**_DAILY, "retainRule": {"interval": 14, "intervalUnit": "DAYS"}}],
                }
            },
            {"tags": NEW_TAGS},
        ),
        lambda client, id: client("dlm").delete_lifecycle_policy(PolicyId=id),
        "gone",
    ),
    Case(
        "aws:scheduler/schedule:Schedule",
        {
            "description": "Stop", "scheduleExpression": "cron(0 19 ? * MON-FRI *)",
            "scheduleExpressionTimezone": "Europe/Lisbon", "flexibleTimeWindow": {"mode": "OFF"}, "target": _TARGET,
        },
        ({"scheduleExpression": "cron(0 20 ? * MON-FRI *)"}, {"state": "DISABLED"}),
        lambda client, id: client("scheduler").delete_schedule(GroupName="default", Name=id.partition("/")[2]),
        "gone",
    ),
    Case("aws:scheduler/scheduleGroup:ScheduleGroup", {"tags": TAGS}, ({"tags": NEW_TAGS},)),
    Case(
        "aws:ssm/association:Association",
        {
            "name": "AWS-RunPatchBaseline", "associationName": "home.teaser.patches", "applyOnlyAtCronInterval": True,
            "parameters": {"Operation": "Install", "RebootOption": "NoReboot"},
            "scheduleExpression": "cron(0 2 ? * SAT#3 *)",
            "targets": [{"key": "tag:soundstage:project", "values": ["teaser"]}], "tags": TAGS,
        },
        (
            {"scheduleExpression": "cron(0 3 ? * SAT#3 *)"},
            {"parameters": {"Operation": "Scan"}},
            {"targets": [{"key": "tag:soundstage:project", "values": ["teaser", "trailer"]}]},
            {"tags": NEW_TAGS},
        ),
        lambda client, id: client("ssm").delete_association(AssociationId=id),
        "gone",
    ),
    Case(
        "aws:ssm/document:Document",
        {"name": "teaser-display", "documentType": "Session", "content": SESSION, "tags": TAGS},
        ({"tags": NEW_TAGS},),
        lambda client, id: client("ssm").add_tags_to_resource(
            ResourceType="Document", ResourceId=id, Tags=[{"Key": "meddled", "Value": "yes"}]
        ),
        "tags.meddled",
    ),
    Case(
        "aws:ssm/parameter:Parameter",
        {"type": "SecureString", "value": "hush", "description": "d", "tags": TAGS},
        ({"value": "louder"}, {"tags": NEW_TAGS}),
        lambda client, id: client("ssm").put_parameter(Name=id, Value="meddled", Type="SecureString", Overwrite=True),
        "value",
    ),
    Case(
        "aws:ec2/eipAssociation:EipAssociation",
        {"allocationId": "@address", "instanceId": "@machine"},
    ),
    Case(
        "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList",
        {"name": "allowed", "domains": ["s3.eu-west-1.amazonaws.com", "*.s3.eu-west-1.amazonaws.com"], "tags": TAGS},
        ({"domains": ["s3.eu-west-1.amazonaws.com", "licences.example"]}, {"tags": NEW_TAGS}),
        lambda client, id: client("route53resolver").update_firewall_domains(
            FirewallDomainListId=id, Operation="ADD", Domains=["tunnel.example"]
        ),
        "domains",
    ),
    Case(
        "aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup",
        {"name": "group", "tags": TAGS},
        ({"tags": NEW_TAGS},),
        lambda client, id: client("route53resolver").untag_resource(
            ResourceArn=f"arn:aws:route53resolver:eu-west-1:123456789012:firewall-rule-group/{id}", TagKeys=["colour"]
        ),
        "tags.colour",
    ),
    Case(
        "aws:route53/resolverFirewallRule:ResolverFirewallRule",
        {
            "name": "rest", "firewallRuleGroupId": "@name_rules", "firewallDomainListId": "@names", "action": "BLOCK",
            "blockResponse": "NXDOMAIN", "priority": 200,
        },
        ({"blockResponse": "NODATA"}, {"priority": 300}),
        lambda client, id: client("route53resolver").update_firewall_rule(
            FirewallRuleGroupId=id.split(":")[0], FirewallDomainListId=id.split(":")[1], Action="ALERT"
        ),
        "action",
    ),
    Case(
        "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation",
        {"name": "on", "firewallRuleGroupId": "@name_rules", "vpcId": "@vpc", "priority": 101, "tags": TAGS},
        ({"priority": 102}, {"tags": NEW_TAGS}),
        lambda client, id: client("route53resolver").update_firewall_rule_group_association(
            FirewallRuleGroupAssociationId=id, Priority=9000
        ),
        "priority",
    ),
    Case(
        "aws:route53/resolverFirewallConfig:ResolverFirewallConfig",
        {"resourceId": "@vpc", "firewallFailOpen": "DISABLED"},
        ({"firewallFailOpen": "ENABLED"}, {"firewallFailOpen": "DISABLED"}),
        lambda client, id: client("route53resolver").update_firewall_config(
            ResourceId=next(
                each["ResourceId"]
                for each in client("route53resolver").list_firewall_configs()["FirewallConfigs"]
                if each["Id"] == id
            ),
            FirewallFailOpen="ENABLED",
        ),
        "firewallFailOpen",
        "stays",
    ),
    Case(
        "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig",
        {"name": "log", "destinationArn": "@log_group_arn", "tags": TAGS},
        ({"tags": NEW_TAGS},),
        lambda client, id: client("route53resolver").untag_resource(
            ResourceArn=f"arn:aws:route53resolver:eu-west-1:123456789012:resolver-query-log-config/{id}",
            TagKeys=["colour"],
        ),
        "tags.colour",
    ),
    Case(
        "aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation",
        {"resolverQueryLogConfigId": "@query_log", "resourceId": "@vpc"},
    ),
)  # fmt: skip
