"""How media age: lifecycle presets as data, and the S3 rules that they mean.

To add a preset, add an entry to `PRESETS`; the project file, the schema and the tests read it from there.

Three things hold for every preset. A current version never expires: what an artist can see stays. Under `masters/`
no version expires at all. Elsewhere a replaced or deleted version stays long enough for the loss to be noticed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

from soundstage.components.arguments import choice_fault, number_faults
from soundstage.components.layout import FOLDERS, MASTERS, ORIGINALS, TRANSFER

StorageClass: TypeAlias = Literal["STANDARD_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"]

LEAST_BILLED_DAYS: Final[Mapping[str, int]] = MappingProxyType(
    {"STANDARD_IA": 30, "INTELLIGENT_TIERING": 0, "GLACIER_IR": 90, "GLACIER": 90, "DEEP_ARCHIVE": 180}
)
"""Days that S3 bills at least for an object in a class (Amazon S3 user guide, "Understanding and managing Amazon S3
storage classes", read 2026-11). Moving or expiring earlier costs money for nothing."""

GOOGLE_CLASS_OF: Final[Mapping[StorageClass, str]] = MappingProxyType(
    {
        "STANDARD_IA": "NEARLINE",
        "INTELLIGENT_TIERING": "NEARLINE",
        "GLACIER_IR": "COLDLINE",
        "GLACIER": "ARCHIVE",
        "DEEP_ARCHIVE": "ARCHIVE",
    }
)
"""Google's class for each of S3's. A class that finds its own level (Autoclass) is for a whole bucket and admits no rule beside it."""

LONGEST_RULE_DAYS: Final = 36_500
"""A century. Nobody means more."""
_FOLDER: Final = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)+", re.ASCII)

ABORT_UPLOADS_AFTER_DAYS: Final = 7
"""Days after which the parts of an upload that was never finished are thrown away; they are billed and invisible."""


@dataclass(frozen=True)
class Tier:
    """A storage class that objects move to, `after_days` days after they were written or replaced."""

    after_days: int
    storage_class: StorageClass


@dataclass(frozen=True)
class Preset:
    """How current versions age (`tiers`), how replaced ones age (`old_tiers`) and when those go (days)."""

    summary: str
    tiers: tuple[Tier, ...]
    old_tiers: tuple[Tier, ...]
    old_versions_kept_days: int


PRESETS: Final[Mapping[str, Preset]] = MappingProxyType(
    {
        "footage": Preset(
            "Infrequent access after 30 days, archive after a year",
            tiers=(Tier(30, "STANDARD_IA"), Tier(365, "GLACIER")),
            old_tiers=(Tier(30, "GLACIER_IR"),),
            old_versions_kept_days=180,
        ),
        "project-archive": Preset(
            "Deep archive after 180 days, for finished projects that are only kept",
            tiers=(Tier(180, "DEEP_ARCHIVE"),),
            old_tiers=(Tier(30, "GLACIER_IR"),),
            old_versions_kept_days=180,
        ),
        "inactive-90": Preset(
            "Archive after 90 days, for work that comes and goes within a season",
            tiers=(Tier(90, "GLACIER"),),
            old_tiers=(Tier(30, "STANDARD_IA"),),
            old_versions_kept_days=90,
        ),
        "proxies": Preset(
            "Cheaper by itself when unused; replaced files go after 30 days, because proxies can be made again",
            tiers=(Tier(30, "INTELLIGENT_TIERING"),),
            old_tiers=(),
            old_versions_kept_days=30,
        ),
        "delivery": Preset(
            "Infrequent access after 60 days, instant archive after 180: a client may ask again next year",
            tiers=(Tier(60, "STANDARD_IA"), Tier(180, "GLACIER_IR")),
            old_tiers=(Tier(30, "STANDARD_IA"),),
            old_versions_kept_days=365,
        ),
    }
)


@dataclass(frozen=True)
class Rule:
    """One S3 lifecycle rule for the objects under `prefix` (all when empty). `None` means never."""

    id: str
    prefix: str = ""
    tiers: tuple[Tier, ...] = ()
    old_tiers: tuple[Tier, ...] = ()
    expire_after_days: int | None = None
    expire_old_after_days: int | None = None
    abort_uploads_after_days: int | None = None


def media_rules(preset: str) -> list[Rule]:
    """The rules of a media bucket for the named preset. Raises `KeyError` when there is no such preset.

    S3 has no rule for "everything but", so old versions expire folder by folder. What lies outside the known folders
    is tiered and never expires.
    """
    chosen = PRESETS[preset]
    everywhere = Rule(
        "tier-everything",
        tiers=chosen.tiers,
        old_tiers=chosen.old_tiers,
        abort_uploads_after_days=ABORT_UPLOADS_AFTER_DAYS,
    )
    # What a copy that was killed left there.
    on_the_way = Rule(
        "clear-transfer", prefix=TRANSFER, expire_after_days=1, expire_old_after_days=1, abort_uploads_after_days=1
    )
    return [everywhere, on_the_way] + [
        Rule(f"expire-old-{folder.rstrip('/')}", prefix=folder, expire_old_after_days=chosen.old_versions_kept_days)
        for folder in FOLDERS
        if folder != MASTERS
    ]


