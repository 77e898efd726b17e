"""Locates on Google Cloud what a lost state knew.

What was named with digits from a seed is found by the rest of its name, and everything else by what its id is made of. Labels say whose it
is; what has none, and of which there are several of the name, is the one that something of the project uses.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from soundstage.core.errors import CloudError
from soundstage.core.values import Properties, reveal
from soundstage.providers.adopting import Adopting
from soundstage.providers.base import Found
from soundstage.providers.calls import next_page
from soundstage.providers.checking import DEFAULTED, checked
from soundstage.providers.entry import Call, Entry
from soundstage.providers.gcp.discovery import method
from soundstage.providers.gcp.provider import GoogleProvider
from soundstage.providers.gcp.resources import keys_of
from soundstage.providers.gcp.table import TYPES
from soundstage.providers.paths import fill, pick
from soundstage.providers.work import Work

_STUDIO: Final = "soundstage-studio"
_PROJECT: Final = "soundstage-project"
_IDENTITY: Final = (_STUDIO, _PROJECT, "soundstage-workstation")
"""The labels that say what a resource is; the others may have been changed since."""
_WHOSE: Final = ("labels", "userLabels")
_DIGITS: Final = "[0-9a-f]{7}"
_USERS: Final = (
    ("compute", "instances.aggregatedList", "items"),
    ("compute", "disks.aggregatedList", "items"),
    ("dns", "managedZones.list", "managedZones"),
    ("storage", "buckets.list", "items"),
)
"""What carries labels and names, in its description, the networks, policies and keys that it uses."""


class AdoptingGoogle(Adopting, GoogleProvider):
    """`create` looks for the resource first."""

    def __init__(
        self, project: Any, region: str, on_retry: Callable[[str], None], studio: str, taken: list[str]
    ) -> None:
        """`studio` is whose the state was; `taken` as in `Adopting`."""
        super().__init__(project, region, on_retry, taken)
        self._studio = studio
        self._things: list[Mapping[str, Any]] | None = None

    def _locate(self, type: str, urn: str, news: Properties, seed: bytes) -> Found | None:
        entry, wanted = TYPES.get(type), reveal(news)
        if entry is None:
            return None
        if entry.finder:
            return self._by_inputs(entry, urn, news, seed)
        work = self._work(entry, wanted)
        named = bool(entry.name and entry.name.field not in wanted)
        ids = self._by_name(work, urn) if named else [str(fill(entry.id, work.scope.lookup))]
        found = [one for one in (self._as_ours(entry, id, wanted, named=named) for id in ids) if one]
        if not found and not named:  # an id that cannot be read back into inputs
            return self._by_inputs(entry, urn, news, seed)
        near = self._nearest(found, type, urn, news, seed)
        if len(near) > 1:
            near = tuple(one for one in near if self._is_used(entry, one, urn))
        if len(found) > 1 and len(near) != 1:
            raise CloudError(
                f"Several could be {urn.rpartition('::')[2]}, and nothing of this project uses one of them alone: "
                f"{', '.join(sorted(one.id for one in found))}.",
                "Delete those that belong to nothing, then run this again.",
            )
        return next(iter(near), None)

    def _by_inputs(self, entry: Entry, urn: str, news: Properties, seed: bytes) -> Found | None:
        inputs = dict(checked(entry, urn, {}, news, seed))
        for name in _WHOSE:
            labels = inputs.get(name)
            if isinstance(labels, Mapping) and (known := {key: labels[key] for key in _IDENTITY if key in labels}):
                inputs[name] = known
        return self.find(entry.token, urn, inputs)

    def _as_ours(self, entry: Entry, id: str, wanted: Properties, *, named: bool) -> Found | None:
        found = self.read(entry.token, id, {}, {})
        if found is None or not _is_meant(found.inputs, wanted):
            return None
        inputs: Properties = {**found.inputs, DEFAULTED: []}
        if named and entry.name:
            inputs |= {entry.name.field: id.rpartition("/")[2], DEFAULTED: [entry.name.field]}
        return Found(id, inputs, found.outputs)

    def _by_name(self, work: Work, urn: str) -> Iterator[str]:
        """The ids of all whose name is a generated one of this resource."""
        entry, rule = work.scope.entry, work.scope.entry.name
        if rule is None:
            return
        start = f"{rule.start}{urn.rpartition('::')[2]}-"[: rule.longest - 7]
        pattern = re.compile(re.escape(start.lower() if rule.lower else start) + _DIGITS)
        for name in _names(work):
            if pattern.fullmatch(name):
                here = self._work(entry, {**work.scope.inputs, rule.field: name})
                yield str(fill(entry.id, here.scope.lookup))

    def _is_used(self, entry: Entry, found: Found, urn: str) -> bool:
        """Whether something of ours uses it, or it is for something that something of ours uses."""
        work = self._work(entry, found.inputs, found.id, found.outputs)
        joined = pick(work.described() or {}, "associations[].attachmentTarget") or []
        if self._things is None:
            self._things = [one for call in _USERS for one in _everything(work, *call)]
        whose = (self._studio, urn.split("::", maxsplit=1)[0].rpartition(":")[2])
        mine = [one for one in self._things if _carries(one.get("labels") or {}, *whose)]
        texts = [json.dumps(one) for one in mine]
        ids = (found.id, *(str(one)[str(one).find("projects/") :] for one in joined))
        return any(f"{id}{end}" in text for id in ids for end in ('"', "/") for text in texts)


def _is_meant(found: Properties, wanted: Properties) -> bool:
    """Whether the labels are those of the resource that the program means. What has none is known by its name."""
    for name in _WHOSE:
        labels, ours = found.get(name) or {}, wanted.get(name) or {}
        if labels and any(labels.get(key) != ours[key] for key in _IDENTITY if key in ours):
            return False
    return True


def _carries(labels: Mapping[str, str], studio: str, stack: str) -> bool:
    return labels.get(_STUDIO) == studio and labels.get(_PROJECT, stack) == stack


def _everything(work: Work, service: str, operation: str, key: str) -> Iterator[Mapping[str, Any]]:
    further: Mapping[str, Any] | None = {}
    while further is not None:
        answer = work.hand.call(service, operation, {"project": work.hand.account, **further}, missing_ok=True) or {}
        found = answer.get(key) or ()
        if isinstance(found, Mapping):  # by zone
            found = [
                one for zone in found.values() for inside in zone.values() if isinstance(inside, list) for one in inside
            ]
        yield from (one for one in found if "labels" in one)
        further = next_page(answer)


def _names(work: Work) -> Iterator[str]:
    """The last part of the name of everything there is of a type."""
    entry = work.scope.entry
    call = entry.every or _listing(entry)
    asked: dict[str, Any] = fill(call.params, work.scope.lookup)
    further: Mapping[str, Any] | None = {}
    while further is not None:
        answer = work.hand.call(entry.service, call.operation, {**asked, **further}, missing_ok=True)
        if answer is None:
            return
        names = pick(answer, call.gives) if call.gives else [one["name"] for one in _first_list(answer)]
        yield from (str(name).rpartition("/")[2] for name in names or ())
        further = next_page(answer)


def _listing(entry: Entry) -> Call:
    """The call that lists what there is of a type in its place."""
    collection = entry.create.operation.rpartition(".")[0]
    about = method(f"{entry.service}.{collection}.list")
    keys = keys_of(about, entry.id, exists=False)
    asked = {"project": "{place.project}"} if "project" in about.parameters and "project" not in keys else {}
    return Call(f"{collection}.list", {**keys, **asked})


def _first_list(answer: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return next((value for value in answer.values() if isinstance(value, list)), ())
