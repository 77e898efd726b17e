"""Resource types that hold nothing a policy asks about: pure wiring. They count as judged, so that what is reported as
never judged is worth reading."""

from typing import Final

NEUTRAL: Final = frozenset(
    {
        "aws:cloudwatch/eventRule:EventRule",
        "aws:cloudwatch/logMetricFilter:LogMetricFilter",
        "aws:costexplorer/anomalyMonitor:AnomalyMonitor",
        "aws:ebs/defaultKmsKey:DefaultKmsKey",
        "aws:ebs/snapshot:Snapshot",
        "aws:ec2/internetGateway:InternetGateway",
        "aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation",
        "aws:ec2/networkInterface:NetworkInterface",
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        "aws:ec2/vpcDhcpOptions:VpcDhcpOptions",
        "aws:ec2/vpcDhcpOptionsAssociation:VpcDhcpOptionsAssociation",
        "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation",
        "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive",
        "aws:iam/instanceProfile:InstanceProfile",
        "aws:iam/rolePoliciesExclusive:RolePoliciesExclusive",
        "aws:kms/alias:Alias",
        # That a network filters names and keeps what was asked for is judged by what joins the two; whether the rules of a filter
        # block enough, no policy judges yet.
        "aws:route53/resolverFirewallConfig:ResolverFirewallConfig",
        "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList",
        "aws:route53/resolverFirewallRule:ResolverFirewallRule",
        "aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup",
        "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation",
        "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig",
        "aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation",
        "aws:s3/bucketObject:BucketObject",
        "aws:s3/bucketObjectv2:BucketObjectv2",
        "aws:scheduler/scheduleGroup:ScheduleGroup",
        # Commands and ports of a session; who may start one is judged where IAM gives it. Whether a document is shared with
        # other accounts (`permissions`) no policy judges yet.
        "aws:ssm/document:Document",
        "aws:sns/topicSubscription:TopicSubscription",
        "gcp:compute/router:Router",
        "gcp:compute/address:Address",
        "gcp:kms/keyRing:KeyRing",
        "gcp:serviceaccount/account:Account",
        "gcp:storage/bucketObject:BucketObject",
    }
)
