"""What a recipe changed since an image was baked of it."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from soundstage.images.changes import brief, changes
from soundstage.images.recipe import Check, Entry
from soundstage.images.recipes import shipped
from soundstage.stacks.images.records import changed_since, keep_brief

EDIT = shipped().named("edit-linux")


def step(name: str, run: str) -> Entry:
    return Entry.model_validate({"name": name, "script": {"unless": "false", "run": run}})


def said(before: Any, after: Any) -> list[str]:
    kept: Mapping[str, Any] = json.loads(json.dumps(brief(before)))
    return list(changes(kept, brief(replace(after, digest="0" * 64))))


def test_a_recipe_that_is_the_same_changed_nothing() -> None:
    assert changes(brief(EDIT), brief(EDIT)) == ()


def test_every_kind_of_change_is_said() -> None:
    one, two, three = step("one", "a"), step("two", "b"), step("three", "c")
    name, source = next(iter(EDIT.downloads.items()))
    before = replace(EDIT, steps=(one, two), checks=(), downloads={name: source}, carries=("audio", "display"))
    after = replace(
        EDIT,
        steps=(three, step("one", "other")),
        checks=(Check(name="it runs", run="true"),),
        downloads={name: source.model_copy(update={"version": "99.1"})},
        carries=("audio", "encoder"),
        builder=EDIT.builder.model_copy(update={"disk_gib": 80}),
    )
    assert said(before, after) == [
        f"GiB of its system disk: 80; before, {EDIT.builder.disk_gib}.",
        "It brings along as well: encoder.",
        "It does not bring along any more: display.",
        f"The download {name}: {source.version} before, 99.1 now.",
        "New step: three.",
        "Changed step: one.",
        "Step that is gone: two.",
        "New check: it runs.",
    ]


def test_steps_that_only_changed_places() -> None:
    one, two = step("one", "a"), step("two", "b")
    assert said(replace(EDIT, steps=(one, two)), replace(EDIT, steps=(two, one))) == ["The steps have another order."]


def test_a_change_that_no_line_tells_is_not_passed_over_in_silence() -> None:
    assert said(EDIT, EDIT) == ["The recipe has changed."]


def test_of_an_image_whose_recipe_nobody_kept_nothing_is_claimed(tmp_path: Path) -> None:
    pins = tmp_path / "images.lock.yaml"
    assert changed_since(pins, "soundstage/edit-linux/2026-11-26-abc", EDIT) is None
    keep_brief(pins, "soundstage/edit-linux/2026-11-26-abc", EDIT)
    assert changed_since(pins, "soundstage/edit-linux/2026-11-26-abc", EDIT) == ()
    (tmp_path / "images.bills" / "edit-linux.2026-11-26-abc.recipe.json").write_text("[1]")
    assert changed_since(pins, "soundstage/edit-linux/2026-11-26-abc", EDIT) is None
