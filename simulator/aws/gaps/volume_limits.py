"""What EC2 allows of a volume, by its type. The figures are in `limits.json`.

Source: Amazon EC2 API Reference, "CreateVolume"; Amazon EBS User Guide, "Amazon EBS volume types" (2026-11).
"""

from typing import Any

from soundstage.simulator.answer import Refusal
from soundstage.simulator.aws.gaps import Call
from soundstage.simulator.aws.gaps.documented import limits
from soundstage.simulator.aws.gaps.kms import find_key


def check_volume(kind: str, size: int | None, iops: int | None, throughput: int | None) -> None:
    """`Refusal` of a volume that EC2 does not make. Sizes in GiB, throughput in MiB/s; None where nothing was said."""
    known = limits()["volumes"].get(kind)
    if known is None:
        raise Refusal("InvalidParameterValue", f"Invalid value '{kind}' for VolumeType.")
    if size is not None:
        _within(size, known["size"], f"Volume of {size}GiB", f"for volume type {kind}", "GiB", "small", "large")
    if iops is None and known.get("needs_iops"):
        raise Refusal("MissingParameter", f"The parameter iops must be specified for {kind} volumes.")
    for name, value in (("iops", iops), ("throughput", throughput)):
        if value is not None and name not in known:
            raise Refusal("InvalidParameterCombination", f"The parameter {name} is not supported for {kind} volumes.")
        if value is not None:
            _within(value, known[name], f"Volume {name} of {value}", "", "", "low", "high")
    if iops and size and iops > known["iops"][0]:
        _ratio("Iops to volume size ratio", iops / size, known["iops_per_gib"], "")
    if throughput and "throughput_per_iops" in known:
        given = iops or known["iops"][0]
        _ratio("Throughput (MiBps) to iops ratio", throughput / given, known["throughput_per_iops"], " MiBps per iops")


def check_key(call: Call, named: str | None) -> None:
    """`Refusal` of a volume under a key that is missing, disabled or waiting to be deleted.

    AWS may accept the call and let the volume disappear a moment later; here it is refused at once, with the same code.
    """
    if not named:
        return
    key = find_key(call, named)
    if key is None and not named.startswith("alias/aws/"):
        raise Refusal("InvalidKmsKey.NotFound", f"The KMS key '{named}' does not exist.")
    if key is not None and key.key_state != "Enabled":
        raise Refusal(
            "InvalidKmsKey.InvalidState", f"The KMS key '{key.arn}' is in an incorrect state: {key.key_state}."
        )


def _within(value: int, allowed: Any, what: str, where: str, unit: str, under: str, over: str) -> None:
    low, high = allowed
    if not low <= value <= high:
        word, bound, limit = (under, "minimum", low) if value < low else (over, "maximum", high)
        text = " ".join(filter(None, (what, f"is too {word}", where)))
        raise Refusal("InvalidParameterValue", f"{text}; {bound} is {limit}{unit}.")


def _ratio(what: str, found: float, most: float, unit: str) -> None:
    if found > most:
        raise Refusal("InvalidParameterValue", f"{what} of {found:f} is too high; maximum is {most:g}{unit}.")
