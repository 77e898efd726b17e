"""One operation on one resource: the calls that the table names, made in order, and what the cloud then shows."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from soundstage.core.errors import CloudError
from soundstage.core.values import Properties, Secret, Value
from soundstage.providers.calls import Caller, next_page
from soundstage.providers.checking import DEFAULTED
from soundstage.providers.entry import Call, Look, Update
from soundstage.providers.mapping import Field, Tags, field_changes
from soundstage.providers.paths import MISSING, NOTHING, fill, pick
from soundstage.providers.scope import TOKEN, Scope

_WAIT_SECONDS: Final = 600.0
_POLL_SECONDS: Final = 0.05
_LONGEST_POLL: Final = 5.0
VANISHED: Final = "Vanished"
_TAKEN: Final = re.compile("[Aa]lready|ALREADY|Exists|Duplicate|InUse|^conflict$")
"""Codes with which a cloud says that something has this name."""


class Hand:
    """What hooks and data sources call the cloud with."""

    def __init__(self, caller: Caller, region: str, account: str) -> None:
        self._caller = caller
        self.region = region
        self.account = account

    def call(self, service: str, operation: str, params: Mapping[str, Any], *, missing_ok: bool = False) -> Any:
        """See `entry.Cloud`."""
        return self._caller.call(service, self.region, operation, params, missing_ok=missing_ok)


class _Recovered:
    """What an earlier attempt of a create had made."""

    def __init__(self, description: Any) -> None:
        self.description = description


class Work:
    """Makes the calls of one operation. Not shared between threads."""

    def __init__(self, caller: Caller, scope: Scope) -> None:
        self._caller = caller
        self.scope = scope
        self._entry = scope.entry

    @property
    def hand(self) -> Hand:
        """For hooks."""
        return Hand(self._caller, self.scope.region, self.scope.account)

    def action(self, call: Call) -> str:
        """The permission that a call of the table asks for first of all."""
        return self._caller.action_of(call.service or self._entry.service, call.operation)

    def make(
        self,
        call: Call,
        sends: tuple[str, ...] = (),
        *,
        missing_ok: bool = False,
        recover: Callable[[], Any] | None = None,
        scope: Scope | None = None,
    ) -> Any:
        """Make one call of the table; what it gives, or None when it was left out or there was nothing."""
        scope = scope or self.scope
        if call.each and scope.item is MISSING:
            items = fill(call.each, scope.lookup)
            for scope.item in () if items is MISSING else items:
                self.make(call, sends, missing_ok=missing_ok, scope=scope)
            scope.item = MISSING
            return None
        if call.when and scope.is_empty(call.when):
            return None
        params = {**scope.encoded(sends), **fill(call.params, scope.lookup)}
        gives = fill(call.gives, scope.lookup)
        further: Mapping[str, Any] | None = {}
        found = None
        while further is not None and found in (None, []):
            answer = self._caller.call(
                call.service or self._entry.service,
                scope.region,
                call.operation,
                {**params, **further},
                absent=call.absent,
                missing_ok=missing_ok or call.takes_away,
                recover=recover,
            )
            if answer is None or isinstance(answer, _Recovered):
                return answer
            found = None if gives is MISSING else pick(answer, gives)
            # What is looked for may be on a later page, also where a page is empty.
            further = next_page(answer) if call.only_looks and gives is not MISSING else None
        if call.until:
            path, values = call.until
            self.until(lambda seen: seen is None or pick(seen, path) in values)
        return found

    def note(self, call: Call, sends: tuple[str, ...] = (), *, missing_ok: bool = True) -> None:
        """Make one call of several; those that follow see its answer as `{seen.INTO}`."""
        answer = self.make(call, sends, missing_ok=missing_ok)
        if call.into:
            self.scope.seen = {**(self.scope.seen or {}), call.into: answer}

    def create(self) -> tuple[Any, bool]:
        """Make the resource, or find what an earlier, equal create made. Its description, and whether it was found.

        Sets the scope's id.
        """
        entry = self._entry
        found = self.lost() if entry.looks_first else None
        if found is None:
            try:
                found = self._create()
            except CloudError as error:
                ours = (entry.marked and entry.unique) or (self._named_by_us and _TAKEN.search(error.code))
                try:
                    found = self.lost() if ours else None
                except CloudError:  # who may not look either is told of what was refused first
                    found = None
                if found is None:
                    raise
                return found, True
            if isinstance(found, _Recovered):
                return found.description, True
            return found, False
        return found, True

    @property
    def _named_by_us(self) -> bool:
        """Whether the name was generated: nobody else can have taken it, but a request that was still under way when an
        earlier command died can."""
        rule = self._entry.name
        return bool(rule and rule.field in self.scope.inputs.get(DEFAULTED, ()))

    def _create(self) -> Any:
        entry, scope = self._entry, self.scope
        for call in entry.before_create:
            self.note(call, missing_ok=False)
        tags = scope.marked()
        params, sending = dict(entry.create.params), scope
        if entry.tagged:
            params["TagSpecifications"] = self._tag_specifications(tags)
        elif entry.marked:
            sending = replace(scope, inputs={**scope.inputs, "tags": tags})
        answer = self.make(
            replace(entry.create, params=params),
            entry.sent,
            recover=None if entry.puts else self._recovered,
            scope=sending,
        )
        if isinstance(answer, _Recovered):
            return answer
        scope.answer = answer if answer is not None else {}
        if entry.id.startswith("@"):
            found = pick(scope.answer, entry.id[1:])
            if not found:
                action = self.action(entry.create)
                raise CloudError(f"{action} answered without an id.", action=action)
            scope.id = str(found)
        else:
            scope.id = str(fill(entry.id, scope.lookup))
        return scope.answer

    def _tag_specifications(self, tags: Properties) -> list[dict[str, Any]]:
        entry, scope = self._entry, self.scope
        tagged = {entry.tagged: entry.block.by_name["tags"].form.encode(tags)}
        for word, paths in entry.tagged_too.items():
            found = (fill("{api." + path + "}", scope.lookup) for path in paths)
            tagged[word] = next((each for each in found if each not in NOTHING), None)
        return [{"ResourceType": word, "Tags": listed} for word, listed in tagged.items() if listed not in NOTHING]

    def _recovered(self) -> _Recovered | None:
        found = self.lost()
        return None if found is None else _Recovered(found)

    def lost(self) -> Any:
        """The description of what an earlier, equal create made, or None. Sets the scope's id to it."""
        entry, scope = self._entry, self.scope
        if entry.finder:
            if isinstance(entry.finder, Call):
                found = self.make(entry.finder, missing_ok=True)
            else:
                found = entry.finder(self.hand, scope.inputs, str(scope.inputs.get(TOKEN, "")))
            if isinstance(found, list):
                found = found[0] if found else None
            if not found:
                return None
            scope.id = str(found)
        else:
            scope.id = str(fill(entry.id, scope.lookup))
        description = self.described()
        # A client token finds what it made itself; what is found by its name may be somebody else's.
        sure = (entry.tokened and entry.finder) or self._named_by_us
        if description is None or (not sure and self._foreign(description)):
            scope.id = ""
            return None
        return description

    def _foreign(self, description: Mapping[str, Any]) -> bool:
        """Whether something has the right name but not the tags: somebody else made it. No tags at all, where a call of
        its own sets them, is what a create looks like that was cut off before that call, as long as nothing is in it."""
        entry = self._entry
        for field in (one for one in entry.fields if one.name in entry.known_by and not entry.adopts):
            found, wanted = field.find(description), self.scope.inputs.get(field.name)
            if isinstance(wanted, Mapping):
                if wanted and not found and field.name in entry.claimed:
                    return bool(self.in_the_way())
                if wanted.items() - (found or {}).items():
                    return True
            elif wanted is not None and not field.form.same(wanted, found):
                return True
        return False

    def in_the_way(self) -> list[str]:
        """The names of what it holds or what uses it, as far as the table knows how to look."""
        found = [self.make(call, missing_ok=True) for call in self._entry.blockers]
        return [str(name) for one in found for name in (one if isinstance(one, list) else [one]) if name]

    def finish(self, description: Mapping[str, Any], existing: bool) -> bool:
        """Do what creating leaves undone, also after an interrupted create. Whether it was anything."""
        entry, scope = self._entry, self.scope
        for call in entry.after_create:
            self.note(call, missing_ok=False)
        before = entry.block.decode(description) if existing or entry.adopts else {}
        followed = False
        for update in entry.updates:
            if update.on_create and self._follows(update, before, bool(existing or entry.adopts)):
                scope.old = before
                self.apply(update)
                followed = True
        scope.old = {}
        return followed

    def _follows(self, update: Update, before: Properties, existing: bool) -> bool:
        """Whether an update has something to do after a create."""
        inputs = self.scope.inputs
        fields = [self._entry.block.by_name[name] for name in update.fields]
        if existing:
            return any(any(field_changes(f, before.get(f.name), inputs.get(f.name), f.name)) for f in fields)
        return update.always or any(f.name in inputs and not f.empty(inputs[f.name]) for f in fields)

    def apply(self, update: Update) -> None:
        """Make the calls of an update."""
        for index, call in enumerate(update.calls):
            self.note(call, update.sends if index == 0 else (), missing_ok=False)

    def change(self, due: Sequence[Update]) -> None:
        """Make the calls of these updates, those that need a pause first. A pause that was cut off is ended too."""
        pause = self._entry.pause
        paused = [update for update in due if pause and update.paused]
        if pause and (paused or pick(self.scope.seen, pause.mark)):
            path, values = pause.rests
            self.scope.seen = self.until(lambda seen: seen is None or pick(seen, path) in values)
            if paused:
                for call in pause.begin:
                    self.make(call)
                self.scope.seen = self.described(drift=False)
            for update in paused:
                self.apply(update)
            for call in pause.end:
                self.make(call)
            if len(paused) < len(due):  # the pause left its mark among the labels, and took it away again
                self.scope.seen = self.described(drift=False)
        for update in due:
            if update not in paused:
                self.apply(update)

    def described(self, *, drift: bool = True) -> dict[str, Any] | None:
        """The resource as the cloud describes it now, or None when it does not exist. Without `drift`, calls that only
        serve to notice changes from outside are left out."""
        entry, scope = self._entry, self.scope
        found = self.make(entry.read, missing_ok=True)
        if not isinstance(found, dict) or (entry.proof and not pick(found, entry.proof)):
            return None
        if entry.gone and pick(found, entry.gone[0]) in entry.gone[1]:
            return None
        description = scope.seen = dict(found)
        for call in entry.more:
            if isinstance(call, Look):
                description[call.into] = call.see(self.hand, scope.id, scope.inputs)
                continue
            if call.drift and not drift:
                continue
            answer = self.make(call, missing_ok=True)
            if answer is not None:
                description[call.into] = answer
        return description

    def settled(self) -> dict[str, Any]:
        """The description once the cloud has made what was asked for."""
        path, values = self._entry.pending or ("", ())
        found = self.until(lambda seen: seen is None or pick(seen, path) not in values)
        if found is None:
            raise vanished(self.scope.id)
        return found

    def until(self, done: Callable[[dict[str, Any] | None], bool]) -> dict[str, Any] | None:
        """Ask for the description until it is as wished, and return it."""
        pause, deadline = _POLL_SECONDS, time.monotonic() + _WAIT_SECONDS
        before = self.scope.seen
        while True:
            found = self.described(drift=False)
            self.scope.seen = before
            if done(found):
                return found
            if time.monotonic() > deadline:
                raise CloudError(
                    f"{self.scope.id} did not reach the wished state in {_WAIT_SECONDS:.0f} s.",
                    "Run the same command again; it continues.",
                )
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_POLL)

    def blocked(self, error: CloudError) -> CloudError:
        """The refusal of a delete, with the names of what is in the way."""
        names = self.in_the_way()
        if not names:
            return error
        listed = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        return CloudError(
            f"{self.scope.id} cannot be deleted while it holds or is used by {listed} ({error.code}).",
            "Remove these first, then run the same command again.",
            action=error.action,
            code=error.code,
        )

    def outputs(self, inputs: Properties, description: Mapping[str, Any]) -> Properties:
        """What a program sees of the resource: its inputs and what the cloud decided."""
        outputs = shown(inputs)
        for field in self._entry.fields:
            if field.computed and field.name not in outputs and field.instead_of not in outputs:
                value = field.find(description)
                if value is not None:
                    outputs[field.name] = value
        for name, source in self._entry.outputs.items():
            value = self._output(source, description)
            if value is not None and value is not MISSING:
                outputs[name] = _written(value)
        return self.dressed(outputs)

    def _output(self, source: str | Field, description: Mapping[str, Any]) -> Any:
        if isinstance(source, Field):
            return source.find(description)
        return pick(description, source[1:]) if source.startswith("@") else fill(source, self.scope.lookup)

    def dressed(self, outputs: Properties) -> Properties:
        """Outputs with what every resource has: id, ARN, region and all its tags."""
        entry, scope = self._entry, self.scope
        outputs["id"] = scope.id
        if entry.arn and "arn" not in entry.outputs:
            arn = fill(entry.arn, scope.lookup)
            if arn is not MISSING:
                outputs["arn"] = arn
        if entry.regional:
            outputs["region"] = scope.region
        for place in entry.places:
            outputs[place] = scope.lookup(f"place.{place}")
        if isinstance(tags := entry.block.by_name.get("tags"), Field) and isinstance(tags.form, Tags):
            outputs["tagsAll"] = dict(outputs.get("tags") or {})
        for field in entry.fields:
            if field.secret and field.name in outputs and not isinstance(outputs[field.name], Secret):
                outputs[field.name] = Secret(outputs[field.name])
        return outputs


def vanished(id: str) -> CloudError:
    """The error for a resource that is gone while work on it is under way."""
    return CloudError(f"{id} vanished while it was being made.", "Run the same command again.", code=VANISHED)


def touches(path: str, fields: Sequence[str]) -> bool:
    """Whether a changed path lies in one of these fields, or around it."""
    return any(f"{path}.".startswith((f"{field}.", f"{field}[")) or field.startswith(f"{path}.") for field in fields)


def shown(inputs: Properties) -> Properties:
    """Inputs without what only provider and state need to know."""
    return {key: value for key, value in inputs.items() if not key.startswith("__") and value is not None}


def _written(value: Any) -> Value:
    """An output as JSON can hold it."""
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
