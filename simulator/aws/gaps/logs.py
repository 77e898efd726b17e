"""CloudWatch Logs: the key of a log group that exists already, and how long events may be kept. Source: CloudWatch Logs API Reference (2026-11)."""

from typing import Any

from soundstage.simulator.answer import Answer, Refusal
from soundstage.simulator.aws.gaps import Call, Reply
from soundstage.simulator.aws.gaps.documented import limits
from soundstage.simulator.aws.gaps.starts import told_by_machine


def _group(call: Call) -> Any:
    name = call.params.get("logGroupName") or call.params.get("resourceIdentifier", "").rpartition(":log-group:")[2]
    found = call.moto("logs").groups.get(name)
    if found is None:
        raise Refusal("ResourceNotFoundException", "The specified log group does not exist.")
    return found


def associate_kms_key(call: Call) -> None:
    if not str(call.params.get("kmsKeyId", "")).startswith("arn:"):
        raise Refusal("InvalidParameterException", "The KMS key is named by its ARN.")
    _group(call).kms_key_id = call.params["kmsKeyId"]


def disassociate_kms_key(call: Call) -> None:
    _group(call).kms_key_id = None


def put_retention_policy(call: Call) -> Answer:
    days, allowed = call.params.get("retentionInDays"), limits()["log_retention_days"]
    if days not in allowed:
        raise Refusal(
            "InvalidParameterException",
            f"1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: Member must "
            f"satisfy enum value set: {allowed}",
        )
    return call.forward()


def get_log_events(call: Call) -> Reply:
    """Of the streams that machines write, what a simulated machine would have written by now."""
    events = told_by_machine(call)
    if events is None:
        return call.forward()
    most = int(call.params.get("limit", 10_000))
    shown = events[:most] if call.params.get("startFromHead") else events[-most:]
    return {"events": shown, "nextForwardToken": "f/0", "nextBackwardToken": "b/0"}
