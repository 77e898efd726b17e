"""What is asked before a studio's state goes to a place that others share; nothing is written or made while it is refused."""

from pathlib import Path
from typing import Any

import pytest

from soundstage.core.errors import EngineError, OperationError, PreflightRefused, StateError
from soundstage.projectfile.bucket_address import Bucket
from soundstage.projectfile.spec import State, Studio
from soundstage.stacks.clouds.aws.account import RealAws
from soundstage.stacks.clouds.aws.buckets import AwsBuckets
from soundstage.stacks.state import shared
from soundstage.stacks.state.shared import SharedState
from soundstage.stacks.target import pulumi_folder

BUCKET = Bucket("acme-state-1", "eu-west-1")
MANAGED = Studio(studio="acme", state=State(backend=BUCKET.url, managed=True))


class Nothing:
    """An engine without a stack."""

    def exists(self) -> bool:
        return False


class Refusing:
    """An engine whose backend refuses."""

    def exists(self) -> bool:
        raise OperationError("The place that keeps the state cannot be reached.", "Check the network.")


@pytest.fixture
def sharing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SharedState:
    """A studio of a real account, with nothing on record anywhere."""
    monkeypatch.setenv("SOUNDSTAGE_PASSPHRASE", "correct horse battery")
    monkeypatch.setattr("soundstage.engines.pulumi.command.require", lambda _home: None)
    monkeypatch.setattr(RealAws, "account_id", "123456789012")
    monkeypatch.setattr(RealAws, "client", lambda *_arguments: None)
    monkeypatch.setattr(shared, "engine_for", lambda *_arguments: Nothing())
    monkeypatch.setattr(shared, "pulumi_engine", lambda *_arguments: Nothing())
    return SharedState(MANAGED, tmp_path / "studio.yaml", "aws")


def bucket(monkeypatch: pytest.MonkeyPatch, *, there: bool, holds: bool = False) -> None:
    monkeypatch.setattr(AwsBuckets, "is_there", lambda *_arguments: there)
    monkeypatch.setattr(AwsBuckets, "holds", lambda *_arguments: holds)


def test_a_name_that_is_free_is_to_be_made(sharing: SharedState, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket(monkeypatch, there=False)
    assert sharing.check() is False


def test_a_colleague_s_bucket_that_has_the_state_is_taken(
    sharing: SharedState, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket(monkeypatch, there=True, holds=True)
    assert sharing.check() is True


def test_a_bucket_without_a_state_means_that_somebody_else_is_at_it(
    sharing: SharedState, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket(monkeypatch, there=True)
    with pytest.raises(PreflightRefused, match="another machine") as caught:
        sharing.check()
    assert "--state s3://NAME" in caught.value.hint


def test_what_was_begun_on_this_machine_is_gone_on_with(sharing: SharedState, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket(monkeypatch, there=True)
    state = pulumi_folder(MANAGED, "aws") / ".pulumi" / "stacks" / "soundstage-studio" / "acme.json"
    state.parent.mkdir(parents=True)
    state.write_text('{"checkpoint": {"latest": {"pending_operations": [{}]}}}')
    assert sharing.check() is False


def test_what_a_colleague_did_while_this_one_was_asked_is_not_done_again(
    sharing: SharedState, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket(monkeypatch, there=False)
    assert sharing.check() is False
    bucket(monkeypatch, there=True, holds=True)
    monkeypatch.setattr(sharing.deployment, "up", lambda **_options: pytest.fail("built a second time"))
    assert sharing.move() is None


def test_without_a_passphrase_that_others_know_nothing_is_begun(
    sharing: SharedState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOUNDSTAGE_PASSPHRASE")
    with pytest.raises(StateError, match="no passphrase") as caught:
        sharing.check()
    assert "openssl rand" in caught.value.hint
    assert "awskms://" in caught.value.hint


def test_without_the_pulumi_command_nothing_is_begun(sharing: SharedState, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_home: Path) -> None:
        raise EngineError("The Pulumi engine is not installed.")

    monkeypatch.setattr("soundstage.engines.pulumi.command.require", missing)
    with pytest.raises(EngineError):
        sharing.check()


@pytest.mark.parametrize(
    ("backend", "commands"),
    [
        ("gs://films", ["gcloud storage buckets create gs://films", "--public-access-prevention", "--versioning"]),
        ("azblob://films", ["az storage account create --name acmestate", "--enable-versioning true", "--name films"]),
        ("https://api.pulumi.com", []),
    ],
)
def test_a_place_that_does_not_answer_is_said_with_the_commands_that_make_it(
    backend: str, commands: list[str], sharing: SharedState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "pulumi_engine", lambda *_arguments: Refusing())
    elsewhere: Any = SharedState(Studio(studio="acme", state=State(backend=backend)), tmp_path / "studio.yaml", "aws")
    with pytest.raises(PreflightRefused, match="cannot be reached") as caught:
        elsewhere.check()
    assert caught.value.hint.startswith("Check the network.")
    assert [command for command in commands if command not in caught.value.hint] == []
    assert ("If it is not there yet" in caught.value.hint) is bool(commands)


def test_what_is_still_in_a_folder_is_named_with_the_command_that_moves_it(sharing: SharedState) -> None:
    folder = pulumi_folder(MANAGED, "aws")
    for stack, resources in (
        ("soundstage/teaser", "[{}]"),
        ("soundstage/gone", "[]"),
        ("soundstage-studio/acme", "[{}]"),
    ):
        file = folder / ".pulumi" / "stacks" / f"{stack}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f'{{"checkpoint": {{"latest": {{"resources": {resources}}}}}}}')
    assert sharing.left_behind() == [f"workstation move-state teaser --from file://{folder}"]
