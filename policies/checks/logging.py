"""What is recorded, for how long, and who could erase it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from soundstage.core.values import UNKNOWN
from soundstage.policies.checks.identity import unread
from soundstage.policies.policy import (
    ADVISORY,
    HIGH,
    MANDATORY,
    MEDIUM,
    Blind,
    Edit,
    Verdict,
    Violation,
    breach,
    policy,
)
from soundstage.policies.views.buckets import Bucket, buckets
from soundstage.policies.views.documents import identity_documents
from soundstage.policies.views.node import Node, Resource, Truth, all_of, any_of, no
from soundstage.policies.views.own_keys import lacks_own_key
from soundstage.policies.views.stack import Stack
from soundstage.policies.views.trails import records_management, records_media

TRAIL = "aws:cloudtrail/trail:Trail"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
GCP_AUDIT = "gcp:projects/iAMAuditConfig:IAMAuditConfig"
GCP_SINK = "gcp:logging/projectSink:ProjectSink"
GCP_EXCLUSION = "gcp:logging/projectExclusion:ProjectExclusion"
GCP_LOG_BUCKET = "gcp:logging/projectBucketConfig:ProjectBucketConfig"


@policy(
    "LOG-01",
    "Everything done in the account is recorded",
    severity=HIGH,
    level=MANDATORY,
    why="After a leak, the trail is the only way to learn who did what, and clients ask for it.",
    fix="Add a multi-region trail with validation, a key, CloudWatch logs and data events of the media buckets; on "
    "Google audit all services and export with a sink.",
    references="cis-aws-7.0:4.1 cis-aws-7.0:4.2 cis-aws-7.0:4.5 cis-aws-7.0:4.8 cis-aws-7.0:4.9 fsbp:CloudTrail.1 "
    "fsbp:CloudTrail.2 fsbp:CloudTrail.4 fsbp:CloudTrail.5 cis-gcp-5.0:2.1 cis-gcp-5.0:2.3 mpa-5.1:T11 gdpr:30",
)
def trail(stack: Stack) -> Iterator[Verdict]:
    here = stack.holds_account()
    trails = stack.of(TRAIL)
    google = any(resource.cloud == "gcp" for resource in stack.resources)
    recorded = bool(trails) or bool(google and stack.of(GCP_AUDIT, GCP_SINK))
    if not recorded and any(resource.cloud in ("aws", "gcp") for resource in stack.resources):
        if here is True:
            yield Violation(None, "the stack has no audit trail")
        elif here is UNKNOWN:
            yield Blind(None, "", "whether another stack keeps the audit trail; say so with `account_baseline`")
    for item in trails:
        for key, what in (
            ("isMultiRegionTrail", "covers one region only"),
            ("enableLogFileValidation", "cannot be proven unaltered"),
        ):
            node = item.get(key)
            yield from breach(no(node.true), item, what, node)
        for key, what in (("kmsKeyId", "is not encrypted with a key"), ("cloudWatchLogsGroupArn", "raises no alarms")):
            node = item.get(key)
            missing = lacks_own_key(stack, node) if key == "kmsKeyId" else stack.absent(node)
            yield from breach(missing, item, what, node)
        off = item.get("enableLogging")
        yield from breach(off.false, item, "is switched off", off)
        everywhere = item.get("includeGlobalServiceEvents")
        yield from breach(everywhere.false, item, "leaves out what IAM and other global services do", everywhere)
        data = [item.get("advancedEventSelectors"), item.get("eventSelectors")]
        managed, watched = records_management(item.root), records_media(item.root)
        yield from breach(no(managed), item, "does not record every change of settings", *data)
        yield from breach(no(watched), item, "does not record reads and writes of media", *data)
    for sink in stack.of(GCP_SINK):
        off, where = sink.get("disabled"), sink.get("destination")
        yield from breach(off.true, sink, "is switched off", off)
        for excluded in sink.get("exclusions").each():
            yield from _left_out(sink, excluded)
        bucket = Node(sink, where.path, str(where.value).removeprefix("storage.googleapis.com/"), where.within)
        if not stack.targets(bucket):
            yield Blind(
                sink, where.path, "whose it is, where the records go, does not show: it is no resource of this stack"
            )
    for exclusion in stack.of(GCP_EXCLUSION):
        yield from _left_out(exclusion, exclusion.root)
    yield from _google_records(stack)
    for audit in stack.of(GCP_AUDIT):
        for config in audit.get("auditLogConfigs").each():
            spared = config.get("exemptedMembers")
            yield from breach(no(spared.absent), audit, "does not record what some members do", spared)


_AUDITED: Final = re.compile(
    r"""cloudaudit|protopayload|resource\.type\s*[=:]\s*"?(?:gcs_bucket|audited_resource|iam_role|service_account|cloudkms_)""",
    re.IGNORECASE,
)
"""Logs, fields and kinds of resources of records of who did what. Comparisons of the language disregard case."""
_SPARES_AUDIT: Final = re.compile(
    r"""(?:^|\s)(?:NOT\s+|-)logName\s*:\s*"?cloudaudit\.googleapis\.com"?(?=\s|$)""", re.IGNORECASE
)
_OF_ANY_LOG: Final = re.compile(
    r"""(?:(?:(?:severity|timestamp|receiveTimestamp|insertId)\s*[<>=!:]+\s*(?:"[^"]*"|[\w.-]+)|sample\([^)]*\))"""
    r"(?:\s+(?:AND\s+)?|$))*"
)
"""A filter that says how grave or how old records are, and not of what log: it takes every log's."""


