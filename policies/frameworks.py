"""The frameworks that policies support evidence for, and the controls that no code can judge."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from soundstage.core import yamlfile


@dataclass(frozen=True, slots=True)
class Control:
    """One control of a framework, in our words. `same_as` names it in another edition of the framework."""

    id: str
    title: str
    manual: bool = False
    same_as: tuple[str, ...] = ()
    in_part: bool = False
    """Whether a plan shows only a part of it; the title says which."""


@dataclass(frozen=True)
class Framework:
    """One edition of a framework."""

    id: str
    name: str
    version: str
    url: str
    note: str
    controls: Mapping[str, Control]
    cloud: str = ""
    """`aws` or `gcp` where it is about one cloud only."""

    def concerns(self, clouds: frozenset[str]) -> bool:
        """Whether it is about one of these clouds."""
        return not self.cloud or self.cloud in clouds


def _title(entry: Mapping[str, str]) -> str:
    """The title; of a control that policies support in part, with what a plan does not show."""
    return f"{entry['title']} (in part: {entry['part']})" if "part" in entry else entry["title"]


@cache
def frameworks() -> Mapping[str, Framework]:
    """All frameworks by id."""
    text = (files("soundstage.policies") / "data" / "frameworks.yaml").read_text(encoding="utf-8")
    found = {}
    for id, entry in yamlfile.data(text).items():
        controls = {
            str(key): Control(
                str(key),
                item if isinstance(item, str) else _title(item),
                not isinstance(item, str) and item.get("manual", False),
                () if isinstance(item, str) else tuple(item.get("same_as", "").split()),
                not isinstance(item, str) and "part" in item,
            )
            for key, item in entry["controls"].items()
        }
        found[id] = Framework(
            id, entry["name"], str(entry["version"]), entry["url"], entry.get("note", ""), MappingProxyType(controls),
            entry.get("cloud", ""),
        )  # fmt: skip
    return MappingProxyType(found)


@cache
def shown_in_part() -> frozenset[str]:
    """The controls of which a plan shows only a part, as `framework:control`; in every edition that has them."""
    return frozenset(
        reference
        for framework in frameworks().values()
        for control in framework.controls.values()
        if control.in_part
        for reference in (f"{framework.id}:{control.id}", *control.same_as)
    )


def supported(references: tuple[str, ...]) -> tuple[str, ...]:
    """References with those of other editions that say the same: CIS AWS 7.0 → 5.0."""
    extra: list[str] = []
    for reference in references:
        framework, _, control = reference.partition(":")
        extra += frameworks()[framework].controls[control].same_as
    return (*references, *dict.fromkeys(extra))
