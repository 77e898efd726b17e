"""What one check found."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from soundstage.stacks.clouds.base import Need


class Verdict(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    WARNING = "warning"
    """Nothing fails today because of it."""
    FAILED = "failed"
    """What the plan does would fail."""
    NOT_CHECKED = "not checked"
    """It could not be asked; nobody knows."""


@dataclass(frozen=True)
class Finding:
    """What a check found. `check` is its name in the table."""

    check: str
    verdict: Verdict
    told: str
    """What is so, and what it means, in a sentence."""
    mend: str = ""
    """The command, or what to set, that mends it; empty where nothing is wrong."""
    need: Need | None = None
    """The quota that is too small; None where that is not the matter."""
    allowed: int | None = None
    """What the account may have of it now."""


def failed(found: Iterable[Finding]) -> list[Finding]:
    """What is in the way."""
    return [one for one in found if one.verdict is Verdict.FAILED]


def passed(check: str, told: str) -> Finding:
    return Finding(check, Verdict.PASSED, told)


def not_checked(check: str, why: str, mend: str = "") -> Finding:
    return Finding(check, Verdict.NOT_CHECKED, why, mend)
