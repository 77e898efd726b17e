"""The resource table says the same as the installed pulumi-aws: types, properties, what is required, data sources."""

import inspect
import re
from importlib import import_module
from typing import Any

import pytest
from tests.aws_classes import class_of

from soundstage.providers.aws import PACKAGE
from soundstage.providers.aws.permissions import by_operation
from soundstage.providers.aws.table import INVOKES, TYPES
from soundstage.providers.entry import Call, Entry
from soundstage.providers.mapping import Block, Blocks, Field
from soundstage.providers.paths import _pieces

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # pulumi_aws deprecates some of its own modules

_PLACEHOLDERS = re.compile(
    r"(id|region|account|partition|token|item|elsewhere|(in|old|out|off|any|api|added|removed|seen|item|part)\..+)"
)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda letter: f"_{letter[1]}", name).lower()


def _inputs(kind: Any) -> set[str]:
    return set(inspect.signature(kind._internal_init).parameters) - {"resource_name", "opts", "__props__", "__self__"}


def _required(kind: Any) -> set[str]:
    return set(re.findall(r"Missing required property '(\w+)'", inspect.getsource(kind._internal_init)))


def _calls(entry: Entry) -> list[Call]:
    calls = [entry.create, entry.read, *entry.more, *entry.before_create, *entry.after_create, *entry.before_delete]
    calls += [call for update in entry.updates for call in update.calls]
    calls += [*entry.pause.begin, *entry.pause.end] if entry.pause else []
    calls += [entry.delete, entry.finder, *entry.blockers]
    return [call for call in calls if isinstance(call, Call)]


def _operations(service: str) -> set[str]:
    import botocore.session

    return set(botocore.session.get_session().get_service_model(service).operation_names)


_NAMES: dict[str, set[str]] = {}


def test_the_version_is_that_of_the_installed_package() -> None:
    from importlib.metadata import version

    assert version("pulumi-aws").startswith(PACKAGE.version)


@pytest.mark.parametrize("token", TYPES)
def test_every_property_exists_under_its_name(token: str) -> None:
    kind, entry = class_of(token), TYPES[token]
    assert kind.pulumi_type == token
    outputs = {name for name, value in inspect.getmembers(kind, lambda member: isinstance(member, property))}
    assert {_snake(field.name) for field in entry.fields} - _inputs(kind) == set()
    computed = {_snake(name) for name in entry.computed} - {"id"}
    assert computed - outputs == set()
    assert entry.regional == ("region" in _inputs(kind))
    assert ("tags" in entry.block.by_name) == ("tags" in _inputs(kind))
    if entry.name and entry.name.prefix:
        assert _snake(entry.name.prefix) in _inputs(kind)


@pytest.mark.parametrize("token", TYPES)
def test_required_properties_are_those_of_the_package(token: str) -> None:
    entry = TYPES[token]
    assert {field.name for field in entry.fields if field.required} == {
        re.sub(r"_(\w)", lambda letter: letter[1].upper(), name) for name in _required(class_of(token))
    } - ({entry.name.field} if entry.name else set())


@pytest.mark.parametrize("token", TYPES)
def test_every_nested_property_exists_under_its_name(token: str) -> None:
    kind = class_of(token)
    inputs = (
        import_module(kind.__module__.rpartition(".")[0] + "._inputs") if _has_blocks(TYPES[token].fields) else None
    )
    known = set(re.findall(r'pulumi\.getter\(name="(\w+)"\)', inspect.getsource(inputs))) if inputs else set()
    plain = set(re.findall(r"def (\w+)\(self\)", inspect.getsource(inputs))) if inputs else set()
    for field in TYPES[token].fields:
        for name in _nested(field):
            assert name in known | plain, f"{token} {field.name}: {name}"


def _has_blocks(fields: tuple[Field, ...]) -> bool:
    return any(isinstance(field.form, (Block, Blocks)) for field in fields)


def _nested(field: Field) -> list[str]:
    form = field.form.item if isinstance(field.form, Blocks) else field.form
    if not isinstance(form, Block):
        return []
    return [name for inner in form.fields for name in (inner.name, *_nested(inner))]


@pytest.mark.parametrize("token", TYPES)
def test_calls_exist_in_the_clouds_api(token: str) -> None:
    entry = TYPES[token]
    for call in _calls(entry):
        service = call.service or entry.service
        if service not in _NAMES:
            _NAMES[service] = _operations(service)
        assert call.operation in _NAMES[service]


@pytest.mark.parametrize("token", TYPES)
def test_templates_name_only_what_exists(token: str) -> None:
    entry = TYPES[token]
    for call in _calls(entry):
        for text in _texts([call.params, call.gives, call.when, call.each, entry.id, entry.arn]):
            for _, name in _pieces(text):
                if not name:
                    continue
                assert _PLACEHOLDERS.fullmatch(name), f"{call.operation}: {name}"
                kind, _, path = name.partition(".")
                if kind in ("in", "old", "off", "api", "added", "removed", "any"):
                    for part in path.split("|"):
                        assert part.split(".")[0] in entry.block.by_name, f"{call.operation}: {name}"


def _texts(node: Any) -> list[str]:
    if isinstance(node, str):
        return [node]
    if isinstance(node, dict):
        return [text for item in node.values() for text in _texts(item)]
    if isinstance(node, list):
        return [text for item in node for text in _texts(item)]
    return []


@pytest.mark.parametrize("token", TYPES)
def test_updates_name_only_fields(token: str) -> None:
    entry = TYPES[token]
    for update in entry.updates:
        assert {name.split(".")[0] for name in (*update.fields, *update.sends)} <= set(entry.block.by_name)
    assert set(entry.sent) <= set(entry.block.by_name)


@pytest.mark.parametrize("token", TYPES)
def test_every_field_that_can_change_is_changed_by_a_call(token: str) -> None:
    entry = TYPES[token]
    handled = {name.split(".")[0] for update in entry.updates for name in update.fields}
    for field in entry.fields:
        told_to_cloud = field.read is not None or field.name in entry.sent
        if not field.replaces and told_to_cloud and not entry.puts:
            assert field.name in handled, f"{token}: nothing changes {field.name}"


@pytest.mark.parametrize("token", TYPES)
def test_every_operation_declares_its_permissions(token: str) -> None:
    permissions = by_operation(TYPES[token])
    assert set(permissions) == {"create", "read", "update", "delete"}
    assert permissions["create"]
    assert permissions["read"]
    for actions in permissions.values():
        assert all(re.fullmatch(r"[a-z0-9-]+:[A-Z][A-Za-z0-9]+", action) for action in actions)


@pytest.mark.parametrize("token", TYPES)
def test_what_a_lost_create_made_can_be_found_again(token: str) -> None:
    entry = TYPES[token]
    assert entry.finder or not (entry.id.startswith("@") or "{part." in entry.id)


@pytest.mark.parametrize("token", INVOKES)
def test_data_sources_exist(token: str) -> None:
    _, place, name = token.split(":")
    module = place.partition("/")[0]
    package = import_module("pulumi_aws" if module == "index" else f"pulumi_aws.{module}")
    assert f"'{token}'" in inspect.getsource(getattr(package, _snake(name)))
