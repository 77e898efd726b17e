"""How a bucket is closed: public access, keys, transport, versions, access control, logs, snapshots, file systems."""

from collections.abc import Iterator

from soundstage.core.values import UNKNOWN, has_unknown
from soundstage.policies.policy import (
    ADVISORY,
    CRITICAL,
    HIGH,
    LOW,
    MANDATORY,
    MEDIUM,
    Edit,
    Verdict,
    breach,
    policy,
)
from soundstage.policies.views.buckets import (
    ENCRYPTION,
    LOGGING,
    OBJECT_LOCK,
    OWNERSHIP,
    POLICY,
    PUBLIC_ACCESS,
    Bucket,
    buckets,
    encryption_rules,
    s3,
)
from soundstage.policies.views.documents import Statement, covers
from soundstage.policies.views.node import Resource, Truth, all_of, any_of, no
from soundstage.policies.views.own_keys import lacks_own_key
from soundstage.policies.views.probes import arn, texts
from soundstage.policies.views.stack import Stack

_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


_ACCESS_POINT = "aws:s3/accessPoint:AccessPoint"


def _close(resource: Resource) -> list[Edit]:
    if resource.type in PUBLIC_ACCESS:
        return [Edit(key, True) for key in _BLOCKS]
    return [Edit("publicAccessPrevention", "enforced")] if resource.cloud == "gcp" else []


@policy(
    "STO-01",
    "No bucket can be made public",
    severity=CRITICAL,
    level=MANDATORY,
    why="Most leaks from buckets happen because somebody is able to make the bucket public, and does.",
    fix="Add `aws.s3.BucketPublicAccessBlock` with all four switches on; on Google enforce public access prevention.",
    references="cis-aws-7.0:3.1.4 fsbp:S3.2 fsbp:S3.3 fsbp:S3.8 fsbp:CloudTrail.6 cis-gcp-5.0:5.1 mpa-5.1:T31 gdpr:25",
    over=lambda stack: [*stack.view(buckets), *stack.of(_ACCESS_POINT)],
    remedy=_close,
)
def public_access(bucket: Bucket | Resource, _stack: Stack) -> Iterator[Verdict]:
    if isinstance(bucket, Resource):
        for key in _BLOCKS:
            switch = bucket.get(f"publicAccessBlockConfiguration.{key}")
            yield from breach(switch.false, bucket, f"`{key}` is off", switch)
        return
    if bucket.cloud == "gcp":
        prevention = bucket.resource.get("publicAccessPrevention")
        yield from breach(
            no(prevention.equals("enforced")), bucket.resource, "public access is not prevented", prevention
        )
        return
    setting = bucket.setting(PUBLIC_ACCESS)
    yield from breach(setting.missing, bucket.resource, "has no public access block")
    for node in setting.nodes:
        for key in _BLOCKS:
            switch = node.get(key)
            yield from breach(no(switch.true), switch.resource, f"`{key}` is off", switch)


@policy(
    "STO-02",
    "Buckets are encrypted with the studio's own key",
    severity=HIGH,
    level=MANDATORY,
    why="With its own key the studio decides who can read the media, sees each use, and can end all access at once.",
    fix="Set server-side encryption `aws:kms` with `kms_master_key_id` and `bucket_key_enabled`; on Google a default "
    "KMS key. Buckets that only hold server access logs are exempt: S3 cannot write those with a customer's key.",
    references="fsbp:S3.17 mpa-5.1:T5 gdpr:32",
    over=buckets,
)
def own_key(bucket: Bucket, stack: Stack) -> Iterator[Verdict]:
    if bucket.cloud == "gcp":
        key = bucket.resource.get("encryption.defaultKmsKeyName")
        yield from breach(lacks_own_key(stack, key), bucket.resource, "has no key of its own", key)
        return
    if bucket.takes_access_logs is True:
        return  # S3 writes those with its own key only (“Enabling Amazon S3 server access logging”, 2026-11)
    yield from breach(
        bucket.setting(ENCRYPTION, "serverSideEncryptionConfiguration").missing,
        bucket.resource,
        "has no default encryption with a key of the studio",
    )
    for rule in encryption_rules(bucket):
        default = rule.get("applyServerSideEncryptionByDefault")
        algorithm, key = default.get("sseAlgorithm"), default.get("kmsMasterKeyId")
        yield from breach(
            no(algorithm.equals("aws:kms", "aws:kms:dsse")),
            rule.resource,
            f"is encrypted with {algorithm.text}",
            algorithm,
        )
        yield from breach(
            all_of(algorithm.equals("aws:kms", "aws:kms:dsse"), lacks_own_key(stack, key)),
            rule.resource,
            "uses the account's shared S3 key",
            key,
            algorithm,
        )


