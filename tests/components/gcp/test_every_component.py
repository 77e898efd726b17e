"""What holds for every component for Google Cloud: in the package, labelled, placed, and its children's names a contract."""

import ast
import copy
import inspect
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.errors import InputPropertiesError
from pulumi.provider.server import ProviderServicer
from tests.components.gcp.programs import ALSO, NAME, PROGRAMS, TAGS

from soundstage.components import gcp
from soundstage.components.component import token
from soundstage.components.labels import labels_of
from soundstage.components.naming import camel_case
from soundstage.components.package.provider import SoundstageProvider
from soundstage.core.values import UNKNOWN, to_struct

Deploy = Callable[..., Any]
CHILDREN = Path(__file__).with_name("children")
STORED = Path(__file__).with_name("package_schema.json")
PROVIDER = SoundstageProvider("0.0.0")
SCHEMA = PROVIDER.schema_of("gcp")
COMPONENTS = [name for name in gcp.__all__ if not name.endswith("Args")]
WRONG: dict[str, tuple[Any, ...]] = {
    "string": (7, ["a"]),
    "integer": (2.5, "many"),
    "number": ("many", True),
    "boolean": ("yes", 1),
    "array": ("one", {"a": "b"}),
    "object": ("one", ["a"]),
}


def inputs_of(component: str) -> dict[str, Any]:
    return SCHEMA["resources"][f"soundstage:gcp:{component}"]["inputProperties"]  # type: ignore[no-any-return]


def kind_of(argument: dict[str, Any]) -> str:
    reference = SCHEMA["types"].get(argument.get("$ref", "").rpartition("/")[2], {})
    return str(reference.get("type") or argument["type"])


def sent(component: str) -> dict[str, Any]:
    """The sample program by the names of the schema, every number as the float that comes over the wire."""

    def camel(value: Any) -> Any:
        if isinstance(value, dict):
            return {camel_case(key): camel(one) for key, one in value.items()}
        return [camel(one) for one in value] if isinstance(value, list) else value

    return {
        camel_case(key): value if key == "tags" else camel(value)
        for key, value in copy.deepcopy(PROGRAMS[component]).items()
    }


def parameters(kind: str) -> set[str]:
    """The arguments of a resource class of the Google package, from its type such as `gcp:storage/bucket:Bucket`."""
    service, name = kind.split(":")[1].partition("/")[0], kind.rpartition(":")[2]
    found = getattr(import_module(f"pulumi_gcp.{service}"), name)
    assert found.pulumi_type == kind
    return set(inspect.signature(found._internal_init).parameters)


Construct = Callable[..., tuple[Any, list[tuple[str, str]]]]


@pytest.fixture
def construct(deploy: Deploy) -> Construct:
    """Ask the provider for a component, with inputs as they come over the wire: what was made, and the errors of properties."""

    def run(component: str, inputs: dict[str, Any], *, preview: bool = False) -> tuple[Any, list[tuple[str, str]]]:
        errors: list[tuple[str, str]] = []

        def program() -> None:
            arriving = ProviderServicer._construct_inputs(to_struct(inputs), {})
            try:
                arriving.send(None)
            except StopIteration as arrived:
                read = arrived.value
            try:
                PROVIDER.construct(NAME, f"soundstage:gcp:{component}", read, pulumi.ResourceOptions())
            except InputPropertiesError as error:
                errors.extend((each["property_path"], each["reason"]) for each in error.errors or [])

        return deploy(program, preview=preview), errors

    return run


def snake(key: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda letter: f"_{letter[1]}", key).lower()


def resources(made: Any) -> dict[tuple[str, str], Any]:
    return {(each.type, each.name): each.inputs for each in made.resources}


def test_every_component_has_a_sample_program_and_its_own_token() -> None:
    assert set(COMPONENTS) == set(PROGRAMS)
    assert {token(getattr(gcp, name)) for name in COMPONENTS} == {f"soundstage:gcp:{name}" for name in COMPONENTS}


