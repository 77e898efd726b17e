# ruff: noqa: ARG002 - the protocol gives every method the same arguments
"""A simulated cloud as a provider plugin of the genuine Pulumi engine: a gRPC shell around its provider.

The engine starts it as an executable and reads the port from its standard output. It speaks `pulumirpc.ResourceProvider`
itself rather than through the SDK's `experimental.provider.Provider`: that class hides the old inputs from a diff and
puts tracebacks into every failure. Facts: pulumi/pulumi `proto/pulumi/provider.proto`, engine 3.260 (2026-11).
"""

import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, NoReturn

import grpc  # type: ignore[import-untyped]
from google.protobuf import empty_pb2
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)

from soundstage.core.errors import HalfMade, SoundstageError
from soundstage.core.values import UNKNOWN, Properties, from_struct, to_struct
from soundstage.providers.base import CloudProvider, Package, PropertyChange

_THREADS: Final = 32
_LARGEST_MESSAGE: Final = 400 * 1024 * 1024
"""Bytes; the limit that Pulumi's own plugins set."""
_KINDS: Final = provider_pb2.PropertyDiff
_LOOK_SECONDS: Final = 1.0
_CALL_SECONDS: Final = 30.0
"""How long a call that is under way may take once the engine is gone."""
_ENDS: Final = (signal.SIGINT, signal.SIGTERM)
"""What the engine ends a plugin with. Of one that did not answer its last question within half a second, as on a busy machine, it
shows whatever was written as that of a plugin that ended too early (pulumi/pulumi `sdk/go/common/resource/plugin`, read 2026-11)."""

Connect = Callable[[str | None, Callable[[str], None]], CloudProvider]
"""Makes the provider for a region (None: the simulated cloud's own) with a listener for retries."""


def launcher(home: Path, module: str) -> str:
    """The text of an executable that serves the simulated cloud of the state folder `home` as a plugin: by `main(arguments, home)`
    of `module`.

    Install it with `pulumi plugin install resource NAME VERSION --file PATH`, into a `PULUMI_HOME` that no real cloud uses.
    """
    return (
        f"#!{sys.executable} -P\n"
        "import pathlib, sys\n"
        f"from {module} import main\n"
        f"main(sys.argv[1:], pathlib.Path({str(home)!r}))\n"
    )


class Plugin(provider_pb2_grpc.ResourceProviderServicer):
    """Answers the engine. Every failure reaches it as one clear sentence."""

    def __init__(self, package: Package, connect: Connect, tell: Callable[[str], None]) -> None:
        self._package = package
        self._connect = connect
        self._tell = tell
        self._provider: CloudProvider | None = None

    @property
    def _cloud(self) -> CloudProvider:
        if self._provider is None:
            self._provider = self._connect(None, self._tell)
        return self._provider

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        return plugin_pb2.PluginInfo(version=self._package.version)

    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> Any:
        schema = {"name": self._package.name, "version": self._package.version}
        return provider_pb2.GetSchemaResponse(schema=json.dumps(schema))

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        same = (
            provider_pb2.DiffResponse.DIFF_NONE if request.olds == request.news else provider_pb2.DiffResponse.DIFF_SOME
        )
        return provider_pb2.DiffResponse(changes=same)

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        with _clearly(context):
            region = from_struct(request.args).get("region") or request.variables.get(
                f"{self._package.name}:config:region"
            )
            self._provider = self._connect(str(region) if region else None, self._tell)
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:
        with _clearly(context):
            checked = self._cloud.check(
                _type(request.urn),
                request.urn,
                from_struct(request.olds),
                from_struct(request.news),
                request.randomSeed,
            )
        failures = [
            provider_pb2.CheckFailure(property=failure.property, reason=failure.reason) for failure in checked.failures
        ]
        return provider_pb2.CheckResponse(inputs=to_struct(checked.inputs), failures=failures)

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:
        with _clearly(context):
            difference = self._cloud.diff(
                _type(request.urn),
                request.id,
                from_struct(request.old_inputs),
                from_struct(request.olds),
                from_struct(request.news),
                list(request.ignoreChanges),
            )
        some = provider_pb2.DiffResponse.DIFF_SOME if difference.changes else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(
            changes=some,
            replaces=sorted({change.path for change in difference.changes if change.replaces}),
            deleteBeforeReplace=difference.delete_before_replace,
            diffs=sorted({_top(change.path) for change in difference.changes}),
            detailedDiff={change.path: _KINDS(kind=_kind(change), inputDiff=True) for change in difference.changes},
            hasDetailedDiff=True,
        )

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:
        type, inputs = _type(request.urn), from_struct(request.properties)
        with _clearly(context):
            if request.preview:
                computed = {name: UNKNOWN for name in self._cloud.computed(type) if name != "id"}
                return provider_pb2.CreateResponse(properties=to_struct({**computed, **_shown(inputs)}))
            created = self._cloud.create(type, request.urn, inputs)
        return provider_pb2.CreateResponse(id=created.id, properties=to_struct(_without_id(created.outputs)))

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:
        with _clearly(context):
            found = self._cloud.read(
                _type(request.urn), request.id, from_struct(request.inputs), from_struct(request.properties)
            )
        if found is None:
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(
            id=found.id, inputs=to_struct(found.inputs), properties=to_struct(_without_id(found.outputs))
        )

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:
        news, olds = from_struct(request.news), from_struct(request.olds)
        with _clearly(context):
            if request.preview:
                return provider_pb2.UpdateResponse(properties=to_struct({**olds, **_shown(news)}))
            outputs = self._cloud.update(
                _type(request.urn), request.urn, request.id, from_struct(request.old_inputs), olds, news
            )
        return provider_pb2.UpdateResponse(properties=to_struct(_without_id(outputs)))

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:
        properties = from_struct(request.properties)
        with _clearly(context):
            # The engine hands over outputs alone; they hold every input.
            self._cloud.delete(_type(request.urn), request.urn, request.id, properties, properties)
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: grpc.ServicerContext) -> Any:
        with _clearly(context):
            answer = to_struct(self._cloud.invoke(request.tok, from_struct(request.args)))
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(answer)
        return response

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        # Each call is one step of the engine, which waits for it: a step is never left half done.
        return empty_pb2.Empty()


