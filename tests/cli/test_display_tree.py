"""Plans drawn as trees."""

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundstage.cli.display.drift import drift_text
from soundstage.cli.display.previews import preview_text
from soundstage.cli.display.results import down_text
from soundstage.cli.display.screen import Screen
from soundstage.cli.display.teardown import going, kept_line, staying, teardown
from soundstage.cli.display.text import columns
from soundstage.cli.display.tree import changing, recorded_only, tree
from soundstage.components.tags import WORKSTATION
from soundstage.core.values import UNKNOWN, Secret
from soundstage.plan.plan import Change, Operation, Plan, PlannedResource, PreviewResult
from soundstage.providers.aws.provider import AWS
from soundstage.stacks.deployment import open_project

Stored = Callable[[str, str], None]
WIDE = Screen(width=100)
SGR = re.compile(r"\x1b\[[0-9;]+m")


def test_a_first_preview_groups_resources_by_component(first_plan: Plan, same_as_stored: Stored) -> None:
    same_as_stored("tree_first", tree(first_plan, WIDE))


def test_changed_properties_are_shown_old_to_new(later_plan: Plan, same_as_stored: Stored) -> None:
    same_as_stored("tree_later", tree(later_plan, WIDE))


def test_everything_shows_what_stays(later_plan: Plan, same_as_stored: Stored) -> None:
    same_as_stored("tree_later_everything", tree(later_plan, WIDE, everything=True))


def test_colour_follows_the_operation(later_plan: Plan, same_as_stored: Stored) -> None:
    same_as_stored("tree_later_colour", tree(later_plan, Screen(width=100, colour=True)))


def test_a_screen_without_unicode_gets_ascii(later_plan: Plan, same_as_stored: Stored) -> None:
    drawn = tree(later_plan, Screen(width=100, unicode=False))
    assert drawn.isascii()
    same_as_stored("tree_later_ascii", drawn)


def test_unchanged_components_are_hidden(later_plan: Plan) -> None:
    assert "StudioNetwork" not in tree(later_plan, WIDE)
    assert "StudioNetwork" in tree(later_plan, WIDE, everything=True)


def test_a_renamed_project_was_shown_by_its_name_in_the_cloud(
    make_plan: Callable[..., Plan], make_resource: Callable[..., PlannedResource], tmp_path: Path
) -> None:
    file = tmp_path / "trailer.yaml"
    file.write_text("project: teaser\ncalled: trailer\n")
    trailer = open_project(str(file))
    same, none = make_plan(make_resource("aws:ec2/vpc:Vpc", "teaser-vpc")), make_plan()
    goes = make_plan(make_resource("aws:ec2/vpc:Vpc", "teaser-vpc", Operation.DELETE))
    told = [
        preview_text(PreviewResult(same, None), trailer, WIDE), teardown(none, WIDE, title="trailer"), down_text(none, trailer, WIDE, None),
        down_text(goes, trailer, WIDE, None), down_text(same, trailer, WIDE, None), drift_text(same, "trailer", "", {}, WIDE),
    ]  # fmt: skip
    assert [text for text in told if "trailer" not in text or re.search(r"teaser(?!-)", text)] == []


def test_a_plan_without_changes_says_so(
    make_plan: Callable[..., Plan], make_resource: Callable[..., PlannedResource]
) -> None:
    plan = make_plan(make_resource("aws:ec2/vpc:Vpc", "teaser-vpc"))
    assert tree(plan, WIDE) == "teaser: nothing to change, 1 resource as described."
    assert changing(plan) == 0


def test_only_cloud_resources_are_counted_as_changing(first_plan: Plan) -> None:
    assert changing(first_plan) == 4


def test_secrets_never_show(later_plan: Plan) -> None:
    drawn = tree(later_plan, WIDE)
    assert "[secret]" in drawn
    assert '"old"' not in drawn
    assert '"new"' not in drawn


def test_a_secret_deep_inside_a_value_never_shows(
    make_plan: Callable[..., Plan], make_resource: Callable[..., PlannedResource]
) -> None:
    change = Change("config", {"password": Secret("hunter2-before")}, {"password": [Secret("hunter2-after")]})
    drawn = tree(make_plan(make_resource("aws:x/y:Z", "z", Operation.UPDATE, changes=[change])), WIDE)
    assert "hunter2" not in drawn


