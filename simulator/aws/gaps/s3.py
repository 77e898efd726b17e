"""S3: the defaults of new buckets, configurations that moto drops, and what S3 refuses and moto accepts.

Source: Amazon S3 API Reference and User Guide (2026-11): new buckets block public access, are encrypted and have no ACLs
since 2023.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl
from xml.etree import ElementTree as Xml

from soundstage.simulator.answer import Answer, Refusal
from soundstage.simulator.aws.gaps import Call
from soundstage.simulator.aws.gaps.documented import limits
from soundstage.simulator.aws.gaps.public_policies import is_public
from soundstage.simulator.memory import GLOBAL

_NAMESPACE: Final = "http://s3.amazonaws.com/doc/2006-03-01/"
_BUCKET_NAME: Final = re.compile(r"(?!xn--|\d+\.\d+\.\d+\.\d+$)[a-z0-9](?!.*\.\.)[a-z0-9.-]{1,61}[a-z0-9]")
_OWN_ACL: Final = "bucket-owner-full-control"
_LOCK_MODES: Final = ("GOVERNANCE", "COMPLIANCE")


@dataclass
class BucketExtras:
    """What moto does not keep of a bucket: XML documents by kind and id."""

    lifecycle: str = ""
    lifecycle_minimum: str = "all_storage_classes_128K"
    replication: str = ""
    configurations: dict[tuple[str, str], str] = field(default_factory=dict)


@dataclass
class Buckets:
    """Extras by bucket."""

    known: dict[str, BucketExtras] = field(default_factory=dict)


def bucket_name(call: Call) -> str:
    """The bucket that a call is about."""
    return str(call.request.labels.get("Bucket", ""))


def extras(call: Call) -> BucketExtras:
    """What is kept of the bucket beside moto."""
    return call.own(Buckets, GLOBAL).known.setdefault(bucket_name(call), BucketExtras())


def bucket_of(call: Call, name: str = "") -> Any:
    """moto's bucket; `Refusal` when there is none."""
    found = call.moto("s3", GLOBAL).buckets.get(name or bucket_name(call))
    if found is None:
        raise Refusal("NoSuchBucket", "The specified bucket does not exist", 404)
    return found


def document(text: str) -> Answer:
    """An answer that is an XML document."""
    return Answer(200, text.encode(), {"Content-Type": "application/xml"})


def parsed(body: bytes) -> Xml.Element:
    """A body without its namespace; `Refusal` when it is not XML."""
    try:
        if b"<!" in body:  # a document type could define entities that grow without bound
            raise Xml.ParseError
        root = Xml.fromstring(body)  # noqa: S314 - without a document type there is nothing to expand
    except Xml.ParseError:
        raise Refusal(
            "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema"
        ) from None
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def written(root: Xml.Element) -> str:
    """A document in the namespace of S3."""
    root.set("xmlns", _NAMESPACE)
    return Xml.tostring(root, encoding="unicode", xml_declaration=True)


def create_bucket(call: Call) -> Answer:
    from moto.s3.models import PublicAccessBlock

    if not _BUCKET_NAME.fullmatch(bucket_name(call)):
        raise Refusal("InvalidBucketName", "The specified bucket is not valid.")
    existed = bucket_name(call) in call.moto("s3", GLOBAL).buckets
    answer = call.forward()
    if answer.status < 300 and not existed:
        call.own(Buckets, GLOBAL).known.pop(bucket_name(call), None)
        bucket = bucket_of(call)
        bucket.public_access_block = PublicAccessBlock("true", "true", "true", "true")
        bucket.ownership_rule = bucket.ownership_rule or "BucketOwnerEnforced"
        _encrypt_by_default(bucket)
    return answer


def _encrypt_by_default(bucket: Any) -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": "false"}
    bucket.encryption = {"Rule": rule}


def delete_bucket_encryption(call: Call) -> Answer:
    answer = call.forward()
    if answer.status < 300:
        _encrypt_by_default(bucket_of(call))
    return answer


def refuse_acl(call: Call) -> Answer:
    """ACLs are off where the bucket's owner owns every object."""
    headers = call.request.headers
    asked = headers.get("x-amz-acl")
    grants = any(name.startswith("x-amz-grant-") for name in headers)
    sets_acl = call.request.operation in ("PutBucketAcl", "PutObjectAcl")
    if bucket_of(call).ownership_rule == "BucketOwnerEnforced" and (
        grants or (asked not in (None, _OWN_ACL, "private")) or (sets_acl and asked not in (_OWN_ACL, "private"))
    ):
        raise Refusal("AccessControlListNotSupported", "The bucket does not allow ACLs")
    return call.forward()


def put_bucket_policy(call: Call) -> Answer:
    policy = _checked_policy(call.request.body)
    most = limits()["bucket_policy_bytes"]
    if len(json.dumps(json.loads(call.request.body), separators=(",", ":"))) > most:
        raise Refusal("InvalidArgument", f"Bucket policies are limited to {most} bytes")
    block = bucket_of(call).public_access_block
    if block is not None and block.block_public_policy and is_public(policy):
        raise Refusal("AccessDenied", "Public policies are prevented by the BlockPublicPolicy setting.", 403)
    return call.forward()


