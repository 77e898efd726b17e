"""Every argument of every component, as the engine sends it for a program in another language.

Generated from the schema: a new argument is covered as soon as it is there. What is sent passes through the wire's own
encoding, in which every number is a float and what is absent may be null.
"""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pulumi
import pytest
from pulumi.errors import InputPropertiesError
from pulumi.provider.server import ProviderServicer
from tests.components.test_every_component import PROGRAMS

from soundstage.components import aws
from soundstage.components.naming import camel_case
from soundstage.components.package.provider import SoundstageProvider
from soundstage.core.values import OUTPUT_SIGNATURE, SIGNATURE_KEY, UNKNOWN, Secret, to_struct

PROVIDER = SoundstageProvider("0.0.0")
SCHEMA: dict[str, Any] = PROVIDER.schema_of("aws")
NAME = "some"
WRONG: dict[str, tuple[Any, ...]] = {
    "string": (7, ["a"]),
    "integer": (2.5, "many", True),
    "number": ("many", True),
    "boolean": ("yes", 1),
    "array": ("one", {"a": "b"}),
    "object": ("one", ["a"]),
}
KEYS = {"tiers": "GLACIER_IR"}
"""Keys of maps that are not just any name."""
FIGURES = (1, 2, 5, 8, 30, 90, 100, 365, 500, 3000)
"""Some of these is an allowed value of any whole number that we ask for."""


@dataclass(frozen=True)
class Argument:
    """One argument of a component, or one inside it: the path to it, and what the schema says of it."""

    component: str
    path: tuple[str | int, ...]
    kind: str
    plain: bool
    required: bool
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.component}.{'.'.join(map(str, self.path))}"


def arguments() -> Iterator[Argument]:
    for token, entry in SCHEMA["resources"].items():
        name, required = token.rpartition(":")[2], entry.get("requiredInputs") or ()
        for key, of in entry["inputProperties"].items():
            yield from _argument(name, (key,), of, key in required)


def _argument(component: str, path: tuple[str | int, ...], of: dict[str, Any], required: bool) -> Iterator[Argument]:
    reference = SCHEMA["types"].get(of.get("$ref", "").rpartition("/")[2], {})
    words = tuple(word["value"] for word in reference.get("enum") or ())
    kind = reference.get("type") or of["type"]
    yield Argument(component, path, kind, bool(of.get("plain")), required, words)
    for key, inner in (reference.get("properties") or {}).items():
        yield from _argument(component, (*path, key), inner, key in (reference.get("required") or ()))
    if "items" in of:
        yield from _argument(component, (*path, 0), of["items"], True)
    if "additionalProperties" in of:
        yield from _argument(component, (*path, KEYS.get(str(path[-1]), "eu-west-3")), of["additionalProperties"], True)


ALL = tuple(arguments())
TOP = tuple(each for each in ALL if len(each.path) == 1)


def base(component: str) -> dict[str, Any]:
    """Arguments of which the component can be made, by their names in the schema."""

    def camel(value: Any) -> Any:
        if isinstance(value, dict):
            return {camel_case(key) if key.islower() else key: camel(one) for key, one in value.items()}
        return [camel(one) for one in value] if isinstance(value, list) else value

    # Keys of tags are the user's own; those of other arguments are ours, or have no underscore.
    return {camel_case(name): value if name == "tags" else camel(value) for name, value in PROGRAMS[component].items()}