def own_rules_faults(key: str, rules: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is wrong with rules of a program's own (`LifecycleRuleArgs`) whose fields are of the right types."""
    prefixes = [rule.get("prefix", "") for rule in rules]
    faults = []
    for place, (rule, prefix) in enumerate(zip(rules, prefixes, strict=True)):
        faults += _own_rule_faults(f"{key}[{place}]", rule)
        if prefix in prefixes[:place]:
            faults.append(f"{key}[{place}].prefix is {prefix!r}, which another rule has too; make one rule of both")
    return faults


def _own_rule_faults(key: str, rule: Mapping[str, Any]) -> list[str]:
    prefix, tiers = rule.get("prefix", ""), rule.get("tiers", {})
    faults = []
    if not _FOLDER.fullmatch(prefix):
        faults.append(f"{key}.prefix is {prefix!r}; allowed: a folder such as proxies/, ending in /")
    for storage_class, days in tiers.items():
        faults += choice_fault(f"{key}.tiers", storage_class, tuple(LEAST_BILLED_DAYS))
        least = 30 if storage_class == "STANDARD_IA" else 0
        faults += number_faults(f"{key}.tiers.{storage_class}", days, least, LONGEST_RULE_DAYS)
    faults += _order_faults(key, rule)
    for name, kept in (("expire_after_days", ORIGINALS), ("expire_old_after_days", (MASTERS,))):
        if name in rule:
            faults += number_faults(f"{key}.{name}", rule[name], 1, LONGEST_RULE_DAYS)
            faults += [
                f"{key}.{name} is given for {prefix}, and nothing in {folder} expires; name another folder"
                for folder in kept
                if prefix.startswith(folder)
            ]
    if not {"tiers", "expire_after_days", "expire_old_after_days"} & set(rule):
        faults.append(f"{key} does nothing; give tiers, expire_after_days or expire_old_after_days")
    return faults


def _order_faults(key: str, rule: Mapping[str, Any]) -> list[str]:
    """Objects move to colder classes only, stay 30 days in infrequent access, and are there until they expire (Amazon S3 user guide,
    "Transitioning objects using Amazon S3 Lifecycle" and "Lifecycle configuration elements", read 2026-11)."""
    tiers, ends = rule.get("tiers", {}), rule.get("expire_after_days")
    moves = [(tiers[storage_class], storage_class) for storage_class in LEAST_BILLED_DAYS if storage_class in tiers]
    faults = []
    for (before, first), (after, second) in pairwise(moves):
        least = before + (30 if first == "STANDARD_IA" else 1)
        if after < least:
            faults.append(f"{key}.tiers.{second} is {after}, with {first} at {before}; allowed: {least} or more")
    if ends is not None and moves and ends <= (last := max(days for days, _ in moves)):
        faults.append(
            f"{key}.expire_after_days is {ends}, and the last of tiers is at {last}; allowed: {last + 1} or more"
        )
    return faults


def own_rule(rule: Mapping[str, Any]) -> Rule:
    """A rule of a program's own, already found free of faults."""
    prefix = rule["prefix"]
    tiers = sorted((days, storage_class) for storage_class, days in rule.get("tiers", {}).items())
    return Rule(
        f"own-{prefix.rstrip('/')}",
        prefix=prefix,
        tiers=tuple(Tier(days, storage_class) for days, storage_class in tiers),
        expire_after_days=rule.get("expire_after_days"),
        expire_old_after_days=rule.get("expire_old_after_days"),
    )


def log_rules(keep_days: int) -> list[Rule]:
    """The rules of a bucket of logs: cheaper after 90 days, gone after `keep_days` and a week to notice."""
    return [
        Rule(
            "expire-logs",
            tiers=(Tier(90, "GLACIER_IR"),) if keep_days >= 180 else (),
            expire_after_days=keep_days,
            expire_old_after_days=7,
            abort_uploads_after_days=ABORT_UPLOADS_AFTER_DAYS,
        )
    ]


def state_rules(old_versions_days: int) -> list[Rule]:
    """The rules of a bucket of states: what is current stays, an earlier version goes after `old_versions_days`.

    What no command has touched for 90 days, which is the history of earlier commands, costs less and is read as fast.
    """
    return [
        Rule(
            "expire-old-states",
            tiers=(Tier(90, "INTELLIGENT_TIERING"),),
            expire_old_after_days=old_versions_days,
            abort_uploads_after_days=ABORT_UPLOADS_AFTER_DAYS,
        )
    ]
