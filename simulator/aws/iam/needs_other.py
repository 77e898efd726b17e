"""What calls to the remaining services need: the ARN of what each is about.

Source: Service Authorization Reference, the page of each service (2026-11). A service or call that is not known here is
asked for on `*`, so that a policy which names a resource does not let it pass.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from soundstage.simulator.aws.iam.need import Need, action_of, tagged
from soundstage.simulator.aws.iam.world import World
from soundstage.simulator.aws.request import AwsRequest

Arns: TypeAlias = Callable[[AwsRequest, World], list[str]]

_DIRECT: Final = ("ResourceArn", "resourceArn", "ResourceARN", "TopicArn", "SubscriptionArn", "MonitorArn",
                  "AnalyzerArn", "analyzerArn")  # fmt: skip
"""Parameters that hold the ARN of what a call is about."""


def needs(request: AwsRequest, world: World) -> list[Need]:
    """The permissions for a call to a service without a page of its own."""
    action, params = action_of(request), request.params
    if request.service == "ssm":
        return _ssm(request, world)
    if request.service == "route53resolver":
        return _resolver(request, world)
    arns = _SERVICES[request.service](request, world) if request.service in _SERVICES else []
    arns = arns or [str(params[name]) for name in _DIRECT if params.get(name)] or ["*"]
    facts: dict[str, str | list[str]] = {}
    if request.operation == "PutMetricData":
        facts["cloudwatch:namespace"] = str(params.get("Namespace", ""))
    if request.operation == "PutMetricAlarm" and (actions := _alarm_actions(request)):
        facts["cloudwatch:alarmactions"] = actions
    policies = {arn: world.topic_policy(arn) for arn in arns} if request.service == "sns" else {}
    return [Need(action, arn, facts, policies[arn]) if arn in policies else Need(action, arn, facts) for arn in arns]


def _sns(request: AwsRequest, world: World) -> list[str]:
    name = request.params.get("Name")
    if request.operation == "Unsubscribe":
        return [str(request.params.get("SubscriptionArn", "*")).rpartition(":")[0]]
    return [world.arn("sns", name)] if name and request.operation == "CreateTopic" else []


def _logs(request: AwsRequest, world: World) -> list[str]:
    """A log group is asked for as its own empty stream, as the service's refusals show."""
    params = request.params
    group = params.get("logGroupName") or str(params.get("logGroupIdentifier", "")).partition("log-group:")[2]
    if not group or request.operation == "DescribeLogGroups":
        return []
    return [world.arn("logs", f"log-group:{group.removesuffix(':*')}:log-stream:{params.get('logStreamName', '')}")]


def _cloudwatch(request: AwsRequest, world: World) -> list[str]:
    if not request.operation.endswith(("Alarm", "Alarms", "AlarmActions", "AlarmState")):
        return []
    if request.operation == "DescribeAlarms":
        return []  # with names or without, the service asks for *
    listed = request.params.get("AlarmNames")
    names = listed if isinstance(listed, list) else request.members("AlarmNames")
    return [world.arn("cloudwatch", f"alarm:{name}") for name in [*names, request.params.get("AlarmName")] if name]


def _alarm_actions(request: AwsRequest) -> list[str]:
    """What an alarm is to do in any of its states."""
    found: list[str] = []
    for name in ("AlarmActions", "OKActions", "InsufficientDataActions"):
        listed = request.params.get(name)
        found += listed if isinstance(listed, list) else request.members(name)
    return found


def _budgets(request: AwsRequest, world: World) -> list[str]:
    params = request.params
    name = params.get("BudgetName") or (params.get("Budget") or params.get("NewBudget") or {}).get("BudgetName", "*")
    if params.get("ResourceARN"):
        return [str(params["ResourceARN"])]
    about = f"/action/{params.get('ActionId', '*')}" if "BudgetAction" in request.operation else ""
    return [f"arn:aws:budgets::{world.account}:budget/{name}{about}"]


def _cloudtrail(request: AwsRequest, world: World) -> list[str]:
    params = request.params
    named = params.get("TrailName") or params.get("Name") or params.get("ResourceId")
    if not named or request.operation.startswith("Lookup"):
        return []
    return [named if str(named).startswith("arn:") else world.arn("cloudtrail", f"trail/{named}")]


def _scheduler(request: AwsRequest, world: World) -> list[str]:
    params = request.params
    name, group = params.get("Name"), params.get("GroupName") or params.get("groupName") or "default"
    if not name:
        return []
    kind = f"schedule-group/{name}" if request.operation.endswith("Group") else f"schedule/{group}/{name}"
    return [world.arn("scheduler", kind)]


def _analyzers(request: AwsRequest, world: World) -> list[str]:
    name = request.params.get("analyzerName")
    return [world.arn("access-analyzer", f"analyzer/{name}")] if name else []


