"""Whether a GPU machine that nobody uses stops, and stops safely."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from soundstage.core.values import UNKNOWN
from soundstage.policies.policy import ADVISORY, HIGH, LOW, MANDATORY, MEDIUM, Verdict, breach, policy
from soundstage.policies.views.machines import Machine, running
from soundstage.policies.views.node import Node, Resource, Truth, all_of, any_of, leaves, no
from soundstage.policies.views.stack import Stack

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
SCHEDULE = "aws:scheduler/schedule:Schedule"
EVENT_TARGET = "aws:cloudwatch/eventTarget:EventTarget"
EVENT_RULE = "aws:cloudwatch/eventRule:EventRule"
TOPIC = "aws:sns/topic:Topic"
RESOURCE_POLICY = "gcp:compute/resourcePolicy:ResourcePolicy"
_STOPS = (":ec2:stop", "stopinstances", "aws-stopec2instance")


@dataclass(frozen=True)
class Mentions:
    """Which machines some values speak of: `urns` through the engine's record, others by their id in `text`. When
    `unsure`, a value that is not known yet may speak of any."""

    urns: frozenset[str]
    text: str
    unsure: bool

    def of(self, machine: Machine) -> Truth:
        resource = machine.resource
        if resource.urn in self.urns or any(identity in self.text for identity in resource.identities):
            return True
        return UNKNOWN if self.unsure else False


def _mentions(places: Iterable[Node]) -> Mentions:
    urns: set[str] = set()
    texts: list[str] = []
    unsure = False
    for where in places:
        planned = where.resource.planned
        keys = [where.path] if where.path else list(where.resource.inputs)
        linked = [urn for key in keys for urn in planned.property_dependencies.get(key, ())]
        urns.update(linked)
        values = [value for _, value in leaves(where.value)]
        texts += [value for value in values if isinstance(value, str)]
        unsure = unsure or (not linked and any(value is UNKNOWN for value in values))
    return Mentions(frozenset(urns), "\n".join(texts), unsure)


def _split(found: Iterable[tuple[Truth, Node]]) -> tuple[Mentions, Mentions]:
    """Whom places name: those of which something is true for sure, and those of which it may be."""
    pairs = list(found)
    return (
        _mentions(where for truth, where in pairs if truth is True),
        _mentions(where for truth, where in pairs if truth is UNKNOWN),
    )


def _named(machine: Machine, split: Sequence[Mentions]) -> Truth:
    sure, perhaps = split
    return any_of(sure.of(machine), all_of(UNKNOWN, perhaps.of(machine)))


def _stops(stack: Stack, node: Node) -> Truth:
    """Whether a target or an action stops machines. One that is a topic of this stack only tells."""
    targets = stack.targets(node)
    tells = bool(targets) and all(target.type == TOPIC for target in targets)
    return any_of(
        False,
        *(
            (False if tells else UNKNOWN) if value is UNKNOWN else any(mark in str(value).lower() for mark in _STOPS)
            for _, value in leaves(node.value)
        ),
    )


@dataclass(frozen=True, eq=False)
class Stopper:
    """What may stop a machine: what it does, whom it names, whether it ever acts, and the values that say so."""

    does: Node
    whom: Node
    acts: Truth
    when: tuple[Node, ...]


def _stoppers(stack: Stack) -> list[Stopper]:
    found = [
        Stopper(alarm.get("alarmActions"), alarm.get("dimensions"), _acts(alarm), _said(alarm, *_ALARM_SAYS))
        for alarm in stack.of(ALARM)
    ]
    found += [
        Stopper(item.get("target"), item.get("target"), _returns(item), _said(item, "state", "scheduleExpression"))
        for item in stack.of(SCHEDULE)
    ]
    return found + [Stopper(item.root, item.root, *_followed(stack, item)) for item in stack.of(EVENT_TARGET)]


def _followed(stack: Stack, target: Resource) -> tuple[Truth, tuple[Node, ...]]:
    """Whether the rule of a target ever acts, and what says so. One that is not known may be any of this stack."""
    named = target.get("rule")
    rules, every = stack.targets(named, EVENT_RULE), stack.of(EVENT_RULE)
    when = tuple(node for rule in rules for node in _said(rule, "state", "isEnabled"))
    if rules or named.known:
        return no(any_of(False, *map(_switched_off, rules))), when
    return (UNKNOWN if any(_switched_off(rule) is not False for rule in every) else True), (named,)


_ALARM_SAYS = ("actionsEnabled", "comparisonOperator", "metricName")


def _what_says(stack: Stack) -> list[Node]:
    """What says which machines are stopped, and when."""
    return [node for item in stack.view(_stoppers) for node in dict.fromkeys((*item.when, item.does, item.whom))]


def _said(resource: Resource, *keys: str) -> tuple[Node, ...]:
    return tuple(node for node in map(resource.get, keys) if node.value is not None)


def _acts(alarm: Resource) -> Truth:
    """Whether an alarm can ever do what it is for: its actions are on, and it watches for little use and not for much."""
    much = all_of(
        alarm.get("comparisonOperator").is_(lambda value: str(value).startswith("Greater")),
        alarm.get("metricName").is_(lambda value: "Idle" not in str(value)),
    )
    return all_of(no(alarm.get("actionsEnabled").false), no(much))


def _returns(schedule: Resource) -> Truth:
    """Whether a schedule is on, and not for one day alone."""
    return all_of(
        schedule.get("state").is_(lambda value: str(value).upper() != "DISABLED"),
        schedule.get("scheduleExpression").is_(lambda value: not str(value).startswith("at(")),
    )


def _switched_off(rule: Resource) -> Truth:
    return any_of(rule.get("state").is_(lambda value: str(value).upper() == "DISABLED"), rule.get("isEnabled").false)


def _stopped(stack: Stack) -> Sequence[Mentions]:
    return _split((all_of(_stops(stack, item.does), item.acts), item.whom) for item in stack.view(_stoppers))


@policy(
    "WS-10",
    "GPU workstations stop when nobody uses them",
    severity=HIGH,
    level=MANDATORY,
    why="A GPU machine is billed for as long as it runs, also when nobody uses it.",
    fix="Add an alarm or schedule that stops the machine; on Google attach an instance schedule or a maximum run time.",
    references="house:cost-control mpa-5.1:T21",
    over=running,
)
def idle_stop(machine: Machine, stack: Stack) -> Iterator[Verdict]:
    if machine.cloud == "gcp":
        limit = machine.root.get("scheduling.maxRunDuration")
        policies = machine.root.get("resourcePolicies")
        known = stack.targets(policies, RESOURCE_POLICY)
        scheduled = any_of(
            no(limit.absent),
            any_of(False, *(no(item.get("instanceSchedulePolicy.vmStopSchedule").absent) for item in known))
            if known
            else (False if policies.absent is True else UNKNOWN),
        )
        evidence: tuple[Node, ...] = (limit, policies)
    else:
        scheduled = _named(machine, stack.view(_stopped))
        evidence = tuple(stack.view(_what_says))
    yield from breach(
        all_of(machine.desktop(stack), no(scheduled)),
        machine.resource,
        "nothing stops it when it is idle",
        *machine.desktop_evidence(stack),
        *evidence,
    )


@policy(
    "WS-11",
    "Idle stop is gentle",
    severity=MEDIUM,
    level=ADVISORY,
    why="A rule that is too quick stops machines in the middle of a render or a phone call; one that ends them loses "
    "the artist's scratch disk.",
    fix="Wait at least fifteen minutes, stop instead of terminate, and do not count missing data as idle time.",
    references="house:cost-control",
    clouds="aws",
    over=lambda stack: stack.of(ALARM),
)
def gentle_idle(alarm: Resource, stack: Stack) -> Iterator[Verdict]:
    settings = stack.settings
    actions = alarm.get("alarmActions")
    ends = any_of(
        False,
        *(
            node.is_(lambda value: str(value).endswith((":ec2:terminate", ":ec2:reboot")))
            for node in actions.each()
            if _stops(stack, node) is not False or node.known
        ),
    )
    yield from breach(ends, alarm, "ends the machine instead of stopping it", *actions.each())
    stops = _stops(stack, actions)
    period, count = alarm.get("period"), alarm.get("evaluationPeriods")
    least = settings.idle_minimum_minutes * 60
    short = (
        UNKNOWN
        if UNKNOWN in (period.value, count.value)
        else bool(period.value) and int(period.value) * int(count.value or 1) < least
    )
    yield from breach(
        all_of(stops, short),
        alarm,
        f"stops the machine in under {settings.idle_minimum_minutes} minutes",
        period,
        count,
        actions,
    )
    missing = alarm.get("treatMissingData")
    yield from breach(
        all_of(stops, missing.equals("breaching")), alarm, "takes missing data for idleness", missing, actions
    )


def _gauges(stack: Stack) -> list[Node]:
    """What the alarms look at, and whose it is."""
    return [node for alarm in stack.of(ALARM) for node in map(alarm.get, ("metricName", "dimensions", "metricQueries"))]


def _measured(stack: Stack) -> Sequence[Mentions]:
    return _split(
        (
            any_of(
                alarm.get("metricName").is_(lambda value: "gpu" in str(value).lower() or "idle" in str(value).lower()),
                alarm.get("metricQueries").is_(lambda value: "gpu" in str(value).lower()),
            ),
            alarm.get("dimensions"),
        )
        for alarm in stack.of(ALARM)
    )


def _watched(machine: Machine, stack: Stack) -> Truth:
    texts = [text.lower() for _, text in machine.text()]
    in_boot: Truth = any("nvidia_gpu" in text or "nvidia-smi" in text for text in texts)
    if any(not node.known for node in machine.boot):
        in_boot = any_of(in_boot, UNKNOWN)
    return any_of(in_boot, _named(machine, stack.view(_measured)))


@policy(
    "WS-21",
    "GPU use is measured",
    severity=LOW,
    level=ADVISORY,
    why="Without the GPU's load, a machine that renders looks idle and one that idles looks busy.",
    fix="Let the CloudWatch agent send `nvidia_gpu` metrics, or let the idle watcher read `nvidia-smi`.",
    references="house:cost-control",
    clouds="aws",
    over=lambda stack: [machine for machine in stack.view(running) if machine.cloud == "aws"],
)
def gpu_measured(machine: Machine, stack: Stack) -> Iterator[Verdict]:
    yield from breach(
        all_of(machine.desktop(stack), no(_watched(machine, stack))),
        machine.resource,
        "nothing measures its GPU",
        *machine.desktop_evidence(stack),
        *machine.boot,
        *stack.view(_gauges),
    )
