"""What only the genuine engine has: other processes to kill, backends, locks, plugins and secrets by a key."""

import json
import os
import signal
import stat
import threading
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from tests.parity.contents import contents
from tests.parity.scenarios import many, note, provider, secret
from tests.parity.steps import at_the_third_step

from soundstage.core.clouds import CLOUDS
from soundstage.core.errors import (
    CloudError,
    EngineError,
    Interrupted,
    OperationError,
    StateError,
    StateLocked,
    UsageError,
)
from soundstage.engines.backend import Backend
from soundstage.engines.base import Event, EventKind, StackName
from soundstage.engines.pulumi.command import require
from soundstage.engines.pulumi.engine import PulumiEngine
from soundstage.engines.pulumi.plugin_home import environment, install_launcher, plugin_file
from soundstage.plan.plan import Operation
from soundstage.projectfile.spec import State
from soundstage.providers.aws import PACKAGE
from soundstage.providers.aws.provider import AwsProvider
from soundstage.providers.base import Sighting
from soundstage.simulator import process
from soundstage.simulator.aws.plugin import launcher
from soundstage.simulator.faultrules import FaultRule
from soundstage.simulator.process import Endpoint
from soundstage.simulator.testing import simulated_cloud
from soundstage.stacks.state.backend import backend_of, folder_url

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    # The SDK leaves the event loop of an inline program open (pulumi 3.272, `automation/_server.py`).
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

STACK = StackName("parity", "stage")
Make = Callable[..., PulumiEngine]


@pytest.fixture
def engine(tmp_path: Path, cloud: Endpoint, cloud_home: Path) -> Make:
    """Makes engines for one stack on an empty simulated cloud. `backend` is another than the folder."""
    process.reset(cloud_home)
    install_launcher(tmp_path / "plugins", PACKAGE, launcher(cloud_home))

    def find(type: str, urn: str, inputs: dict[str, Any], _known: Collection[str]) -> Sighting:
        found = AwsProvider(cloud, "eu-west-1").find(type, urn, inputs)
        return Sighting(found.id if found else None)

    def make(
        backend: Backend | None = None, stack: StackName = STACK, work: str = "stack", studio: str = ""
    ) -> PulumiEngine:
        chosen = backend or backend_of(State(), tmp_path / "backend", tmp_path, cloud.environment())
        return PulumiEngine(
            stack,
            tmp_path / work,
            tmp_path / "plugins",
            require(tmp_path),
            chosen,
            CLOUDS["simulated"],
            find=find,
            studio=studio,
        )

    return make


def test_a_stack_of_that_name_that_is_not_ours_is_refused_and_left_as_it_is(engine: Make) -> None:
    engine(studio="home").up(secret("hush-hush"))
    assert engine(work="colleague", studio="home").preview(secret("hush-hush")).counts() == {Operation.SAME: 1}
    for _ in range(2):  # the first refusal must not make it known
        theirs = engine(work="theirs", studio="northlight")
        with pytest.raises(
            UsageError, match=r"stack parity/stage already, which is of studio home, and this is studio north"
        ):
            theirs.preview(note())
        with pytest.raises(UsageError, match="Nothing was changed"):
            theirs.up(note())
        with pytest.raises(UsageError):
            theirs.destroy()
    assert engine(studio="home").preview(secret("hush-hush")).counts() == {Operation.SAME: 1}


def test_an_unfinished_create_is_found_in_the_cloud_and_put_on_record(engine: Make, tmp_path: Path) -> None:
    running = engine()
    running.up(note())
    file = tmp_path / "backend" / ".pulumi" / "stacks" / "parity" / "stage.json"
    document = json.loads(file.read_text())
    latest = document["checkpoint"]["latest"]
    resources = latest["resources"]
    (parameter,) = (r for r in resources if r["type"] == "aws:ssm/parameter:Parameter")
    resources.remove(parameter)
    begun = {key: value for key, value in parameter.items() if key not in ("id", "outputs")}
    latest["pending_operations"] = [{"resource": begun, "type": "creating"}]
    file.write_text(json.dumps(document))
    assert [one.name for one in running.unfinished()] == ["note"]

    careless = engine()
    careless._find = None
    with pytest.raises(StateError, match="cut short while it was at note"):
        careless.up(note())

    events: list[Event] = []
    assert running.up(note(), on_event=events.append).counts == {Operation.SAME: 1}
    assert [event.name for event in events if event.kind is EventKind.RESUMING] == ["note"]


def test_ctrl_c_stops_after_the_step_in_hand_and_the_same_command_continues(engine: Make, cloud: Endpoint) -> None:
    running = engine()
    asked = threading.Event()

    def interrupt(event: Event) -> None:
        if event.kind is EventKind.STEP_DONE and not asked.is_set():
            asked.set()
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Interrupted, match="The same command continues"):
        running.up(many(30), parallel=1, on_event=interrupt)
    assert running.unfinished() == []
    running.up(many(30))
    assert len(contents(cloud)["ssm Parameters"]) == 30


