"""Unlock, recover, drift and move-state as a person types them, with the genuine engine, for a project and for its studio.

A real account is stood in for by the simulated cloud behind the class for real ones: what was being made has to be found by
reading, and the engine has its state where it has it for a real cloud.
"""

import contextlib
import io
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from soundstage.cli.main import main
from soundstage.engines.pulumi import recovery
from soundstage.engines.pulumi.plugin_home import engine_home, install_launcher
from soundstage.providers.aws import PACKAGE
from soundstage.simulator import process
from soundstage.simulator.aws.plugin import launcher
from soundstage.stacks import target
from soundstage.stacks.clouds.aws.account import RealAws, SimulatedAws
from soundstage.stacks.clouds.base import Cloud

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    # The SDK leaves the event loop of an inline program open (pulumi 3.272, `automation/_server.py`).
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

STUDIO = f"studio: home\naccount: '{process.ACCOUNT_ID}'\nalert_emails: [ana@tinyorange.example]\n"
PROJECT = "project: teaser\nowner: ana@tinyorange.example\nworkstations:\n  mix: {for: audio}\n"
STACKS = {"teaser": (), "studio": ("studio",)}
"""What is typed before a verb, for each stack."""


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


class OverThere(RealAws):
    """A real account, as far as anybody above can tell."""

    def __init__(self, region: str) -> None:
        super().__init__(region, None)
        self._near = SimulatedAws(region)

    @property
    def account_id(self) -> str:
        return self._near.account_id

    def client(self, service: str, region: str | None = None) -> Any:
        return self._near.client(service, region)


