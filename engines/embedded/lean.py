"""Leaves out what the SDK does for every resource and this engine has no use for.

What is replaced stands in private places of the SDK (pulumi 3.272), and behaves otherwise only for programs that this engine
runs: the monitor that is set decides. An SDK without these places runs as it is. Together they are a quarter of the time of a
preview of 1,700 resources and a third of its memory (measured 2026-11).
"""

import asyncio
import functools
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

import pulumi
from pulumi import _utils, log, output
from pulumi.runtime import known_types, resource, rpc
from pulumi.runtime.proto import source_pb2
from pulumi.runtime.settings import SETTINGS

from soundstage.engines.embedded.late_types import read_types_late
from soundstage.engines.embedded.monitor import GIVEN, EngineMonitor
from soundstage.engines.embedded.recipes import Applied, Given, Joined, LateProperty, Recorder, joined

Resolve: TypeAlias = Callable[[Any, bool, bool, set[pulumi.Resource] | None, Exception | None], None]
"""Gives a property its value; whether it is known and secret, what it depends on, or what went wrong."""

_Blank: TypeAlias = dict[tuple[bool, bool], "output._OutputData[Any]"]
"""What a resource's properties without a value have in common, by whether that is known and secret."""

_SETTING: Final = getattr(_utils, "ContextProperty", None)
_trace: Final = getattr(resource, "_get_stack_trace", source_pb2.StackTrace)
_transfer_by_tasks: Final = rpc.transfer_properties
_search: Final = rpc.contains_unknowns
_urn_by_tasks: Final = resource.create_urn
_track_one_by_one: Final = getattr(pulumi.Output, "_track", None)
_serialize: Final = rpc.serialize_properties
_debug_by_sdk: Final = log.debug
_apply_by_sdk: Final = pulumi.Output.apply
_all_by_sdk: Final = pulumi.Output.all
_dump_by_sdk: Final = pulumi.Output.json_dumps
_maps_by_sdk: Final = {name: getattr(output, name, None) for name in ("_map2_output", "_map3_output")}


def lighten() -> None:
    """Put them in place. Doing so again changes nothing."""
    resource._get_stack_trace = _no_trace
    if _SETTING is not None and hasattr(_SETTING, "fget"):
        _SETTING.__get__ = read_once
    if hasattr(pulumi.Output, "_from_data"):
        rpc.transfer_properties = _transfer
        resource.create_urn = _urn
        pulumi.Output._track = _track  # type: ignore[assignment,method-assign]
        pulumi.Output.apply = _apply  # type: ignore[method-assign]
        pulumi.Output.all = staticmethod(_all)  # type: ignore[method-assign]
        pulumi.Output.json_dumps = staticmethod(_json_dumps)  # type: ignore[method-assign]
        for name, by_sdk in _maps_by_sdk.items():
            setattr(output, name, functools.partial(_mapped, by_sdk))
        rpc.serialize_properties = _serialized
        log.debug = _unheard
        read_types_late()
    rpc.contains_unknowns = _has_unknowns


def _is_ours() -> bool:
    return isinstance(SETTINGS.monitor, EngineMonitor)


def _recorder() -> Recorder | None:
    """What takes notes of the run, if anything does."""
    monitor = SETTINGS.monitor
    return monitor.recorder if isinstance(monitor, EngineMonitor) else None


def read_once(setting: Any, settings: Any, _of: Any) -> Any:
    """A setting of the SDK, which asks for each twice: 18,000 times in a preview of 200 resources."""
    if settings is None or isinstance(value := setting.fget(), dict):
        return setting
    return value


def _no_trace() -> source_pb2.StackTrace:
    """Where in the program a resource is made: read from the stack and the disk, for engines that show it."""
    return source_pb2.StackTrace() if _is_ours() else _trace()


def _transfer(res: pulumi.Resource, props: Mapping[str, Any], custom: bool) -> dict[str, Resolve]:
    """Give the resource an output for each property that it may ever have, most of which nobody asks for: the SDK makes four futures
    for each and a task that waits for them."""
    if not _is_ours():
        return _transfer_by_tasks(res, props, custom)
    resolvers: dict[str, Resolve] = {}
    alone: set[pulumi.Resource] = {res}
    blank: _Blank = {}
    outputs: dict[str, pulumi.Output[Any]] = {"id": res.__dict__["id"]} if custom else {}
    for name in props:
        if name != "urn" and not (name == "id" and custom):
            # The registration, which resolves them all, is waited for: nobody need keep a list of these too.
            res.__dict__[name] = outputs[name] = made = LateProperty()
            resolvers[name] = functools.partial(_resolve, made, alone, blank)
    if recorder := _recorder():
        recorder.registered(res, outputs)
    return resolvers


