"""Buckets: every spelling of S3 (one resource, split resources, the V2 tokens before them) and Cloud Storage."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from soundstage.core.values import UNKNOWN
from soundstage.policies.views.documents import Document, document
from soundstage.policies.views.node import Node, Resource, Truth, any_of, no
from soundstage.policies.views.probes import meets
from soundstage.policies.views.stack import Parts, Stack

S3_BUCKETS: Final = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
GCS_BUCKET: Final = "gcp:storage/bucket:Bucket"


def _split(name: str, *, versioned: bool = True) -> tuple[str, ...]:
    """The tokens of one split resource: pulumi-aws 7, and the V2 names of version 6 that are still accepted."""
    token = f"aws:s3/bucket{name}:Bucket{name}"
    return (token, f"aws:s3/bucket{name}V2:Bucket{name}V2") if versioned else (token,)


VERSIONING: Final = _split("Versioning")
ENCRYPTION: Final = _split("ServerSideEncryptionConfiguration")
LIFECYCLE: Final = _split("LifecycleConfiguration")
LOGGING: Final = _split("Logging")
OBJECT_LOCK: Final = _split("ObjectLockConfiguration")
REPLICATION: Final = _split("ReplicationConfig", versioned=False)
PUBLIC_ACCESS: Final = _split("PublicAccessBlock", versioned=False)
OWNERSHIP: Final = _split("OwnershipControls", versioned=False)
POLICY: Final = _split("Policy", versioned=False)
ACL: Final = _split("Acl")


_ACCESS_LOGS: Final = ((LOGGING, "targetBucket"), ((GCS_BUCKET,), "logging.logBucket"))
_AUDIT_LOGS: Final = (
    (("aws:cloudtrail/trail:Trail",), "s3BucketName"),
    (("aws:cfg/deliveryChannel:DeliveryChannel",), "s3BucketName"),
    (("aws:ec2/flowLog:FlowLog",), "logDestination"),
    (("aws:lb/loadBalancer:LoadBalancer", "aws:alb/loadBalancer:LoadBalancer"), "accessLogs.bucket"),
    (("aws:cloudfront/distribution:Distribution",), "loggingConfig.bucket"),
    (("gcp:logging/projectSink:ProjectSink",), "destination"),
)
"""Resource types that write logs into a bucket, and the property that names it."""
_LOG_WRITERS: Final = (
    "cloudtrail.amazonaws.com",
    "config.amazonaws.com",
    "delivery.logs.amazonaws.com",
    "logs.*.amazonaws.com",
)


@dataclass(frozen=True, eq=False)
class Setting:
    """Where one setting of a bucket stands: the nodes that hold it, inline or split."""

    nodes: tuple[Node, ...]
    missing: Truth
    """True when nothing holds it, `UNKNOWN` when something may."""


@dataclass(frozen=True, eq=False)
class Bucket:
    """One bucket with everything that belongs to it."""

    resource: Resource
    cloud: str
    name: Node
    tags: Node
    stack: Stack

    def setting(self, split: tuple[str, ...], inline: str = "") -> Setting:
        """One setting of an S3 bucket: the inline property if it is there, or else the split resources."""
        if inline:
            node = self.resource.get(inline)
            if node.value is not None:
                return Setting(tuple(node.each()), False if node.known else UNKNOWN)
        parts: Parts = self.stack.parts(self.resource, split, "bucket")
        return Setting(tuple(part.root for part in parts.found), parts.missing)

    @property
    def versioning(self) -> tuple[Setting, str]:
        """The setting and the property that tells."""
        inline = self.resource.get("versioning")
        if self.cloud == "gcp" or inline.value is not None:
            return Setting(tuple(inline.each()), inline.absent), "enabled"
        setting = self.setting(VERSIONING)
        return setting, "versioningConfiguration.status"

    @property
    def rules(self) -> Setting:
        """The lifecycle rules, one node each."""
        if self.cloud == "gcp":
            node = self.resource.get("lifecycleRules")
            return Setting(tuple(node.each()), node.absent)
        setting = self.setting(LIFECYCLE, "lifecycleRules")
        if setting.nodes and setting.nodes[0].resource is not self.resource:
            rules = tuple(rule for node in setting.nodes for rule in node.get("rules").each())
            return Setting(rules, setting.missing)
        return setting

    @cached_property
    def policies(self) -> tuple[Document, ...]:
        """The policy documents of an S3 bucket, its own and those of split resources."""
        nodes = self.setting(POLICY, "policy").nodes
        return tuple(document(node if node.path else node.get("policy")) for node in nodes)

    @cached_property
    def is_log_target(self) -> Truth:
        """Whether logs are written here: it must not log to itself. What is wired to it tells, what may write to it, or its zone;
        never its name."""
        return any_of(self.takes_access_logs, self.takes_audit_logs, self.zone.equals("mgmt", "audit"))

    @cached_property
    def takes_access_logs(self) -> Truth:
        """Whether S3 writes server access logs here."""
        wired = (no(self.stack.parts(self.resource, types, path).missing) for types, path in _ACCESS_LOGS)
        return any_of("logging.s3.amazonaws.com" in self._writers, *wired)

    @cached_property
    def takes_audit_logs(self) -> Truth:
        """Whether a trail, a recorder or a service writes its log here."""
        wired = (no(self.stack.parts(self.resource, types, path, judged=False).missing) for types, path in _AUDIT_LOGS)
        return any_of(*wired, *(meets(found, writer) for found in self._writers for writer in _LOG_WRITERS))

    @cached_property
    def _writers(self) -> set[str]:
        """The services that its policy lets write, and no more."""
        return {
            text
            for item in self.policies
            for statement in item.statements
            if statement.grants("s3:PutObject") and not statement.grants("s3:GetObject")
            for kind, text in statement.named
            if kind == "Service"
        }

    @property
    def zone(self) -> Node:
        return self.stack.zone(self.resource)


def buckets(stack: Stack) -> list[Bucket]:
    found = [_bucket(stack, resource, "aws") for resource in stack.of(*S3_BUCKETS)]
    return found + [_bucket(stack, resource, "gcp") for resource in stack.of(GCS_BUCKET)]


def s3(stack: Stack) -> list[Bucket]:
    return [bucket for bucket in stack.view(buckets) if bucket.cloud == "aws"]


def media(stack: Stack) -> list[Bucket]:
    """Buckets that may hold a client's media: all but those that logs are written to."""
    return [bucket for bucket in stack.view(buckets) if bucket.is_log_target is not True]


def _bucket(stack: Stack, resource: Resource, cloud: str) -> Bucket:
    key = "bucket" if cloud == "aws" else "name"
    return Bucket(resource, cloud, resource.get(key), stack.tags(resource), stack)


def encryption_rules(bucket: Bucket) -> Sequence[Node]:
    """The default-encryption rules of an S3 bucket, inline or split, as `applyServerSideEncryptionByDefault` holders."""
    setting = bucket.setting(ENCRYPTION, "serverSideEncryptionConfiguration")
    rules: list[Node] = []
    for node in setting.nodes:
        rules += node.get("rules").each() or node.get("rule").each()
    return rules