class Place:
    """A folder with a project and a studio whose stacks have moved to the genuine engine."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.states = self.home / "studios" / "home" / "pulumi" / ".pulumi"
        (folder / "projects").mkdir()
        (folder / "studio.yaml").write_text(STUDIO)
        (folder / "projects" / "teaser.yaml").write_text(PROJECT)

    def run(self, *arguments: str) -> Ran:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(arguments)
        return Ran(code, out.getvalue(), err.getvalue())

    def must(self, *arguments: str) -> Ran:
        ran = self.run(*arguments)
        assert ran.code == 0, f"{arguments}: {ran.code}\n{ran.err}"
        return ran

    def state(self, stack: str) -> Path:
        names = {"teaser": "soundstage/teaser", "studio": "soundstage-studio/home"}
        return self.states / "stacks" / f"{names[stack]}.json"

    def lock(self, stack: str) -> None:
        """As a command on another computer leaves it."""
        file = self.states / "locks" / "organization" / self.state(stack).relative_to(self.states / "stacks")
        folder = file.with_suffix("")
        folder.mkdir(parents=True, exist_ok=True)
        lock = {"pid": 7, "username": "ben", "hostname": "edit-9", "timestamp": "2026-11-20T10:00:00Z"}
        (folder / "one.json").write_text(json.dumps(lock))

    def begin(self, stack: str, kind: str, **changes: Any) -> str:
        """Put the clock of the record back: a resource of type `kind` that nothing needs is
        being made, with these changes. The id of the one that was taken."""
        file = self.state(stack)
        document = json.loads(file.read_text())
        latest = document["checkpoint"]["latest"]
        needed = json.dumps([[one.get("dependencies"), one.get("parent")] for one in latest["resources"]])
        chosen = next(one for one in latest["resources"] if one["type"] == kind and one["urn"] not in needed)
        begun = {key: value for key, value in chosen.items() if key not in ("id", "outputs")} | changes
        if not changes:
            latest["resources"].remove(chosen)
        latest.setdefault("pending_operations", []).append({"resource": begun, "type": "creating"})
        file.write_text(json.dumps(document))
        return str(chosen["id"])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("place")
    place = Place(folder)
    with pytest.MonkeyPatch.context() as patch:
        for name in tuple(os.environ):
            if name.startswith(("AWS_", "PULUMI_", "XDG_")):
                patch.delenv(name)
        patch.chdir(folder)
        patch.setenv("SOUNDSTAGE_HOME", str(place.home))
        try:
            place.must("up", "--yes")
            place.must("studio", "move-state", "--engine", "pulumi")
            place.must("move-state", "--engine", "pulumi")
            yield place
        finally:
            process.stop(place.home, save=False)


@pytest.fixture(autouse=True)
def here(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(place.home))


@pytest.mark.parametrize("stack", STACKS)
def test_a_lock_of_another_computer_is_shown_and_released_only_when_asked(stack: str, place: Place) -> None:
    verbs = STACKS[stack]
    place.lock(stack)
    up = place.run(*verbs, "up", "--yes")
    assert up.code == 1
    assert f"`{' '.join(['workstation', *verbs])} unlock`" in up.err
    asked = place.run(*verbs, "unlock")
    assert asked.code == 2
    assert "ben on edit-9, process 7 (on another computer)" in asked.err
    assert "--yes" in asked.err
    assert "ben on edit-9" in place.must(*verbs, "unlock", "--yes", "--json").document["released"][0]
    assert "Nobody holds" in place.must(*verbs, "unlock").out


def test_drift_ends_with_its_own_code_and_changes_nothing(place: Place) -> None:
    ec2 = process.ensure(place.home).client("ec2", "eu-west-1")
    (group,) = ec2.describe_security_groups(Filters=[{"Name": "tag:Name", "Values": ["teaser-mix"]}])["SecurityGroups"]
    owner = {"Key": "soundstage:owner", "Value": "ana@tinyorange.example"}
    ec2.create_tags(Resources=[group["GroupId"]], Tags=[{**owner, "Value": "somebody"}])
    drift = place.run("drift", "--json")
    assert (drift.code, drift.document["drifted"]) == (5, True)
    ec2.create_tags(Resources=[group["GroupId"]], Tags=[owner])
    assert place.must("drift", "--json").document["drifted"] is False


TYPES = {"teaser": "aws:ec2/vpcEndpoint:VpcEndpoint", "studio": "aws:cloudwatch/metricAlarm:MetricAlarm"}


@pytest.mark.parametrize("stack", STACKS)
def test_what_was_being_made_is_found_and_put_on_record(stack: str, place: Place) -> None:
    id = place.begin(stack, TYPES[stack])
    (found,) = place.must(*STACKS[stack], "recover", "--json").document["recovered"]
    assert found["id"] == id
    assert place.must(*STACKS[stack], "recover", "--json").document["recovered"] == []


def test_a_real_account_is_asked_and_a_person_only_for_what_it_cannot_tell(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cloud(kind: str, region: str, _studio: Any) -> Cloud:
        return OverThere(region) if kind == "aws" else SimulatedAws(region)

    monkeypatch.setattr(target, "_cloud", cloud)
    monkeypatch.setattr(recovery, "_IN_FLIGHT", 0.5)
    install_launcher(engine_home(place.home, "aws"), PACKAGE, launcher(place.home))
    studio = place.home / "studios" / "home"
    shutil.copytree(studio / "pulumi", studio / "pulumi-aws")
    for work in studio.glob("soundstage*/*/pulumi"):
        shutil.copytree(work, work.with_name("pulumi-aws"))
    monkeypatch.setattr(place, "states", studio / "pulumi-aws" / ".pulumi")
    file = Path("projects/teaser.yaml")
    file.write_text(PROJECT + "cloud: aws\n")
    try:
        id = place.begin("teaser", TYPES["teaser"])
        absent = {"Name": "teaser-nowhere", "soundstage:project": "teaser"}
        place.begin(
            "teaser", TYPES["teaser"], urn=_urn("Eip", "nowhere"), type="aws:ec2/eip:Eip", inputs={"tags": absent}
        )
        queue = {"urn": _urn("Queue", "renders"), "type": "aws:sqs/queue:Queue", "inputs": {"tags": absent}}
        place.begin("teaser", TYPES["teaser"], **queue)

        stopped = place.run("up", "--yes")
        assert stopped.code == 1
        assert "`workstation recover`" in stopped.err
        refused = place.run("recover", "--json")
        assert refused.code == 1
        assert "renders (aws:sqs/queue:Queue)" in refused.err
        assert "nowhere" not in refused.err.partition("Look for them")[0]
        assert "aws resourcegroupstaggingapi get-resources --region eu-west-1 --tag-filters Key=Name" in refused.err
        assert "`workstation recover teaser --made NAME=ID`" in refused.err
        wrong = place.run("recover", "--made", "nowhere=eipalloc-0123456789abcdef0")
        assert wrong.code == 2
        assert "there is no aws:ec2/eip:Eip" in wrong.err

        told = {one["name"]: one for one in place.must("recover", "--not-made", "--json").document["recovered"]}
        assert [one["id"] for one in told.values()] == [id, None, None]
        assert place.must("drift", "--json").document["drifted"] is False
    finally:
        file.write_text(PROJECT)


def _urn(kind: str, name: str) -> str:
    return f"urn:pulumi:teaser::soundstage::aws:x/{kind.lower()}:{kind}::{name}"


def test_both_stacks_move_back(place: Place) -> None:
    moved = place.must("move-state", "--engine", "embedded", "--json").document
    assert (moved["source"], moved["target"]) == ("pulumi", "embedded")
    place.must("studio", "move-state", "--engine", "embedded")
    assert "is on the embedded engine already" in place.run("move-state", "--engine", "embedded").err
    assert place.must("drift", "--json").document["drifted"] is False
