"""The types that are read when they are asked for are those that the SDK reads all at once."""

import inspect
from importlib import import_module

import pytest
from pulumi import _types
from tests.aws_classes import class_of

from soundstage.engines.embedded.late_types import LateTypes
from soundstage.providers.aws.table import TYPES

_BY_SDK = {
    "resource": lambda cls: {**_types._types_from_annotations(cls), **_types._types_from_py_properties(cls)},
    "nested": _types._types_from_py_properties,
}


@pytest.mark.parametrize("token", sorted(TYPES))
def test_the_properties_of_a_resource_and_of_what_it_is_given(token: str) -> None:
    resource = class_of(token)
    given = getattr(import_module(resource.__module__), f"{resource.__name__}Args")
    for cls, expected in ((resource, _BY_SDK["resource"](resource)), (given, _BY_SDK["nested"](given))):
        late = LateTypes(cls)
        assert {name: late.get(name) for name in expected} == expected
        assert late.get("nothing of that name") is None


def test_a_second_thread_was_told_that_a_property_has_no_type(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two programs in one process share what is known of a class, and one may ask while the other one's answer is being worked out."""
    token = "aws:s3/bucket:Bucket"
    late, seen = LateTypes(class_of(token)), []
    evaluated = LateTypes._evaluated

    def interrupted(self: LateTypes, form: object) -> object:
        if not seen:
            seen.append(None)
            seen.append(self.get("forceDestroy"))
        return evaluated(self, form)

    monkeypatch.setattr(LateTypes, "_evaluated", interrupted)
    assert late.get("forceDestroy") is bool
    assert seen[1:] == [bool]


@pytest.mark.parametrize("module", ["pulumi_aws.s3._inputs", "pulumi_aws.s3.outputs"])
def test_the_properties_of_nested_types(module: str) -> None:
    import pulumi_aws as aws

    _ = aws.s3.Bucket, import_module(module)
    classes = [cls for _, cls in inspect.getmembers(import_module(module), inspect.isclass) if cls.__module__ == module]
    ours = [cls for cls in classes if _types.is_input_type(cls) or _types.is_output_type(cls)]
    assert len(ours) > 50
    for cls in ours:
        expected = _BY_SDK["nested"](cls)
        late = LateTypes(cls)
        assert {name: late.get(name) for name in expected} == expected
