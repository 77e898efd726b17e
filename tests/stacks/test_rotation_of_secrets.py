"""Another passphrase for the secrets of a stack on the embedded engine: nothing is lost, whatever dies on the way, and the
old passphrase opens nothing any more."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from soundstage.core.errors import StateError, UsageError
from soundstage.engines.base import StackName
from soundstage.engines.embedded import checkpoint, secrets
from soundstage.engines.embedded.resealing import opened, proof_of
from soundstage.engines.embedded.secrets import KEY_FILE, NEXT_KEY_FILE, Vault, opens
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


def program() -> None:
    Thing("one", word=pulumi.Output.secret({"inner": pulumi.Output.secret("hush")}))
    Thing("two", word=pulumi.Output.secret("quiet"))


@pytest.fixture(autouse=True)
def quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key takes half a second to derive, on purpose; here it is derived often, and nothing depends on how long it takes."""
    monkeypatch.setattr(secrets, "_ROUNDS", 1_000)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A stack with secrets under the passphrase OLD in the environment, and with a backup of an earlier state."""
    monkeypatch.setenv("SOUNDSTAGE_PASSPHRASE", OLD)
    return up()


def up() -> Bench:
    bench = Bench(state_folder(STUDIO, STACK))
    bench.up(lambda: None)
    bench.up(lambda: (Thing("two", word=pulumi.Output.secret("quiet")), None)[1])
    bench.up(program)
    return bench


def states(folder: Path) -> list[dict[str, Any]]:
    files = [folder / checkpoint.CHECKPOINT_FILE, *checkpoint.backups(folder)]
    return [json.loads(file.read_text()) for file in files]


def test_every_state_opens_with_the_new_passphrase_and_none_with_the_old_one(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [
        opened(d["deployment"], Vault(bench.folder, proof_of(d["deployment"]), OLD)) for d in states(bench.folder)
    ]
    done = rotate(CLOUD, STACK, STUDIO, NewKey(words=NEW))
    assert (done.secrets, done.copies, done.already) == (4, 0, False)
    proofs = [proof for state in states(bench.folder) if (proof := proof_of(state["deployment"]))]
    assert len(proofs) >= 3
    assert [opens(NEW, proof) for proof in proofs] == [True] * len(proofs)
    assert [opens(OLD, proof) for proof in proofs] == [False] * len(proofs)
    after = [opened(d["deployment"], Vault(bench.folder, proof_of(d["deployment"]), NEW)) for d in states(bench.folder)]
    assert [each["resources"] for each in after[1:]] == [each["resources"] for each in before]
    with pytest.raises(StateError, match="not the one"):
        bench.preview(program)
    monkeypatch.setenv("SOUNDSTAGE_PASSPHRASE", NEW)
    assert set(bench.preview(program).values()) == {"same"}


def test_a_random_passphrase_in_a_file_becomes_another_one() -> None:
    bench = up()
    file = bench.folder / KEY_FILE
    before = file.read_text()
    done = rotate(CLOUD, STACK, STUDIO, NewKey())
    assert done.file == str(file)
    assert file.read_text() != before
    assert file.stat().st_mode & 0o777 == 0o600
    assert not (bench.folder / NEXT_KEY_FILE).exists()
    assert set(bench.preview(program).values()) == {"same"}


STEPS: tuple[tuple[str, str, bool], ...] = tuple(
    (owner, name, after)
    for owner, name in (
        ("rotation", "fold"), ("KeyFile", "announce"), ("rotation", "rekey"), ("KeyFile", "settle"),
        ("rotation", "rekey_backups"),
    )
    for after in (False, True)
)  # fmt: skip


@pytest.mark.parametrize(("owner", "name", "after"), STEPS, ids=str)
def test_a_rotation_that_dies_at_a_step_is_gone_on_with(
    owner: str, name: str, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = up()
    place: Any = rotation if owner == "rotation" else rotation.KeyFile
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
    assert (bench.folder / KEY_FILE).read_text().strip() == NEW
    assert not (bench.folder / NEXT_KEY_FILE).exists()
    proofs = [proof for state in states(bench.folder) if (proof := proof_of(state["deployment"]))]
    assert all(opens(NEW, proof) for proof in proofs)
    assert set(bench.preview(program).values()) == {"same"}


def test_any_other_command_in_between_says_what_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = up()
    with monkeypatch.context() as dying:
        dying.setattr(rotation.KeyFile, "settle", lambda _self: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            rotate(CLOUD, STACK, STUDIO, NewKey())
    with pytest.raises(StateError, match="was being changed") as caught:
        bench.preview(program)
    assert "rotate-secrets" in caught.value.hint


def test_a_wrong_present_passphrase_changes_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    before = states(bench.folder)
    monkeypatch.setenv("SOUNDSTAGE_PASSPHRASE", "another horse altogether")
    with pytest.raises(StateError, match="does not open"):
        rotate(CLOUD, STACK, STUDIO, NewKey(words=NEW))
    assert states(bench.folder) == before


@pytest.mark.usefixtures("bench")
def test_a_passphrase_of_the_environment_is_not_replaced_by_one_that_nobody_knows() -> None:
    with pytest.raises(UsageError, match="has to come from you") as caught:
        rotate(CLOUD, STACK, STUDIO, NewKey())
    assert "--passphrase-file" in caught.value.hint


@pytest.mark.usefixtures("bench")
def test_the_same_again_finds_it_done() -> None:
    rotate(CLOUD, STACK, STUDIO, NewKey(words=NEW))
    again = rotate(CLOUD, STACK, STUDIO, NewKey(words=NEW))
    assert (again.already, again.secrets) == (True, 4)


@pytest.mark.usefixtures("bench")
def test_the_embedded_engine_has_no_cloud_key_to_offer() -> None:
    with pytest.raises(UsageError, match="passphrases only"):
        rotate(CLOUD, STACK, STUDIO, NewKey("awskms://alias/x?region=eu-west-1"))


def test_a_stack_without_secrets_needs_no_passphrase() -> None:
    bench = Bench(state_folder(STUDIO, STACK))
    bench.up(lambda: (Thing("one"), None)[1])
    done = rotate(CLOUD, STACK, STUDIO, NewKey())
    assert (done.secrets, done.file) == (0, None)
    assert not (bench.folder / KEY_FILE).exists()
