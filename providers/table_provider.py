"""A Pulumi provider made of a catalogue: what a cloud's resource table says, done. See `base.CloudProvider`."""

import copy
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from soundstage.core.errors import CloudError, HalfMade, UsageError
from soundstage.core.values import UNKNOWN, Properties, Secret, Value, has_unknown, reveal
from soundstage.providers.base import Checked, Created, Difference, Found, Package, PropertyChange
from soundstage.providers.calls import Account, Caller, Send
from soundstage.providers.checking import DEFAULTED, checked, failures
from soundstage.providers.entry import Entry, Invoke
from soundstage.providers.mapping import field_changes
from soundstage.providers.paths import fill, parts
from soundstage.providers.scope import Scope
from soundstage.providers.work import VANISHED, Hand, Work, shown, touches, vanished

_KNOWN: Final = "It knows the types that the components of Soundstage use. Use a real cloud for others."

UNFINISHED: Final = "__unfinished"
"""The output of a resource whose last create or update stopped in the middle. What is recorded of such a resource is what was
asked for; so the next update looks at the cloud for what is left to do."""


def unheard(_message: str) -> None:
    """The listener of a provider whose user does not want to hear of retries."""


@dataclass(frozen=True)
class Catalogue:
    """What there is to know of a cloud: its resources as data, and how it is called."""

    package: Package
    types: Mapping[str, Entry]
    """Pulumi type → what the cloud's table says of it."""
    lookups: Mapping[str, Invoke]
    """Data source → what answers it."""
    recorded: frozenset[str]
    """Types that a simulated cloud stores and does not act on."""
    in_use: frozenset[str]
    """Codes with which the cloud refuses to delete what something else needs."""
    send: Send
    """Makes one call. A cloud that answers a change with an operation waits for it in here."""
    ask: Send
    """The same for data sources."""
    action_of: Callable[[str, str], str]
    """The permission that a call asks for first of all, by service and operation."""


