"""What each fact means for a plan: plain values in, findings out. Nothing here asks anybody."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from soundstage.components.tags import PROJECT
from soundstage.core.words import listed
from soundstage.core.wrong_clock import HINT as SET_THE_CLOCK
from soundstage.plan.plan import Operation, Plan, PlannedResource
from soundstage.stacks.clouds.base import Need
from soundstage.stacks.clouds.facts import Caller, Kind, Refused, Seen
from soundstage.stacks.kinds.resource_kinds import BUDGET, DISK, MACHINE, image_on, limit_on, type_on, zone_on
from soundstage.stacks.machine_of import machine_of
from soundstage.stacks.preflight.finding import Finding, Verdict, not_checked, passed

LEAST_LIFE: Final = timedelta(minutes=45)
"""What credentials should last: an `up` that waits for a plain image to get ready takes half an hour and more."""
MOST_SKEW: Final = 240.0
"""Seconds that a clock may be wrong: the smallest difference that a service of AWS refuses is five minutes."""
NOTABLE_SKEW: Final = 60.0
LEAST_FREE: Final = 8 * 2**20
"""Bytes that the state folder needs at the least: the state of some machines, with its backups. What fills later loses nothing."""
GOOD_FREE: Final = 2 * 2**30
"""Bytes with which the engine, its plugin and a state of any size find room."""
MOST_NAMED: Final = 6
_BY_OTHER_POLICIES: Final = ("kms:", "s3:", "sns:")
"""Services whose resources have policies of their own, which may allow what no policy of the caller does. A simulation does not see
them (IAM User Guide, "Testing IAM policies with the IAM policy simulator", read 2026-11)."""
_ENDPOINT: Final = "aws:ec2/vpcEndpoint:VpcEndpoint"
_STARTS: Final = (Operation.CREATE, Operation.REPLACE, Operation.UPDATE)
SIGN_IN: Final = "`aws sso login` renews them."


def caller(check: str, who: Caller, now: datetime) -> Iterator[Finding]:
    """Whose the credentials are, and whether they last."""
    if who.kind is Kind.ROOT:
        yield Finding(
            check, Verdict.WARNING, f"{who.name} is the root user, whom no policy limits.",
            "Sign in as a user of IAM Identity Center instead (`aws configure sso`).",
        )  # fmt: skip
    elif who.kind is Kind.LONG_LIVED:
        yield Finding(
            check, Verdict.WARNING, f"{who.name} uses an access key that never ends: whoever copies it keeps it.",
            who.advice or "Use credentials that end (`aws configure sso`), then delete the key.",
        )  # fmt: skip
    elif who.kind is Kind.PERSON_AWAY:
        yield Finding(
            check, Verdict.WARNING,
            f"{who.name} is a person, and this runs in a pipeline: the sign-in ends, and nobody is there to renew it.", who.advice,
        )  # fmt: skip
    elif who.kind is Kind.RENEWED:
        yield passed(check, f"{who.name}; renewed by themselves")
    elif who.expires is None:
        yield passed(check, f"{who.name}; when they end is not known")
    elif who.expires <= now:
        yield Finding(check, Verdict.FAILED, f"The credentials of {who.name} have ended.", SIGN_IN)
    elif who.expires - now < LEAST_LIFE:
        minutes = int((who.expires - now) / timedelta(minutes=1))
        yield Finding(
            check, Verdict.WARNING, f"The credentials of {who.name} end in {minutes} min; an `up` can take longer.", SIGN_IN
        )  # fmt: skip
    else:
        yield passed(check, f"{who.name}, until {who.expires:%Y-%m-%d %H:%M} UTC")


def seen(check: str, found: Iterable[Seen]) -> list[Finding]:
    """What was seen of the account: what is to be mended fails."""
    return [
        Finding(check, Verdict.FAILED, one.told, one.mend) if one.mend else passed(check, one.told) for one in found
    ]


def permissions(check: str, asked: int, refused: Sequence[Refused], command: str) -> Iterator[Finding]:
    """Whether the actions that the plan takes are allowed. `command` prints the policy that allows them."""
    sure = [
        one for one in refused if not one.unsure and (one.explicit or not one.action.startswith(_BY_OTHER_POLICIES))
    ]
    unsure = [one for one in refused if one not in sure]
    if sure:
        explicit = any(one.explicit for one in sure)
        yield Finding(
            check, Verdict.FAILED,
            f"{len(sure)} of the {asked} actions that this takes are not allowed: {_some(one.action for one in sure)}."
            + (" A policy denies some of them by name." if explicit else ""),
            f"`{command}` prints the policy that allows them; let whoever administers the account attach it.",
        )  # fmt: skip
    if unsure:
        keys = sorted({key for one in unsure for key in one.unsure})
        why = (
            f"only the calls themselves have {', '.join(keys)}" if keys else "policies of keys and buckets also decide"
        )
        yield not_checked(check, f"Nobody can tell beforehand about {_some(one.action for one in unsure)}: {why}.")
    if not refused:
        yield passed(check, f"all {asked} actions that this takes are allowed")


def quotas(
    check: str, counted: Sequence[tuple[Need, int | None]], asked: Mapping[tuple[str, str], str]
) -> Iterator[Finding]:
    """Whether what the plan adds fits into each quota. `asked` says of a quota how to get more."""
    fit = []
    for need, allowed in counted:
        if allowed is None:
            yield not_checked(
                check, f"{need.what}: the account does not say how many it may have (quota {need.quota[1]})"
            )
        elif need.total > allowed:
            mend = " ".join(filter(None, [asked.get(need.quota, ""), need.instead]))
            yield Finding(check, Verdict.FAILED, need.told(allowed), mend, need, allowed)
        else:
            fit.append(f"{need.what}: {need.total} of {allowed}")
    if fit or not counted:
        yield passed(check, "; ".join(fit) or "nothing more is needed")


def offered(check: str, plan: Plan, offering: Mapping[str, Collection[str]]) -> Iterator[Finding]:
    """Whether each machine's zone offers its type. `offering` are the zones of each type."""
    zones = machine_zones(plan)
    fine = []
    for machine in plan.of_type(*MACHINE):
        name, type = _name_of(machine), type_on(machine)
        zone, able = zones.get(machine.urn, ""), offering.get(type, ())
        if zone in able or (not zone and able):
            fine.append(f"{type} in {zone or 'the region'}")
            continue
        where = f" in {zone}" if zone else ""
        elsewhere = (
            f"{listed(sorted(able))} {'do' if len(able) > 1 else 'does'}" if able else "no zone of the region does"
        )
        starts = machine.operation in _STARTS
        yield Finding(
            check, Verdict.FAILED if starts else Verdict.WARNING,
            f"{name}: {type} is not offered{where} any more; {elsewhere}."
            + ("" if starts else " It runs on as long as it is not stopped, and may not start again."),
            f"Set another size or instance_type for {name}, then `workstation up`: its disks stay.",
        )  # fmt: skip
    if len(fine) == len(plan.of_type(*MACHINE)):
        yield passed(check, "; ".join(dict.fromkeys(fine)) or "no machine")