def test_the_schema_is_the_stored_one() -> None:
    """What changes here changes for every program in another language. `UPDATE_SNAPSHOTS=1` writes it anew."""
    text = json.dumps({part: SCHEMA[part] for part in ("resources", "types")}, indent=2, sort_keys=True) + "\n"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        STORED.write_text(text)
    assert text == STORED.read_text()


def test_both_clouds_stand_in_one_package_and_mean_the_same_by_the_same_type() -> None:
    whole, aws = json.loads(PROVIDER.schema or "{}"), PROVIDER.schema_of("aws")
    assert set(whole["resources"]) == set(aws["resources"]) | set(SCHEMA["resources"])
    for name in set(aws["types"]) & set(SCHEMA["types"]):
        assert aws["types"][name] == SCHEMA["types"][name]


def test_everything_is_described() -> None:
    bare = [
        f"{name}.{argument}"
        for name, entry in SCHEMA["resources"].items()
        for kind in ("inputProperties", "properties")
        for argument, one in (entry.get(kind) or {}).items()
        if not one.get("description")
    ]
    assert bare == []


@pytest.mark.parametrize("component", sorted(PROGRAMS))
def test_no_child_is_renamed_without_an_alias(component: str, deploy: Deploy) -> None:
    build: Any = getattr(gcp, component)
    lines = set()
    for more in ({}, ALSO.get(component, {})):
        made = deploy(lambda more=more: build(NAME, {**PROGRAMS[component], **more}))
        for each in made.resources:
            parents = each.parent.split("::")[2].removeprefix("pulumi:pulumi:Stack$")
            lines.add(" ".join((f"{parents}${each.type}", each.name, *(f"(was {alias})" for alias in each.aliases))))
    now, file = sorted(lines), CHILDREN / f"{component}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.parent.mkdir(exist_ok=True)
        file.write_text("\n".join(now) + "\n")
    assert now == file.read_text().splitlines(), "a name of a child is a contract; UPDATE_SNAPSHOTS=1 adds to it"


@pytest.fixture(scope="module")
def deployments() -> dict[str, Any]:
    """What was asked for already, because the same program asks for the same things."""
    return {}


@pytest.fixture
def sample(deploy: Deploy, deployments: dict[str, Any]) -> Callable[[str], Any]:
    """What the sample program of a component asks for."""

    def made(component: str) -> Any:
        if component not in deployments:
            build: Any = getattr(gcp, component)
            deployments[component] = deploy(lambda: build(NAME, PROGRAMS[component]))
        return deployments[component]

    return made


Sample = Callable[[str], Any]


@pytest.mark.parametrize("component", sorted(PROGRAMS))
def test_everything_that_can_carry_labels_carries_them(component: str, sample: Sample) -> None:
    made = sample(component)
    wanted = labels_of(TAGS) if "tags" in PROGRAMS[component] else {}
    bare = [
        each.name
        for each in made.resources
        for key in ("labels", "userLabels")
        if key in each.inputs
        and each.kind != ("NotificationChannel" if key == "labels" else "")
        and not each.inputs[key].items() >= wanted.items()
    ]
    assert bare == []


@pytest.mark.parametrize("component", sorted(PROGRAMS))
def test_everything_goes_where_it_was_sent(component: str, sample: Sample) -> None:
    made = sample(component)
    lost = [
        f"{each.name}: {each.inputs[key]}"
        for each in made.resources
        for key in ("region", "location", "zone")
        if key in each.inputs and not str(each.inputs[key]).lower().startswith("europe-west3")
    ]
    assert lost == []


@pytest.mark.parametrize("component", sorted(PROGRAMS))
def test_no_name_is_longer_than_google_takes(component: str, deploy: Deploy) -> None:
    """Pulumi puts a hyphen and seven characters behind the names that it makes."""
    build: Any = getattr(gcp, component)
    longest = "a" * 41
    made = deploy(lambda: build(longest, PROGRAMS[component]))
    named = [each for each in made.resources if "name" not in each.inputs and "name" in parameters(each.type)]
    assert [each.name for each in named if len(each.name) + 8 > 63] == []
    assert [
        each.inputs["accountId"] for each in made.all("Account") if not 6 <= len(each.inputs["accountId"]) <= 30
    ] == []
    assert [
        each.inputs["roleId"] for each in made.all("IAMCustomRole") if not 3 <= len(each.inputs["roleId"]) <= 64
    ] == []


