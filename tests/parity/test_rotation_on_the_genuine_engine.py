"""Another key for a state that the genuine engine keeps: in a folder and in a bucket, by passphrase and by a cloud's key."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from tests.parity.scenarios import secret

from soundstage.core.errors import StateError
from soundstage.engines.base import StackName
from soundstage.engines.passphrase import KEY_FILE, NEXT_KEY_FILE, KeyFile
from soundstage.engines.pulumi.engine import PulumiEngine
from soundstage.plan.plan import Operation
from soundstage.projectfile.spec import State, Studio
from soundstage.simulator import process
from soundstage.simulator.process import Endpoint
from soundstage.stacks.clouds.aws.account import SimulatedAws
from soundstage.stacks.state.rotation import NewKey, rotate
from soundstage.stacks.target import pulumi_engine, state_folder

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    # The SDK leaves the event loop of an inline program open (pulumi 3.272, `automation/_server.py`).
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
STACK = StackName("parity", "stage")
OLD, NEW = "correct horse battery", "staple rather than horse"
PROGRAM = secret("hush-hush")


@pytest.fixture
def simulated(cloud: Endpoint, cloud_home: Path, monkeypatch: pytest.MonkeyPatch) -> SimulatedAws:
    """The session's simulated cloud, emptied, for a state folder that is this test's own."""
    process.reset(cloud_home)
    here = SimulatedAws("eu-west-1")
    here.__dict__["endpoint"] = cloud
    monkeypatch.setattr(SimulatedAws, "launcher", lambda _self: _launcher(cloud_home))
    return here


def _launcher(home: Path) -> str:
    from soundstage.simulator.aws.plugin import launcher

    return launcher(home)


def up(cloud: SimulatedAws, studio: Studio, words: str | None = None) -> PulumiEngine:
    engine = pulumi_engine(cloud, STACK, studio, words=words)
    engine.up(PROGRAM)
    return engine


def same(cloud: SimulatedAws, studio: Studio, words: str | None = None) -> bool:
    counts = pulumi_engine(cloud, STACK, studio, words=words).preview(PROGRAM).counts()
    return set(counts) == {Operation.SAME}


def test_a_passphrase_in_a_file_becomes_another_one_whatever_dies_on_the_way(
    simulated: SimulatedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = Studio(studio="home")
    folder = state_folder(studio, STACK)
    up(simulated, studio)
    before = (folder / KEY_FILE).read_text()

    def die(*_arguments: Any) -> None:
        raise KeyboardInterrupt

    for place, name in ((PulumiEngine, "change_secrets"), (KeyFile, "settle")):
        with monkeypatch.context() as dying:
            dying.setattr(place, name, die)
            with pytest.raises(KeyboardInterrupt):
                rotate(simulated, STACK, studio, NewKey())
    with pytest.raises(StateError, match="was being changed"):
        same(simulated, studio)
    done = rotate(simulated, STACK, studio, NewKey(), forget_old=True)
    assert (done.already, done.secrets > 0, done.copies) == (True, True, 0)
    assert done.forgotten > 0
    assert (folder / KEY_FILE).read_text() != before
    assert not (folder / NEXT_KEY_FILE).exists()
    assert same(simulated, studio)
    with pytest.raises(StateError, match="does not open"):
        same(simulated, studio, before.strip())


def test_a_shared_state_gets_a_passphrase_then_a_cloud_key_and_colleagues_follow(
    simulated: SimulatedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOUNDSTAGE_PASSPHRASE", OLD)
    s3 = simulated.client("s3")
    s3.create_bucket(Bucket="home-state-1", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    studio = Studio(studio="home", state=State(backend="s3://home-state-1?region=eu-west-1", managed=True))
    up(simulated, studio)
    done = rotate(simulated, STACK, studio, NewKey(words=NEW))
    assert (done.already, done.file) == (False, None)
    assert done.copies
    again = rotate(simulated, STACK, studio, NewKey(words=NEW), forget_old=True)
    assert (again.already, again.copies) == (True, 0)

    # A colleague's machine still has the old passphrase noted; the new one in its environment is enough.
    monkeypatch.setenv("SOUNDSTAGE_PASSPHRASE", NEW)
    noted = state_folder(studio, STACK) / "pulumi" / "Pulumi.stage.yaml"
    assert same(simulated, studio)
    stale = noted.read_text()

    key = simulated.client("kms").create_key()["KeyMetadata"]["KeyId"]
    way = f"awskms:///{key}?region=eu-west-1"
    rotate(simulated, STACK, studio, NewKey(way))
    body = s3.get_object(Bucket="home-state-1", Key=".pulumi/stacks/parity/stage.json")["Body"].read()
    latest = json.loads(body)["checkpoint"]["latest"]
    assert latest["secrets_providers"]["type"] == "cloud"
    assert b"hush-hush" not in body
    monkeypatch.delenv("SOUNDSTAGE_PASSPHRASE")
    by_key = studio.model_copy(update={"state": studio.state.model_copy(update={"secrets": way})})
    assert same(simulated, by_key)

    # And back, from a machine that noted the passphrase of before.
    monkeypatch.setenv("SOUNDSTAGE_PASSPHRASE", NEW)
    rotate(simulated, STACK, studio, NewKey(words=OLD))
    noted.write_text(stale)
    monkeypatch.setenv("SOUNDSTAGE_PASSPHRASE", OLD)
    with pytest.raises(StateError, match="run the same command again"):
        same(simulated, studio)
    assert same(simulated, studio)
    assert os.environ["SOUNDSTAGE_PASSPHRASE"] == OLD
