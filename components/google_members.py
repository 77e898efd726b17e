"""People and accounts as Google's IAM names them."""

import re
from collections.abc import Sequence
from typing import Final

from soundstage.components.naming import fingerprint

_MEMBER: Final = re.compile(r"(user|group|serviceAccount):[^\s@]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}", re.ASCII)


def people_faults(key: str, people: Sequence[str]) -> list[str]:
    """What is wrong with members of whom each is somebody: everyone, a whole domain and what was deleted are refused."""
    return [
        f"{key} has {person!r}; allowed: user:ADDRESS, group:ADDRESS or serviceAccount:ADDRESS"
        for person in people
        if not _MEMBER.fullmatch(person)
    ]


def child_name(person: str) -> str:
    """What stands for somebody in the names of resources that give them something. By a number, whoever comes later in a list would get
    another name when somebody before them is taken out, and the binding of the old name would be deleted, which is theirs."""
    name = re.sub("[^a-z0-9]+", "-", person.partition(":")[2].partition("@")[0].lower())
    return f"{name.strip('-')}-{fingerprint(person)}"
