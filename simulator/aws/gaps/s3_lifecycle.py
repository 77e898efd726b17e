"""S3: which lifecycle rules it takes, and what moto forgets of them.

Source: Amazon S3 User Guide, "Transitioning objects using Amazon S3 Lifecycle" and "Lifecycle configuration elements";
Amazon S3 API Reference, "PutBucketLifecycleConfiguration" (2026-11).
"""

from itertools import pairwise
from typing import Any, Final
from xml.etree import ElementTree as Xml

from soundstage.simulator.answer import Answer, Refusal
from soundstage.simulator.aws.gaps import Call
from soundstage.simulator.aws.gaps.documented import limits
from soundstage.simulator.aws.gaps.s3 import bucket_of, document, extras, parsed, written

_INFREQUENT: Final = ("STANDARD_IA", "ONEZONE_IA")
_ORDER: Final = {
    name: place
    for place, name in enumerate(
        ("STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE")
    )
}
"""Storage classes as objects may move: never up again."""
_ACTIONS: Final = (
    "AbortIncompleteMultipartUpload", "Expiration", "NoncurrentVersionExpiration", "NoncurrentVersionTransition",
    "Transition",
)  # fmt: skip
_DEFAULT_MINIMUM: Final = "x-amz-transition-default-minimum-object-size"
_MOST_RULES: Final = 1000


def put_bucket_lifecycle_configuration(call: Call) -> Answer:
    root = parsed(call.request.body)
    rules = root.findall("Rule")
    if len(rules) > _MOST_RULES:
        raise Refusal(
            "InvalidRequest", f"The number of lifecycle rules must not exceed the allowed limit of {_MOST_RULES} rules."
        )
    for number, rule in enumerate(rules, 1):
        if rule.find("ID") is None:
            Xml.SubElement(rule, "ID").text = f"rule-{number}"
        _check(rule)
    names = [rule.findtext("ID") for rule in rules]
    if len(set(names)) < len(names):
        raise _refused("Rule ID must be unique. Found same ID for more than one rule")
    answer = call.forward()
    if answer.status < 300:
        kept = extras(call)
        kept.lifecycle = written(root)
        kept.lifecycle_minimum = call.request.headers.get(_DEFAULT_MINIMUM, "all_storage_classes_128K")
        return Answer(200, b"", {_DEFAULT_MINIMUM: kept.lifecycle_minimum})
    return answer


def _check(rule: Any) -> None:
    if not any(rule.find(action) is not None for action in _ACTIONS):
        raise _refused("At least one action needs to be specified in a rule")
    for action, days, expiration in (
        ("Transition", "Days", "Expiration"),
        ("NoncurrentVersionTransition", "NoncurrentDays", "NoncurrentVersionExpiration"),
    ):
        moves = [
            (int(move.findtext(days) or 0), move.findtext("StorageClass") or "")
            for move in rule.findall(action)
            if move.find("Date") is None
        ]
        _check_moves(action, days, moves, _filter(rule))
        ends = rule.findtext(f"{expiration}/{days}")
        last = max((after for after, _ in moves), default=None)
        if ends is not None and int(ends) <= 0:
            raise _refused(f"'{days}' for {expiration} action must be a positive integer")
        if ends is not None and last is not None and int(ends) <= last:
            raise _refused(
                f"'{days}' in the {expiration} action for filter '{_filter(rule)}' must be greater than '{days}' in the "
                f"{action} action"
            )


def _check_moves(action: str, days: str, moves: list[tuple[int, str]], where: str) -> None:
    least = limits()["lifecycle_days_in_infrequent_access"]
    for after, kind in moves:
        if kind in _INFREQUENT and after < least:
            raise _refused(
                f"'{days}' in {action} action must be greater than or equal to {least} for storageClass '{kind}'"
            )
    known = sorted((move for move in moves if move[1] in _ORDER), key=lambda move: _ORDER[move[1]])
    for (before, first), (after, second) in pairwise(known):
        if first == second:
            raise _refused(
                f"'StorageClass' must be different for '{action}' actions in same 'Rule' with filter '{where}'"
            )
        gap = least if first in _INFREQUENT else 0
        if after < before + gap or (not gap and after == before):
            more = f"{gap} days more than" if gap else "greater than"
            raise _refused(
                f"'{days}' in the '{action}' action for StorageClass '{second}' for filter '{where}' must be {more} "
                f"'{days}' in the '{action}' action for StorageClass '{first}'"
            )


def _filter(rule: Any) -> str:
    prefix = rule.findtext("Filter/Prefix") or rule.findtext("Filter/And/Prefix") or rule.findtext("Prefix") or ""
    return f"(prefix={prefix})"


def _refused(message: str) -> Refusal:
    return Refusal("InvalidArgument", message)


def get_bucket_lifecycle_configuration(call: Call) -> Answer:
    bucket_of(call)
    kept = extras(call)
    if not kept.lifecycle:
        raise Refusal("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist", 404)
    answer = document(kept.lifecycle)
    return Answer(answer.status, answer.body, {**answer.headers, _DEFAULT_MINIMUM: kept.lifecycle_minimum})


def delete_bucket_lifecycle(call: Call) -> Answer:
    answer = call.forward()
    extras(call).lifecycle = ""
    return answer
