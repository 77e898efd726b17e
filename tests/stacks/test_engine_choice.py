"""Which engine, which backend, which account: decided before anything is asked of a cloud."""

import json
from pathlib import Path
from typing import Any

import pytest

from soundstage.core.clouds import CLOUDS
from soundstage.core.errors import PreflightRefused, StateError, UsageError
from soundstage.core.home import state_home
from soundstage.engines.base import StackName
from soundstage.engines.pulumi.plugin_home import engine_home, environment, install_launcher, plugin_file
from soundstage.projectfile.spec import State, Studio
from soundstage.providers.aws import PACKAGE
from soundstage.stacks.clouds.aws.account import RealAws, SimulatedAws
from soundstage.stacks.state.backend import backend_of
from soundstage.stacks.state.folder_backend import folder_holds
from soundstage.stacks.target import engine_for, kept_in, pulumi_folder, studio_cloud

STACK = StackName("soundstage", "teaser")
STUDIO = Studio(studio="home")


def hold(studio: Studio, resources: list[Any], kind: str = "simulated", stack: StackName = STACK) -> None:
    file = pulumi_folder(studio, kind) / ".pulumi" / "stacks" / stack.project / f"{stack.stack}.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"checkpoint": {"latest": {"resources": resources}}}))


def test_an_engine_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError, match='no engine "terraform"'):
        engine_for(SimulatedAws("eu-west-1"), STACK, STUDIO, "terraform")


