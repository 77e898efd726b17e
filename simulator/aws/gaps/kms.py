"""KMS: keys that are disabled or waiting to be deleted do nothing.

Source: AWS KMS Developer Guide, "Key states of AWS KMS keys" (2026-11).
"""

import base64
from typing import Any, Final

from soundstage.simulator.answer import Answer, Refusal
from soundstage.simulator.aws.gaps import Call

_USES: Final = (
    "CreateGrant", "Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext", "GenerateMac", "ReEncrypt", "Sign", "Verify", "VerifyMac",
    "DisableKeyRotation", "EnableKeyRotation",
)  # fmt: skip
_NOT_WHILE_DYING: Final = ("CreateAlias", "DisableKey", "EnableKey", "UpdateAlias")
_ID_LENGTH: Final = 36


def find_key(call: Call, named: str) -> Any:
    """moto's key by id, ARN or alias; None when there is none. A name of another region is looked for there."""
    region = named.split(":")[3] if named.startswith("arn:") else None
    keys = call.moto("kms", region).keys
    name = named.rpartition(":")[2].removeprefix("key/")
    return keys.get(name) or next((key for key in keys.values() if name in key.aliases), None)


def _use(call: Call) -> Answer:
    names = ("KeyId", "SourceKeyId", "DestinationKeyId", "TargetKeyId")
    named = [str(call.params[name]) for name in names if call.params.get(name)]
    for key in filter(None, (find_key(call, name) for name in (*named, *_sealed_with(call)))):
        if key.key_state == "PendingDeletion":
            raise Refusal("KMSInvalidStateException", f"{key.arn} is pending deletion.")
        if key.key_state == "Disabled" and call.request.operation in _USES:
            raise Refusal("DisabledException", f"{key.arn} is disabled.")
    return call.forward()


def _sealed_with(call: Call) -> list[str]:
    """The id of the key under which a text was encrypted: moto writes it before the text itself."""
    text = call.params.get("CiphertextBlob")
    try:
        return [base64.b64decode(str(text))[:_ID_LENGTH].decode()] if text else []
    except ValueError:
        return []


HANDLERS = dict.fromkeys((*_USES, *_NOT_WHILE_DYING), _use)
