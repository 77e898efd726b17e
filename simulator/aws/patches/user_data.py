"""User data of a machine that exists arrives decoded, since the call says that it is binary; moto decodes it once more."""

from typing import Any

from moto.core.types import Base64EncodedString
from moto.ec2.responses import instances

_parse: Any = vars(instances)["parse_user_data"]


def _parse_user_data(value: Any) -> Any:
    return Base64EncodedString.from_raw_bytes(value) if isinstance(value, bytes) else _parse(value)


def apply() -> None:
    """Take binary user data as it is."""
    vars(instances)["parse_user_data"] = _parse_user_data