def with_value(inputs: dict[str, Any], path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """The inputs with one value in its place, which is made where it is not there."""
    changed = copy.deepcopy(inputs)
    place: Any = changed
    for step, following in pairwise(path):
        if isinstance(place, list):
            if place[0] is None:
                place[0] = {}
            place = place[0]
            continue
        if not isinstance(place.get(step), list if following == 0 else dict):
            place[step] = [None] if following == 0 else {}
        place = place[step]
    place[path[-1]] = value
    if path[-1] in ("securityGroupId", "prefixListId") and len(path) > 1:
        del place["cidr"]  # A rule has one of the three.
    return changed


def without(inputs: dict[str, Any], path: tuple[str | int, ...]) -> dict[str, Any]:
    """The inputs in which one value is not there."""
    changed = with_value(inputs, path, None)
    place: Any = changed
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return changed


@dataclass
class Answer:
    """What the provider answered, and what it had declared by then."""

    made: Any
    refused: InputPropertiesError | None

    @property
    def resources(self) -> dict[tuple[str, str], Any]:
        return {(each.type, each.name): each.inputs for each in self.made.resources}

    @property
    def components(self) -> set[str]:
        return set(self.made.outputs) - {"soundstage-teaser"}

    @property
    def errors(self) -> list[tuple[str, str]]:
        assert self.refused is not None
        return [(each["property_path"], each["reason"]) for each in self.refused.errors or []]


Construct = Callable[..., Answer]
_ANSWERS: dict[str, Answer] = {}
"""What was asked and answered: a component without one of its arguments is mostly its sample program, asked for again and again."""


def _asked_once(construct: Construct, component: str, inputs: dict[str, Any]) -> Answer:
    key = json.dumps([component, inputs])
    if key not in _ANSWERS:
        _ANSWERS[key] = construct(component, inputs)
    return _ANSWERS[key]


@pytest.fixture
def construct(deploy: Callable[..., Any]) -> Construct:
    """Ask the provider for a component, with inputs as they come over the wire."""

    def run(component: str, inputs: dict[str, Any], *, preview: bool = False) -> Answer:
        refusal: list[InputPropertiesError] = []

        def program() -> None:
            arriving = ProviderServicer._construct_inputs(to_struct(inputs), {})
            try:
                arriving.send(None)
            except StopIteration as arrived:
                sent = arrived.value
            try:
                PROVIDER.construct(NAME, f"soundstage:aws:{component}", sent, pulumi.ResourceOptions())
            except InputPropertiesError as error:
                refusal.append(error)

        made = deploy(program, preview=preview)
        return Answer(made, refusal[0] if refusal else None)

    return run


def property_of(path: tuple[str | int, ...]) -> str:
    return str(path[0])


@pytest.mark.parametrize("component", sorted(PROGRAMS))
def test_whole_numbers_that_arrive_as_floats_make_what_they_make_in_python(
    component: str, construct: Construct, deploy: Callable[..., Any]
) -> None:
    python = deploy(lambda: getattr(aws, component)(NAME, PROGRAMS[component]))
    answer = construct(component, base(component))
    assert answer.refused is None
    assert answer.resources == {(each.type, each.name): each.inputs for each in python.resources}


@pytest.mark.parametrize("argument", [each for each in ALL if each.kind == "integer"], ids=str)
def test_every_whole_number_may_arrive_as_a_float(argument: Argument, construct: Construct) -> None:
    accepted = [
        figure
        for figure in FIGURES
        if construct(argument.component, with_value(base(argument.component), argument.path, float(figure))).refused
        is None
    ]
    assert accepted


@pytest.mark.parametrize(
    ("argument", "value"),
    [(each, value) for each in ALL for value in WRONG[each.kind]],
    ids=lambda each: str(each) if isinstance(each, Argument) else json.dumps(each),
)
def test_a_wrong_type_comes_back_as_that_propertys_error_before_anything_is_made(
    argument: Argument, value: Any, construct: Construct
) -> None:
    answer = construct(argument.component, with_value(base(argument.component), argument.path, value))
    if not argument.plain and not answer.refused:
        pytest.fail(f"{value!r} was taken for {argument}")
    assert {path.partition(".")[0].partition("[")[0] for path, _ in answer.errors} == {property_of(argument.path)}
    assert answer.resources == {}
    assert answer.components == set()


@pytest.mark.parametrize("argument", [each for each in ALL if not each.required], ids=str)
def test_null_means_absent(argument: Argument, construct: Construct) -> None:
    inputs = base(argument.component)
    # Another argument may lean on the one that goes away: then it is refused as if that one were not there.
    null = construct(argument.component, with_value(inputs, argument.path, None))
    absent = _asked_once(construct, argument.component, without(inputs, argument.path))
    assert (null.refused and null.errors) == (absent.refused and absent.errors)
    assert null.resources == absent.resources


@pytest.mark.parametrize("argument", ALL, ids=str)
def test_what_a_preview_does_not_know_is_neither_judged_nor_a_crash(argument: Argument, construct: Construct) -> None:
    inputs = with_value(base(argument.component), argument.path, UNKNOWN)
    answer = construct(argument.component, inputs, preview=True)
    assert answer.refused is None
    # What decides which resources there are leaves them out of the preview; anything else passes through them.
    assert bool(answer.resources) is not argument.plain
    assert NAME in answer.components


@pytest.mark.parametrize("argument", TOP, ids=str)
def test_an_output_with_dependencies_is_taken_for_its_value(argument: Argument, construct: Construct) -> None:
    inputs = base(argument.component)
    if argument.path[0] not in inputs:
        pytest.skip("the sample program of this component does without it")
    name = str(argument.path[0])
    output = {SIGNATURE_KEY: OUTPUT_SIGNATURE, "value": inputs[name], "dependencies": ["urn:pulumi:s::p::t:t:T::n"]}
    answer = construct(argument.component, {**inputs, name: output})
    assert answer.refused is None
    assert answer.resources == _asked_once(construct, argument.component, inputs).resources


@pytest.mark.parametrize("argument", TOP, ids=str)
def test_a_secret_stays_one_or_is_refused_where_it_would_be_stored_in_clear(
    argument: Argument, construct: Construct
) -> None:
    inputs = base(argument.component)
    name = str(argument.path[0])
    answer = construct(argument.component, {**inputs, name: Secret(inputs.get(name, "arn:aws:sns:eu-west-3:1:x"))})
    if argument.plain:
        assert [path for path, _ in answer.errors] == [name]
        assert "secret" in answer.errors[0][1]
        assert answer.resources == {}
    else:
        assert answer.refused is None


@pytest.mark.parametrize("argument", [each for each in ALL if each.kind in ("string", "integer")], ids=str)
def test_whatever_is_refused_names_a_property_in_the_words_of_the_schema(
    argument: Argument, construct: Construct
) -> None:
    known = SCHEMA["resources"][f"soundstage:aws:{argument.component}"]["inputProperties"]
    for absurd in (-1, 10**9) if argument.kind == "integer" else ("", " no such thing! "):
        answer = construct(argument.component, with_value(base(argument.component), argument.path, absurd))
        if answer.refused:
            paths = {path.partition(".")[0].partition("[")[0] for path, _ in answer.errors}
            assert paths <= set(known)
            assert not [reason for _, reason in answer.errors for word in PYTHON_WORDS if word in reason]


PYTHON_WORDS = sorted(
    {name for shape in vars(aws).values() for name in getattr(shape, "__annotations__", ()) if "_" in name}
    | {"True", "False", "None", "Traceback"}
)


def test_an_unknown_argument_is_refused_with_the_nearest_name_of_the_schema(construct: Construct) -> None:
    answer = construct("MediaBucket", {**base("MediaBucket"), "backupRegionn": "eu-central-1"})
    assert answer.errors == [("", 'backupRegionn is not known; did you mean "backupRegion"?')]


def test_all_faults_come_at_once(construct: Construct) -> None:
    answer = construct("StudioNetwork", {"project": "Teaser", "zones": 2.5, "flowLogDays": 3, "nat": "yes"})
    assert sorted(path for path, _ in answer.errors) == ["flowLogDays", "nat", "project", "zones"]


def test_an_sdk_from_before_asks_by_the_former_name(deploy: Callable[..., Any]) -> None:
    made = deploy(lambda: PROVIDER.construct(NAME, "soundstage:index:EncryptionKey", {"description": "Media"}))
    assert made.one("Key").parent.split("::")[2].endswith("$soundstage:aws:EncryptionKey")