@pytest.mark.parametrize("component", sorted(PROGRAMS))
def test_whole_numbers_that_arrive_as_floats_make_what_they_make_in_python(
    component: str, construct: Construct, sample: Sample
) -> None:
    python = sample(component)
    made, errors = construct(component, sent(component))
    assert errors == []
    assert resources(made) == resources(python)


@pytest.mark.parametrize("component", sorted(PROGRAMS))
def test_a_wrong_type_comes_back_as_that_propertys_error_before_anything_is_made(
    component: str, construct: Construct
) -> None:
    for argument, one in inputs_of(component).items():
        for value in WRONG[kind_of(one)]:
            made, errors = construct(component, {**sent(component), argument: value})
            assert {path.partition(".")[0].partition("[")[0] for path, _ in errors} == {argument}, value
            assert resources(made) == {}


@pytest.mark.parametrize("component", ["EncryptionKey", "Workstation"])
def test_null_means_absent(component: str, construct: Construct) -> None:
    inputs = sent(component)
    for argument in inputs:
        null = construct(component, {**inputs, argument: None})
        absent = construct(component, {key: value for key, value in inputs.items() if key != argument})
        assert (null[1], resources(null[0])) == (absent[1], resources(absent[0])), argument


@pytest.mark.parametrize("component", sorted(PROGRAMS))
def test_what_a_preview_does_not_know_is_neither_judged_nor_a_crash(component: str, construct: Construct) -> None:
    for argument, one in inputs_of(component).items():
        made, errors = construct(component, {**sent(component), argument: UNKNOWN}, preview=True)
        assert errors == [], argument
        assert bool(resources(made)) is not bool(one.get("plain")), argument


def test_an_unknown_argument_is_refused_with_the_nearest_name_of_the_schema(construct: Construct) -> None:
    _, errors = construct("MediaBucket", {**sent("MediaBucket"), "logBuckets": "x"})
    assert errors == [("", 'logBuckets is not known; did you mean "logBucket"?')]


def test_every_resource_and_input_is_one_that_the_provider_has(sample: Sample) -> None:
    for component in PROGRAMS:
        for each in sample(component).resources:
            assert {snake(key) for key in each.inputs} <= parameters(each.type), each.name


def test_help_imports_nothing_of_google_and_the_aws_components_neither() -> None:
    code = "import sys, soundstage.cli.main, soundstage.components.package.provider as package; package.SoundstageProvider('0')"
    seen = "assert not [name for name in sys.modules if name.startswith('pulumi_gcp')]"
    subprocess.run([sys.executable, "-c", f"{code}; {seen}"], check=True)


WITHOUT_THE_EXTRA = """
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == "pulumi_gcp" else found(name, *more)
"""


@pytest.mark.parametrize(
    "program",
    [
        "import soundstage.components.gcp",
        (
            "from soundstage.components.package.provider import SoundstageProvider\n"
            "SoundstageProvider('0').construct('mine', 'soundstage:gcp:MediaBucket', {}, None)"
        ),
    ],
)
def test_without_the_extra_a_program_is_told_what_to_install(program: str) -> None:
    """It was told the name of a module, or to install a package that is not ours."""
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT_THE_EXTRA + program], capture_output=True, text=True, check=False
    )
    last = ran.stderr.splitlines()[-1]
    assert "need the extra gcp" in last
    assert "pip install '.[gcp]'" in last


def test_no_component_of_aws_knows_google_and_none_of_google_knows_aws(repository: Path) -> None:
    for folder, other in (("aws", "gcp"), ("gcp", "aws")):
        for path in (repository / "components" / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                assert not [each for each in names if f"components.{other}" in each or f"pulumi_{other}" in each], path
