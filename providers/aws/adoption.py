"""A provider that takes what exists for its own instead of making it: for a state that was lost.

Nothing is known of a lost resource but what the program says of it. What the cloud named by itself is found by our tags,
what was named with digits from a seed by the rest of the name, and everything else by what its id is made of.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from soundstage.core.errors import CloudError
from soundstage.core.values import Properties, has_unknown, reveal
from soundstage.providers.aws.boto3_calls import Endpoint
from soundstage.providers.aws.locating import by_tags, listed, mark
from soundstage.providers.aws.provider import AwsProvider
from soundstage.providers.aws.table import TYPES
from soundstage.providers.base import Checked, Created, Found
from soundstage.providers.checking import DEFAULTED
from soundstage.providers.entry import Entry
from soundstage.providers.paths import fill
from soundstage.providers.scope import TOKEN
from soundstage.providers.work import Work

_IDENTITY: Final = ("Name", "soundstage:studio", "soundstage:project", "soundstage:workstation")
"""The tags that say what a resource is; the others may have been changed since."""
_DIGITS: Final = r"[0-9a-f]{7,32}"


class AdoptingProvider(AwsProvider):
    """`create` looks for the resource first, makes it what the program says, and makes a new one only where there is none."""

    def __init__(self, endpoint: Endpoint, region: str, on_retry: Callable[[str], None], taken: list[str]) -> None:
        """`taken` gets the URN of everything that was taken back."""
        super().__init__(endpoint, region, on_retry)
        self._taken = taken
        self._located: dict[str, Found] = {}

    def check(self, type: str, urn: str, olds: Properties, news: Properties, seed: bytes) -> Checked:
        if not olds and not has_unknown(news):
            found = self._locate(type, urn, news, seed)
            if found:
                self._located[urn] = found
                return super().check(type, urn, found.inputs, news, seed)
        return super().check(type, urn, olds, news, seed)

    def create(self, type: str, urn: str, inputs: Properties) -> Created:
        found = self._located.pop(urn, None)
        if found is None:
            return super().create(type, urn, inputs)
        now = self.read(type, found.id, inputs, found.outputs) or found
        difference = self.diff(type, now.id, now.inputs, now.outputs, inputs)
        if difference.replaces:
            paths = ", ".join(change.path for change in difference.changes if change.replaces)
            raise CloudError(
                f"{now.id} exists, and differs in what cannot be changed: {paths}.",
                "Let the project file say what exists, or delete the resource, and run this again.",
            )
        outputs = now.outputs
        if difference.changes:
            outputs = self.update(type, urn, now.id, now.inputs, now.outputs, inputs)
        self._taken.append(urn)
        return Created(found.id, outputs)

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
            checked = super().check(type, urn, {}, news, seed).inputs
            return self.find(type, urn, checked)
        found = [one for one in (self._as_ours(entry, id, region, wanted) for id in candidates) if one]
        if len(found) < 2:
            return next(iter(found), None)
        return min(found, key=lambda one: self._distance(one, type, urn, news, seed))

    def _distance(self, found: Found, type: str, urn: str, news: Properties, seed: bytes) -> tuple[bool, int]:
        """How far something is from what the program says: whether it cannot become it, and in how many places it differs."""
        inputs = super().check(type, urn, found.inputs, news, seed).inputs
        now = self.read(type, found.id, inputs, found.outputs) or found
        difference = self.diff(type, now.id, now.inputs, now.outputs, inputs)
        return difference.replaces, len(difference.changes)

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
