"""CloudWatch Logs: the key of a log group that exists already. Source: CloudWatch Logs API Reference (2026-11)."""

from typing import Any

from soundstage.simulator.answer import Answer, Refusal, success
from soundstage.simulator.gaps import Call


def _group(call: Call) -> Any:
    name = call.params.get("logGroupName") or call.params.get("resourceIdentifier", "").rpartition(":log-group:")[2]
    found = call.moto("logs").groups.get(name)
    if found is None:
        raise Refusal("ResourceNotFoundException", "The specified log group does not exist.")
    return found


def _associate(call: Call) -> Answer:
    if not str(call.params.get("kmsKeyId", "")).startswith("arn:"):
        raise Refusal("InvalidParameterException", "The KMS key is named by its ARN.")
    _group(call).kms_key_id = call.params["kmsKeyId"]
    return success(call.request)


def _disassociate(call: Call) -> Answer:
    _group(call).kms_key_id = None
    return success(call.request)


HANDLERS = {"AssociateKmsKey": _associate, "DisassociateKmsKey": _disassociate}