def _lock(tmp_path: Path, pid: int) -> None:
    folder = tmp_path / "backend" / ".pulumi" / "locks" / "organization" / "parity" / "stage"
    folder.mkdir(parents=True, exist_ok=True)
    lock = {"pid": pid, "username": "ana", "hostname": os.uname().nodename}
    (folder / "one.json").write_text(json.dumps({**lock, "timestamp": datetime.now(UTC).isoformat()}))


def test_a_lock_says_who_holds_it_and_is_released(engine: Make, cloud: Endpoint, tmp_path: Path) -> None:
    running = engine()
    running.up(note())
    _lock(tmp_path, os.getpid())
    with pytest.raises(StateLocked, match="ana") as caught:
        running.up(note())
    assert "workstation unlock" in caught.value.hint
    (holder,) = running.holders() or ()
    assert (holder.user, holder.runs) == ("ana", True)
    running.cancel()
    assert running.holders() == []


def test_the_lock_of_a_dead_process_of_this_machine_goes_by_itself(engine: Make, tmp_path: Path) -> None:
    running = engine()
    running.up(note())
    _lock(tmp_path, 999_999_999)
    events: list[Event] = []
    assert running.up(note(), on_event=events.append).counts == {Operation.SAME: 1}
    assert "Released a lock: ana" in next(event.message for event in events if event.kind is EventKind.RESUMING)


def test_a_wrong_passphrase_is_refused_and_says_what_to_set(engine: Make) -> None:
    running = engine()
    running.up(secret("hush-hush"))
    wrong = replace(running._backend, environment={**running._backend.environment, "PULUMI_CONFIG_PASSPHRASE": "wrong"})
    with pytest.raises(StateError, match="passphrase") as caught:
        engine(wrong).up(secret("hush-hush"))
    assert "SOUNDSTAGE_PASSPHRASE" in caught.value.hint


def test_no_secret_is_at_rest_in_clear(engine: Make, tmp_path: Path) -> None:
    engine().up(secret("hush-hush-hush"))
    engine().preview(secret("hush-hush-hush"))
    found = [path for path in tmp_path.rglob("*") if path.is_file() and b"hush-hush-hush" in path.read_bytes()]
    assert found == []


