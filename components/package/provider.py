"""The components as the engine asks for them on behalf of a program in another language."""

import json
import re
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Final

import pulumi
from pulumi.errors import InputPropertiesError, InputPropertyErrorDetails
from pulumi.output import Unknown
from pulumi.provider import ConstructResult
from pulumi.provider.experimental.analyzer import ComponentDefinition
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.server import ComponentInitError

from soundstage.components import aws
from soundstage.components.arguments import argument_of
from soundstage.components.component import Component, shape_of, token
from soundstage.components.fields import conformed, fields
from soundstage.components.naming import camel_case
from soundstage.components.package.inputs import arrived
from soundstage.components.package.schema import PACKAGE, finished, merged
from soundstage.core.errors import ArgumentError

FORMER_MODULE: Final = "index"
"""The module of every component until 0.1; programs with an SDK from then still ask for it."""


class SoundstageProvider(ComponentProvider):
    """Makes components of what arrives, and answers a wrong argument with that property's error.

    Those of Google Cloud are read when one is asked for, or the schema is: reading its package takes five seconds.
    """

    def __init__(self, version: str) -> None:
        super().__init__(_components(aws), PACKAGE, version=version)
        self._version = version
        self._read: dict[str, ComponentProvider] = {"aws": self}
        self._by_type = {token(each): each for each in _components(aws)} | {
            f"{PACKAGE}:{FORMER_MODULE}:{each.__name__}": each for each in _components(aws)
        }

    @property
    def schema(self) -> str | None:
        """The schema of the package, with the components of Google Cloud where its extra is installed."""
        return json.dumps(merged([self.schema_of(cloud) for cloud in self.clouds()]))

    @schema.setter
    def schema(self, inferred: str | None) -> None:
        self._inferred = inferred

    def clouds(self) -> list[str]:
        """The clouds whose components can be made here."""
        return ["aws", *(["gcp"] if find_spec("pulumi_gcp") else [])]

    def schema_of(self, cloud: str) -> dict[str, Any]:
        """The schema of the components of one cloud."""
        inferred = self._inferred if cloud == "aws" else self._google().schema
        tokens = {each.__name__: one for one, each in self._by_type.items() if one.startswith(f"{PACKAGE}:{cloud}:")}
        return finished(json.loads(inferred or "{}"), tokens, cloud)

    def _google(self) -> ComponentProvider:
        if "gcp" not in self._read:
            from soundstage.components import gcp

            self._read["gcp"] = ComponentProvider(_components(gcp), PACKAGE, version=self._version)
            self._by_type |= {token(each): each for each in _components(gcp)}
        return self._read["gcp"]

    def construct(
        self, name: str, resource_type: str, inputs: pulumi.Inputs, options: pulumi.ResourceOptions | None = None
    ) -> ConstructResult:
        """Make the component. Raises `InputPropertiesError` with every fault, before any resource is declared."""
        component = self._component(resource_type)
        read = arrived(inputs, shape_of(component))
        if read.faults:
            _, others = conformed(read.args, shape_of(component))
            said = set(map(argument_of, read.faults))
            raise refusal(component, name, [*read.faults, *(one for one in others if argument_of(one) not in said)])
        if read.unknown:
            return self._outline(component, name, read.args.sent, read.unknown, options)
        try:
            made = component(name, read.args, options)
        except ArgumentError as error:
            raise refusal(component, name, error.faults) from None
        except Exception as error:
            raise ComponentInitError(error) from error
        return ConstructResult(made.urn, self.get_state(made, self._definition(component)))

    def _component(self, resource_type: str) -> type[Component]:
        if resource_type.startswith(f"{PACKAGE}:gcp:"):
            self._google()
        component: type[Component] | None = self._by_type.get(resource_type)
        if component is None:
            raise ValueError(f"{PACKAGE} has no component {resource_type}; it has {', '.join(sorted(self._by_type))}")
        return component

    def _definition(self, component: type[Component]) -> ComponentDefinition:
        return self._read[token(component).split(":")[1]]._component_defs[component.__name__]

    def _outline(
        self,
        component: type[Component],
        name: str,
        sent: Mapping[str, Any],
        unknown: list[str],
        options: pulumi.ResourceOptions | None,
    ) -> ConstructResult:
        """The component without its resources: which they are depends on what a preview cannot know."""
        outline = pulumi.ComponentResource(token(component), name, dict(sent), options)
        pulumi.log.warn(
            f"{', '.join(unknown)} will be known only during the update: the resources of {name} are left out of this "
            "preview. Those that exist are not deleted for it, whatever the preview says.",
            outline,
        )
        to_come: Any = Unknown()  # type: ignore[no-untyped-call]
        state = {name: pulumi.Output.from_input(to_come) for name in self._definition(component).outputs}
        outline.register_outputs(state)
        return ConstructResult(outline.urn, state)


def _components(cloud: ModuleType) -> list[Any]:
    return [getattr(cloud, name) for name in cloud.__all__ if not name.endswith("Args")]


def refusal(component: type[Component], name: str, faults: list[str] | tuple[str, ...]) -> InputPropertiesError:
    """Every fault as the error of its property, with the names that the schema has for arguments and their values."""
    words = _schema_words(shape_of(component))
    details: list[InputPropertyErrorDetails] = []
    for fault in faults:
        said = words(fault)
        path = re.match(r"[\w.\[\]-]+", said) if argument_of(fault) in fields(shape_of(component)) else None
        details.append({"property_path": path.group() if path else "", "reason": said})
    return InputPropertiesError(f'{component.__name__} "{name}" cannot be made of these arguments', details)


def _schema_words(shape: type) -> Callable[[str], str]:
    """Puts a fault into the words of the schema. What the user wrote stands in quotation marks, and stays as it is."""
    names = sorted(name for name in _names(shape) if "_" in name)
    named = re.compile(rf"(?<![\w'])(?:{'|'.join(names) or '(?!)'})(?![\w'])")
    value = re.compile(r"(?<![\w'\"])(?:True|False|None)(?![\w'\"])")
    json_of = {"True": "true", "False": "false", "None": "null"}
    return lambda text: value.sub(
        lambda found: json_of[found.group()], named.sub(lambda found: camel_case(found.group()), text)
    )


def _names(shape: type) -> set[str]:
    known = fields(shape)
    inside = (field.of.of or field.of if field.of else field for field in known.values())
    return set(known).union(*(_names(field.shape) for field in inside if field.shape))
