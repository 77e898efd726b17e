"""Property paths, as `ignore_changes` and `replace_on_changes` use them."""

import pytest

from soundstage.core.values import Properties
from soundstage.engines.embedded import paths


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("root", ("root",)),
        ("root.nested", ("root", "nested")),
        ('root["nested"]', ("root", "nested")),
        ("root.double.nest", ("root", "double", "nest")),
        ('root["double"].nest', ("root", "double", "nest")),
        ("root.array[0]", ("root", "array", 0)),
        ("root.array[100]", ("root", "array", 100)),
        ("root.array[0].nested", ("root", "array", 0, "nested")),
        ("root.array[0][1].nested", ("root", "array", 0, 1, "nested")),
        ('root["key with \\"escaped\\" quotes"]', ("root", 'key with "escaped" quotes')),
        ('root["key with a ."]', ("root", "key with a .")),
        ('["root key with a ."][100]', ("root key with a .", 100)),
        ("root.array[*].field", ("root", "array", "*", "field")),
        ("root[", None),
        ("root]", None),
        ('root["nested]', None),
    ],
)
def test_paths_are_read_as_pulumi_reads_them(text: str, path: paths.Path | None) -> None:
    assert paths.parse(text) == path


@pytest.mark.parametrize(
    ("path", "old", "new", "expected"),
    [
        ("a", {"a": 1}, {"a": 2, "b": 3}, {"a": 1, "b": 3}),
        ("a", {"a": 1}, {"b": 3}, {"a": 1, "b": 3}),
        ("a", {}, {"a": 2}, {}),
        ("a.b", {"a": {"b": 1}}, {"a": {"b": 2, "c": 3}}, {"a": {"b": 1, "c": 3}}),
        ("a.b", {}, {"a": {"b": 2}}, {"a": {"b": 2}}),
        ("a[0]", {"a": [1, 2]}, {"a": [3, 4]}, {"a": [1, 4]}),
        ("a[5]", {"a": [1, 2]}, {"a": [3, 4]}, {"a": [3, 4]}),
        ("a[*].b", {"a": [{"b": 1}, {"b": 2}]}, {"a": [{"b": 8}, {"b": 9}]}, {"a": [{"b": 1}, {"b": 2}]}),
        ("a[*]", {"a": [1]}, {"a": [1, 2]}, {"a": [1, 2]}),
        ("*", {"a": 1}, {"a": 2, "b": 3}, {"a": 1}),
    ],
)
def test_an_ignored_place_is_as_it_was(path: str, old: Properties, new: Properties, expected: Properties) -> None:
    parsed = paths.parse(path)
    assert parsed is not None
    assert paths.reset(parsed, old, new) == expected


@pytest.mark.parametrize(
    ("outer", "inner", "inside"),
    [("a", "a.b", True), ("a.b", "a", False), ("a[*].b", "a[3].b.c", True), ("*", "x", True), ("a", "b", False)],
)
def test_a_path_contains_what_is_inside_it(outer: str, inner: str, inside: bool) -> None:
    first, second = paths.parse(outer), paths.parse(inner)
    assert first is not None
    assert second is not None
    assert paths.contains(first, second) is inside