@policy(
    "STO-03",
    "Buckets refuse connections without TLS",
    severity=HIGH,
    level=MANDATORY,
    why="Media that travel without encryption can be read by every network in between.",
    fix="Deny `s3:*` to everyone in the bucket policy when `aws:SecureTransport` is false.",
    references="cis-aws-7.0:3.1.1 fsbp:S3.5 mpa-5.1:T29 gdpr:32",
    clouds="aws",
    over=s3,
)
def tls_only(bucket: Bucket, _stack: Stack) -> Iterator[Verdict]:
    refused = any_of(
        False,
        *(
            any_of(False, *(_denies_plain(statement, bucket) for statement in item.statements))
            if item.readable
            else UNKNOWN
            for item in bucket.policies
        ),
    )
    if refused is True:
        return
    missing = bucket.setting(POLICY, "policy").missing
    yield from breach(missing, bucket.resource, "has no policy that refuses connections without TLS")
    for item in bucket.policies:
        yield from breach(
            no(refused) if item.readable or has_unknown(item.node.value) else True,
            item.resource,
            "its policy admits connections without TLS",
            item.node,
        )


def _denies_plain(statement: Statement, bucket: Bucket) -> Truth:
    """Whether a statement denies everyone everything in a bucket that is asked without TLS."""
    tests = {
        (operator.lower().removesuffix("ifexists"), key.lower()): texts(value)
        for operator, keys in statement.condition.items()
        for key, value in keys.items()
    }
    plain = tests.pop(("bool", "aws:securetransport"), ())
    every = any(action.lower() in ("*", "s3:*") for action in statement.actions)
    if statement.allows or tests or not every or [text.lower() for text in plain] != ["false"]:
        return False
    everyone = any(kind == "AWS" and text == "*" for kind, text in statement.named)
    return all_of(everyone, *(_covers_all(statement, bucket, what) for what in ("", "/*")))


def _covers_all(statement: Statement, bucket: Bucket, what: str) -> Truth:
    """Whether a statement is about the whole bucket (`what` empty) or about every object in it."""
    patterns = [arn(text).resource for text in statement.resources]
    if any(pattern in ("*", *(("*/*",) if what else ())) for pattern in patterns):
        return True
    names = [text for text in bucket.resource.identities if not text.startswith(("arn:", "https:"))]
    if not names:
        return (
            UNKNOWN if any(pattern.endswith(what) and ("/" in pattern) == bool(what) for pattern in patterns) else False
        )
    return any(covers(pattern, name + what) for pattern in patterns for name in names)


@policy(
    "STO-04",
    "Buckets keep old versions",
    severity=MEDIUM,
    level=MANDATORY,
    why="With versions, a master that was overwritten or deleted can be restored.",
    fix="Add `aws.s3.BucketVersioning` with status Enabled; on Google `versioning={'enabled': True}`.",
    references="fsbp:S3.14",
    over=buckets,
    remedy=lambda resource: [Edit("versioning.enabled", True)] if resource.cloud == "gcp" else [],
)
def versioned(bucket: Bucket, _stack: Stack) -> Iterator[Verdict]:
    setting, key = bucket.versioning
    yield from breach(setting.missing, bucket.resource, "keeps no versions")
    for node in setting.nodes:
        status = node.get(key)
        yield from breach(no(status.equals("Enabled", True)), node.resource, "keeps no versions", status)


