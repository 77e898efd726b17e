"""A command that is killed again and again, and typed again each time, ends where an undisturbed one ends.

The full example: up, an updating up, stop, start, down, all media deleted. Each command line is killed at random moments
(seeded) until it gets to its end; `make soak` dies after one or two moments each time, `make test` after some hundred.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from stage import Stage, assert_same

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("killed")]

FILE = "feature.yaml"
SCENES: dict[str, tuple[str, ...]] = {
    "up": ("up", FILE, "--yes"),
    "update": ("up", FILE, "--yes"),
    "stop": ("stop", FILE),
    "start": ("start", FILE),
    "down": ("down", FILE, "--yes"),
    "delete media": ("down", FILE, "--delete-media", "--yes"),
}
MANY = 260
"""Moments between two deaths, on average, in `make test`."""
FEW = {"stop": 4, "start": 4}
"""The same for commands that have few moments at all."""


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


@dataclass
class Played:
    """What the cloud held after each scene, and how often it was killed."""

    pictures: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    kills: dict[str, int] = field(default_factory=dict)
    said: str = ""


def play(stage: Stage, rng: random.Random | None, many: dict[str, int]) -> Played:
    played = Played()
    for scene, arguments in SCENES.items():
        if scene == "update":
            edit(stage)
        played.kills[scene] = 0
        while True:
            at = rng.randint(1, 2 * many[scene]) if rng else 0
            ran = stage.run(*arguments, at=at)
            played.said += ran.err
            if ran.code == 0:
                break
            assert ran.code == -9, f"{scene}: {ran.code}\n{ran.err}"
            played.kills[scene] += 1
            stage.verify()
        played.pictures[scene] = stage.picture()
    return played


@pytest.fixture(scope="module")
def undisturbed(new_stage: Callable[..., Stage]) -> Played:
    return play(new_stage(FILE, "studio.yaml", "feature.policy.yaml"), None, {})


@pytest.fixture(scope="module")
def disturbed(new_stage: Callable[..., Stage], soak: bool) -> Played:
    many = {scene: 1 if soak else FEW.get(scene, MANY) for scene in SCENES}
    return play(new_stage(FILE, "studio.yaml", "feature.policy.yaml"), random.Random(1121), many)


# A machine is stopped to change its boot script and started again. Killed in between, it may stay stopped: the next command
# cannot tell that from a machine that somebody stopped. Known, in docs/security.md, and lost is nothing but a start.
STAYS_STOPPED = pytest.mark.xfail(reason="a machine stopped for a change may stay stopped after a kill", strict=False)


@pytest.mark.parametrize("scene", [pytest.param(s, marks=STAYS_STOPPED) if s == "update" else s for s in SCENES])
def test_the_end_is_that_of_an_undisturbed_run(
    scene: str, undisturbed: Played, disturbed: Played, record_property: Callable[[str, object], None]
) -> None:
    record_property("count", (f"killed while running `{' '.join(SCENES[scene])}`", disturbed.kills[scene]))
    assert_same(disturbed.pictures[scene], undisturbed.pictures[scene], scene)


def test_the_command_says_what_it_continues(disturbed: Played) -> None:
    assert sum(disturbed.kills.values()) >= 6
    assert "when the last command stopped" in disturbed.said
