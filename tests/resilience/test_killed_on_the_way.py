"""A command that is killed anywhere, and typed again each time, ends where an undisturbed one ends.

The full example: up, an updating up, stop, start, down, all media deleted. An undisturbed life says which points each command
passes (`points.Points`): before and after each step's first line in the state, at every call that changes the cloud when the
request is out and when its answer is there, after the step's last line, around every backup and as the state is closed.

`make soak` kills at every single one of them: the command dies and is typed again until it has died at all that it was meant
to, and comes to its end. `make test` kills at a few of every kind, the same every day, and where a fault was found once.
"""

import re
import shutil
import signal
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from stage import Stage, assert_same
from tests.exploring import SOAK

from soundstage.simulator import process

pytestmark = [pytest.mark.slow]

FILE = "feature.yaml"
SCENES: dict[str, tuple[str, ...]] = {
    "up": ("up", FILE, "--yes"),
    "update": ("up", FILE, "--yes"),
    "stop": ("stop", FILE),
    "start": ("start", FILE),
    "down": ("down", FILE, "--yes"),
    "delete media": ("down", FILE, "--delete-media", "--yes"),
}
WITH_STEPS = ("up", "update", "down")
"""Scenes in which an engine listens for signals from the first step to the last."""
PLACES = ("about to begin", "begun", "sent", "answered", "ended", "noted", "unsaved", "saved")
"""The kinds of points."""
OPEN = ("begun", "sent", "answered")
"""Those that leave a step open which the next command has to ask the cloud about."""
WAYS: dict[str, tuple[signal.Signals, ...]] = {
    "Ctrl-C": (signal.SIGINT,),
    "Ctrl-C twice": (signal.SIGINT, signal.SIGINT),
    "SIGTERM": (signal.SIGTERM,),
    "a closed terminal": (signal.SIGHUP,),
}
STEP = re.compile("(creating|updating|deleting) ")
FAILED_ONCE = {
    # The second death lost what the second command had noted, when a state had a journal: it had appended to that of the first.
    "delete media": ("saved: close of feature", "sent: DeleteObject 1 of deleting feature-media-proxies"),
}
"""Points that `make test` kills at besides."""


def edit(stage: Stage) -> None:
    """Change the file so that an update creates, updates, replaces and deletes."""
    file = stage.folder / FILE
    text = file.read_text()
    for before, after in (
        ("size: medium", "size: large"),
        ("disk_gib: 200", "disk_gib: 250"),
        ("  mix-1: {for: audio, size: small, user: chen}\n", "  mix-2: {for: audio, size: small, user: chen}\n"),
        ("monthly_usd: 4000", "monthly_usd: 4500"),
    ):
        assert before in text
        text = text.replace(before, after)
    file.write_text(text)


