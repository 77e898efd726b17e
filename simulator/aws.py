"""The simulated AWS as a Pulumi provider: what the resource table says, done. See `provider.CloudProvider`."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from soundstage.components.errors import CloudError, UsageError
from soundstage.components.values import Properties, Secret, Value, has_unknown, reveal
from soundstage.simulator.calls import Caller, Endpoint
from soundstage.simulator.checking import checked, failures
from soundstage.simulator.mapping import Field, field_changes
from soundstage.simulator.paths import MISSING, fill, parts, pick
from soundstage.simulator.provider import Checked, Created, Difference, Found, PropertyChange
from soundstage.simulator.recorded import RECORDED_ONLY
from soundstage.simulator.scope import TOKEN, Scope
from soundstage.simulator.table import INVOKES, TYPES
from soundstage.simulator.table.entry import Call, Entry, Look, Update

_WAIT_SECONDS: Final = 600.0
_POLL_SECONDS: Final = 0.05
_LONGEST_POLL: Final = 5.0
_IN_USE: Final = frozenset(
    {
        "BucketNotEmpty",
        "CannotDelete",
        "DeleteConflict",
        "DependencyViolation",
        "InvalidGroup.InUse",
        "InvalidIPAddress.InUse",
        "InvalidNetworkInterface.InUse",
        "ResourceInUse",
        "ResourceInUseException",
        "VolumeInUse",
    }
)


def _unheard(_message: str) -> None:
    """The listener of a provider whose user does not want to hear of retries."""


class AwsProvider:
    """Makes, reads, changes and deletes AWS resources of the resource table through boto3. Holds no state of its own."""

    version: str = "7.51.1"
    recorded_only: frozenset[str] = frozenset(RECORDED_ONLY).intersection(TYPES)

    def __init__(self, endpoint: Endpoint, region: str, on_retry: Callable[[str], None] = _unheard) -> None:
        self._endpoint = endpoint
        self._region = region
        self._caller = Caller(endpoint, on_retry)

    def check(self, type: str, urn: str, olds: Properties, news: Properties, seed: bytes) -> Checked:
        entry = _entry(type)
        return Checked(checked(entry, urn, olds, news, seed), failures(entry, news))

    def diff(
        self,
        type: str,
        id: str,  # noqa: ARG002
        old_inputs: Properties,
        old_outputs: Properties,  # noqa: ARG002
        news: Properties,
        ignore_changes: Sequence[str] = (),
    ) -> Difference:
        entry = _entry(type)
        olds, wanted = reveal(old_inputs), reveal(news)
        changes = []
        for field in entry.fields:
            before, after = olds.get(field.name), wanted.get(field.name)
            if before is not after and before != after:
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
        difference = Difference(tuple(changes))
        if not difference.replaces or here != there:
            return difference
        return Difference(difference.changes, delete_before_replace=_collides(entry, olds, wanted))

    def create(self, type: str, urn: str, inputs: Properties) -> Created:  # noqa: ARG002
        entry = _entry(type)
        scope = self._scope(entry, inputs)
        found = self._lost(scope) if entry.marked else None
        if found is None:
            found = self._create(scope)
        description, existing = found
        before = entry.block.decode(description) if entry.adopts else {}
        followed = self._follow(scope, before, existing)
        if entry.settle or entry.pending or existing or followed:
            description = self._settled(scope)
        return Created(scope.id, self._outputs(scope, inputs, description))

    def find(self, type: str, urn: str, inputs: Properties) -> Found | None:  # noqa: ARG002
        entry = _entry(type)
        scope = self._scope(entry, inputs)
        if self._lost(scope) is None:
            return None
        found = self.read(type, scope.id, inputs, {})
        wanted = scope.inputs.get("tags") or {}
        if found and not entry.tokened and wanted.items() - (reveal(found.outputs).get("tagsAll") or {}).items():
            return None  # it has the name, but somebody else made it
        return found

    def read(self, type: str, id: str, inputs: Properties, outputs: Properties) -> Found | None:
        entry = _entry(type)
        named = {name.partition(".")[2].split("|")[0]: value for name, value in (parts(entry.id, id) or {}).items()}
        scope = self._scope(entry, {**named, **inputs}, id, outputs)
        description = self._described(scope)
        if description is None:
            return None
        recorded = scope.inputs
        seen = entry.block.decode(description)
        settled = entry.block.settle(recorded, seen)
        if not inputs:  # an import: what the cloud chose is as good as what the program will say
            chosen = {field.name: seen.get(field.name) for field in entry.fields if field.computed}
            settled.update({name: value for name, value in chosen.items() if value not in (None, "", [], {})})
        hidden = {key: value for key, value in inputs.items() if key.startswith("__") or key == "region"}
        found = {**hidden, **_as_secret_as(inputs, entry, settled)}
        return Found(id, found, self._outputs(scope, found, description))

    def update(
        self,
        type: str,
        urn: str,  # noqa: ARG002
        id: str,
        old_inputs: Properties,
        old_outputs: Properties,
        news: Properties,
    ) -> Properties:
        entry = _entry(type)
        scope = self._scope(entry, news, id, old_outputs)
        scope.old = reveal(old_inputs)
        changed = {
            path
            for field in entry.fields
            for path, *_ in field_changes(field, scope.old.get(field.name), scope.inputs.get(field.name), field.name)
        }
        if entry.looks:
            self._described(scope)
        others = [path for path in changed if not any(_touches(path, update.fields) for update in entry.updates)]
        put = entry.puts and bool(others)
        if put:
            self._make(entry.create, scope, entry.sent)
        for update in entry.updates:
            # What is put anew has lost what followed the first put.
            if (put and update.on_create) or any(_touches(path, update.fields) for path in changed):
                self._apply(update, scope)
        if entry.settle:
            return self._outputs(scope, news, self._settled(scope))
        kept = {key: value for key, value in old_outputs.items() if key in entry.computed or key == "region"}
        return self._dressed(entry, {**kept, **_shown(news)}, scope)

    def delete(self, type: str, urn: str, id: str, inputs: Properties, outputs: Properties) -> None:  # noqa: ARG002
        entry = _entry(type)
        scope = self._scope(entry, inputs, id, outputs)
        try:
            if entry.last_wish:
                entry.last_wish(_Hand(self._caller, scope.region), id, scope.inputs)
            if entry.looks and self._described(scope) is None:
                return
            for call in entry.before_delete:
                self._make(call, scope, missing_ok=True)
            if entry.delete:
                self._make(entry.delete, scope, missing_ok=True)
        except CloudError as error:
            if error.code not in _IN_USE or not entry.blockers:
                raise
            raise self._blocked(scope, error) from error
        scope.seen = None
        if entry.lingers:
            self._until(scope, lambda seen: seen is None)

    def invoke(self, token: str, args: Properties) -> Properties:
        answer = INVOKES.get(token)
        if answer is None:
            raise UsageError(f"The simulated cloud does not know the data source {token}.", _KNOWN)
        known: Properties = reveal(args)
        return answer(_Hand(self._caller, known.get("region") or self._region, self._endpoint.account_id), known)

    def computed(self, type: str) -> frozenset[str]:
        return _entry(type).computed

    def _scope(self, entry: Entry, inputs: Properties, id: str = "", outputs: Properties | None = None) -> Scope:
        known = reveal(inputs)
        recorded = reveal(outputs or {})
        region = known.get("region") or recorded.get("region") or self._region
        return Scope(entry, str(region), self._endpoint.account_id, known, id, outputs=recorded)

    def _make(
        self,
        call: Call,
        scope: Scope,
        sends: tuple[str, ...] = (),
        *,
        missing_ok: bool = False,
        recover: Callable[[], Any] | None = None,
    ) -> Any:
        """Make one call of the table; what it gives, or None when it was left out or there was nothing."""
        entry = scope.entry
        if call.each and scope.item is MISSING:
            items = fill(call.each, scope.lookup)
            for scope.item in () if items is MISSING else items:
                self._make(call, scope, sends, missing_ok=missing_ok)
            scope.item = MISSING
            return None
        if call.when and fill(call.when, scope.lookup) in (MISSING, None, "", False, [], {}):
            return None
        params = {**scope.encoded(sends), **fill(call.params, scope.lookup)}
        answer = self._caller.call(
            call.service or entry.service,
            scope.region,
            call.operation,
            params,
            action=entry.action(call),
            absent=call.absent,
            missing_ok=missing_ok,
            recover=recover,
        )
        if answer is None or isinstance(answer, _Recovered):
            return answer
        if call.until:
            path, values = call.until
            self._until(scope, lambda seen: seen is None or pick(seen, path) in values)
        gives = fill(call.gives, scope.lookup)
        return None if gives is MISSING else pick(answer, gives)

    def _create(self, scope: Scope) -> tuple[Any, bool]:
        """Make the resource and set the scope's id. The description, and whether it existed already."""
        entry = scope.entry
        params = dict(entry.create.params)
        tags = scope.marked()
        if entry.tagged:
            others = {word: fill("{api." + path + "}", scope.lookup) for word, path in entry.tagged_too.items()}
            tagged = {entry.tagged: entry.block.by_name["tags"].form.encode(tags), **others}
            params["TagSpecifications"] = [
                {"ResourceType": word, "Tags": listed}
                for word, listed in tagged.items()
                if listed and listed is not MISSING
            ]
        made_scope = scope
        if entry.marked and not entry.tagged:
            made_scope = Scope(entry, scope.region, scope.account, {**scope.inputs, "tags": tags})
        for call in entry.before_create:
            scope.seen = {**(scope.seen or {}), call.into: self._make(call, scope)}
        made_scope.seen = scope.seen
        call = replace(entry.create, params=params)
        recover = None if entry.puts else lambda: self._recovered(scope)
        answer = self._make(call, made_scope, entry.sent, recover=recover)
        if isinstance(answer, _Recovered):
            return answer.description, True
        description = answer if answer is not None else {}
        if entry.id.startswith("@"):
            found = pick(description, entry.id[1:])
            if not found:
                raise CloudError(f"{entry.action(call)} answered without an id.", action=entry.action(call))
            scope.id = str(found)
        else:
            scope.answer = description
            scope.id = str(fill(entry.id, scope.lookup))
        for call in entry.after_create:
            self._make(call, scope)
        return description, False

    def _recovered(self, scope: Scope) -> "_Recovered | None":
        found = self._lost(scope)
        return None if found is None else _Recovered(found[0])

    def _lost(self, scope: Scope) -> tuple[Any, bool] | None:
        """Look for what an earlier, equal create made, and set the scope's id to it."""
        entry = scope.entry
        if entry.finder:
            if isinstance(entry.finder, Call):
                found = self._make(entry.finder, scope, missing_ok=True)
            else:
                hand = _Hand(self._caller, scope.region, scope.account)
                found = entry.finder(hand, scope.inputs, str(scope.inputs.get(TOKEN, "")))
            if isinstance(found, list):
                found = found[0] if found else None
            if not found:
                return None
            scope.id = str(found)
        elif entry.id.startswith("@"):
            return None
        else:
            scope.id = str(fill(entry.id, scope.lookup))
        description = self._described(scope)
        return None if description is None else (description, True)

    def _follow(self, scope: Scope, before: Properties, existing: bool) -> bool:
        """Set what creating could not. Whether any call was made."""
        entry = scope.entry
        followed = False
        for update in entry.updates:
            given = any(
                name in scope.inputs and not entry.block.by_name[name].empty(scope.inputs[name])
                for name in update.fields
            )
            if update.on_create and (given or entry.adopts or update.always):
                scope.old = before
                self._apply(update, scope)
                followed = True
        scope.old = {}
        return followed or existing

    def _apply(self, update: Update, scope: Scope) -> None:
        for index, call in enumerate(update.calls):
            answer = self._make(call, scope, update.sends if index == 0 else ())
            if call.into:
                scope.seen = {**(scope.seen or {}), call.into: answer}

    def _described(self, scope: Scope, *, drift: bool = True) -> dict[str, Any] | None:
        """The resource as the cloud describes it now, or None when it does not exist. Without `drift`, calls that only
        serve to notice changes from outside are left out."""
        entry = scope.entry
        found = self._make(entry.read, scope, missing_ok=True)
        if not isinstance(found, dict) or (entry.proof and not pick(found, entry.proof)):
            return None
        if entry.gone and pick(found, entry.gone[0]) in entry.gone[1]:
            return None
        description = scope.seen = dict(found)
        for call in entry.more:
            if isinstance(call, Look):
                description[call.into] = call.see(
                    _Hand(self._caller, scope.region, scope.account), scope.id, scope.inputs
                )
                continue
            if call.drift and not drift:
                continue
            answer = self._make(call, scope, missing_ok=True)
            if answer is not None:
                description[call.into] = answer
        return description

    def _settled(self, scope: Scope) -> dict[str, Any]:
        """The description once the cloud has made what was asked for."""
        path, values = scope.entry.pending or ("", ())
        found = self._until(scope, lambda seen: seen is None or pick(seen, path) not in values)
        if found is None:
            raise CloudError(f"{scope.id} vanished while it was being made.", "Run the same command again.")
        return found

    def _until(self, scope: Scope, done: Callable[[dict[str, Any] | None], bool]) -> dict[str, Any] | None:
        """Ask for the description until it is as wished, and return it."""
        pause, deadline = _POLL_SECONDS, time.monotonic() + _WAIT_SECONDS
        before = scope.seen
        while True:
            found = self._described(scope, drift=False)
            if done(found):
                scope.seen = before
                return found
            if time.monotonic() > deadline:
                raise CloudError(
                    f"{scope.id} did not reach the wished state in {_WAIT_SECONDS:.0f} s.",
                    "Run the same command again; it continues.",
                )
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_POLL)

    def _blocked(self, scope: Scope, error: CloudError) -> CloudError:
        """The refusal of a delete, with the names of what is in the way."""
        names: list[str] = []
        for call in scope.entry.blockers:
            found = self._make(call, scope, missing_ok=True)
            names += [str(name) for name in (found if isinstance(found, list) else [found]) if name]
        if not names:
            return error
        listed = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        return CloudError(
            f"{scope.id} cannot be deleted while it holds or is used by {listed} ({error.code}).",
            "Remove these first, then run the same command again.",
            action=error.action,
            code=error.code,
        )

    def _outputs(self, scope: Scope, inputs: Properties, description: Mapping[str, Any]) -> Properties:
        entry = scope.entry
        outputs = _shown(inputs)
        for field in entry.fields:
            if field.computed and field.name not in outputs and field.instead_of not in outputs:
                value = field.find(description)
                if value is not None:
                    outputs[field.name] = value
        for name, source in entry.outputs.items():
            value = self._output(source, description, scope)
            if value is not None and value is not MISSING:
                outputs[name] = _written(value)
        return self._dressed(entry, outputs, scope)

    @staticmethod
    def _output(source: str | Field, description: Mapping[str, Any], scope: Scope) -> Any:
        if isinstance(source, Field):
            return source.find(description)
        return pick(description, source[1:]) if source.startswith("@") else fill(source, scope.lookup)

    def _dressed(self, entry: Entry, outputs: Properties, scope: Scope) -> Properties:
        """Outputs with what every resource has: id, ARN, region and all its tags."""
        outputs["id"] = scope.id
        if entry.arn and "arn" not in entry.outputs:
            arn = fill(entry.arn, scope.lookup)
            if arn is not MISSING:
                outputs["arn"] = arn
        if entry.regional:
            outputs["region"] = scope.region
        if "tags" in entry.block.by_name:
            outputs["tagsAll"] = dict(outputs.get("tags") or {})
        for field in entry.fields:
            if field.secret and field.name in outputs and not isinstance(outputs[field.name], Secret):
                outputs[field.name] = Secret(outputs[field.name])
        return outputs


