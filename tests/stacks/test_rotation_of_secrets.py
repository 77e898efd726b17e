"""Another passphrase for the secrets of a stack: nothing is lost, whatever dies on the way, and the old passphrase opens nothing
any more."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.sealing import ROUNDS, SealedStack

from soundstage.core.errors import StateError, UsageError
from soundstage.engines.base import StackName
from soundstage.engines.passphrase import KEY_FILE, NEXT_KEY_FILE, passphrase
from soundstage.engines.pulumi import sealed
from soundstage.engines.pulumi.sealed import opened, opens
from soundstage.engines.testing import Bench, Thing
from soundstage.projectfile.spec import Studio
from soundstage.stacks.clouds.aws.account import SimulatedAws
from soundstage.stacks.state import rotation
from soundstage.stacks.state.rotation import NewKey, rotate
from soundstage.stacks.target import state_folder

STUDIO = Studio(studio="home")
STACK = StackName("soundstage", "teaser")
CLOUD = SimulatedAws("eu-west-1")
OLD, NEW = "correct horse battery", "staple rather than horse"


class Killed(BaseException):
    """Stands for a death between two steps."""


@pytest.fixture(autouse=True)
def quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key takes half a second to derive, on purpose; here it is derived often, and nothing depends on how long it takes."""
    monkeypatch.setattr(sealed, "_ROUNDS", ROUNDS)


Stand = Callable[[str], SealedStack]


@pytest.fixture
def stand(monkeypatch: pytest.MonkeyPatch) -> Stand:
    """Puts a stack with secrets under a passphrase on the genuine engine."""

    def put(words: str) -> SealedStack:
        stack = SealedStack(words, STACK)
        monkeypatch.setattr(rotation, "pulumi_holds", lambda *_: True)
        monkeypatch.setattr(rotation, "pulumi_engine", lambda *_, **__: stack)
        return stack

    return put


@pytest.fixture
def given(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> SealedStack:
    """One whose passphrase, OLD, is in the environment."""
    monkeypatch.setenv("SOUNDSTAGE_PASSPHRASE", OLD)
    return stand(OLD)


@pytest.fixture
def kept(stand: Stand) -> SealedStack:
    """One with a random passphrase in a file of ours."""
    return stand(passphrase(state_folder(STUDIO, STACK), make=True))


def read(stack: SealedStack, words: str) -> Any:
    return opened(stack.export()["deployment"]["resources"], words, stack.proof)


def test_the_state_opens_with_the_new_passphrase_and_not_with_the_old_one(given: SealedStack) -> None:
    before = read(given, OLD)
    done = rotate(CLOUD, STACK, STUDIO, NewKey(words=NEW))
    assert (done.secrets, done.copies, done.already) == (4, 0, False)
    assert (opens(NEW, given.proof), opens(OLD, given.proof)) == (True, False)
    assert read(given, NEW) == before
    assert "hush" not in json.dumps(given.export())
    with pytest.raises(StateError, match="not the one"):
        read(given, OLD)


def test_a_random_passphrase_in_a_file_becomes_another_one(kept: SealedStack) -> None:
    file = state_folder(STUDIO, STACK) / KEY_FILE
    before = file.read_text()
    done = rotate(CLOUD, STACK, STUDIO, NewKey())
    assert done.file == str(file)
    assert file.read_text() != before
    assert file.stat().st_mode & 0o777 == 0o600
    assert not (file.parent / NEXT_KEY_FILE).exists()
    assert opens(file.read_text().strip(), kept.proof)


STEPS: tuple[tuple[str, bool], ...] = tuple(
    (name, after) for name in ("announce", "change_secrets", "settle") for after in (False, True)
)


@pytest.mark.parametrize(("name", "after"), STEPS, ids=str)
def test_a_rotation_that_dies_at_a_step_is_gone_on_with(
    name: str, after: bool, kept: SealedStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    place: Any = SealedStack if name == "change_secrets" else rotation.KeyFile
    real: Callable[..., Any] = getattr(place, name)

    def die(*arguments: Any) -> Any:
        if after:
            real(*arguments)
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(place, name, die)
        with pytest.raises(Killed):
            rotate(CLOUD, STACK, STUDIO, NewKey(words=NEW))
    done = rotate(CLOUD, STACK, STUDIO, NewKey(words=NEW))
    assert done.secrets == 4
    folder = state_folder(STUDIO, STACK)
    assert (folder / KEY_FILE).read_text().strip() == NEW
    assert not (folder / NEXT_KEY_FILE).exists()
    assert opens(NEW, kept.proof)


@pytest.mark.usefixtures("kept")
def test_any_other_command_in_between_says_what_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as dying:
        dying.setattr(rotation.KeyFile, "settle", lambda _self: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            rotate(CLOUD, STACK, STUDIO, NewKey())
    with pytest.raises(StateError, match="was being changed") as caught:
        passphrase(state_folder(STUDIO, STACK), make=True)
    assert "rotate-secrets" in caught.value.hint


def test_a_wrong_present_passphrase_changes_nothing(given: SealedStack, monkeypatch: pytest.MonkeyPatch) -> None:
    before = given.export()
    monkeypatch.setenv("SOUNDSTAGE_PASSPHRASE", "another horse altogether")
    with pytest.raises(StateError, match="does not open"):
        rotate(CLOUD, STACK, STUDIO, NewKey(words=NEW))
    assert given.export() == before


def test_what_does_not_read_as_before_is_said(given: SealedStack, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(stack: SealedStack, _way: str, words: str = "") -> None:
        stack._put(words)
        del stack.document["deployment"]["resources"][0]

    monkeypatch.setattr(SealedStack, "change_secrets", lose)
    with pytest.raises(StateError, match="does not read as before"):
        rotate(CLOUD, STACK, STUDIO, NewKey(words=NEW))
    assert given.proof


@pytest.mark.usefixtures("given")
def test_a_passphrase_of_the_environment_is_not_replaced_by_one_that_nobody_knows() -> None:
    with pytest.raises(UsageError, match="must come from you too") as caught:
        rotate(CLOUD, STACK, STUDIO, NewKey())
    assert "--passphrase-file" in caught.value.hint


@pytest.mark.usefixtures("given")
def test_the_same_again_finds_it_done() -> None:
    rotate(CLOUD, STACK, STUDIO, NewKey(words=NEW))
    again = rotate(CLOUD, STACK, STUDIO, NewKey(words=NEW))
    assert (again.already, again.secrets) == (True, 4)


def test_a_stack_of_the_embedded_engine_has_no_secrets_and_needs_no_passphrase() -> None:
    bench = Bench(state_folder(STUDIO, STACK))
    bench.up(lambda: (Thing("one"), None)[1])
    done = rotate(CLOUD, STACK, STUDIO, NewKey())
    assert (done.secrets, done.already, done.file) == (0, True, None)
    assert not (bench.folder / KEY_FILE).exists()
