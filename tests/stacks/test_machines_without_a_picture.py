"""Which image a new machine gets, and the refusal of one that would show no picture: from pins and a list of images, with no cloud."""

from collections.abc import Collection
from datetime import UTC, date, datetime

import pytest

from soundstage.core.errors import PreflightRefused
from soundstage.images.index import shipped_index
from soundstage.images.pins import Pin, Pins
from soundstage.projectfile.spec import Project
from soundstage.stacks.clouds.machine_images import MachineImage
from soundstage.stacks.images.chosen import Choice, choose
from soundstage.stacks.images.shelf import Shelf

TODAY = date(2026, 11, 26)
ID = "ami-0123456789abcdef0"
EDIT = shipped_index()["edit-linux"]


class Listed:
    """The images of an account, as a list."""

    def __init__(self, *images: MachineImage) -> None:
        self._images = images

    def found(self, ids: Collection[str], region: str) -> dict[str, MachineImage]:
        return {one.id: one for one in self._images if one.id in ids and one.region == region}

    def named(self, name: str, owner: str, region: str) -> list[MachineImage]:
        return [one for one in self._images if one.name.startswith(name.rstrip("*")) and one.region == region]


def _image(name: str, id: str = ID, state: str = "available") -> MachineImage:
    return MachineImage(id, name, "eu-west-1", state, datetime(2026, 11, 1, tzinfo=UTC), "1" * 12, 40)


def _project(**workstation: object) -> Project:
    network = workstation.pop("network", {})
    machines = {"edit-1": {"for": "editing", **workstation}}
    return Project.model_validate({"project": "a", "network": network, "workstations": machines})


def _pins(digest: str = EDIT.digest) -> Pins:
    return Pins(recipes={"edit-linux": Pin(digest=digest, baked=date(2026, 11, 1), regions={"eu-west-1": ID})})


def _choose(project: Project, *images: MachineImage, pins: Pins | None = None, simulated: bool = False) -> Choice:
    shelf = Shelf(shipped_index(), pins or Pins(), Listed(*images), simulated)  # type: ignore[arg-type]
    return choose(project, {}, shelf, TODAY)


def test_a_machine_without_a_baked_image_came_up_with_no_picture() -> None:
    with pytest.raises(PreflightRefused) as refused:
        _choose(_project())
    assert "edit-1: there is no image of edit-linux in eu-west-1" in refused.value.message
    assert refused.value.hint.startswith(
        "`workstation image bake edit-linux --region eu-west-1` makes one: about 35 minutes"
    )
    assert "USD" in refused.value.hint
    assert refused.value.exit_code == 4


def test_a_pinned_image_is_taken_and_its_name_says_of_which_bake() -> None:
    name = f"soundstage/edit-linux/2026-11-20-{EDIT.digest[:8]}"
    assert _choose(_project(), _image(name), pins=_pins()) == Choice({"edit-1": (name, ID)})
    assert _choose(_project(image="edit-linux"), _image(name), pins=_pins()) == Choice({"edit-1": (name, ID)})


@pytest.mark.parametrize("state", ["gone", "failed", "disabled", "pending"])
def test_an_image_deleted_by_hand_while_pinned_is_said_with_the_way_on(state: str) -> None:
    images = [] if state == "gone" else [_image("soundstage/edit-linux/2026-11-20-00000000", state=state)]
    with pytest.raises(PreflightRefused, match=f"its pinned image {ID} is gone in eu-west-1") as refused:
        _choose(_project(), *images, pins=_pins())
    assert "workstation image promote edit-linux" in refused.value.hint


def test_a_published_image_in_a_network_with_a_way_out_says_what_its_first_start_takes() -> None:
    choice = _choose(_project(network={"zone": "io", "nat": True}))
    assert choice.images == {}
    assert "10 to 30 minutes" in choice.told[0]
    with pytest.raises(PreflightRefused):
        _choose(_project(network={"zone": "io", "nat": True}, image="edit-linux"))


def test_an_image_older_than_forty_five_days_is_told_with_the_command() -> None:
    old, new = (f"soundstage/edit-linux/{day}-{EDIT.digest[:8]}" for day in ("2026-10-11", "2026-10-12"))
    assert _choose(_project(), _image(new), pins=_pins()).told == ()
    (told,) = _choose(_project(), _image(old), pins=_pins()).told
    assert "46 days old" in told
    assert "workstation image bake edit-linux --region eu-west-1" in told


def test_a_recipe_that_changed_since_the_bake_is_told() -> None:
    (told,) = _choose(_project(), _image("soundstage/edit-linux/2026-11-20-00000000"), pins=_pins()).told
    assert "The recipe edit-linux has changed" in told


def test_an_image_named_by_its_id_must_be_there() -> None:
    assert _choose(_project(image=ID), _image("anything")).images == {"edit-1": (ID, ID)}
    with pytest.raises(PreflightRefused, match=f"there is no image {ID}"):
        _choose(_project(image=ID))


def test_the_simulated_cloud_has_an_image_of_each_recipe_that_never_grows_old() -> None:
    first = _image("soundstage/edit-linux/simulated")
    assert _choose(_project(), first, simulated=True) == Choice({"edit-1": (first.name, ID)})
    with pytest.raises(PreflightRefused):
        _choose(_project(), first)


def test_a_machine_that_is_up_keeps_its_image_whatever_is_pinned() -> None:
    shelf = Shelf(shipped_index(), Pins(), Listed())  # type: ignore[arg-type]
    kept = {"edit-1": ("soundstage/edit-linux/2026-11-20-" + EDIT.digest[:8], "ami-00000009")}
    assert choose(_project(), kept, shelf, TODAY) == Choice(kept)