def _resolve(
    made: LateProperty,
    alone: set[pulumi.Resource],
    blank: _Blank,
    value: Any,
    known: bool,
    secret: bool,
    deps: set[pulumi.Resource] | None,
    failed: Exception | None,
) -> None:
    """Give an output its value. Most of a resource's have none, and hold one object in common that says so: 32 MiB less with 500
    machines (measured 2026-11). `alone` is the resource; nobody changes such a set."""
    if failed is not None:
        made.tell(failed)
        return
    shared = blank.get((known, secret)) if value is None and not deps else None
    if shared is None:
        resources = {*deps, *alone} if deps else alone
        shared = output._OutputData(resources=resources, value=value, is_known=known, is_secret=secret)
        if value is None and not deps:
            blank[known, secret] = shared
    made.tell(shared)


def _track(out: pulumi.Output[Any]) -> None:
    """Note that an output is waited for. The SDK takes each off the list again when it has its value, by a task of the loop;
    `program.run` does so for all of them together."""
    monitor = SETTINGS.monitor
    if isinstance(monitor, EngineMonitor):
        SETTINGS.outputs.add(out._data)
        if monitor.recorder:
            monitor.recorder.made(out)
    elif _track_one_by_one is not None:
        _track_one_by_one(out)


def _unheard(*message: Any, **more: Any) -> None:
    """What the SDK tells of each resource three times, and `EngineLog` hands on to nobody."""
    if not _is_ours():
        _debug_by_sdk(*message, **more)


def _urn(name: Any, type_: Any, parent: Any = None, project: str | None = None, stack: str | None = None) -> Any:
    """The URN of a resource: the SDK works it out for each by six outputs, though the engine tells it."""
    if not (_is_ours() and isinstance(name, str) and isinstance(type_, str) and isinstance(parent, str)):
        return _urn_by_tasks(name, type_, parent, project, stack)
    urn: asyncio.Future[Any] = asyncio.Future()
    urn.set_result(output._OutputData(set(), f"{parent[: parent.rfind('::')]}${type_}::{name}", True, False))
    return pulumi.Output._from_data(urn)


async def _serialized(inputs: Mapping[str, Any], *more: Any, **named: Any) -> Any:
    """What a resource is given. The SDK reads the type of each property that it may have, and drops those that have no value."""
    if not _is_ours():
        return await _serialize(inputs, *more, **named)
    given = {key: value for key in inputs if (value := inputs[key]) is not None}
    if _recorder():
        GIVEN.set(Given(given, more[1:], named))
    return await _serialize(given, *more, **named)


def _apply(self: pulumi.Output[Any], func: Callable[[Any], Any], run_with_unknowns: bool = False) -> pulumi.Output[Any]:
    """What a function makes of an output; noted where it may have to be made again."""
    if not (recorder := _recorder()):
        return _apply_by_sdk(self, func, run_with_unknowns)
    recipe = Applied(self, func, run_with_unknowns)
    made = _apply_by_sdk(self, recipe, run_with_unknowns)
    recorder.note(made, recipe)
    return made


def _all(*args: Any, **kwargs: Any) -> pulumi.Output[Any]:
    """Several outputs as one. The SDK waits for them by a task for all and a future for each."""
    if not _is_ours() or (args and kwargs):
        return _all_by_sdk(*args, **kwargs)
    given: Iterable[tuple[Any, Any]] = kwargs.items() if kwargs else enumerate(args)
    recipe = Joined({key: pulumi.Output.from_input(value) for key, value in given}, named=bool(kwargs))

    async def gathered() -> "output._OutputData[Any]":
        return joined(recipe, [await part._data for part in recipe.parts.values()])

    made = pulumi.Output._from_data(gathered())
    if recorder := _recorder():
        recorder.note(made, recipe)
    return made


def _json_dumps(obj: Any, **how: Any) -> pulumi.Output[str]:
    """A value as JSON: what a function makes of it, unless it holds outputs where only an encoder of the program's finds them."""
    if not _recorder() or how.get("cls") or how.get("default"):
        return _dump_by_sdk(obj, **how)
    return pulumi.Output.from_input(obj).apply(functools.partial(json.dumps, **how))


def _has_unknowns(val: Any) -> bool:
    """Whether any part of a value is unknown. The SDK makes a function anew for each value that it looks at, most of which have no
    parts."""
    return _search(val) if isinstance(val, (dict, list)) else known_types.is_unknown(val)


def _mapped(by_sdk: Any, *given: Any) -> pulumi.Output[Any]:
    """What a function makes of two or three outputs, with which the SDK formats texts."""
    if not _recorder():
        made: pulumi.Output[Any] = by_sdk(*given)
        return made
    *parts, function = given
    return pulumi.Output.all(*parts).apply(lambda values: function(*values))