@dataclass(frozen=True)
class Undisturbed:
    """What a scene does when nobody disturbs it."""

    points: tuple[str, ...]
    """All that it passes, each once, in alphabetical order: side by side they come in another order every time."""
    picture: dict[str, list[str]]
    """What the cloud then holds."""

    def at(self, place: str) -> list[str]:
        return [point for point in self.points if point.startswith(f"{place}: ")]

    def sample(self, turn: int) -> list[str]:
        """Two points of different places; every turn others."""
        chosen = (self.at(PLACES[turn % len(PLACES)]), self.at(PLACES[(turn + 5) % len(PLACES)]))
        return [(found or self.at("answered"))[len(found) // 2] for found in chosen]

    def spread(self, number: int) -> list[str]:
        """`number` points, evenly spread over where a signal meets a step."""
        found = [point for place in (*OPEN, "ended") for point in self.at(place)]
        return [found[index * len(found) // number] for index in range(number)]


class Play:
    """The scenes, from the first to the last. In `make soak` each can be played again from where it begins."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.scenes: dict[str, Undisturbed] = {}
        for scene, arguments in SCENES.items():
            if scene == "update":
                edit(stage)
            shutil.copy(stage.folder / FILE, stage.folder / f"{scene}.project")
            if SOAK and stage.home.exists():
                process.stop(stage.home)
                shutil.copytree(stage.home, self._before(scene))
            ran = stage.must(*arguments)
            self.scenes[scene] = Undisturbed(tuple(sorted(set(ran.points))), stage.picture())

    def _before(self, scene: str) -> Path:
        return self.stage.folder / f"before {scene}"

    def rewind(self, scene: str) -> None:
        """Put everything back to where this scene begins."""
        process.stop(self.stage.home, save=False)
        shutil.rmtree(self.stage.home)
        if scene != next(iter(SCENES)):
            shutil.copytree(self._before(scene), self.stage.home)
        self.open(scene)

    def open(self, scene: str) -> None:
        """Have the project file say what it says in this scene."""
        shutil.copy(self.stage.folder / f"{scene}.project", self.stage.folder / FILE)

    def killed(self, scene: str, aims: Collection[str]) -> tuple[set[str], int, str]:
        """Type the command of a scene until it gets through; it dies at whatever of `aims` it comes to, once at each.

        Returns the points at which it died, how often it died, and what it said.
        """
        left, deaths, said = set(aims), 0, ""
        while True:
            ran = self.stage.run(*SCENES[scene], aims=left)
            said += ran.err
            if ran.code == 0:
                break
            assert ran.code == -signal.SIGKILL, f"{scene}: {ran.code}\n{ran.err}"
            assert ran.struck
            left -= set(ran.struck)
            deaths += 1
            self.stage.verify()
        return set(aims) - left, deaths, said

    def interrupted(self, scene: str, way: str, aims: Sequence[str]) -> int:
        """Type the command of a scene for each of `aims`, and interrupt it there. Returns how often it got there."""
        number = 0
        for aim in aims:
            ran = self.stage.run(*SCENES[scene], aims=[aim], signals=WAYS[way])
            if ran.struck:
                number += 1
                in_order = len(WAYS[way]) == 1
                assert ran.code == (130 if in_order else -WAYS[way][0]), ran.err
                assert not in_order or "same command" in " ".join(ran.err.split())
                self.stage.verify()
        return number

    def ends_well(self, scene: str, what: str) -> None:
        """The cloud is as the undisturbed scene leaves it, and the state knows all of it."""
        assert_same(self.stage.picture(), self.scenes[scene].picture, f"{scene}, {what}")


@pytest.fixture(scope="module")
def play(new_stage: Callable[..., Stage]) -> Play:
    return Play(new_stage(FILE, "studio.yaml", "feature.policy.yaml"))


def said_what_it_continues(said: str, struck: Collection[str]) -> bool:
    """Whether it did, where a step was left open."""
    left_open = any(point.startswith(OPEN) and STEP.search(point) for point in struck)
    return not left_open or "when the last command stopped" in said


@pytest.mark.skipif(SOAK, reason="all points are tried")
def test_a_whole_life_with_a_few_deaths(play: Play, record_property: Callable[[str, object], None]) -> None:
    play.rewind("up")
    for number, (scene, undisturbed) in enumerate(play.scenes.items()):
        play.open(scene)
        if scene == "update":  # what is in hand is finished then, which leaves few points to kill at
            assert play.interrupted(scene, "Ctrl-C twice", undisturbed.spread(3)[1:2]) == 1
        struck, deaths, said = play.killed(scene, {*undisturbed.sample(number), *FAILED_ONCE.get(scene, ())})
        assert struck
        play.ends_well(scene, f"killed at {sorted(struck)}")
        assert said_what_it_continues(said, struck), said
        record_property("count", (f"deaths of `{' '.join(SCENES[scene])}`", deaths))


@pytest.mark.skipif(not SOAK, reason="long; `make soak` runs it")
@pytest.mark.parametrize(("scene", "place"), [(scene, place) for scene in SCENES for place in PLACES])
def test_killed_at_every_single_point(
    scene: str, place: str, play: Play, record_property: Callable[[str, object], None]
) -> None:
    points = play.scenes[scene].at(place)
    left, deaths = set(points), 0
    while left:  # once more for what was passed by because another step died first
        play.rewind(scene)
        struck, number, said = play.killed(scene, left)
        assert struck, f"never killed at {sorted(left)}"
        play.ends_well(scene, f"killed {number} times where it was {place}")
        assert said_what_it_continues(said, struck), said
        left, deaths = left - struck, deaths + number
    record_property("count", (f"points of `{' '.join(SCENES[scene])}` at which it was killed", len(points)))
    record_property("count", (f"deaths of `{' '.join(SCENES[scene])}`", deaths))


@pytest.mark.skipif(not SOAK, reason="long; `make soak` runs it")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("scene", WITH_STEPS)
def test_interrupted_while_steps_run(
    scene: str, way: str, play: Play, record_property: Callable[[str, object], None]
) -> None:
    aims = play.scenes[scene].spread(6)
    play.rewind(scene)
    number = play.interrupted(scene, way, aims)
    assert number
    play.stage.must(*SCENES[scene])
    play.ends_well(scene, f"interrupted by {way} at {aims}")
    record_property("count", (f"interruptions by {way}", number))
