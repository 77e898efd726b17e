"""S3: the key that encrypts an object, and keys that cannot.

Source: Amazon S3 User Guide, "Specifying server-side encryption with AWS KMS (SSE-KMS)"; Amazon S3 API Reference,
"PutObject" (2026-11): a request for `aws:kms` that names no key is encrypted under AWS's own `aws/s3`, whatever the bucket's
default is.
"""

from typing import Any, Final

from soundstage.simulator.answer import Answer, Refusal
from soundstage.simulator.aws.gaps import Call
from soundstage.simulator.aws.gaps.kms import find_key
from soundstage.simulator.aws.gaps.s3 import bucket_of, refuse_acl
from soundstage.simulator.memory import GLOBAL

_ALGORITHM: Final = "x-amz-server-side-encryption"
_KEY: Final = "x-amz-server-side-encryption-aws-kms-key-id"
_BY_KMS: Final = ("aws:kms", "aws:kms:dsse")
_OWN_KEY: Final = "alias/aws/s3"


def _write(call: Call) -> Answer:
    headers, bucket = call.request.headers, bucket_of(call)
    rule = (bucket.encryption or {}).get("Rule") or {}
    default = rule.get("ApplyServerSideEncryptionByDefault") or {}
    algorithm, key = headers.get(_ALGORITHM), headers.get(_KEY)
    without_key = algorithm in _BY_KMS and not key
    if (algorithm or default.get("SSEAlgorithm")) in _BY_KMS and not without_key:
        _check(call, key or default.get("KMSMasterKeyID"))
    answer = refuse_acl(call)
    if not without_key or answer.status >= 300:
        return answer
    own = f"arn:aws:kms:{bucket.region_name}:{call.caller.account_id}:{_OWN_KEY}"
    written = _written(call)
    if written is not None:
        written.kms_key_id = own
        written.encryption = algorithm
    return Answer(answer.status, answer.body, {**answer.headers, _ALGORITHM: str(algorithm), _KEY: own})


def _written(call: Call) -> Any:
    """What the call has made: an object, or the beginning of one."""
    bucket, key = bucket_of(call), call.request.labels.get("Key", "")
    if call.request.operation == "CreateMultipartUpload":
        return None
    return call.moto("s3", GLOBAL).get_object(bucket.name, key)


def get_object(call: Call) -> Answer:
    version = call.params.get("versionId")
    found = call.moto("s3", GLOBAL).get_object(bucket_of(call).name, call.request.labels.get("Key", ""), version)
    named = getattr(found, "kms_key_id", None)
    if getattr(found, "encryption", None) in _BY_KMS and named:
        _check(call, named)
    return call.forward()


def _check(call: Call, named: str | None) -> None:
    """`Refusal` of an object whose key is missing, disabled or waiting to be deleted."""
    if not named or named.rpartition(":")[2].startswith("alias/aws/"):
        return
    key = find_key(call, named)
    if key is None:
        raise Refusal("KMS.NotFoundException", f"Key '{named}' does not exist")
    if key.key_state == "PendingDeletion":
        raise Refusal("KMS.KMSInvalidStateException", f"{key.arn} is pending deletion.")
    if key.key_state != "Enabled":
        raise Refusal("KMS.DisabledException", f"{key.arn} is disabled.")


HANDLERS = {
    "CopyObject": _write,
    "CreateMultipartUpload": _write,
    "PutObject": _write,
}
