"""A move of a state that dies at any of its steps: the same move goes on, and no resource is on record nowhere or twice."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from soundstage.core.errors import StateError
from soundstage.engines.base import Engine
from soundstage.engines.testing import Bench, Thing
from soundstage.stacks.state.move import carry


class Killed(BaseException):
    """Stands for a death between two steps."""


def program() -> None:
    Thing("one")
    Thing("two")


def other_program() -> None:
    Thing("one")


@pytest.fixture
def sides(tmp_path: Path) -> tuple[Engine, Engine]:
    """A stack that is up, and another place for its state, on one cloud."""
    here, there = Bench(tmp_path / "here"), Bench(tmp_path / "there")
    there.cloud = here.cloud
    here.up(program)
    return here.engine, there.engine


def dying(engine: Engine, method: str, *, after: bool) -> Callable[..., Any]:
    real = getattr(engine, method)

    def die(*arguments: Any, **options: Any) -> Any:
        if after:
            real(*arguments, **options)
        raise Killed

    return die


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", ["export", "import there", "preview", "import here"])
def test_a_move_that_dies_at_a_step_is_gone_on_with(
    step: str, after: bool, sides: tuple[Engine, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = sides
    method, side = {
        "export": ("export", source), "import there": ("import_", target),
        "preview": ("preview", target), "import here": ("import_", source),
    }[step]  # fmt: skip
    with monkeypatch.context() as patched:
        patched.setattr(side, method, dying(side, method, after=after))
        with pytest.raises(Killed):
            carry(source, target, program)
    assert source.exists() or target.exists()
    if source.exists():
        carry(source, target, program)
    assert not source.exists()
    assert not target.preview(program).changes_anything


def test_a_state_that_does_not_match_its_program_stays_where_it_is(sides: tuple[Engine, Engine]) -> None:
    source, target = sides
    with pytest.raises(StateError, match="does not match its program"):
        carry(source, target, other_program)
    assert source.exists()
    assert not target.exists()


def test_two_states_are_not_made_one(sides: tuple[Engine, Engine], tmp_path: Path) -> None:
    source, _ = sides
    other = Bench(tmp_path / "other")
    other.up(other_program)
    with pytest.raises(StateError, match="two states cannot be merged"):
        carry(source, other.engine, program)
    assert source.exists()
    assert other.engine.exists()
