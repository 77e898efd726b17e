"""Resource types that hold nothing a policy asks about: pure wiring. They count as judged, so that what is reported as
never judged is worth reading."""

from collections.abc import Mapping
from typing import Final

NEUTRAL: Final[Mapping[str, str]] = {
    "aws:cfg/deliveryChannel:DeliveryChannel": "says where a recorder writes; the bucket is judged",
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": "counts lines of a log",
    "aws:costexplorer/anomalyMonitor:AnomalyMonitor": "watches costs; who hears of them is judged",
    "aws:ebs/defaultKmsKey:DefaultKmsKey": "names a key, which is judged",
    "aws:ec2/internetGateway:InternetGateway": "opens nothing before a route leads to it, which is judged",
    "aws:ec2/vpcDhcpOptionsAssociation:VpcDhcpOptionsAssociation": "joins two resources",
    "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation": "joins two resources",
    "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive": "takes away what nobody declared",
    "aws:iam/rolePoliciesExclusive:RolePoliciesExclusive": "takes away what nobody declared",
    "aws:kms/alias:Alias": "is another name of a key",
    "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList": "lists names; what is done with them is judged",
    "aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation": "joins two resources",
    "aws:scheduler/scheduleGroup:ScheduleGroup": "groups schedules, which are judged",
    "gcp:compute/networkFirewallPolicy:NetworkFirewallPolicy": "holds rules, which are judged",
    "gcp:compute/router:Router": "opens nothing before a NAT or a route uses it, which are judged",
    "gcp:compute/address:Address": "is judged where a machine uses it",
    "gcp:dns/managedZone:ManagedZone": "says what a name means in a network; what is reached is judged",
    "gcp:dns/policy:Policy": "records the names that machines ask for",
    "gcp:dns/recordSet:RecordSet": "says what a name means in a network; what is reached is judged",
    "gcp:kms/keyRing:KeyRing": "groups keys, which are judged",
    "gcp:monitoring/alertPolicy:AlertPolicy": "tells of what logs hold; the logs are judged",
    "gcp:monitoring/notificationChannel:NotificationChannel": "is whom alarms tell",
    "gcp:orgpolicy/policy:Policy": "takes rights away and gives none",
    "gcp:pubsub/topic:Topic": "carries messages; who may read them is judged",
    "gcp:serviceaccount/account:Account": "has no right before it is given one, which is judged",
    "gcp:storage/bucketObject:BucketObject": "is opened by access lists and roles, which are judged",
}
"""Type → why no policy needs to look at it."""