@pytest.mark.parametrize("missing", ["pulumi_gcp", "google.auth"])
def test_a_missing_extra_for_google_cloud_was_told_as_a_fault_of_soundstage(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("soundstage.stacks.target.find_spec", lambda package: None if package == missing else package)
    assert studio_cloud("simulated", STUDIO).kind == "simulated"
    with pytest.raises(UsageError, match="an extra that is not installed") as caught:
        studio_cloud("simulated-gcp", STUDIO)
    assert "pip install '.[simulator,gcp]'" in caught.value.hint


def test_the_embedded_engine_is_refused_for_a_real_cloud() -> None:
    with pytest.raises(UsageError, match="does not build on AWS"):
        engine_for(RealAws("eu-west-1", None), STACK, STUDIO, "embedded")


def test_a_stack_of_one_engine_is_not_built_again_on_the_other() -> None:
    hold(STUDIO, [{"urn": "x"}])
    with pytest.raises(UsageError, match="on the pulumi engine") as caught:
        engine_for(SimulatedAws("eu-west-1"), STACK, STUDIO, "embedded")
    assert "workstation move-state teaser --engine embedded" in caught.value.hint


def test_a_stack_that_is_gone_from_one_engine_is_free_for_the_other() -> None:
    hold(STUDIO, [])
    assert folder_holds(pulumi_folder(STUDIO), STACK) is False
    engine_for(SimulatedAws("eu-west-1"), STACK, STUDIO, "embedded")


@pytest.mark.parametrize(
    ("stack", "command"),
    [
        (STACK, "workstation move-state teaser --from file://"),
        (StackName("soundstage-studio", "home"), "workstation studio init home --state s3://films"),
    ],
    ids=["project", "studio"],
)
def test_a_state_that_is_still_in_a_folder_is_not_built_again_elsewhere(stack: StackName, command: str) -> None:
    shared = STUDIO.model_copy(update={"state": State(backend="s3://films?region=eu-west-1")})
    cloud = RealAws("eu-west-1", None)
    assert kept_in(cloud, stack, shared) == shared.state
    hold(shared, [{"urn": "x"}], "aws", stack)
    with pytest.raises(UsageError, match="built a second time") as caught:
        kept_in(cloud, stack, shared)
    assert command in caught.value.hint


def test_one_studio_on_two_clouds_has_a_folder_for_each() -> None:
    hold(STUDIO, [{"urn": "x"}], "aws")
    engine_for(SimulatedAws("eu-west-1"), STACK, STUDIO, "embedded")
    assert pulumi_folder(STUDIO, "aws") != pulumi_folder(STUDIO)


def test_a_damaged_state_of_the_genuine_engine_is_not_taken_for_none(tmp_path: Path) -> None:
    hold(STUDIO, [])
    (pulumi_folder(STUDIO) / ".pulumi" / "stacks" / "soundstage" / "teaser.json").write_text("{")
    with pytest.raises(StateError, match="unknown what the Pulumi engine has built"):
        folder_holds(pulumi_folder(STUDIO), STACK)


@pytest.mark.parametrize("passphrase", ["", "  "])
def test_an_empty_passphrase_is_refused(passphrase: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUNDSTAGE_PASSPHRASE", passphrase)
    with pytest.raises(StateError, match="empty passphrase is not allowed"):
        backend_of(State(), tmp_path / "state", tmp_path / "stack", {})


def test_a_shared_state_takes_a_passphrase_that_others_know_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = State(backend="s3://northlight-state?region=eu-west-1")
    with pytest.raises(StateError, match=r"shared \(s3://northlight-state\)") as caught:
        backend_of(shared, tmp_path / "state", tmp_path / "stack", {})
    assert "awskms://" in caught.value.hint
    monkeypatch.setenv("SOUNDSTAGE_PASSPHRASE", "correct horse")
    backend = backend_of(shared, tmp_path / "state", tmp_path / "stack", {"A": "b"})
    assert backend.environment == {"A": "b", "PULUMI_CONFIG_PASSPHRASE": "correct horse"}
    assert backend.url == shared.backend


def test_a_key_in_the_cloud_needs_no_passphrase(tmp_path: Path) -> None:
    state = State(backend="s3://northlight-state", secrets="awskms://alias/northlight?region=eu-west-1")
    backend = backend_of(state, tmp_path / "state", tmp_path / "stack", {})
    assert (backend.secrets, backend.environment) == (state.secrets, {})


def test_a_stack_in_pulumi_cloud_is_named_after_its_organisation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOUNDSTAGE_PASSPHRASE", "correct horse")
    of_a_team = State(backend="https://api.pulumi.com/northlight")
    backend = backend_of(of_a_team, tmp_path / "state", tmp_path / "stack", {})
    assert (backend.url, backend.name(STACK)) == ("https://api.pulumi.com", "northlight/soundstage/teaser")
    alone = backend_of(State(backend="https://api.pulumi.com"), tmp_path / "state", tmp_path / "stack", {})
    assert (alone.url, alone.name(STACK)) == ("https://api.pulumi.com", "teaser")


def test_one_person_gets_a_private_folder_and_a_random_passphrase(tmp_path: Path) -> None:
    backend = backend_of(State(), tmp_path / "state", tmp_path / "stack", {})
    assert backend.url.startswith(f"file://{tmp_path}/state")
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    assert len(backend.environment["PULUMI_CONFIG_PASSPHRASE"]) > 20
    assert (tmp_path / "stack" / "passphrase").stat().st_mode & 0o777 == 0o600


def test_each_kind_of_cloud_has_plugins_of_its_own() -> None:
    home = state_home()
    simulated, real = engine_home(home, "simulated"), engine_home(home, "aws")
    install_launcher(simulated, PACKAGE, "#!/bin/sh\n")
    assert plugin_file(simulated, PACKAGE).is_file()
    assert not plugin_file(real, PACKAGE).exists()
    for cloud in CLOUDS.values():
        assert environment(cloud)["PULUMI_IGNORE_AMBIENT_PLUGINS"] == "true"
    assert environment(CLOUDS["simulated"])["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"


def test_a_shell_that_was_set_up_for_the_simulated_cloud_is_refused_for_a_real_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    with pytest.raises(PreflightRefused, match="AWS_ENDPOINT_URL sends calls") as caught:
        _ = RealAws("eu-west-1", None).account_id
    assert "unset AWS_ENDPOINT_URL" in caught.value.hint


def test_doctor_had_no_table_where_the_account_cannot_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its heading asked for the account again."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    assert RealAws("eu-west-1", None).describe() == "AWS, eu-west-1"