@pytest.mark.parametrize("width", [40, 60, 80])
def test_no_line_of_a_tree_is_wider_than_its_screen(later_plan: Plan, width: int) -> None:
    resource_lines = tree(later_plan, Screen(width=width)).split("\n\n")[0].splitlines()
    assert [line for line in resource_lines if columns(line) > width] == []


def test_what_stays_is_listed_before_a_teardown(
    make_plan: Callable[..., Plan], make_resource: Callable[..., PlannedResource], same_as_stored: Stored
) -> None:
    plan = make_plan(
        make_resource("aws:ec2/instance:Instance", "edit-1-instance", Operation.DELETE, id="i-1"),
        make_resource("aws:ebs/snapshot:Snapshot", "edit-1-last", Operation.FORGET, id="snap-1"),
        make_resource("aws:s3/bucket:Bucket", "teaser-media", id="northlight-teaser-media"),
        make_resource("aws:kms/key:Key", "teaser-key", id="1111-2222"),
    )
    assert [r.name for r in going(plan)] == ["edit-1-instance", "edit-1-last"]
    assert [r.name for r in staying(plan)] == ["edit-1-last", "teaser-media", "teaser-key"]
    same_as_stored("teardown", teardown(plan, WIDE))


def test_down_with_media_said_that_it_keeps_the_snapshot_that_it_deletes(
    make_plan: Callable[..., Plan], make_resource: Callable[..., PlannedResource]
) -> None:
    disk = make_resource(
        "aws:ebs/volume:Volume",
        "edit-1-data",
        Operation.DELETE,
        inputs={"finalSnapshot": True, "tags": {WORKSTATION: "edit-1"}},
    )
    assert "Kept: 1 snapshot of edit-1's work disk." in teardown(make_plan(disk), WIDE)
    assert "Kept" not in teardown(make_plan(disk), WIDE, {})
    assert kept_line(make_plan(disk)) == ""


def test_what_does_nothing_on_the_simulated_cloud_was_named_by_its_type(
    make_plan: Callable[..., Plan], make_resource: Callable[..., PlannedResource]
) -> None:
    types = AWS.recorded
    resources = [make_resource(type, "one", Operation.CREATE) for type in types]
    [line] = recorded_only(Screen(width=1000), dataclasses.replace(make_plan(*resources), recorded_only=types))
    assert "hours, lifecycle rules" in line
    assert re.findall(r"[a-z0-9]+ [A-Z][a-z]\w*", line) == []


def test_a_teardown_of_nothing_says_so(make_plan: Callable[..., Plan]) -> None:
    assert teardown(make_plan(), WIDE) == "teaser: nothing is up."


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.just(UNKNOWN)
    | st.builds(Secret, st.text()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
changes = st.builds(Change, path=st.text(), before=values, after=values, replaces=st.booleans())
resources = st.builds(
    PlannedResource,
    urn=st.text(max_size=4), type=st.text(max_size=20), name=st.text(max_size=50), operation=st.sampled_from(Operation),
    custom=st.booleans(), parent=st.none() | st.text(max_size=4), id=st.none() | st.text(),
    changes=st.lists(changes, max_size=3).map(tuple),
)  # fmt: skip
screens = st.builds(Screen, width=st.integers(20, 200), colour=st.booleans(), unicode=st.booleans())


@given(st.lists(resources, max_size=6, unique_by=lambda r: r.urn), screens)
def test_hostile_words_cannot_command_the_terminal(found: list[PlannedResource], screen: Screen) -> None:
    plan = Plan("soundstage", "teaser", tuple(found), recorded_only=frozenset(r.type for r in found[:2]))
    for drawn in (tree(plan, screen, everything=True), teardown(plan, screen)):
        bare = SGR.sub("", drawn) if screen.colour else drawn
        assert all(line.isprintable() for line in bare.split("\n"))
        assert screen.unicode or drawn.isascii()
