"""How media age in Cloud Storage: the presets of `soundstage.components.lifecycle` in the words of Google.

A rule of Cloud Storage does one thing and has conditions that must all hold. Objects move to colder classes only. What is deleted in a
class before its time is billed for the rest of it, so that versions in the coldest class are kept for as long as they cost anyway.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Final

from soundstage.components.lifecycle import GOOGLE_CLASS_OF, Rule, Tier

CLASSES: Final = ("STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE")
"""From warm to cold. All answer at once; the colder, the cheaper to keep and the dearer to read."""
LEAST_BILLED_DAYS: Final[Mapping[str, int]] = MappingProxyType({"NEARLINE": 30, "COLDLINE": 90, "ARCHIVE": 365})
"""Days that Google bills at least for an object in a class (Cloud Storage, "Storage classes", read 2026-11)."""


@dataclass(frozen=True)
class AgeRule:
    """One lifecycle rule of Cloud Storage. None and empty for a condition that it does not have."""

    action: str
    """`SetStorageClass`, `Delete` or `AbortIncompleteMultipartUpload`."""
    storage_class: str = ""
    age_days: int | None = None
    """Days since the object was written."""
    noncurrent_days: int | None = None
    """Days since it was replaced or deleted."""
    state: str = ""
    """`LIVE` for current versions, `ARCHIVED` for replaced and deleted ones."""
    prefixes: tuple[str, ...] = ()
    from_classes: tuple[str, ...] = ()


def age_rules(rules: Sequence[Rule]) -> list[AgeRule]:
    """The rules of Cloud Storage that mean the same."""
    found = [found for rule in rules for found in _moves_and_ends(rule)]
    return found + _old_ends(rules)


def _moves_and_ends(rule: Rule) -> list[AgeRule]:
    prefixes = (rule.prefix,) if rule.prefix else ()
    found = [_move(tier, prefixes, age_days=tier.after_days, state="LIVE") for tier in rule.tiers]
    found += [_move(tier, prefixes, noncurrent_days=tier.after_days, state="ARCHIVED") for tier in rule.old_tiers]
    if rule.expire_after_days is not None:
        found.append(AgeRule("Delete", age_days=rule.expire_after_days, state="LIVE", prefixes=prefixes))
    if rule.abort_uploads_after_days is not None:
        found.append(AgeRule("AbortIncompleteMultipartUpload", age_days=rule.abort_uploads_after_days))
    return found


def _move(
    tier: Tier,
    prefixes: tuple[str, ...],
    *,
    state: str,
    age_days: int | None = None,
    noncurrent_days: int | None = None,
) -> AgeRule:
    to = GOOGLE_CLASS_OF[tier.storage_class]
    warmer = CLASSES[: CLASSES.index(to)]
    return AgeRule("SetStorageClass", to, age_days, noncurrent_days, state, prefixes, warmer)


def _old_ends(rules: Sequence[Rule]) -> list[AgeRule]:
    """When replaced versions go: one rule for all folders that keep them as long, and for all classes that are billed no longer."""
    moved = {GOOGLE_CLASS_OF[tier.storage_class]: tier.after_days for rule in rules for tier in rule.old_tiers}
    ending = sorted((rule for rule in rules if rule.expire_old_after_days is not None), key=_days)
    found = []
    for days, group in groupby(ending, key=_days):
        prefixes = tuple(rule.prefix for rule in group if rule.prefix)
        ends = {each: max(days, moved.get(each, 0) + LEAST_BILLED_DAYS.get(each, 0)) for each in CLASSES}
        for end, classes in groupby(CLASSES, key=lambda each, ends=ends: ends[each]):  # type: ignore[misc]
            found.append(AgeRule("Delete", "", None, end, "ARCHIVED", prefixes, tuple(classes)))
    return found


def _days(rule: Rule) -> int:
    return rule.expire_old_after_days or 0
