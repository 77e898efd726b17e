"""What is recorded, for how long, and who could erase it."""

from collections.abc import Iterator, Sequence

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
from soundstage.policies.views.stack import Stack

TRAIL = "aws:cloudtrail/trail:Trail"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
GCP_AUDIT = "gcp:projects/iAMAuditConfig:IAMAuditConfig"
GCP_SINK = "gcp:logging/projectSink:ProjectSink"
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
            yield from breach(stack.absent(node), item, what, node)
        off = item.get("enableLogging")
        yield from breach(off.equals(False), item, "is switched off", off)
        data = [item.get("advancedEventSelectors"), item.get("eventSelectors")]
        watched = any_of(*(node.is_(lambda value: "AWS::S3::Object" in str(value)) for node in data))
        if watched is UNKNOWN:
            watched = any("AWS::S3::Object" in str(node.value) for node in data) or UNKNOWN
        yield from breach(no(watched), item, "does not record reads and writes of media", *data)


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
            for place in ("expiration.days", "condition.age"):
                days = rule.get(place)
                early = days.is_(lambda value: value is not None and 0 < int(value) < least)
                yield from breach(
                    all_of(early, subject.is_log_target),
                    rule.resource,
                    f"expires logs after {days.text} days",
                    days,
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
    references="mpa-5.1:T11 cis-gcp-5.0:2.4",
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
    missing: Sequence[str] = [name for name, types in DETECTORS.items() if not stack.of(*types)]
    if not missing or not any(resource.cloud == "aws" for resource in stack.resources):
        return
    here = stack.holds_account()
    if here is True:
        yield Violation(None, f"the account's baseline lacks {', '.join(missing)}")
    elif here is UNKNOWN:
        yield Blind(None, "", "whether another stack runs the detectors; say so with `account_baseline`")
