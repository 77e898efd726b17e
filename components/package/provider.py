"""The components as the engine asks for them on behalf of a program in another language."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import pulumi
from pulumi.errors import InputPropertiesError, InputPropertyErrorDetails
from pulumi.output import Unknown
from pulumi.provider import ConstructResult
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.server import ComponentInitError

from soundstage.components import aws
from soundstage.components.arguments import argument_of
from soundstage.components.component import Component, shape_of, token
from soundstage.components.fields import conformed, fields
from soundstage.components.naming import camel_case
from soundstage.components.package.inputs import arrived
from soundstage.components.package.schema import PACKAGE, finished
from soundstage.core.errors import ArgumentError

FORMER_MODULE: Final = "index"
"""The module of every component until 0.1; programs with an SDK from then still ask for it."""


class SoundstageProvider(ComponentProvider):
    """Makes components of what arrives, and answers a wrong argument with that property's error."""

    def __init__(self, version: str) -> None:
        components = [getattr(aws, name) for name in aws.__all__ if not name.endswith("Args")]
        super().__init__(components, PACKAGE, version=version)
        tokens = {each.__name__: token(each) for each in components}
        self.schema = json.dumps(finished(json.loads(self.schema or "{}"), tokens))
        self._by_type = {token(each): each for each in components} | {
            f"{PACKAGE}:{FORMER_MODULE}:{each.__name__}": each for each in components
        }

    def construct(
        self, name: str, resource_type: str, inputs: pulumi.Inputs, options: pulumi.ResourceOptions | None = None
    ) -> ConstructResult:
        """Make the component. Raises `InputPropertiesError` with every fault, before any resource is declared."""
        component = self._by_type.get(resource_type)
        if component is None:
            raise ValueError(f"{PACKAGE} has no component {resource_type}; it has {', '.join(sorted(self._by_type))}")
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
        return ConstructResult(made.urn, self.get_state(made, self._component_defs[component.__name__]))

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
        state = {name: pulumi.Output.from_input(to_come) for name in self._component_defs[component.__name__].outputs}
        outline.register_outputs(state)
        return ConstructResult(outline.urn, state)


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
