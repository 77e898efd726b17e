"""User data of a machine that exists arrives decoded, since the call says that it is binary; moto decodes it once more."""

import base64
from typing import Any

from moto.core.types import Base64EncodedString
from moto.ec2.responses import instances

_parse: Any = vars(instances)["parse_user_data"]


def _parse_user_data(value: Any) -> Any:
    # Compressed scripts are no text.
    return (
        Base64EncodedString.from_encoded_bytes(base64.b64encode(value)) if isinstance(value, bytes) else _parse(value)
    )


def apply() -> None:
    """Take binary user data as it is."""
    vars(instances)["parse_user_data"] = _parse_user_data
