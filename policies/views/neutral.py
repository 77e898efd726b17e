"""Resource types that hold nothing a policy asks about: pure wiring. They count as judged, so that what is reported as
never judged is worth reading."""

from typing import Final

NEUTRAL: Final = frozenset(
    {
        "aws:cloudwatch/logMetricFilter:LogMetricFilter",
        "aws:costexplorer/anomalyMonitor:AnomalyMonitor",
        "aws:ebs/defaultKmsKey:DefaultKmsKey",
        "aws:ec2/internetGateway:InternetGateway",
        "aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation",
        "aws:ec2/vpcDhcpOptions:VpcDhcpOptions",
        "aws:ec2/vpcDhcpOptionsAssociation:VpcDhcpOptionsAssociation",
        "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation",
        "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive",
        "aws:iam/instanceProfile:InstanceProfile",
        "aws:iam/rolePoliciesExclusive:RolePoliciesExclusive",
        "aws:kms/alias:Alias",
        "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList",
        "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig",
        "aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation",
        "aws:scheduler/scheduleGroup:ScheduleGroup",
        "gcp:compute/router:Router",
        "gcp:compute/address:Address",
        "gcp:kms/keyRing:KeyRing",
        "gcp:serviceaccount/account:Account",
        "gcp:storage/bucketObject:BucketObject",
    }
)