@pytest.mark.parametrize("secrets", ["passphrase", "awskms"])
def test_a_shared_bucket_keeps_the_state(secrets: str, engine: Make, cloud: Endpoint, tmp_path: Path) -> None:
    """On a bucket of the simulated cloud, as a team would use one on AWS."""
    cloud.client("s3").create_bucket(
        Bucket="studio-state", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    key = cloud.client("kms").create_key()["KeyMetadata"]["KeyId"]
    host = cloud.url.removeprefix("http://")
    url = f"s3://studio-state?endpoint={host}&s3ForcePathStyle=true&disableSSL=true&region=eu-west-1"
    way = "passphrase" if secrets == "passphrase" else f"awskms:///{key}?region=eu-west-1"
    variables = {**cloud.environment(), "PULUMI_CONFIG_PASSPHRASE": "correct horse"}
    ana = engine(Backend(url, way, variables, client=cloud.client))
    ana.up(secret("hush-hush"))
    ben = engine(Backend(url, way, variables, client=cloud.client), work="ben")
    assert ben.up(secret("hush-hush")).counts == {Operation.SAME: 1}
    assert ben.holders() == []
    keys = [item["Key"] for item in cloud.client("s3").list_objects_v2(Bucket="studio-state")["Contents"]]
    assert any(key.startswith(".pulumi/history/parity/stage/") for key in keys)
    state = cloud.client("s3").get_object(Bucket="studio-state", Key=".pulumi/stacks/parity/stage.json")["Body"].read()
    assert b"hush-hush" not in state
    expected = "cloud" if secrets == "awskms" else "passphrase"
    assert json.loads(state)["checkpoint"]["latest"]["secrets_providers"]["type"] == expected


def test_a_backend_that_does_not_answer_says_so(engine: Make, cloud: Endpoint) -> None:
    nowhere = "s3://studio-state?endpoint=127.0.0.1:1&s3ForcePathStyle=true&disableSSL=true&region=eu-west-1"
    with pytest.raises(OperationError, match="cannot be reached") as caught:
        engine(Backend(nowhere, "passphrase", {**cloud.environment(), "PULUMI_CONFIG_PASSPHRASE": "x"})).up(note())
    assert "Check the network" in caught.value.hint


def test_a_state_written_by_a_newer_pulumi_is_refused(engine: Make, tmp_path: Path) -> None:
    running = engine()
    running.up(note())
    file = tmp_path / "backend" / ".pulumi" / "stacks" / "parity" / "stage.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "version": 99}))
    with pytest.raises(StateError, match="newer Pulumi"):
        engine(work="other").up(note())


def test_the_plugin_of_a_real_cloud_is_out_of_reach_for_a_simulated_one(
    engine: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A `pulumi-resource-aws` on PATH comes before all others, unless the engine is told not to look there."""
    trap = tmp_path / "trap"
    trap.mkdir()
    sprung = tmp_path / "sprung"
    (trap / "pulumi-resource-aws").write_text(f"#!/bin/sh\ntouch {sprung}\nexit 1\n")
    (trap / "pulumi-resource-aws").chmod(0o755)
    monkeypatch.setenv("PATH", f"{trap}:{os.environ['PATH']}")
    engine().up(note())
    assert not sprung.exists()


def test_the_simulated_plugin_is_out_of_reach_for_a_real_cloud(
    engine: Make, cloud: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even with the simulated plugin installed for its own cloud and on PATH, a real target does not find it."""
    monkeypatch.setenv("PATH", f"{plugin_file(tmp_path / 'plugins', PACKAGE).parent}:{os.environ['PATH']}")
    real = engine()
    real._home, real._cloud = tmp_path / "plugins-of-aws", CLOUDS["aws"]
    real._backend = replace(
        real._backend,
        environment={**real._backend.environment, "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true"},
    )
    with pytest.raises(EngineError, match="no provider plugin"):
        real.up(note())
    assert contents(cloud)["ssm Parameters"] == []
    assert environment(CLOUDS["aws"])["PULUMI_IGNORE_AMBIENT_PLUGINS"] == "true"


def test_a_plugin_that_crashes_is_said_in_words(engine: Make, tmp_path: Path) -> None:
    file = plugin_file(tmp_path / "plugins", PACKAGE)
    file.write_text("#!/bin/sh\necho broken >&2\nexit 1\n")
    with pytest.raises(EngineError, match="plugin"):
        engine().up(note())


def test_a_backend_that_dies_midway_is_said_and_the_same_command_goes_on(
    engine: Make, cloud: Endpoint, tmp_path: Path
) -> None:
    vault = tmp_path / "vault"

    def kept(place: Endpoint) -> Backend:
        url = f"s3://studio-state?endpoint={place.url.removeprefix('http://')}&s3ForcePathStyle=true&disableSSL=true"
        variables = {**place.environment(), "PULUMI_CONFIG_PASSPHRASE": "correct horse"}
        return Backend(f"{url}&region=eu-west-1", "passphrase", variables)

    with simulated_cloud(vault) as place:
        where = {"LocationConstraint": "eu-west-1"}
        place.client("s3").create_bucket(Bucket="studio-state", CreateBucketConfiguration=where)
        dying = at_the_third_step(lambda: os.kill(place.pid, signal.SIGKILL))
        with pytest.raises(OperationError, match="keeps the state of parity/stage cannot be reached") as caught:
            engine(kept(place)).up(many(20), parallel=1, on_event=dying)
        assert "the same command again" in caught.value.hint
        again = engine(kept(process.ensure(vault)), work="other")
        again.cancel()
        again.up(many(20))
        assert len(contents(cloud)["ssm Parameters"]) == 20
        assert again.unfinished() == []


def test_an_account_that_may_do_nothing_is_told_what_it_may_not(engine: Make, cloud_home: Path) -> None:
    process.set_faults(cloud_home, [FaultRule("ssm:PutParameter", "denied")])
    with pytest.raises(CloudError, match="ssm:PutParameter") as caught:
        engine().up(note())
    assert len(str(caught.value).splitlines()) <= 4
    assert engine(work="other").up(note()).counts == {Operation.CREATE: 1}


def test_only_explicit_providers_are_used(engine: Make) -> None:
    def careless() -> None:
        aws.ssm.Parameter("note", type="String", value="x")

    with pytest.raises(OperationError, match=r"[Dd]efault provider"):
        engine().up(careless)


def test_nothing_is_written_into_our_own_environment(engine: Make) -> None:
    before = dict(os.environ)
    engine().up(note())
    assert dict(os.environ) == before


def test_the_folder_of_a_stack_is_private(engine: Make, tmp_path: Path) -> None:
    engine().up(note())
    assert stat.S_IMODE((tmp_path / "stack").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "backend").stat().st_mode) == 0o700


def test_the_plugin_has_the_version_of_the_python_package(engine: Make) -> None:
    from importlib.metadata import version

    assert version("pulumi-aws") == PACKAGE.version
    assert folder_url(Path("/a b")) == "file:///a%20b"
    del engine


def test_a_program_that_fails_says_where(engine: Make) -> None:
    def broken() -> None:
        provider()
        pulumi.export("x", 1 / 0)

    with pytest.raises(OperationError, match="division by zero"):
        engine().up(broken)