@contextmanager
def _clearly(context: grpc.ServicerContext) -> Iterator[None]:
    """Turn an exception into a failure that the engine shows as it is."""
    try:
        yield
    except HalfMade as error:
        _keep(context, error)
    except SoundstageError as error:
        _fail(context, str(error))
    except Exception as error:  # noqa: BLE001 - a plugin that dies takes the whole operation with it
        _fail(context, f"The simulated cloud's provider failed: {type(error).__name__}: {error}")


def _keep(context: grpc.ServicerContext, error: HalfMade) -> NoReturn:
    """Say that it failed, and that the resource exists: the engine puts it on record and goes on with it the next time."""
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=error.message)
    status.details.add().Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=error.id, properties=to_struct(_without_id(error.outputs)), reasons=[str(error)]
        )
    )
    # The metadata in which gRPC carries the details of an error (grpc/proposal, A44, 2026-11).
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    _fail(context, str(error))


def _fail(context: grpc.ServicerContext, message: str) -> NoReturn:
    context.abort(grpc.StatusCode.UNKNOWN, message)
    raise AssertionError("abort raises")


def _type(urn: str) -> str:
    """The resource's own type: a URN names those of its parents before it, divided by `$`."""
    return urn.split("::")[2].rpartition("$")[2]


def _top(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]


def _kind(change: PropertyChange) -> Any:
    if change.before is None:
        return _KINDS.ADD_REPLACE if change.replaces else _KINDS.ADD
    if change.after is None:
        return _KINDS.DELETE_REPLACE if change.replaces else _KINDS.DELETE
    return _KINDS.UPDATE_REPLACE if change.replaces else _KINDS.UPDATE


def _shown(inputs: Properties) -> Properties:
    return {key: value for key, value in inputs.items() if not key.startswith("__")}


def _without_id(outputs: Properties) -> Properties:
    return {key: value for key, value in outputs.items() if key != "id"}


def _listener(engine: str) -> Callable[[str], None]:
    """Tells the engine, which shows it to whoever waits."""
    stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(engine))
    return lambda message: stub.Log(engine_pb2.LogRequest(severity=engine_pb2.INFO, message=message))


def _wait_while_it_lives(engine: str, parent: int) -> None:
    """Return when the engine is gone: the process that started this one, at the gRPC address `engine`.

    An engine that is killed, or whose output nobody reads any more, ends no plugin. Its children are then given to another
    parent. What ended before this process could look is noticed by its address, which nobody answers.
    """
    host, _, port = engine.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=_LOOK_SECONDS).close()
    except ConnectionRefusedError:
        return
    never = threading.Event()
    while os.getppid() == parent:
        never.wait(_LOOK_SECONDS)


def serve(arguments: list[str], package: Package, connect: Connect) -> None:
    """Serve until the engine ends this process, or has itself ended. The last argument is the engine's address."""
    parent = os.getppid()
    options = [
        ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
        ("grpc.max_send_message_length", _LARGEST_MESSAGE),
    ]
    for number in _ENDS:
        signal.signal(number, signal.default_int_handler)
    server = grpc.server(futures.ThreadPoolExecutor(_THREADS), options=options)
    engine = arguments[-1]
    plugin = Plugin(package, connect, _listener(engine))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(plugin, server)
    with suppress(KeyboardInterrupt):
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        print(port, flush=True)
        _wait_while_it_lives(engine, parent)
    for number in _ENDS:
        signal.signal(number, signal.SIG_IGN)
    server.stop(_CALL_SECONDS).wait()
    # The engine waits for the end of its plugins, and to tidy up modules takes half a second.
    sys.stdout.flush()
    os._exit(0)