@policy(
    "STO-08",
    "Buckets have one owner and no access lists",
    severity=MEDIUM,
    level=MANDATORY,
    why="Access lists on single objects open files in a way that no policy of the bucket shows.",
    fix="Set object ownership to BucketOwnerEnforced; on Google switch uniform bucket-level access on.",
    references="fsbp:S3.12 cis-gcp-5.0:5.2",
    over=buckets,
    remedy=lambda resource: [Edit("uniformBucketLevelAccess", True)] if resource.cloud == "gcp" else [],
)
def no_access_lists(bucket: Bucket, _stack: Stack) -> Iterator[Verdict]:
    if bucket.cloud == "gcp":
        uniform = bucket.resource.get("uniformBucketLevelAccess")
        yield from breach(no(uniform.true), bucket.resource, "allows access lists on objects", uniform)
        return
    setting = bucket.setting(OWNERSHIP)
    yield from breach(setting.missing, bucket.resource, "does not say who owns its objects")
    for node in setting.nodes:
        owner = node.get("rule.objectOwnership")
        yield from breach(no(owner.equals("BucketOwnerEnforced")), owner.resource, "allows access lists", owner)


@policy(
    "STO-09",
    "Buckets log who reads them",
    severity=MEDIUM,
    level=MANDATORY,
    why="When a client asks who downloaded a file, only the access log can answer.",
    fix="Add `aws.s3.BucketLogging` to the studio's log bucket; on Google set `logging`. The log bucket is exempt.",
    references="fsbp:S3.9 mpa-5.1:T11",
    over=buckets,
)
def access_logs(bucket: Bucket, _stack: Stack) -> Iterator[Verdict]:
    if bucket.is_log_target is True:
        return
    if bucket.cloud == "gcp":
        log = bucket.resource.get("logging")
        yield from breach(log.absent, bucket.resource, "keeps no access log", log)
        return
    yield from breach(bucket.setting(LOGGING, "logging").missing, bucket.resource, "keeps no access log")


@policy(
    "STO-13",
    "Masters and audit logs are locked",
    severity=MEDIUM,
    level=ADVISORY,
    why="A lock keeps a master or a log from being deleted by a stolen administrator's account.",
    fix="Add an object lock (AWS) or a retention policy (Google) to buckets with masters or logs.",
    references="fsbp:S3.15 cis-gcp-5.0:2.4 mpa-5.1:T11",
    over=buckets,
)
def locked(bucket: Bucket, _stack: Stack) -> Iterator[Verdict]:
    purpose = bucket.stack.tag(bucket.resource, *bucket.stack.settings.purpose_tags)
    dear = any_of(bucket.takes_audit_logs, purpose.is_(lambda value: str(value).lower() in ("masters", "audit")))
    if bucket.cloud == "gcp":
        lock = bucket.resource.get("retentionPolicy.isLocked")
        yield from breach(all_of(dear, no(lock.true)), bucket.resource, "is not locked", lock, purpose)
        return
    inline = bucket.resource.get("objectLockEnabled")
    split = bucket.setting(OBJECT_LOCK, "objectLockConfiguration")
    yield from breach(all_of(dear, split.missing, no(inline.true)), bucket.resource, "is not locked", inline, purpose)


_DELETES = ("s3:DeleteObjectVersion", "s3:DeleteBucket", "s3:*", "s3:Delete*")


@policy(
    "STO-14",
    "Versions cannot be deleted by habit",
    severity=LOW,
    level=ADVISORY,
    why="Deleting a version is the one step that cannot be undone.",
    fix="Deny `s3:DeleteObjectVersion` in the bucket policy to all but the administrators, or switch MFA delete on.",
    references="cis-aws-7.0:3.1.2 fsbp:S3.20",
    clouds="aws",
    over=s3,
)
def guarded_versions(bucket: Bucket, _stack: Stack) -> Iterator[Verdict]:
    if bucket.is_log_target is True:
        return
    guarded = any_of(
        False,
        bucket.setting(OBJECT_LOCK, "objectLockConfiguration").missing is False,
        *(node.get("versioningConfiguration.mfaDelete").equals("Enabled") for node in bucket.versioning[0].nodes),
        *(
            any(
                not item.allows and set(item.actions) & set(_DELETES) and "aws:securetransport" not in item.keys
                for item in doc.statements
            )
            if doc.readable
            else UNKNOWN
            for doc in bucket.policies
        ),
    )
    yield from breach(
        no(guarded),
        bucket.resource,
        "everyone who may delete may delete versions for ever",
        *(doc.node for doc in bucket.policies),
    )
