"""The first look at a component's arguments: unknown and missing keys, and all faults in one error."""

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from soundstage.core.errors import ArgumentError

LONGEST_EMAIL: Final = 100
"""Characters that AWS Budgets takes in a subscriber's address; the other services take more."""
LEAST_USD: Final = 0.01
"""The smallest budget: AWS Budgets keeps cents."""
MOST_EMAILS: Final = 10
"""Addresses that AWS Budgets tells of one alert (AWS Cost Management user guide, "Quotas and restrictions", read 2026-11)."""
EMAIL_FORM: Final = r"^[A-Za-z0-9._%+-]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}$"
_EMAIL: Final = re.compile(EMAIL_FORM, re.ASCII)


class Misfit(str):
    """A fault of an argument's presence or type. What else would be said of that argument only follows from it."""

    __slots__ = ()


class WrongType(Misfit):
    """A fault of an argument's type. The checks went on without the argument, so that what they say with its name is void."""

    __slots__ = ()


def argument_of(fault: str) -> str:
    """The argument that a fault is about, without what is inside it: every fault begins with it."""
    found = re.match(r"\w+", fault)
    return found.group() if found else ""


def key_faults(args: Mapping[str, Any], shape: type) -> list[str]:
    """What is wrong with the keys of `args`, given the `TypedDict` that describes them.

    Python does not check a `TypedDict` at run time, and Pulumi hands a component hosted as a plugin a plain `dict`,
    so that a misspelt optional key would silently mean its default.
    """
    required: frozenset[str] = getattr(shape, "__required_keys__", frozenset())
    optional: frozenset[str] = getattr(shape, "__optional_keys__", frozenset())
    known = sorted(required | optional)
    faults: list[str] = [Misfit(f"{key} is missing") for key in sorted(required - set(args))]
    for key in sorted(set(args) - set(known)):
        nearest = get_close_matches(key, known, n=1)
        faults.append(Misfit(f'{key} is not known; did you mean "{nearest[0]}"?' if nearest else f"{key} is not known"))
    return faults


def choice_fault(key: str, value: object, allowed: Sequence[str]) -> list[str]:
    """The fault, if any, of a value that must be one of `allowed` words."""
    if value in allowed:
        return []
    nearest = get_close_matches(str(value), allowed, n=1)
    meant = f'; did you mean "{nearest[0]}"?' if nearest else ""
    return [f"{key} is {value!r}; allowed: {', '.join(allowed)}{meant}"]


def refuse(component: str, name: str, faults: Sequence[str]) -> None:
    """Raise one `ArgumentError` that lists every fault of this component; return when there is none."""
    if not faults:
        return
    misfits = [fault for fault in faults if isinstance(fault, Misfit)]
    gone = {argument_of(fault) for fault in misfits}
    unread = {argument_of(fault) for fault in misfits if isinstance(fault, WrongType)}
    said = [
        fault
        for fault in faults
        if isinstance(fault, Misfit) or not (argument_of(fault) in gone or unread & set(re.findall(r"\w+", fault)))
    ]
    raise ArgumentError(f'{component} "{name}": ' + "; ".join(said), faults=said)


def number_faults(key: str, value: object, least: int, most: int) -> list[str]:
    """The fault, if any, of a value that must be a whole number from `least` to `most`."""
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return []
    return [f"{key} is {value!r}; allowed: whole numbers from {least} to {most}"]


def email_faults(key: str, addresses: Iterable[str]) -> list[str]:
    """The faults of addresses that cannot receive mail. Whether they do shows when they confirm."""
    return [
        f"{key} has {address!r}; allowed: an e-mail address such as ana@studio.example, at most {LONGEST_EMAIL} characters"
        for address in addresses
        if not is_email(address)
    ]


def is_email(address: object) -> bool:
    """Whether AWS Budgets takes the address as a subscriber; what it takes, the other services take too."""
    return isinstance(address, str) and len(address) <= LONGEST_EMAIL and bool(_EMAIL.fullmatch(address))
