"""Where a program's registrations arrive: the SDK's own mock monitor, backed by a deployment.

The SDK calls these methods in its worker threads, with the protobuf messages that it would send to the genuine engine
(pulumi 3.272, `runtime/mocks.py` and `runtime/resource.py`).
"""

from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any, Final

from google.protobuf import empty_pb2
from pulumi.runtime import mocks
from pulumi.runtime.proto import engine_pb2, resource_pb2

from soundstage.core.values import from_struct, to_struct
from soundstage.engines.base import EventKind, StackName
from soundstage.engines.embedded import steps
from soundstage.engines.embedded.limits import refuse_secrets, sealed, unsupported
from soundstage.engines.embedded.recipes import NOTHING, Given
from soundstage.engines.embedded.record import PROVIDER_PREFIX
from soundstage.engines.embedded.report import Reporter
from soundstage.engines.embedded.rollout import Rollout
from soundstage.engines.embedded.steps import AliasSpec, Goal

_FEATURES: Final = (
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
)
"""What is left out the SDK refuses by itself: what needs callbacks into the program (transforms, hooks, state migrations), and what
neither a project nor a studio uses (`deleted_with`, `replace_with`)."""

GIVEN: Final[ContextVar[Given]] = ContextVar("GIVEN")
"""What the request of this task was made from."""

# The generated messages carry no types for mypy.
Message = Any


class EngineMonitor(mocks.MockMonitor):
    """Turns registrations into goals, and what became of them into answers."""

    def __init__(self, stack: StackName, rollout: Rollout) -> None:
        super().__init__(None)  # type: ignore[arg-type]  # there are no mocks: every method that used them is replaced
        self._stack = stack
        self._rollout = rollout
        self.recorder = rollout.recorder

    def GetDeploymentInfo(self, request: Message) -> Message:  # noqa: ARG002 - the SDK's signature
        return resource_pb2.DeploymentInfo(supportedFeatures=_FEATURES)

    def RegisterResource(self, request: Message) -> Message:
        if request.remote:
            raise unsupported(f"components from other packages ({request.type})")
        if request.importId:
            raise unsupported(f"`import_` ({request.name})")
        if request.HasField("replacement_trigger"):
            raise unsupported(f"`replacement_trigger` ({request.name})")
        goal = self._goal(request)
        refuse_secrets(f"{goal.name} ({goal.type})", goal.inputs, goal.additional_secret_outputs)
        if self.recorder:
            self.recorder.given[goal.urn] = GIVEN.get(NOTHING)
        answer = self._rollout.register(goal)
        outputs = answer.record.outputs if goal.custom else {}
        return resource_pb2.RegisterResourceResponse(
            urn=goal.urn,
            id=answer.record.id,
            object=to_struct(outputs),
            unknown=answer.skipped,
        )

    def ReadResource(self, request: Message) -> Message:
        raise unsupported(f"resources that are only looked up ({request.name})")

    def Invoke(self, request: Message) -> Message:
        result = self._rollout.invoke(request.tok, from_struct(request.args))
        # `return` is a word of Python's own.
        answer: dict[str, Any] = {"return": to_struct(result)}
        return resource_pb2.ResourceInvokeResponse(**answer)

    def Call(self, request: Message) -> Message:
        raise unsupported(f"methods of resources ({request.tok})")

    def RegisterResourceOutputs(self, request: Message) -> Message:
        outputs = from_struct(request.outputs)
        refuse_secrets(f"An output of {request.urn.rpartition('::')[2]}", outputs)
        if self.recorder:
            self.recorder.outputs_given.append(GIVEN.get(NOTHING))
        self._rollout.register_outputs(request.urn, outputs)
        return empty_pb2.Empty()

    def RegisterPackage(self, request: Message) -> Message:
        raise unsupported(f"parameterised packages ({request.name})")

    def _goal(self, request: Message) -> Goal:
        above = self._rollout.registry.goals.get(request.parent)
        provider = ""
        if request.custom and not request.type.startswith(PROVIDER_PREFIX):
            provider = request.provider or self._default_provider(request)
        inputs = from_struct(request.object)
        if request.type.startswith(PROVIDER_PREFIX) and request.version:
            inputs.setdefault("version", request.version)
        return Goal(
            urn=self._urn(request),
            type=request.type,
            custom=request.custom,
            inputs=inputs,
            parent=request.parent,
            dependencies=tuple(sorted(request.dependencies)),
            property_dependencies={
                name: tuple(sorted(links.urns))
                for name, links in sorted(request.propertyDependencies.items())
                if links.urns
            },
            provider=provider,
            protect=request.protect if request.HasField("protect") else bool(above and above.protect),
            retain_on_delete=(
                request.retainOnDelete if request.HasField("retainOnDelete") else bool(above and above.retain_on_delete)
            ),
            delete_before_replace=request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
            ignore_changes=tuple(request.ignoreChanges),
            replace_on_changes=tuple(request.replaceOnChanges),
            additional_secret_outputs=sealed(request.additionalSecretOutputs),
            aliases=tuple(_aliases(request.aliases)),
        )

    def _urn(self, request: Message) -> str:
        return steps.make_urn(self._stack.stack, self._stack.project, request.type, request.name, request.parent)

    def _default_provider(self, request: Message) -> str:
        return self._rollout.default_provider(request.type.partition(":")[0], request.version)


def _aliases(aliases: Iterable[Message]) -> Iterable[AliasSpec]:
    for alias in aliases:
        if alias.urn:
            yield AliasSpec(urn=alias.urn)
        else:
            spec = alias.spec
            yield AliasSpec(
                name=spec.name,
                type=spec.type,
                parent=spec.parentUrn,
                no_parent=spec.noParent,
                project=spec.project,
                stack=spec.stack,
            )


class EngineLog:
    """Receives what the SDK and the program log (`pulumi.log`). Warnings and errors reach the listener."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter

    def Log(self, request: Message) -> None:
        if request.severity in (engine_pb2.WARNING, engine_pb2.ERROR):
            self._reporter.say(EventKind.WARNING, request.message)

    def RequirePulumiVersion(self, request: Message) -> None:
        """Any version will do: there is no command behind this engine."""
