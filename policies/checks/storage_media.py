"""What happens to media over time: tiers, expiry, residency, protection, backups."""

from collections.abc import Iterator
from datetime import date, timedelta

from soundstage.core.values import UNKNOWN
from soundstage.policies.policy import ADVISORY, HIGH, LOW, MANDATORY, MEDIUM, Edit, Verdict, breach, policy
from soundstage.policies.views.buckets import Bucket, buckets, media
from soundstage.policies.views.machines import EIP, EIP_ASSOCIATION, GCP_DISKS, VOLUME
from soundstage.policies.views.node import Node, Resource, Truth, all_of, any_of, no
from soundstage.policies.views.stack import Stack

ARCHIVES = ("GLACIER", "DEEP_ARCHIVE", "ARCHIVE")


def _transfer(bucket: Bucket) -> Truth:
    """Whether files only pass through here."""
    return bucket.zone.equals(*bucket.stack.settings.transfer_zones)


def _enabled(rule: Node) -> Truth:
    if rule.resource.cloud != "aws":
        return True
    return no(_switch(rule).is_(lambda value: str(value).lower() in ("false", "disabled")))


def _switch(rule: Node) -> Node:
    """What switches a rule on: `enabled` inside a bucket, `status` in a resource of its own."""
    return rule.get("enabled") if rule.get("enabled").value is not None else rule.get("status")


def _tiers(rule: Node) -> Truth:
    """Whether a rule moves current objects to another storage class."""
    if rule.resource.cloud == "gcp":
        return rule.get("action.type").equals("SetStorageClass")
    return no(rule.get("transitions").absent)


def _expires_versions(rule: Node) -> Truth:
    if rule.resource.cloud == "gcp":
        version = any_of(
            no(rule.get("condition.numNewerVersions").absent), no(rule.get("condition.daysSinceNoncurrentTime").absent)
        )
        return all_of(rule.get("action.type").equals("Delete"), version)
    return any_of(
        no(rule.get("noncurrentVersionExpiration").absent), no(rule.get("noncurrentVersionTransitions").absent)
    )


def _aborts(rule: Node, days: int) -> Truth:
    if rule.resource.cloud == "gcp":
        return rule.get("action.type").equals("AbortIncompleteMultipartUpload")
    abort = rule.get("abortIncompleteMultipartUpload.daysAfterInitiation")
    inline = rule.get("abortIncompleteMultipartUploadDays")
    return any_of(*(node.is_(lambda value: value is not None and 0 < int(value) <= days) for node in (abort, inline)))


def _everywhere(rule: Node) -> Truth:
    """Whether a rule is about every object: it names no prefix, no tag and no size."""
    if rule.resource.cloud == "gcp":
        return all_of(*(rule.get(f"condition.{key}").absent for key in ("matchesPrefixes", "matchesSuffixes")))
    narrowed = ("filter.tag", "filter.and.tags", "tags", "filter.objectSizeGreaterThan", "filter.objectSizeLessThan")
    return all_of(_prefix(rule).absent, *(rule.get(place).absent for place in narrowed))


@policy(
    "STO-05",
    "Buckets tidy up after themselves",
    severity=MEDIUM,
    level=MANDATORY,
    why="Unused footage, forgotten versions and broken uploads are most of a studio's storage bill.",
    fix="Add lifecycle rules: a cheaper tier for current objects, an end for old versions, and an abort of unfinished "
    "uploads within a week.",
    references="fsbp:S3.10 fsbp:S3.13 gdpr:5",
    over=media,
)
def lifecycle(bucket: Bucket, stack: Stack) -> Iterator[Verdict]:
    settings = stack.settings
    rules = bucket.rules
    yield from breach(rules.missing, bucket.resource, "has no lifecycle rules")
    if rules.missing is not False:
        return
    wanted = {
        "moves old footage to a cheaper tier": [
            all_of(_enabled(rule), _tiers(rule), any_of(_everywhere(rule), _reaches(_prefix(rule), settings.originals)))
            for rule in rules.nodes
        ],
        "ends old versions": [all_of(_enabled(rule), _expires_versions(rule)) for rule in rules.nodes],
        f"aborts unfinished uploads within {settings.multipart_days} days": [
            all_of(_enabled(rule), _everywhere(rule), _aborts(rule, settings.multipart_days)) for rule in rules.nodes
        ],
    }
    for what, truths in wanted.items():
        yield from breach(
            all_of(no(_transfer(bucket)), no(any_of(False, *truths))),
            bucket.resource,
            f"no rule {what}",
            *rules.nodes,
            bucket.zone,
        )


