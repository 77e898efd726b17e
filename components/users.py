"""The account on the machine that a person works with."""

import re
from typing import Final

TAKEN_USERS: Final = frozenset(
    {
        "admin", "administrator", "bin", "daemon", "dcv", "ec2-user", "guest", "nobody", "root", "ssm-user", "sudo",
        "sync", "sys", "system", "ubuntu", "www-data",
    }
)  # fmt: skip
"""Accounts that images, systems and agents bring along; a person must not share one."""
_USER: Final = re.compile(r"[a-z_][a-z0-9_-]{0,19}", re.ASCII)


def user_faults(key: str, value: object) -> list[str]:
    """What is wrong with the name of an account for a person; empty when nothing is."""
    if not isinstance(value, str) or not _USER.fullmatch(value):
        return [f"{key} is {value!r}; allowed: lower-case letters, digits, - and _, at most 20, no digit first"]
    if value in TAKEN_USERS:
        return [f"{key} is {value!r}, which the machine needs for itself; allowed: another name"]
    return []
