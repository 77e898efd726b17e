"""What a change does to the findings of a stack: two reports of the same judge, side by side."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from soundstage.policies.policy import Level
from soundstage.policies.report import Finding, Report, Status


@dataclass(frozen=True)
class Comparison:
    """Open violations by what became of them, each list worst first and in an order that does not depend on that of the plans."""

    before: Report
    after: Report
    new: tuple[Finding, ...]
    gone: tuple[Finding, ...]
    unchanged: tuple[Finding, ...]

    @property
    def sentence(self) -> str:
        refused = sum(item.level is Level.MANDATORY for item in self.new)
        told = f" ({refused} of them refused)" if refused else ""
        return f"{len(self.new)} new{told}, {len(self.gone)} gone, {len(self.unchanged)} unchanged"


_STILL: Final = (Status.OPEN, Status.CONSEQUENCE)


def compare(before: Report, after: Report) -> Comparison:
    """A violation is the same one while it says the same of the same values. What followed from another and stands alone now is not
    new, and what is answered for now is gone."""
    new, unchanged = _apart(after.violations(), before.findings)
    gone, _ = _apart(before.violations(), (item for item in after.findings if item.status in _STILL))
    return Comparison(before, after, new, gone, unchanged)


def _apart(items: Iterable[Finding], others: Iterable[Finding]) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Those that `others` lack, and those that they have. Of two alike, one needs one."""
    known = Counter(item.fingerprint for item in others)
    lacking: list[Finding] = []
    there: list[Finding] = []
    for item in sorted(items, key=_rank):
        known[item.fingerprint] -= 1
        (there if known[item.fingerprint] >= 0 else lacking).append(item)
    return tuple(lacking), tuple(there)


def _rank(item: Finding) -> tuple[object, ...]:
    return (
        item.level is Level.ADVISORY,
        item.policy.severity.rank,
        item.policy.id,
        item.name,
        item.urn,
        item.message,
        item.paths,
    )