def _prefix(rule: Node) -> Node:
    """Which objects a rule speaks of; an empty prefix means all."""
    places = ("filter.prefix", "filter.and.prefix", "prefix", "condition.matchesPrefixes[0]")
    found = [rule.get(place) for place in places]
    return next((node for node in found if node.value is not None), found[0])


def _reaches(prefix: Node, originals: list[str]) -> Truth:
    """Whether objects under a prefix may be originals: they lie under one, above one, or one stands somewhere inside."""
    return prefix.is_(
        lambda value: any(
            item.startswith(value or "") or (value or "").startswith(item) or f"/{item}" in f"/{value or ''}"
            for item in originals
        )
    )


def _by_class(rule: Node) -> Truth:
    """Whether a rule is limited to objects that somebody marked by a tag."""
    return any_of(*(no(rule.get(place).absent) for place in ("filter.tag", "filter.and.tags", "tags")))


def _past(text: object, stack: Stack) -> bool:
    return date.fromisoformat(str(text)[:10]) < stack.settings.day + timedelta(days=stack.settings.archive_after_days)


@policy(
    "STO-06",
    "No rule deletes or freezes what is still needed",
    severity=HIGH,
    level=MANDATORY,
    why="A lifecycle rule that expires camera originals deletes the film; one that archives too soon stops the cut "
    "for twelve hours.",
    fix="Expire only proxies, caches and old versions, by prefix; archive after the project's active time.",
    references="mpa-5.1:OP5",
    over=media,
)
def safe_lifecycle(bucket: Bucket, stack: Stack) -> Iterator[Verdict]:
    settings = stack.settings
    for rule in bucket.rules.nodes:
        prefix = _prefix(rule)
        gcp = rule.resource.cloud == "gcp"
        if gcp:
            kind, condition = rule.get("action.type"), rule.get("condition")
            current = all_of(
                condition.get("numNewerVersions").absent,
                condition.get("daysSinceNoncurrentTime").absent,
                no(condition.get("withState").equals("ARCHIVED")),
            )
            expires = all_of(kind.equals("Delete"), current)
            where: Node = kind
        else:
            expiration = rule.get("expiration")
            where = expiration.get("days") if expiration.get("days").value not in (None, 0) else expiration.get("date")
            whole = all_of(prefix.absent, _by_class(rule))
            expires = all_of(no(where.is_(lambda value: value in (None, "", 0))), no(whole))
        yield from breach(
            all_of(_enabled(rule), expires, _reaches(prefix, settings.originals), no(_transfer(bucket))),
            rule.resource,
            f"expires objects under {'every prefix' if prefix.absent is True else prefix.text}",
            where,
            prefix,
            _switch(rule),
            bucket.zone,
        )
        moves = (
            [(rule.get("action.storageClass"), rule.get("condition.age"))]
            if gcp
            else [
                (move.get("storageClass"), move.get("date") if move.get("date").value is not None else move.get("days"))
                for move in rule.get("transitions").each()
            ]
        )
        for tier, days in moves:
            early = all_of(
                _enabled(rule),
                no(_by_class(rule)) if not gcp else True,
                tier.equals(*ARCHIVES),
                any_of(
                    days.is_(lambda value: isinstance(value, int) and value < settings.archive_after_days)
                    if days.path.endswith((".days", ".age"))
                    else days.is_(lambda value: _past(value, stack)),
                ),
            )
            when = f"after {days.text} days" if days.path.endswith((".days", ".age")) else f"on {days.text}"
            yield from breach(early, rule.resource, f"archives objects {when}", days, tier, _switch(rule))
        versions = rule.get("noncurrentVersionExpiration")
        kept = (
            versions.get("noncurrentDays") if versions.get("noncurrentDays").value is not None else versions.get("days")
        )
        hasty = all_of(
            _enabled(rule),
            _reaches(prefix, settings.originals),
            kept.is_(lambda value: value is not None and 0 < int(value) < settings.versions_days),
            versions.get("newerNoncurrentVersions").absent,
            no(_transfer(bucket)),
        )
        yield from breach(
            hasty, rule.resource, f"ends old versions after {kept.text} days", kept, prefix, _switch(rule)
        )


