"""Resource types that hold nothing a policy asks about: pure wiring. They count as judged, so that what is reported as
never judged is worth reading."""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Argument(NamedTuple):
    """Why no policy needs to look at a type, and what is published that bears it out (read 2026-11)."""

    why: str
    source: str


NEUTRAL: Final[Mapping[str, Argument]] = {
    "aws:cfg/deliveryChannel:DeliveryChannel": Argument(
        "says where a recorder writes; the bucket is judged",
        "AWS Config Developer Guide, Working with the delivery channel",
    ),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": Argument(
        "counts lines of a log", "CloudWatch Logs User Guide, Creating metrics from log events using filters"
    ),
    "aws:costexplorer/anomalyMonitor:AnomalyMonitor": Argument(
        "watches costs; who hears of them is judged",
        "AWS Cost Management User Guide, Getting started with AWS Cost Anomaly Detection",
    ),
    "aws:ebs/defaultKmsKey:DefaultKmsKey": Argument(
        "names a key, which is judged", "Amazon EBS User Guide, Amazon EBS encryption: default KMS key"
    ),
    "aws:ec2/internetGateway:InternetGateway": Argument(
        "opens nothing before a route leads to it, which is judged",
        "Amazon VPC User Guide, Enable internet access for a VPC using an internet gateway",
    ),
    "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation": Argument(
        "joins two resources", "AWS PrivateLink Guide, Gateway endpoints: routing"
    ),
    "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive": Argument(
        "takes away what nobody declared", "Terraform registry, aws_vpc_security_group_rules_exclusive"
    ),
    "aws:iam/rolePoliciesExclusive:RolePoliciesExclusive": Argument(
        "takes away what nobody declared", "Terraform registry, aws_iam_role_policies_exclusive"
    ),
    "aws:kms/alias:Alias": Argument("is another name of a key", "AWS KMS Developer Guide, Aliases in AWS KMS"),
    "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList": Argument(
        "lists names; what is done with them is judged",
        "Amazon Route 53 Developer Guide, Route 53 Resolver DNS Firewall domain lists",
    ),
    "aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation": Argument(
        "joins two resources", "Amazon Route 53 Developer Guide, Resolver query logging"
    ),
    "aws:scheduler/scheduleGroup:ScheduleGroup": Argument(
        "groups schedules, which are judged", "EventBridge Scheduler User Guide, Managing a schedule group"
    ),
    "gcp:compute/networkFirewallPolicy:NetworkFirewallPolicy": Argument(
        "holds rules, which are judged", "Google Cloud NGFW documentation, Network firewall policies"
    ),
    "gcp:compute/router:Router": Argument(
        "opens nothing before a NAT or a route uses it, which are judged", "Google Cloud Router documentation, Overview"
    ),
    "gcp:compute/address:Address": Argument(
        "is judged where a machine uses it", "Google Compute Engine documentation, IP addresses"
    ),
    "gcp:compute/resourcePolicy:ResourcePolicy": Argument(
        "says when machines start and stop or snapshots are made; what uses it is judged",
        "Google Compute Engine documentation, Scheduling a VM to start and stop; Create schedules for disk snapshots",
    ),
    "gcp:dns/recordSet:RecordSet": Argument(
        "says what a name means in a network; what is reached is judged",
        "Google Cloud DNS documentation, Records overview",
    ),
    "gcp:kms/keyRing:KeyRing": Argument(
        "groups keys, which are judged", "Google Cloud KMS documentation, Cloud KMS resources"
    ),
    "gcp:monitoring/alertPolicy:AlertPolicy": Argument(
        "tells of what logs hold; the logs are judged", "Google Cloud Monitoring documentation, Alerting overview"
    ),
    "gcp:monitoring/notificationChannel:NotificationChannel": Argument(
        "is whom alarms tell", "Google Cloud Monitoring documentation, Notification channels"
    ),
    "gcp:pubsub/topic:Topic": Argument(
        "carries messages; who may read them is judged", "Google Cloud Pub/Sub documentation, Access control with IAM"
    ),
    "gcp:serviceaccount/account:Account": Argument(
        "has no right before it is given one, which is judged",
        "Google Cloud IAM documentation, Service accounts overview",
    ),
    "gcp:storage/bucketObject:BucketObject": Argument(
        "is opened by access lists and roles, which are judged",
        "Google Cloud Storage documentation, Overview of access control",
    ),
}
"""Type → why nothing about it needs to be judged."""