def _takes_audit(wanted: str) -> bool:
    """Whether a filter takes records of who did what (Cloud Logging, "Logging query language", read 2026-11)."""
    if _SPARES_AUDIT.search(wanted) and not re.search(r"\bOR\b", wanted):
        return False
    return bool(_AUDITED.search(wanted) or _OF_ANY_LOG.fullmatch(wanted.strip()))


def _left_out(resource: Resource, excluded: Node) -> Iterator[Verdict]:
    """Records that are thrown away before anything keeps them: those of who did what, by their log or by what stands in them."""
    wanted, off = excluded.get("filter"), excluded.get("disabled")
    yield from breach(
        all_of(wanted.is_(lambda value: _takes_audit(str(value or ""))), no(off.true)),
        resource,
        "throws records of who did what away",
        wanted,
        off,
    )


_KINDS: Sequence[str] = ("ADMIN_READ", "DATA_READ", "DATA_WRITE")


def _google_records(stack: Stack) -> Iterator[Verdict]:
    """Whether a project that says what is recorded records all services, and exports all of it."""
    audits, sinks = stack.of(GCP_AUDIT), stack.of(GCP_SINK)
    services = [item.get("service") for item in audits]
    types = [
        (node.equals("allServices"), config.get("logType"))
        for item, node in zip(audits, services, strict=True)
        for config in item.get("auditLogConfigs").each()
    ]
    for kind in _KINDS if audits else ():
        recorded = any_of(False, *(all_of(every, node.equals(kind)) for every, node in types))
        told = f"does not record {kind} of all services"
        yield from breach(
            no(recorded), audits[0], told, *services, *(node for every, node in types if every is not False)
        )
    filters = [item.get("filter") for item in sinks]
    if audits and sinks:
        yield from breach(
            all_of(*(no(node.absent) for node in filters)), sinks[0], "exports only what its filter admits", *filters
        )


def _retentions(stack: Stack) -> list[tuple[Resource, Node]]:
    found = [(item, item.get("retentionInDays")) for item in stack.of(LOG_GROUP)]
    return found + [(item, item.get("retentionDays")) for item in stack.of(GCP_LOG_BUCKET)]


def _log_buckets(stack: Stack) -> list[Bucket]:
    return [bucket for bucket in stack.view(buckets) if bucket.is_log_target is not False]


@policy(
    "LOG-02",
    "Logs are kept for a year",
    severity=MEDIUM,
    level=MANDATORY,
    why="Leaks are often found months later, and the log must still be there then.",
    fix="Set retention to 365 days or more on log groups and log buckets, and no earlier expiry on the trail's bucket.",
    references="mpa-5.1:T11 mpa-5.1:OP6",
    over=lambda stack: [*stack.view(_retentions), *stack.view(_log_buckets)],
    remedy=lambda resource: [Edit("retentionInDays", 365)] if resource.type == LOG_GROUP else [],
)
def kept_a_year(subject: tuple[Resource, Node] | Bucket, stack: Stack) -> Iterator[Verdict]:
    settings = stack.settings
    least = settings.log_days
    if isinstance(subject, Bucket):
        for rule in subject.rules.nodes:
            ends = rule.get("action.type")
            for place, deletes in (("expiration.days", True), ("condition.age", ends.equals("Delete"))):
                days = rule.get(place)
                early = days.is_(lambda value: value is not None and 0 < int(value) < least)
                yield from breach(
                    all_of(deletes, early, subject.is_log_target),
                    rule.resource,
                    f"expires logs after {days.text} days",
                    days,
                    ends,
                    subject.zone,
                )
        return
    resource, days = subject
    google = resource.type == GCP_LOG_BUCKET
    brief = days.is_(lambda value: (google and value is None) or (value is not None and 0 < int(value) < least))
    yield from breach(brief, resource, f"keeps logs for {30 if days.value is None else days.text} days", days)