@policy(
    "STO-07",
    "Transfer buckets empty themselves",
    severity=MEDIUM,
    level=MANDATORY,
    why="What was handed over stays where outsiders can reach it until somebody remembers to delete it.",
    fix="Add a lifecycle rule without prefix that expires objects after one day.",
    references="mpa-5.1:T1 mpa-5.1:T3 gdpr:5",
    over=buckets,
)
def transfer_expiry(bucket: Bucket, stack: Stack) -> Iterator[Verdict]:
    settings = stack.settings
    transfer = _transfer(bucket)
    if transfer is False:
        return
    ends: Truth = any_of(
        False,
        *(
            all_of(
                _enabled(rule),
                _everywhere(rule),
                any_of(
                    rule.get("expiration.days").is_(
                        lambda value: value is not None and value <= settings.transfer_days
                    ),
                    all_of(
                        rule.get("action.type").equals("Delete"),
                        rule.get("condition.age").is_(
                            lambda value: value is not None and value <= settings.transfer_days
                        ),
                    ),
                ),
            )
            for rule in bucket.rules.nodes
        ),
    )
    if bucket.rules.missing is UNKNOWN:
        ends = any_of(ends, UNKNOWN)
    days = settings.transfer_days
    yield from breach(
        all_of(transfer, no(ends)),
        bucket.resource,
        f"keeps objects for more than {days} day(s)",
        bucket.zone,
        *bucket.rules.nodes,
    )


@policy(
    "STO-12",
    "Media survive the machines",
    severity=HIGH,
    level=MANDATORY,
    why="Tearing a project down must not be able to delete the client's media along with it.",
    fix="Set `protect=True` (or `retain_on_delete=True`) on the bucket and leave `force_destroy` off.",
    references="mpa-5.1:OP9",
    over=media,
    remedy=lambda _resource: [Edit("forceDestroy", False)],
)
def protected_media(bucket: Bucket, _stack: Stack) -> Iterator[Verdict]:
    force = bucket.resource.get("forceDestroy")
    yield from breach(force.true, bucket.resource, "is deleted with everything in it", force)
    options = bucket.resource.options
    kept = any_of(options.protect, UNKNOWN if options.retain_on_delete is None else options.retain_on_delete)
    yield from breach(
        all_of(no(kept), no(_transfer(bucket))), bucket.resource, "is neither protected nor retained", bucket.zone
    )


_BACKUPS = (
    "aws:dlm/lifecyclePolicy:LifecyclePolicy",
    "aws:backup/selection:Selection",
    "gcp:compute/diskResourcePolicyAttachment:DiskResourcePolicyAttachment",
)
_SCRATCH = ("scratch", "cache", "temp", "tmp")
"""Purposes, by tag, of disks whose content can be made again."""


@policy(
    "STO-16",
    "Project disks are backed up",
    severity=MEDIUM,
    level=ADVISORY,
    why="Work of the last weeks, such as project files, may be on the disk only and not in the bucket.",
    fix="Snapshot the disks by a schedule, or set `final_snapshot` and keep work on the media bucket. Tag scratch disks "
    "`soundstage:purpose=scratch`.",
    references="fsbp:EC2.28",
    over=lambda stack: stack.of(VOLUME, *GCP_DISKS),
)
def backed_up(subject: Resource, stack: Stack) -> Iterator[Verdict]:
    settings = stack.settings
    purpose = stack.tag(subject, *settings.purpose_tags)
    scratch = purpose.is_(lambda value: str(value).lower() in _SCRATCH)
    final = subject.get("finalSnapshot")
    policies = subject.get("resourcePolicies")
    backed = any_of(final.true, no(policies.absent), bool(stack.of(*_BACKUPS)))
    yield from breach(all_of(no(scratch), no(backed)), subject, "is never backed up", final, policies, purpose)


_ATTACHMENTS = ("aws:ec2/volumeAttachment:VolumeAttachment",)
_GCP_ATTACHMENTS = ("gcp:compute/attachedDisk:AttachedDisk",)


@policy(
    "STO-18",
    "No disk or address is left behind",
    severity=LOW,
    level=ADVISORY,
    why="A disk and an address that nothing uses are billed every hour for years.",
    fix="Attach it, delete it, or keep it as a snapshot.",
    references="fsbp:EC2.12 mpa-5.1:OP9",
    over=lambda stack: stack.of(VOLUME, EIP, *GCP_DISKS),
)
def left_behind(subject: Resource, stack: Stack) -> Iterator[Verdict]:
    if subject.type == EIP:
        used = any_of(
            no(stack.absent(subject.get("instance"))),
            no(stack.absent(subject.get("networkInterface"))),
            no(stack.parts(subject, (EIP_ASSOCIATION,), "allocationId").missing),
            no(stack.parts(subject, ("aws:ec2/natGateway:NatGateway",), "allocationId").missing),
        )
    else:
        kinds, key = (_ATTACHMENTS, "volumeId") if subject.type == VOLUME else (_GCP_ATTACHMENTS, "disk")
        used = no(stack.parts(subject, kinds, key).missing)
        if used is False and subject.type != VOLUME:
            used = any(
                subject in stack.targets(disk.get("source"))
                for machine in stack.of("gcp:compute/instance:Instance")
                for disk in machine.get("attachedDisks").each()
            )
    yield from breach(no(used), subject, "nothing uses it")
