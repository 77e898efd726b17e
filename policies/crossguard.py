"""The policies as a Pulumi policy pack (CrossGuard), for people who use Pulumi and nothing else of Soundstage.

Pulumi shows a pack each resource's inputs one by one, and at the end all resources with their outputs and links. The
policies judge inputs of the whole stack, so one resource policy only remembers inputs, and one stack policy per policy
reports its findings. Pulumi's own wrappers raise on the first unknown value and drop the whole policy; they are opened
before anything is judged (pulumi-policy 1.21.0, `proxy.py`; a test pins what is used of it).
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from pulumi_policy import (
    EnforcementLevel,
    PolicyComplianceFramework,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy import (
    Policy as PulumiPolicy,
)

from soundstage.core.values import Value, from_json
from soundstage.plan.plan import Operation, Options, Plan, PlannedResource
from soundstage.policies import run
from soundstage.policies.catalogue import catalogue
from soundstage.policies.frameworks import frameworks, supported
from soundstage.policies.policy import Level, Policy, Profile
from soundstage.policies.policy_file import PolicyFile, read_policy_file
from soundstage.policies.report import Report, Status
from soundstage.policies.reports.words import adjusted
from soundstage.policies.selection import Selection
from soundstage.policies.views.node import Resource

PACK: Final = "soundstage"
REMEMBER: Final = "soundstage-inputs"
ADJUSTED: Final = "soundstage-adjusted"
BLIND_SPOTS: Final = "GOV-05"
CONFIG: Final = "SOUNDSTAGE_POLICY_FILE"
"""Environment variable that names the policy file: profile, settings and waivers."""


def serve() -> None:
    """Start the pack. Blocks: the engine ends the process."""
    path = os.environ.get(CONFIG)
    PolicyPack(PACK, policies=pack(read_policy_file(Path(path)) if path else PolicyFile()))


def pack(policy_file: PolicyFile) -> list[PulumiPolicy]:
    """Every policy in Pulumi's terms."""
    judge = _Judge(policy_file)
    held = policy_file.profile or Profile.STUDIO
    chosen = [
        policy
        for policy in (*catalogue().values(), *policy_file.own)
        if policy.id not in {id.upper() for id in policy_file.without}
    ]
    return [
        ResourceValidationPolicy(
            REMEMBER, "Remembers what each resource is asked to be, for the policies of the stack.", judge.remember
        ),
        *(_remedy(policy, policy_file) for policy in chosen if policy.remedy),
        *(_stack_policy(policy, _level(policy, held, policy_file), judge) for policy in chosen),
        _adjustments(policy_file, judge),
    ]


class _Judge:
    """One run over one stack: inputs as they pass, then one report that all policies read."""

    def __init__(self, policy_file: PolicyFile) -> None:
        self._file = policy_file
        self._profile = policy_file.profile or Profile.STUDIO
        self._inputs: dict[str, Mapping[str, Value]] = {}
        self._report: tuple[object, Report] | None = None

    def remember(self, args: ResourceValidationArgs, _report: ReportViolation) -> None:
        self._inputs[args.urn] = opened(args.props)

    def report(self, args: StackValidationArgs) -> Report:
        """The report for these resources; every stack policy is handed the same ones."""
        urns = tuple(resource.urn for resource in args.resources)
        if self._report is None or self._report[0] != urns:
            plan = plan_of(args, self._inputs)
            left_out = Selection(without=tuple(self._file.without), own=self._file.own)
            self._report = (urns, run(plan, self._profile, self._file.settings, self._file.waivers, selection=left_out))
        return self._report[1]


def plan_of(args: StackValidationArgs, inputs: Mapping[str, Mapping[str, Value]]) -> Plan:
    """The stack as a plan. Project and stack are read off a URN."""
    resources = tuple(_planned(resource, inputs) for resource in args.resources)
    first = resources[0].urn.removeprefix("urn:pulumi:").split("::") if resources else ["", ""]
    return Plan(first[1], first[0], resources)


def _planned(resource: Any, inputs: Mapping[str, Mapping[str, Value]]) -> PlannedResource:
    outputs = dict(opened(resource.props))
    known = inputs.get(resource.urn)
    linked = resource.property_dependencies or {}
    return PlannedResource(
        urn=resource.urn,
        type=resource.resource_type,
        name=resource.name,
        operation=Operation.SAME,
        custom=resource.resource_type.split(":")[0] in ("aws", "gcp", "pulumi") or resource.provider is not None,
        parent=resource.parent.urn if resource.parent else None,
        id=outputs.get("id") if isinstance(outputs.get("id"), str) else None,
        inputs=dict(outputs if known is None else known),
        outputs=outputs,
        dependencies=tuple(item.urn for item in resource.dependencies),
        property_dependencies={key: tuple(item.urn for item in listed) for key, listed in linked.items() if listed},
        provider=f"{resource.provider.urn}::" if resource.provider else None,
        options=Options(protect=bool(resource.opts.protect), retain_on_delete=None),  # the engine does not show it
    )