class TableProvider:
    """Makes, reads, changes and deletes the resources of a catalogue. Holds no state of its own."""

    def __init__(
        self,
        catalogue: Catalogue,
        endpoint: Account,
        region: str,
        on_retry: Callable[[str], None] = unheard,
        places: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """`places` are those of what no program says a place of (`Entry.places`)."""
        self.version = catalogue.package.version
        self.recorded_only = catalogue.recorded
        self._catalogue = catalogue
        self._endpoint = endpoint
        self._region = region
        self._places = places
        self._caller = Caller(endpoint, on_retry, catalogue.send, catalogue.action_of)
        self._asker = Caller(endpoint, on_retry, catalogue.ask, catalogue.action_of)
        self._answers: dict[str, Properties] = {}
        """What data sources answered. A provider serves one command, within which equal questions have one answer."""

    def check(self, type: str, urn: str, olds: Properties, news: Properties, seed: bytes) -> Checked:
        entry = self._entry(type)
        return Checked(checked(entry, urn, olds, news, seed), failures(entry, news))

    def diff(
        self,
        type: str,
        id: str,  # noqa: ARG002
        old_inputs: Properties,
        old_outputs: Properties,
        news: Properties,
        ignore_changes: Sequence[str] = (),
    ) -> Difference:
        entry = self._entry(type)
        olds, wanted = reveal(old_inputs), reveal(news)
        changes = []
        for field in entry.fields:
            before, after = olds.get(field.name), wanted.get(field.name)
            if before is not after and before != after and field.name not in entry.places:
                forced = bool(field.replaces_if and wanted.get(field.replaces_if))
                for path, old, new, replaces in field_changes(field, before, after, field.name):
                    if not _ignored(path, ignore_changes):
                        secret = isinstance(news.get(field.name), Secret) or isinstance(
                            old_inputs.get(field.name), Secret
                        )
                        hide = Secret if secret else _as_is
                        changes.append(PropertyChange(path, hide(old), hide(new), replaces or forced))
        here, there = olds.get("region") or self._region, wanted.get("region") or self._region
        if entry.regional and here != there and not _ignored("region", ignore_changes):
            changes.append(PropertyChange("region", here, there, replaces=True))
        for name in entry.places:
            was = old_outputs.get(name) or olds.get(name) or self._places.get(name)
            will = wanted.get(name) or self._places.get(name)
            if not _same_place(was, will) and not _ignored(name, ignore_changes):
                changes.append(PropertyChange(name, was, will, replaces=True))
        if old_outputs.get(UNFINISHED) and not changes:
            changes.append(PropertyChange(UNFINISHED, True, None))
        difference = Difference(tuple(changes))
        if not difference.replaces or here != there:
            return difference
        return Difference(difference.changes, delete_before_replace=self._collides(entry, olds, wanted))

    def _collides(self, entry: Entry, olds: Properties, news: Properties) -> bool:
        """Whether the replacement would claim what the old one still holds: its name, its range, its place."""
        if entry.name:
            field = entry.name.field
            return field not in news.get(DEFAULTED, ()) and olds.get(field) == news.get(field)
        if entry.unique:
            return all(olds.get(name) == news.get(name) and not has_unknown(news.get(name)) for name in entry.unique)
        if entry.id.startswith("@"):
            return False
        before, after = (fill(entry.id, Scope(entry, "", "", of, places=self._places).lookup) for of in (olds, news))
        return bool(before == after)

    def create(self, type: str, urn: str, inputs: Properties) -> Created:  # noqa: ARG002
        entry = self._entry(type)
        work = self._work(entry, inputs)
        description, existing = work.create()
        try:
            followed = work.finish(description, existing)
            if entry.settle or entry.pending or existing or followed:
                description = work.settled()
        except CloudError as error:
            if error.code == VANISHED:
                raise
            raise HalfMade(error, work.scope.id, _unfinished(work.outputs(inputs, description))) from error
        return Created(work.scope.id, work.outputs(inputs, description))

    def find(self, type: str, urn: str, inputs: Properties) -> Found | None:  # noqa: ARG002
        entry = self._entry(type)
        work = self._work(entry, inputs)
        if work.lost() is None:
            return None
        # The create may have been cut off right after the first call; updates follow from what a read then shows.
        for call in entry.after_create:
            work.note(call)
        return self.read(type, work.scope.id, inputs, {})

    def read(self, type: str, id: str, inputs: Properties, outputs: Properties) -> Found | None:
        entry = self._entry(type)
        told = entry.named(id) if entry.named else parts(entry.id, id)
        named = {(name.partition(".")[2] or name).split("|")[0]: value for name, value in (told or {}).items()}
        work = self._work(entry, {**named, **inputs}, id, outputs)
        description = work.described()
        if description is None:
            return None
        seen = entry.block.decode(description)
        settled = entry.block.settle(work.scope.inputs, seen)
        if inputs:  # a place that no program said is read off the id, and is no input for that
            settled = {name: value for name, value in settled.items() if name in inputs or name not in entry.places}
        if not inputs:  # an import: what the cloud chose is as good as what the program will say
            chosen = {
                field.name: seen.get(field.name)
                for field in entry.fields
                if field.computed or (field.form.told_whole and not field.form.chosen(seen.get(field.name)))
            }
            settled.update({name: value for name, value in chosen.items() if value not in (None, "", [], {})})
        hidden = {key: value for key, value in inputs.items() if key.startswith("__") or key == "region"}
        found = {**hidden, **_as_secret_as(inputs, entry, settled)}
        now = work.outputs(found, description)
        return Found(id, found, _unfinished(now) if outputs.get(UNFINISHED) else now)

    def update(
        self,
        type: str,
        urn: str,  # noqa: ARG002
        id: str,
        old_inputs: Properties,
        old_outputs: Properties,
        news: Properties,
    ) -> Properties:
        entry = self._entry(type)
        work = self._work(entry, news, id, old_outputs)
        try:
            if old_outputs.get(UNFINISHED):
                old_inputs = self._as_left(entry, id, old_outputs, news)
                for call in entry.after_create:
                    work.note(call)
            return self._change(work, old_inputs, old_outputs, news)
        except CloudError as error:
            if error.code == VANISHED:
                raise
            raise HalfMade(error, id, _unfinished(old_outputs)) from error

    def _as_left(self, entry: Entry, id: str, old_outputs: Properties, news: Properties) -> Properties:
        """The inputs of a resource that an earlier update left in the middle, as the cloud has them. What the cloud does not
        show counts as not done, where an update can do it."""
        hidden = {field.name for field in entry.fields if field.shown is None and _updated(entry, field.name)}
        recorded = {name: value for name, value in news.items() if name not in hidden}
        found = self.read(entry.token, id, recorded, old_outputs)
        if found is None:
            raise vanished(id)
        return found.inputs

    def _change(self, work: Work, old_inputs: Properties, old_outputs: Properties, news: Properties) -> Properties:
        entry, unfinished = work.scope.entry, bool(old_outputs.get(UNFINISHED))
        old, new = reveal(old_inputs), work.scope.inputs
        work.scope.old = old
        changed = {
            path
            for field in entry.fields
            for path, *_ in field_changes(field, old.get(field.name), new.get(field.name), field.name)
        }
        held = work.described() if entry.looks or entry.adopts else None
        if entry.adopts and held:
            # What others added since the last look must go as well.
            work.scope.old = entry.block.decode(held)
        put = entry.puts and (unfinished or any(not _updated(entry, path) for path in changed))
        if put:
            work.make(entry.create, entry.sent)
        work.change(
            [
                update
                for update in entry.updates
                # What is put anew has lost what followed the first put.
                if (put and update.on_create) or any(touches(path, update.fields) for path in changed)
            ]
        )
        if entry.settle or unfinished:
            return work.outputs(news, work.settled())
        kept = {key: value for key, value in old_outputs.items() if key in entry.computed or key == "region"}
        return work.dressed({**kept, **shown(news)})

    def delete(self, type: str, urn: str, id: str, inputs: Properties, outputs: Properties) -> None:  # noqa: ARG002
        entry = self._entry(type)
        work = self._work(entry, inputs, id, outputs)
        try:
            if entry.last_wish:
                entry.last_wish(work.hand, id, work.scope.inputs)
            if entry.looks and work.described() is None:
                return
            last, nothing = entry.delete, self._deleted(work)
        except CloudError as error:
            if error.code not in self._catalogue.in_use or not entry.blockers:
                raise
            raise work.blocked(error) from error
        if entry.lingers:
            work.until(lambda seen: seen is None)
        elif last and nothing and last.takes_away and not last.when and work.described(drift=False) is not None:
            raise CloudError(
                f"{id} was not deleted: {entry.service}:{last.operation} was refused because something else is missing.",
                "Run the same command again.",
                action=work.action(last),
            )

    def _deleted(self, work: Work) -> bool:
        """Make the calls that delete. Whether nothing was there any more."""
        entry = work.scope.entry
        for pause in (0.2, 0.5, 1.0, 2.0, 4.0) if entry.goes_last else ():
            try:
                return _delete_once(work, entry)
            except CloudError as error:
                if error.code not in self._catalogue.in_use:
                    raise
            time.sleep(pause)
        return _delete_once(work, entry)

    def invoke(self, token: str, args: Properties) -> Properties:
        answer = self._catalogue.lookups.get(token)
        if answer is None:
            raise UsageError(f"The simulated cloud does not know the data source {token}.", _KNOWN)
        known: Properties = reveal(args)
        asked = token + json.dumps(known, sort_keys=True)
        if asked not in self._answers:
            hand = Hand(self._asker, known.get("region") or self._region, self._endpoint.account_id)
            self._answers[asked] = answer(hand, known)
        return copy.deepcopy(self._answers[asked])

    def computed(self, type: str) -> frozenset[str]:
        return self._entry(type).computed

    def _entry(self, token: str) -> Entry:
        entry = self._catalogue.types.get(token)
        if entry is None:
            raise UsageError(f"The simulated cloud does not know the resource type {token}.", _KNOWN)
        return entry

    def _work(self, entry: Entry, inputs: Properties, id: str = "", outputs: Properties | None = None) -> Work:
        known = reveal(inputs)
        recorded = reveal(outputs or {})
        region = str(known.get("region") or recorded.get("region") or self._region)
        scope = Scope(entry, region, self._endpoint.account_id, known, id, outputs=recorded, places=self._places)
        return Work(self._caller, scope)


def _same_place(was: Value, will: Value) -> bool:
    return was == will and was is not UNKNOWN


def _updated(entry: Entry, path: str) -> bool:
    return any(touches(path, update.fields) for update in entry.updates)


def _unfinished(outputs: Properties) -> Properties:
    return {**outputs, UNFINISHED: True}


def _ignored(path: str, patterns: Sequence[str]) -> bool:
    return any(path == pattern or path.startswith((f"{pattern}.", f"{pattern}[")) for pattern in patterns)


def _as_is(value: Value) -> Value:
    return value


def _as_secret_as(recorded: Properties, entry: Entry, found: Properties) -> Properties:
    """What was found, with secrets where the program had them."""
    secret = {name for name, value in recorded.items() if isinstance(value, Secret)}
    secret |= {field.name for field in entry.fields if field.secret}
    return {name: Secret(value) if name in secret else value for name, value in found.items()}


def _delete_once(work: Work, entry: Entry) -> bool:
    for call in entry.before_delete:
        work.note(call)
    return entry.delete is not None and work.make(entry.delete, missing_ok=True) is None