def images(check: str, plan: Plan, there: Collection[str], mend: str = "") -> Iterator[Finding]:
    """Whether the image of each machine that is made is there. `mend` says how to get one."""
    wanted = new_images(plan)
    gone = {id: names for id, names in wanted.items() if id not in there}
    for id, names in gone.items():
        yield Finding(check, Verdict.FAILED, f"The image {id} of {listed(names)} is gone or may not be used.", mend)
    if not gone:
        yield passed(check, f"{', '.join(sorted(wanted))} there" if wanted else "no machine is made")


def licence(check: str, plan: Plan, bucket: str) -> Iterator[Finding]:
    """Whether machines reach the bucket by which their display is licensed: through the endpoint of S3, whose policy must name it.
    Empty where displays need no such bucket."""
    if not bucket:
        yield passed(check, "the display needs none")
        return
    if not plan.of_type(*MACHINE):
        yield passed(check, "no machine")
        return
    doors = [one for one in plan.of_type(_ENDPOINT) if str(one.inputs.get("serviceName", "")).endswith(".s3")]
    if not doors:
        if plan.of_type("aws:ec2/natGateway:NatGateway", "aws:ec2/internetGateway:InternetGateway"):
            yield passed(check, f"{bucket} over the internet")
            return
        yield Finding(
            check, Verdict.FAILED, f"The network has no endpoint for S3, so no display can reach its licence in {bucket}.",
            "Leave the network to Soundstage, or add a gateway endpoint for S3 whose policy lets machines read that bucket.",
        )  # fmt: skip
        return
    policies = [one.inputs.get("policy") for one in doors]
    if any(policy is None or (isinstance(policy, str) and _reads(policy, bucket)) for policy in policies):
        yield passed(check, f"{bucket} through the endpoint of S3")
    elif all(isinstance(policy, str) for policy in policies):
        yield Finding(
            check, Verdict.FAILED, f"The policy of the endpoint for S3 does not let machines read {bucket}: a display stays unlicensed.",
            f"Allow s3:GetObject on arn:aws:s3:::{bucket}/* there.",
        )  # fmt: skip
    else:
        yield not_checked(check, "the policy of the endpoint for S3 is known only once it is made")


