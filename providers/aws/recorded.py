"""What the simulated cloud keeps faithfully and never acts on. A plan shows it, so that nobody takes it for tried."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

RECORDED_ONLY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "aws:accessanalyzer/analyzer:Analyzer": "Nothing is analysed; there are never findings.",
        "aws:budgets/budget:Budget": "Nothing is spent, so no threshold is crossed and no alert is sent.",
        "aws:budgets/budgetAction:BudgetAction": "It acts only when it is executed by hand, never by itself.",
        "aws:cloudtrail/trail:Trail": "No events are delivered.",
        "aws:cloudwatch/logGroup:LogGroup": "Nothing but what is put by hand arrives, and nothing expires.",
        "aws:cloudwatch/logMetricFilter:LogMetricFilter": "No metric is made from log events.",
        "aws:cloudwatch/metricAlarm:MetricAlarm": "The alarm is never evaluated and does nothing.",
        "aws:costexplorer/anomalyMonitor:AnomalyMonitor": "Nothing is spent, so there are no anomalies.",
        "aws:costexplorer/anomalySubscription:AnomalySubscription": "Nothing is spent, so no alert is sent.",
        "aws:ec2/flowLog:FlowLog": "No flow records are delivered.",
        "aws:iam/accountPasswordPolicy:AccountPasswordPolicy": "Passwords are not held to it.",
        "aws:route53/resolverFirewallConfig:ResolverFirewallConfig": "No name is resolved, so that none is let through.",
        "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList": "No name is resolved or blocked.",
        "aws:route53/resolverFirewallRule:ResolverFirewallRule": "No name is resolved or blocked.",
        "aws:route53/resolverFirewallRuleGroup:ResolverFirewallRuleGroup": "No name is resolved or blocked.",
        "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation": (
            "No name is resolved or blocked."
        ),
        "aws:route53/resolverQueryLogConfig:ResolverQueryLogConfig": "No queries are logged.",
        "aws:route53/resolverQueryLogConfigAssociation:ResolverQueryLogConfigAssociation": "No queries are logged.",
        "aws:s3/bucketIntelligentTieringConfiguration:BucketIntelligentTieringConfiguration": "No object changes tier.",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "No object changes storage class or expires.",
        "aws:s3/bucketReplicationConfig:BucketReplicationConfig": "No object is copied.",
        "aws:scheduler/schedule:Schedule": "The schedule never fires.",
        "aws:sns/topicSubscription:TopicSubscription": "No e-mail is sent.",
    }
)
"""Pulumi type → what does not happen."""

NOT_EMULATED: Final = (
    "Network packets: a security group, route, network ACL or DNS rule is kept, and nothing passes or is stopped by it.",
    "The policies of VPC endpoints, and those of an organisation: they are kept and not judged.",
    "What runs on a machine: boot scripts are kept and not run, and a session is opened and leads nowhere.",
    "Time that passes on machines: a machine runs at once, and no idle stop, schedule, budget or alarm acts by itself.",
    "Copies of objects, events and logs to other places.",
    "Capacity, prices and bills: the cloud has every machine that a zone offers, until `simulator faults` says otherwise.",
)
"""What the simulated cloud does not do at all, one sentence each."""
