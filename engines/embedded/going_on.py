"""A previewed run that goes on in `up`: every resource is registered with what the preview could not know.

It does what the SDK does for a program that registers resources one after another (pulumi 3.272, `runtime/resource.py`), from what a
`Recorder` kept of its run in the preview.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final, TypeVar

from google.protobuf.struct_pb2 import Struct
from pulumi import Resource, _types, output
from pulumi.runtime import rpc
from pulumi.runtime.settings import set_root_resource

from soundstage.core.values import Properties, from_struct, to_struct
from soundstage.engines.embedded.limits import refuse_secrets
from soundstage.engines.embedded.recipes import Data, Given, Property, Recorder, begin_again
from soundstage.engines.embedded.record import Record
from soundstage.engines.embedded.repeat import Run
from soundstage.engines.embedded.rollout import Rollout
from soundstage.engines.embedded.steps import Goal
from soundstage.plan.needs import provider_urn

_T = TypeVar("_T")


class Continued:
    """`run`, which goes on from what `recorder` kept of it."""

    def __init__(self, run: Run, recorder: Recorder, rollout: Rollout, on_error: Callable[[], None]) -> None:
        self._run = run
        self._recorder = recorder
        self._rollout = rollout
        self._on_error = on_error
        self._records: dict[str, asyncio.Future[Record]] = {}

    async def __call__(self) -> None:
        """Register everything. Raises the first error; what has begun by then is finished."""
        loop, stack = asyncio.get_running_loop(), self._run.goals[0]
        self._records = {goal.urn: loop.create_future() for goal in self._run.goals}
        set_root_resource(self._recorder.given[stack.urn].more[0])
        begin_again(self._recorder, self._value)
        work = [self._register(goal) for goal in self._run.goals]
        given = zip(self._run.told, self._recorder.outputs_given, strict=True)
        work += [self._register_outputs(urn, outputs, more) for (urn, outputs), more in given]
        for done in asyncio.as_completed(work):
            try:
                await done
            except BaseException:
                self._on_error()
                raise

    async def _register(self, goal: Goal) -> None:
        registered = self._records[goal.urn]
        try:
            for urn in dict.fromkeys(goal.needs()):
                await self._records[urn]
            goal = await self._now(goal)
            registered.set_result((await _worked(partial(self._rollout.register, goal))).record)
        except BaseException as error:
            registered.set_exception(error)
            registered.exception()  # it is raised here, so that asyncio need not tell of it
            raise

    async def _now(self, goal: Goal) -> Goal:
        """The goal with what is known by now."""
        if goal.provider:
            urn = provider_urn(goal.provider)
            goal = replace(goal, provider=f"{urn}::{self._records[urn].result().id}")
        given = self._recorder.given.get(goal.urn)
        if not given or not given.inputs:
            return goal
        inputs, found = await self._written(given)
        refuse_secrets(f"{goal.name} ({goal.type})", inputs)
        links = {name: tuple(sorted(await rpc._expand_dependencies(deps, None))) for name, deps in found.items()}
        return replace(
            goal,
            inputs=_without(goal.inputs, given) | inputs,
            dependencies=tuple(sorted({*goal.dependencies, *(urn for urns in links.values() for urn in urns)})),
            property_dependencies=dict(
                sorted({**goal.property_dependencies, **{name: urns for name, urns in links.items() if urns}}.items())
            ),
        )

    async def _register_outputs(self, urn: str, outputs: Properties, given: Given) -> None:
        if given.inputs:
            outputs = _without(outputs, given) | (await self._written(given))[0]
            refuse_secrets(f"An output of {urn.rpartition('::')[2]}", outputs)
        await self._records[urn]
        await _worked(partial(self._rollout.register_outputs, urn, outputs))

    @staticmethod
    async def _written(given: Given) -> tuple[Properties, dict[str, list[Resource]]]:
        """What the program gave, as it is now, and what each of its properties comes from."""
        links: dict[str, list[Resource]] = {}
        return from_struct(await rpc.serialize_properties(given.inputs, links, *given.more, **given.named)), links

    async def _value(self, wanted: Property) -> Data:
        """What a property is, once its resource is registered."""
        of = wanted.resource
        record = await self._records[of.urn._data.result().value]
        if wanted.name == "id":
            return output._OutputData({of}, record.id, bool(record.id), False)
        found: list[Data] = []

        def take(value: Any, known: bool, secret: bool, deps: set[Resource] | None, _failed: Exception | None) -> None:
            found.append(output._OutputData({of, *(deps or ())}, value, known, secret))

        typed = self._recorder.given[record.urn].more[_TYPE] is not None
        names = _types.resource_pulumi_to_py_names(type(of)) if typed else {}

        def of_it(properties: Properties) -> Struct:
            return to_struct({key: properties[key] for key in properties if _python(of, names, key) == wanted.name})

        told = of_it(record.outputs if record.custom else {})
        rpc.resolve_outputs(of, of_it(record.inputs), told, {}, {wanted.name: take}, record.custom, typed, True)
        return found[0]


_TYPE: Final = 2
"""Where the SDK hands over the type of what a resource is given."""


def _without(properties: Properties, given: Given) -> Properties:
    """Properties without those that are written down again: one that has no value now is left out."""
    _, translate, typ = given.more or (None, None, None)
    names = _types.input_type_py_to_pulumi_names(typ) if typ else {}
    again = {names.get(key) or (translate(key) if translate else key) for key in given.inputs}
    return {name: value for name, value in properties.items() if name not in again}


def _python(of: Resource, names: Mapping[str, str], key: str) -> str:
    """What a property is called in Python."""
    return names.get(key) or key if names else of.translate_output_property(key)


async def _worked(work: Callable[[], _T]) -> _T:
    """What a thread of the pool makes of it."""
    return await asyncio.get_running_loop().run_in_executor(None, work)