def cost_tag(check: str, status: str, *, is_up: bool) -> Finding:
    """Whether budgets count. AWS sees a tag up to a day after something first carried it."""
    if status == "Active":
        return passed(check, f"{PROJECT} is active: budgets count by project")
    if not status:
        when = "AWS has not seen it yet, which can take a day; " if is_up else ""
        return passed(
            check, f"{when}`up` activates {PROJECT} as soon as AWS has seen it; until then budgets count nothing"
        )
    return Finding(
        check, Verdict.WARNING, f"{PROJECT} is not active for cost allocation, so project budgets count nothing.",
        "aws ce update-cost-allocation-tags-status --region us-east-1 "
        f"--cost-allocation-tags-status TagKey={PROJECT},Status=Active",
    )  # fmt: skip


def budget(check: str, plan: Plan, gone: Sequence[str], command: str) -> Finding:
    """Whether a budget watches the project. `gone` are those on record that the account has no more; `command` puts them back."""
    planned = plan.of_type(*BUDGET)
    if gone:
        return Finding(
            check, Verdict.WARNING, f"The budget {listed(gone)} was deleted in the account: nobody is told what this costs.",
            f"`{command}` makes it again.",
        )  # fmt: skip
    if not planned:
        return Finding(check, Verdict.WARNING, "No budget watches this.", "Set `budget` in the project file.")
    limits = [limit_on(one) for one in planned]
    return passed(check, f"{' and '.join(f'{float(limit):g}' for limit in limits if limit)} USD a month".strip())


def clock(check: str, ahead: float | None) -> Finding:
    """Whether this machine's clock is right. `ahead` are the seconds that it is ahead of the cloud's."""
    if ahead is None:
        return not_checked(check, "the cloud did not tell its time")
    if abs(ahead) <= NOTABLE_SKEW:
        return passed(check, "within a minute of the cloud's")
    words = f"This machine's clock is {abs(ahead) / 60:.0f} minutes {'ahead of' if ahead > 0 else 'behind'} the cloud's"
    if abs(ahead) < MOST_SKEW:
        return Finding(
            check, Verdict.WARNING, f"{words}; from five minutes on the cloud refuses every call.", SET_THE_CLOCK
        )
    return Finding(check, Verdict.FAILED, f"{words}, and the cloud refuses calls.", SET_THE_CLOCK)


def disk(check: str, free: int, folder: str) -> Finding:
    """Whether the state folder has room. `free` is in bytes."""
    words = f"{free / 2**30:.1f} GiB free in {folder}"
    mend = "Free some space, or set SOUNDSTAGE_HOME to a folder on another disk before the first `up`."
    if free < LEAST_FREE:
        return Finding(
            check,
            Verdict.FAILED,
            f"Only {free / 2**20:.0f} MiB are free in {folder}: the state could not be written.",
            mend,
        )
    return Finding(check, Verdict.WARNING, words, mend) if free < GOOD_FREE else passed(check, words)


def machine_zones(plan: Plan) -> dict[str, str]:
    """URN of a machine → the zone that it stands in, as far as the plan knows it: that of its subnet, or of its disks."""
    subnets = {one.id: one.property("availabilityZone") for one in plan.of_type("aws:ec2/subnet:Subnet") if one.id}
    disks = {_name_of(one): zone_on(one) for one in plan.of_type(*DISK)}
    found = {}
    for machine in plan.of_type(*MACHINE):
        zone = subnets.get(str(machine.inputs.get("subnetId"))) or zone_on(machine) or disks.get(_name_of(machine))
        if isinstance(zone, str) and zone:
            found[machine.urn] = zone
    return found


def new_images(plan: Plan) -> dict[str, list[str]]:
    """Id of an image → the machines that are made from it."""
    found: dict[str, list[str]] = {}
    for machine in plan.of_type(*MACHINE):
        image = image_on(machine)
        if machine.operation in (Operation.CREATE, Operation.REPLACE) and image:
            found.setdefault(image, []).append(_name_of(machine))
    return found


def _name_of(resource: PlannedResource) -> str:
    return machine_of(resource) or resource.name


def _reads(policy: str, bucket: str) -> bool:
    """Whether a statement of an endpoint's policy lets somebody read the bucket's objects."""
    objects = f"arn:aws:s3:::{bucket}/*"
    document: Any = json.loads(policy)
    return any(
        one.get("Effect") == "Allow"
        and {"*", "s3:*", "s3:Get*", "s3:GetObject"} & set(_many(one.get("Action")))
        and {"*", objects} & set(_many(one.get("Resource")))
        for one in _many(document.get("Statement"))
    )


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _some(names: Iterable[str]) -> str:
    every = list(names)
    more = f" and {len(every) - MOST_NAMED} more" if len(every) > MOST_NAMED else ""
    return ", ".join(every[:MOST_NAMED]) + more