def _checked_policy(body: bytes) -> list[Mapping[str, Any]]:
    """The statements of a bucket policy; `Refusal` when it is none."""
    try:
        statements = json.loads(body)["Statement"]
    except (ValueError, TypeError, KeyError):
        raise Refusal("MalformedPolicy", "This policy contains invalid Json") from None
    listed = [statements] if isinstance(statements, dict) else statements
    if not isinstance(listed, list) or not listed or not all(isinstance(statement, dict) for statement in listed):
        raise Refusal("MalformedPolicy", "Syntax errors in policy.")
    for statement in listed:
        if statement.get("Effect") not in ("Allow", "Deny"):
            raise Refusal("MalformedPolicy", "Invalid effect in policy")
        for one, other in (("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource")):
            if (one in statement) == (other in statement):
                raise Refusal("MalformedPolicy", f"Missing required field {one}")
    return listed


def delete_bucket(call: Call) -> Answer:
    answer = call.forward()
    if answer.status < 300:
        call.own(Buckets, GLOBAL).known.pop(bucket_name(call), None)
    return answer


_KINDS: Final = {
    "intelligent-tiering": ("IntelligentTieringConfiguration", "ListBucketIntelligentTieringConfigurationsOutput"),
    "metrics": ("MetricsConfiguration", "ListMetricsConfigurationsResult"),
    "analytics": ("AnalyticsConfiguration", "ListBucketAnalyticsConfigurationResult"),
}
"""Configurations of which a bucket has several, by the query that asks for them: the element of one and of a list."""


def _kind(call: Call) -> str:
    asked = dict(parse_qsl(call.request.query, keep_blank_values=True))
    return next(kind for kind in _KINDS if kind in asked)


def _put_configuration(call: Call) -> Answer:
    bucket_of(call)
    root = parsed(call.request.body)
    extras(call).configurations[_kind(call), call.params["id"]] = written(root)
    return Answer(200)


def _get_configuration(call: Call) -> Answer:
    bucket_of(call)
    try:
        return document(extras(call).configurations[_kind(call), call.params["id"]])
    except KeyError:
        raise Refusal("NoSuchConfiguration", "The specified configuration does not exist.", 404) from None


def _list_configurations(call: Call) -> Answer:
    bucket_of(call)
    kind = _kind(call)
    root = Xml.Element(_KINDS[kind][1])
    Xml.SubElement(root, "IsTruncated").text = "false"
    for (of_kind, _), text in sorted(extras(call).configurations.items()):
        if of_kind == kind:
            root.append(parsed(text.encode()))
    return document(written(root))


def _delete_configuration(call: Call) -> Answer:
    _get_configuration(call)
    del extras(call).configurations[_kind(call), call.params["id"]]
    return Answer(204)


def put_bucket_replication(call: Call) -> Answer:
    root = parsed(call.request.body)
    for destination in root.iter("Destination"):
        name = (destination.findtext("Bucket") or "").removeprefix("arn:aws:s3:::")
        if not bucket_of(call, name).is_versioned:
            raise Refusal("InvalidRequest", "Destination bucket must have versioning enabled.")
    if not bucket_of(call).is_versioned:
        raise Refusal(
            "InvalidRequest", "Versioning must be 'Enabled' on the bucket to apply a replication configuration"
        )
    answer = call.forward()
    if answer.status < 300:
        for number, rule in enumerate(root.findall("Rule"), 1):
            if rule.find("ID") is None:
                Xml.SubElement(rule, "ID").text = f"rule-{number}"
        extras(call).replication = written(root)
    return answer


def get_bucket_replication(call: Call) -> Answer:
    bucket_of(call)
    if not extras(call).replication:
        raise Refusal("ReplicationConfigurationNotFoundError", "The replication configuration was not found", 404)
    return document(extras(call).replication)


def delete_bucket_replication(call: Call) -> Answer:
    answer = call.forward()
    extras(call).replication = ""
    return answer


def delete_objects(call: Call) -> Answer:
    parsed(call.request.body)
    return call.forward()


def put_bucket_versioning(call: Call) -> Answer:
    if bucket_of(call).object_lock_enabled and parsed(call.request.body).findtext("Status") != "Enabled":
        raise Refusal(
            "InvalidBucketState",
            "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
            409,
        )
    return call.forward()


def put_object_lock_configuration(call: Call) -> Answer:
    """Unlike moto, S3 takes a lock for a bucket that holds objects already ("Configuring S3 Object Lock", since
    2023-11), and refuses half a retention."""
    bucket = bucket_of(call)
    if not bucket.is_versioned:
        raise Refusal(
            "InvalidBucketState",
            "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
            409,
        )
    root = parsed(call.request.body)
    retention = root.find("Rule/DefaultRetention")
    mode, days, years = (
        (None, "", "")
        if retention is None
        else (retention.findtext("Mode"), retention.findtext("Days", ""), retention.findtext("Years", ""))
    )
    period = days or years
    if root.findtext("ObjectLockEnabled") != "Enabled" or (
        retention is not None and (mode not in _LOCK_MODES or bool(days) == bool(years) or not period.isdecimal())
    ):
        raise Refusal("MalformedXML", "The XML you provided was not well-formed or did not validate")
    if period and not int(period):
        raise Refusal("InvalidArgument", "Default retention period must be a positive integer value.")
    bucket.object_lock_enabled = True
    bucket.default_lock_mode = mode
    bucket.default_lock_days = int(days or 0)
    bucket.default_lock_years = int(years or 0)
    return Answer(200)


HANDLERS = {
    "PutBucketAcl": refuse_acl,
    "PutObjectAcl": refuse_acl,
    **{
        f"{verb}Bucket{kind}Configuration{'s' if verb == 'List' else ''}": handler
        for kind in ("IntelligentTiering", "Metrics", "Analytics")
        for verb, handler in (
            ("Put", _put_configuration),
            ("Get", _get_configuration),
            ("List", _list_configurations),
            ("Delete", _delete_configuration),
        )
    },
}