_SERVICES: Final[Mapping[str, Arns]] = {
    "accessanalyzer": _analyzers,
    "budgets": _budgets,
    "cloudtrail": _cloudtrail,
    "cloudwatch": _cloudwatch,
    "logs": _logs,
    "scheduler": _scheduler,
    "sns": _sns,
}


def _ssm(request: AwsRequest, world: World) -> list[Need]:
    action, params = action_of(request), request.params
    machines = [str(each) for each in (params.get("Target"), *(params.get("InstanceIds") or ())) if each]
    found = [
        Need(action, world.arn("ec2", f"instance/{each}"), tagged(world.tags_of("ec2", each), "ssm"))
        for each in machines
        if request.operation in ("StartSession", "SendCommand")
    ]
    if request.operation in ("StartSession", "SendCommand"):
        found.append(Need(action, _document(params.get("DocumentName") or "SSM-SessionManagerRunShell", world)))
    if request.operation in ("TerminateSession", "ResumeSession"):
        found.append(_session(action, str(params.get("SessionId", "")), world))
    if request.operation == "StartAutomationExecution":
        version = params.get("DocumentVersion") or "$DEFAULT"
        found.append(Need(action, world.arn("ssm", f"automation-definition/{params.get('DocumentName')}:{version}")))
    names = [params.get("Name"), *(params.get("Names") or ())] if "Parameter" in request.operation else []
    found += [Need(action, world.arn("ssm", f"parameter/{str(name).lstrip('/')}")) for name in names if name]
    if "Association" in request.operation and request.operation != "ListAssociations":
        found.append(_association(action, str(params.get("AssociationId") or "*"), world))
    if ("Document" in request.operation or "Association" in request.operation) and params.get("Name"):
        found.append(Need(action, _document(str(params["Name"]), world)))
    if request.operation in ("AddTagsToResource", "RemoveTagsFromResource", "ListTagsForResource"):
        kind, identity = str(params.get("ResourceType", "")).lower(), str(params.get("ResourceId", "")).lstrip("/")
        is_association = kind == "association"
        found.append(
            _association(action, identity, world)
            if is_association
            else Need(action, world.arn("ssm", f"{kind}/{identity}"))
        )
    return found or [Need(action)]


_RESOLVED: Final = {
    "FirewallDomainListId": "firewall-domain-list",
    "FirewallRuleGroupId": "firewall-rule-group",
    "FirewallRuleGroupAssociationId": "firewall-rule-group-association",
    "ResolverQueryLogConfigId": "resolver-query-log-config",
}
"""Parameters of Route 53 Resolver that name what a call is about → the kind in its ARN."""
_RESOLVER_MAKES: Final = {
    "AssociateFirewallRuleGroup": "firewall-rule-group-association",
    "CreateFirewallDomainList": "firewall-domain-list",
    "CreateFirewallRuleGroup": "firewall-rule-group",
    "CreateResolverQueryLogConfig": "resolver-query-log-config",
}
"""What a call makes is all that it is asked for: not the network, nor the rule group that it puts there."""


def _resolver(request: AwsRequest, world: World) -> list[Need]:
    from soundstage.simulator.aws.gaps.route53resolver import Firewall

    action, params = action_of(request), request.params
    if made := _RESOLVER_MAKES.get(request.operation):
        return [Need(action, world.arn("route53resolver", f"{made}/*"))]
    named = {kind: str(params[name]) for name, kind in _RESOLVED.items() if params.get(name)}
    arns = [world.arn("route53resolver", f"{kind}/{identity}") for kind, identity in named.items()]
    arns += [str(params["ResourceArn"])] if params.get("ResourceArn") else []
    tags = world.memory.of(Firewall, world.account, world.region).tags
    logs = world.moto("route53resolver").tagger
    found = [Need(action, arn, tagged(tags.get(arn) or logs.get_tag_dict_for_resource(arn))) for arn in arns]
    return found or [Need(action)]


def _document(name: str, world: World) -> str:
    account = "" if name.startswith("AWS-") else world.account
    return f"arn:aws:ssm:{world.region}:{account}:document/{name}"


def _association(action: str, identity: str, world: World) -> Need:
    """One association; `*` is one that is being made."""
    from soundstage.simulator.aws.gaps.ssm_associations import Associations

    tags = world.memory.of(Associations, world.account, world.region).tags.get(identity, {})
    return Need(action, world.arn("ssm", f"association/{identity}"), tagged(tags, "ssm"))


def _session(action: str, identity: str, world: World) -> Need:
    """Who opened a session stands in a tag that the service gives it."""
    from soundstage.simulator.aws.gaps.ssm import Sessions

    known: dict[str, Any] = world.memory.of(Sessions, world.account, world.region).sessions.get(identity, {})
    facts = {}
    if known:
        facts["ssm:resourcetag/aws:ssmmessages:session-id"] = known["OwnerId"]
        facts["ssm:resourcetag/aws:ssmmessages:target-id"] = known["Target"]
    return Need(action, world.arn("ssm", f"session/{identity}"), facts)