def opened(value: Any) -> Any:
    """Plain values out of Pulumi's proxies: what is unknown becomes `UNKNOWN` instead of an exception."""
    return from_json(_raw(value))


def _raw(value: Any) -> Any:
    kind = type(value).__name__
    if kind in ("_DictProxy", "_ListProxy"):
        value = value["__target"]
    if kind == "Secret":
        return _raw(value.value)
    if isinstance(value, Mapping):
        return {key: _raw(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_raw(item) for item in value]
    return value


def _level(policy: Policy, profile: Profile, policy_file: PolicyFile) -> Level:
    """The profile's level; a strict policy file also refuses blind spots."""
    return Level.MANDATORY if policy_file.strict and policy.id == BLIND_SPOTS else policy.levels[profile]


def _stack_policy(policy: Policy, level: Level, judge: _Judge) -> StackValidationPolicy:
    def validate(args: StackValidationArgs, report_violation: ReportViolation) -> None:
        report = judge.report(args)
        # The engine may hold another level than ours for each policy, so that one that follows from another counts for itself.
        for finding in (*report.violations(), *report.consequences):
            if finding.policy is policy:
                report_violation(f"{finding.where}: {finding.message}. {policy.fix}", finding.urn or None)
        if policy.id == BLIND_SPOTS:
            places: dict[tuple[str, str, str], list[str]] = {}
            for spot in report.blind:
                places.setdefault((spot.urn, spot.path, spot.reason), []).append(spot.policy.id)
            for (urn, path, reason), ids in places.items():
                report_violation(f"{', '.join(ids)} could not judge {path or 'it'}: {reason}", urn or None)

    return StackValidationPolicy(
        policy.id.lower(), f"{policy.title}. {policy.why}", validate, **_metadata(policy, level)
    )


def _adjustments(policy_file: PolicyFile, judge: _Judge) -> StackValidationPolicy:
    """Says what the policy file leaves out or sets otherwise; a strict one may leave nothing out."""

    def validate(args: StackValidationArgs, report_violation: ReportViolation) -> None:
        for told in adjusted(judge.report(args)):
            report_violation(told, None)

    refused = policy_file.strict and policy_file.without
    return StackValidationPolicy(
        ADJUSTED,
        "Says which policies the policy file leaves out, and which settings are not the default.",
        validate,
        EnforcementLevel.MANDATORY if refused else EnforcementLevel.ADVISORY,
    )


def _remedy(policy: Policy, policy_file: PolicyFile) -> ResourceValidationPolicy:
    """Mends resources while they are registered. Off until a policy configuration sets it to `remediate`."""

    def remediate(args: ResourceValidationArgs) -> Any:
        inputs = dict(opened(args.props))
        planned = PlannedResource(args.urn, args.resource_type, args.name, Operation.CREATE, inputs=inputs)
        report = run(
            Plan("", "", (planned,)),
            policy_file.profile or Profile.STUDIO,
            policy_file.settings,
            policy_file.waivers,
            selection=Selection(ids=(policy.id,)),
        )
        edits = [
            edit
            for finding in report.findings
            if finding.urn == args.urn and finding.status is Status.OPEN
            for edit in finding.edits
        ]
        if not edits or policy.remedy is None or not policy.remedy(Resource(planned)):
            return None
        mended: dict[str, Any] = dict(_raw(args.props))
        for edit in edits:
            _set(mended, edit.path.split("."), edit.value)
        return mended

    return ResourceValidationPolicy(
        f"{policy.id.lower()}-fix",
        f"Mends {policy.id}: {policy.fix}",
        remediate=remediate,
        enforcement_level=EnforcementLevel.DISABLED,
    )


def _set(target: dict[str, Any], path: Iterable[str], value: Any) -> None:
    *parents, last = path
    for key in parents:
        target[key] = dict(target.get(key) or {})
        target = target[key]
    target[last] = value


def _metadata(policy: Policy, level: Level) -> dict[str, Any]:
    references = supported(policy.references)
    framework, _, control = (references or ("house:own-rules",))[0].partition(":")
    entry = frameworks()[framework]
    return {
        "enforcement_level": EnforcementLevel.MANDATORY if level is Level.MANDATORY else EnforcementLevel.ADVISORY,
        "severity": Severity(policy.severity.value),
        "framework": PolicyComplianceFramework(entry.name, entry.version, control, entry.controls[control].title),
        "tags": [policy.area, *references],
        "remediation_steps": policy.fix,
        "display_name": policy.title,
    }