class _Recovered:
    """What an earlier attempt of a create had made."""

    def __init__(self, description: Any) -> None:
        self.description = description


class _Hand:
    """What hooks and data sources call the cloud with."""

    def __init__(self, caller: Caller, region: str, account: str = "") -> None:
        self._caller = caller
        self.region = region
        self.account = account

    def call(self, service: str, operation: str, params: Mapping[str, Any], *, missing_ok: bool = False) -> Any:
        return self._caller.call(service, self.region, operation, params, missing_ok=missing_ok)


_KNOWN: Final = "docs/simulator.md lists what it knows. Use a real cloud for the rest."


def _entry(token: str) -> Entry:
    entry = TYPES.get(token)
    if entry is None:
        raise UsageError(f"The simulated cloud does not know the resource type {token}.", _KNOWN)
    return entry


def _collides(entry: Entry, olds: Properties, news: Properties) -> bool:
    """Whether the replacement would claim what the old one still holds: its name, its range, its place."""
    if entry.name:
        field = entry.name.field
        return field not in news.get("__defaults", ()) and olds.get(field) == news.get(field)
    if entry.unique:
        return all(olds.get(name) == news.get(name) and not has_unknown(news.get(name)) for name in entry.unique)
    if entry.id.startswith("@"):
        return False
    return bool(fill(entry.id, _inputs_only(olds)) == fill(entry.id, _inputs_only(news)))


def _inputs_only(inputs: Properties) -> Callable[[str], Any]:
    return lambda name: inputs.get(name.removeprefix("in."), MISSING)


def _ignored(path: str, patterns: Sequence[str]) -> bool:
    return any(path == pattern or path.startswith((f"{pattern}.", f"{pattern}[")) for pattern in patterns)


def _touches(path: str, fields: Sequence[str]) -> bool:
    """Whether a changed path lies in one of these fields, or around it."""
    return any(f"{path}.".startswith((f"{field}.", f"{field}[")) or field.startswith(f"{path}.") for field in fields)


def _as_is(value: Value) -> Value:
    return value


def _written(value: Any) -> Value:
    """An output as JSON can hold it."""
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value


def _shown(inputs: Properties) -> Properties:
    """Inputs without what only provider and state need to know."""
    return {key: value for key, value in inputs.items() if not key.startswith("__") and value is not None}


def _as_secret_as(recorded: Properties, entry: Entry, found: Properties) -> Properties:
    """What was found, with secrets where the program had them."""
    secret = {name for name, value in recorded.items() if isinstance(value, Secret)}
    secret |= {field.name for field in entry.fields if field.secret}
    return {name: Secret(value) if name in secret else value for name, value in found.items()}