_ERASING = ("s3:DeleteObject", "s3:PutObject", "s3:PutBucketPolicy", "s3:PutLifecycleConfiguration")


@policy(
    "LOG-03",
    "Nobody whom a log records can change it",
    severity=MEDIUM,
    level=MANDATORY,
    why="The first thing that an intruder does is erase the log.",
    fix="Write logs to a bucket of their own that no role of people or machines may write to or delete from.",
    references="mpa-5.1:T11",
    clouds="aws",
    over=lambda stack: stack.of(TRAIL),
)
def separate_log(item: Resource, stack: Stack) -> Iterator[Verdict]:
    name = item.get("s3BucketName")
    written = stack.targets(name)
    found = [bucket for bucket in stack.view(buckets) if bucket.resource in written]
    for bucket in found:
        shared = stack.in_content(bucket.resource)
        yield from breach(shared, item, f"writes into the content bucket {bucket.resource.name}", name, bucket.zone)
    texts = [text for bucket in found for text in bucket.resource.identities]
    for document in stack.view(identity_documents):
        yield from unread([document])
        for statement in document.statements:
            reaches: Truth = any(text in resource for text in texts for resource in statement.resources)
            if any(not bucket.name.known for bucket in found):
                reaches = any_of(reaches, UNKNOWN)
            erases = any(statement.grants(action) for action in _ERASING)
            yield from breach(
                all_of(reaches, erases),
                document.resource,
                f"may change the log of {item.name}",
                statement.node,
                name,
                *(bucket.name for bucket in found),
            )


_SWITCHES: Mapping[str, tuple[str, tuple[bool | str, ...]]] = {
    "aws:guardduty/detector:Detector": ("enable", (True,)),
    "aws:cfg/recorderStatus:RecorderStatus": ("isEnabled", (True,)),
    "aws:accessanalyzer/analyzer:Analyzer": ("type", ("ACCOUNT", "ORGANIZATION")),
}
"""Detectors that may be there and not watch: the property that says so, and its values when they do."""
DETECTORS = {
    "GuardDuty": ("aws:guardduty/detector:Detector",),
    "Config": ("aws:cfg/recorder:Recorder",),
    "Access Analyzer": ("aws:accessanalyzer/analyzer:Analyzer",),
    "Security Hub": ("aws:securityhub/account:Account",),
}


@policy(
    "LOG-04",
    "Detectors watch the account",
    severity=MEDIUM,
    level=ADVISORY,
    why="Detectors report at any hour what people would miss, such as a key that is used from another country.",
    fix="Switch GuardDuty, Config, Access Analyzer and Security Hub on, once per account and region.",
    references="cis-aws-7.0:2.18 cis-aws-7.0:4.3 cis-aws-7.0:5.16 fsbp:GuardDuty.1 fsbp:Config.1 mpa-5.1:T17 "
    "mpa-5.1:T33",
    clouds="aws",
)
def detectors(stack: Stack) -> Iterator[Verdict]:
    for type, (key, on) in _SWITCHES.items():
        for item in stack.of(type):
            switch = item.get(key)
            yield from breach(all_of(no(switch.absent), no(switch.equals(*on))), item, "is off", switch)
    for item in stack.of("aws:cfg/recorder:Recorder"):
        group = item.get("recordingGroup")
        few, chosen = group.get("allSupported").false, group.get("recordingStrategy.useOnly")
        everything = chosen.equals("ALL_SUPPORTED_RESOURCE_TYPES")
        yield from breach(all_of(few, no(everything)), item, "records some kinds of resources only", group)
    missing: Sequence[str] = [name for name, types in DETECTORS.items() if not stack.of(*types)]
    if not missing or not any(resource.cloud == "aws" for resource in stack.resources):
        return
    here = stack.holds_account()
    if here is True:
        yield Violation(None, f"the account's baseline lacks {', '.join(missing)}")
    elif here is UNKNOWN:
        yield Blind(None, "", "whether another stack runs the detectors; say so with `account_baseline`")
