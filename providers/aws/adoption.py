"""Locates on AWS what a lost state knew. What the cloud named by itself is found by our tags,
what was named with digits from a seed by the rest of the name, and everything else by what its id is made of.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from soundstage.core.values import Properties, reveal
from soundstage.providers.adopting import Adopting
from soundstage.providers.aws.locating import by_tags, listed, mark
from soundstage.providers.aws.provider import AwsProvider
from soundstage.providers.aws.table import TYPES
from soundstage.providers.base import Found
from soundstage.providers.checking import DEFAULTED, checked
from soundstage.providers.entry import Entry
from soundstage.providers.paths import fill
from soundstage.providers.scope import TOKEN
from soundstage.providers.work import Work

_IDENTITY: Final = ("Name", "soundstage:studio", "soundstage:project", "soundstage:workstation")
"""The tags that say what a resource is; the others may have been changed since."""
_DIGITS: Final = r"[0-9a-f]{7,32}"


class AdoptingProvider(Adopting, AwsProvider):
    """`create` looks for the resource first."""

    def _locate(self, type: str, urn: str, news: Properties, seed: bytes) -> Found | None:
        """What exists of a resource that the state does not know. `inputs` hold its generated name and its token."""
        entry, wanted = TYPES.get(type), reveal(news)
        if entry is None:
            return None
        region = str(wanted.get("region") or self._region)
        work = self._work(entry, wanted)
        if entry.tagged or entry.marked:
            ours = wanted.get("tags") or {}
            identity = {key: ours[key] for key in _IDENTITY if key in ours}
            candidates = by_tags(work, identity) if identity else iter(())
        elif entry.name and entry.name.field not in wanted:
            candidates = self._by_name(work, urn)
        else:
            return self.find(type, urn, checked(entry, urn, {}, news, seed))
        found = [one for one in (self._as_ours(entry, id, region, wanted) for id in candidates) if one]
        return next(iter(self._nearest(found, type, urn, news, seed)), None)

    def _as_ours(self, entry: Entry, id: str, region: str, wanted: Properties) -> Found | None:
        found = self.read(entry.token, id, {}, {"region": region})
        if found is None or not _is_meant(found.inputs.get("tags"), wanted):
            return None
        untagged = "tags" in entry.claimed and wanted.get("tags") and not found.inputs.get("tags")
        # Cut off before it was tagged, or somebody else's: what nothing is in can be taken without harm.
        if untagged and self._work(entry, found.inputs, id, found.outputs).in_the_way():
            return None
        inputs = {**found.inputs, DEFAULTED: []}
        if "region" in wanted:
            inputs["region"] = region
        if entry.name and entry.name.field not in wanted:
            inputs[entry.name.field] = found.inputs.get(entry.name.field) or id.rpartition(":")[2]
            inputs[DEFAULTED] = [entry.name.field]
        if entry.marked and (token := mark(self._work(entry, inputs, id, found.outputs).described() or {})):
            inputs[TOKEN] = token
        return Found(id, inputs, found.outputs)

    def _by_name(self, work: Work, urn: str) -> Iterator[str]:
        entry, wanted = work.scope.entry, work.scope.inputs
        call, rule = entry.every, entry.name
        if call is None or rule is None:
            return
        logical = urn.rpartition("::")[2]
        given = wanted.get(rule.prefix) if rule.prefix else None
        start = str(given) if given else f"{rule.start}{logical}-"
        pattern = re.compile(rf"(?:arn:.*[:/])?{re.escape(start.lower() if rule.lower else start)}{_DIGITS}")
        params = fill(call.params, lambda name: wanted[name.removeprefix("in.")])
        for name in listed(work.hand, call.service or entry.service, call.operation, params, call.gives):
            if pattern.fullmatch(name):
                yield self._id_of(entry, name, wanted)

    def _id_of(self, entry: Entry, name: str, wanted: Properties) -> str:
        if name.startswith("arn:") or entry.id.startswith("@") or entry.name is None:
            return name
        known = {"groupName": "default", **wanted, entry.name.field: name}
        parts = {"account": self._endpoint.account_id}
        return str(fill(entry.id, lambda part: parts.get(part) or known[part.removeprefix("in.")]))


def _is_meant(tags: Any, wanted: Properties) -> bool:
    """Whether these are the tags of the resource that the program means. What has none is known by its name."""
    if not isinstance(tags, Mapping) or not tags:
        return True
    ours = wanted.get("tags") or {}
    return all(tags.get(key) == ours[key] for key in _IDENTITY if key in ours)
