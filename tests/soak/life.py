"""The random life of a project: what may happen to it, and a model of what must be true after every step.

A step is a command line or something that people do beside it. A command may meet up to two troubles (a kill, a Ctrl-C, a
fault of the cloud) before it is typed once more and has to get through. Shrinking takes steps and troubles away.
"""

import contextlib
import functools
import json
import os
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from outsider import Found, key_of, look, media
from stage import Ran, Stage
from tests.statefile import pending, resources

from soundstage.engines.embedded.store import STATE_FILE
from soundstage.simulator import process
from soundstage.simulator.faultrules import FaultRule

PROJECT = "walk"
FILE = f"{PROJECT}.yaml"
NAMES = ("edit-1", "edit-2", "mix-1")
HOURS = "Mon-Fri 09:00-19:00 Europe/Lisbon"
FAULTS = ("throttle", "server-error", "connection-lost", "lost-answer", "denied", "expired-credential")
MEDDLING = ("open a port", "attach a policy", "write a policy", "drop the bucket's policy", "end a machine")

Step: TypeAlias = tuple[str, Mapping[str, Any]]
"""The name of a step and its arguments."""


@dataclass(frozen=True)
class Kill:
    """The command gets a signal at one of its moments (a line of the journal, a checkpoint, a call that changes the cloud)."""

    at: int
    signal: int


@dataclass(frozen=True)
class Fault:
    """One call fails, the one after `after` others."""

    kind: str
    after: int


@dataclass(frozen=True)
class Machine:
    size: str = "small"
    os: str = "linux"
    data_gib: int = 50
    scratch_gib: int = 0
    hours: bool = False


@dataclass(frozen=True)
class Described:
    """What the project file says."""

    machines: dict[str, Machine] = field(default_factory=dict)
    monthly_usd: int = 300
    nat: bool = False
    backup: bool = False
    lifecycle: str = "footage"

    def text(self) -> str:
        lines = [f"project: {PROJECT}", f"budget: {{monthly_usd: {self.monthly_usd}}}"]
        lines += ["network: {nat: true, zone: io}"] if self.nat else []
        backup = ", backup_region: eu-central-1" if self.backup else ""
        lines += [f"storage: {{lifecycle: {self.lifecycle}{backup}}}", "workstations:" if self.machines else ""]
        for name, one in self.machines.items():
            hours = f", hours: '{HOURS}'" if one.hours else ""
            lines.append(
                f"  {name}: {{for: editing, size: {one.size}, os: {one.os}, data_gib: {one.data_gib}, "
                f"scratch_gib: {one.scratch_gib}{hours}}}"
            )
        return "\n".join(lines) + "\n"


ats = st.integers(1, 30) | st.integers(1, 1000)
troubles = st.lists(
    st.builds(Kill, ats, st.sampled_from([signal.SIGKILL, signal.SIGINT, signal.SIGTERM]))
    | st.builds(Fault, st.sampled_from(FAULTS), st.integers(0, 300)),
    max_size=2,
)
machines = st.builds(
    Machine,
    size=st.sampled_from(["small", "medium"]),
    os=st.sampled_from(["linux", "windows"]),
    data_gib=st.sampled_from([50, 0, 60]),
    scratch_gib=st.sampled_from([0, 3000]),
    hours=st.booleans(),
)
descriptions = st.builds(
    Described,
    machines=st.dictionaries(st.sampled_from(NAMES), machines, max_size=3),
    monthly_usd=st.sampled_from([300, 500]),
    nat=st.booleans(),
    backup=st.integers(0, 3).map(lambda number: number == 3),
    lifecycle=st.sampled_from(["footage", "delivery"]),
)


KINDS: set[str] = set()
"""The names of all steps."""


def told(step: Callable[..., None]) -> Callable[..., None]:
    """The step of a life, which the life remembers."""
    KINDS.add(step.__name__)

    @functools.wraps(step)
    def remembered(self: "Life", **arguments: Any) -> None:
        self.steps.append((step.__name__, arguments))
        with self.remembering():
            step(self, **arguments)

    return remembered


def kept(invariant: Callable[["Life"], None]) -> Callable[["Life"], None]:
    """What is always true of a life, which remembers its steps when it is not."""

    @functools.wraps(invariant)
    def remembered(self: "Life") -> None:
        with self.remembering():
            invariant(self)

    return remembered


class Life(RuleBasedStateMachine):
    """One project on one simulated cloud, from nothing."""

    def __init__(self, stage: Stage, tally: Counter[str], failed: list[list[Step]]) -> None:
        super().__init__()
        self.steps: list[Step] = []
        self.failed = failed
        """The steps of lives that failed, this one's among them when it does."""
        self.stage = stage
        self.tally = tally
        self.wanted = Described()
        self.up_as: Described | None = None
        self.running: dict[str, bool] = {}
        """The machines that there must be, and whether each runs."""
        self.media: dict[str, bytes] | None = None
        """What people put into the bucket; None without a bucket."""
        self.backup = False
        self.snapshots = 0
        self.meddled: set[str] = set()
        shutil.rmtree(stage.home / "studios", ignore_errors=True)
        process.ensure(stage.home)
        process.reset(stage.home)
        (stage.folder / FILE).write_text(self.wanted.text())

    @contextlib.contextmanager
    def remembering(self) -> Iterator[None]:
        """Keep the steps of this life if it fails now."""
        try:
            yield
        except Exception:
            self.failed.append(list(self.steps))
            raise

    # -- steps

    @precondition(lambda self: self.wanted == (self.up_as or Described()))
    @rule(described=descriptions)
    @told
    def edit(self, described: Described) -> None:
        self._count("edit")
        self.wanted = described
        (self.stage.folder / FILE).write_text(described.text())

    @rule(troubles=troubles, parallel=st.sampled_from([1, 16]))
    @told
    def up(self, troubles: list[Kill | Fault], parallel: int) -> None:
        self._count("up")
        if said := self._refused():
            before = self._look()
            ran = self.stage.run("up", FILE, "--yes")
            assert ran.code in (1, 2), ran.err
            assert said in ran.err, ran.err
            assert self._look() == before, "a refusal changed something"
            return
        refresh = ["--refresh"] if self.meddled else []
        self._type(troubles, "up", FILE, "--yes", "--parallel", str(parallel), *refresh)
        self._is_up()

    @precondition(lambda self: self.up_as)
    @rule()
    @told
    def preview(self) -> None:
        self._count("preview")
        before = self._look()
        ran = self.stage.run("preview", FILE)
        assert ran.code == (0 if not self._refused() else ran.code), ran.err
        if self.wanted == self.up_as and not self.meddled:
            assert "nothing to change" in ran.out + ran.err, ran.out
        assert self._look() == before, "a preview changed something"

    @precondition(lambda self: self.up_as or self.media is not None)
    @rule(troubles=troubles, delete_media=st.booleans())
    @told
    def down(self, troubles: list[Kill | Fault], delete_media: bool) -> None:
        self._count("down, with media" if delete_media else "down")
        self._type(troubles, "down", FILE, "--yes", *(["--delete-media"] if delete_media else []))
        if self.up_as:
            self.snapshots += sum(bool(one.data_gib) for one in self.up_as.machines.values())
        self.running, self.up_as, self.meddled = {}, None, set()
        if delete_media:
            self.media, self.backup, self.snapshots = None, False, 0

    @precondition(lambda self: self.up_as)
    @rule(verb=st.sampled_from(["stop", "start"]), name=st.none() | st.sampled_from(NAMES), troubles=troubles)
    @told
    def stop_or_start(self, verb: str, name: str | None, troubles: list[Kill | Fault]) -> None:
        self._count(verb)
        if name and name not in self.running:
            assert self.stage.run(verb, FILE, "--machine", name).code in (0, 2)
            return
        self._type(troubles, verb, FILE, *(["--machine", name] if name else []))
        self.running |= dict.fromkeys([name] if name else self.running, verb == "start")

    @precondition(lambda self: self.up_as and not self.meddled)
    @rule(kind=st.sampled_from(MEDDLING))
    @told
    def meddle(self, kind: str) -> None:
        """Somebody changes the cloud by hand; `drift` sees it, and the next `up` looks first."""
        if kind in ("open a port", "end a machine") and not self.running:
            return
        self._count(f"by hand: {kind}")
        self._meddle(kind)
        self.meddled.add(kind)
        ran = self.stage.run("drift", FILE)
        assert ran.code == 5, f"{kind}: {ran.out}"

    @precondition(lambda self: self.media is not None)
    @rule(name=st.sampled_from(["masters/a.mov", "footage/b.mov"]), content=st.binary(max_size=8))
    @told
    def store(self, name: str, content: bytes) -> None:
        self._count("media stored")
        (bucket,) = (one for one in self._look().buckets if self._is_home(one))
        self._cloud.client("s3").put_object(Bucket=bucket, Key=name, Body=content)
        assert self.media is not None
        self.media[name] = content

    @precondition(lambda self: self.up_as and self.up_as == self.wanted and not self.meddled)
    @rule(troubles=troubles, spoilt=st.booleans(), length=st.floats(0, 0.99))
    @told
    def lose_the_state(self, troubles: list[Kill | Fault], spoilt: bool, length: float) -> None:
        """The state is gone, or cut short and repaired from what is left; the project is adopted."""
        self._count("state cut short, repaired, adopted" if spoilt else "state lost, adopted")
        folder = self.stage.stack_folder(PROJECT, "home")
        if spoilt:
            text = (folder / STATE_FILE).read_bytes()
            (folder / STATE_FILE).write_bytes(text[: int(len(text) * length)])
            for arguments in (("state", "verify", FILE), ("up", FILE, "--yes"), ("down", FILE, "--yes")):
                assert self.stage.run(*arguments).code == 1
            self.stage.must("state", "repair", FILE)
        else:
            shutil.rmtree(folder)
        self._type(troubles, "adopt", FILE, "--yes")
        self._type([], "up", FILE, "--yes", "--refresh")

    @precondition(lambda self: len(self._backups()) > 1)
    @rule()
    @told
    def restore_and_back(self) -> None:
        """An earlier state put back makes the present one the latest backup, which is then put back in its turn."""
        self._count("state restored, and back")
        before = self._records()
        self.stage.must("state", "restore", FILE, "--yes")
        self.stage.must("state", "restore", FILE, "--yes")
        assert self._records() == before

    @precondition(lambda self: self.up_as)
    @rule()
    @told
    def server_dies(self) -> None:
        self._count("simulated cloud killed")
        os.kill(self._cloud.pid, signal.SIGKILL)

    # -- what is always true

    @invariant()
    @kept
    def nothing_is_unknown_or_there_twice(self) -> None:
        if not (self.stage.home / "studios").exists():
            return
        found = self._look()
        unknown = found.ids - self.stage.known()
        assert not unknown, f"the cloud holds what no state knows: {unknown}"
        twice = [f"{kind} {label}" for (kind, label), number in found.labels.items() if number > 1]
        assert twice == []
        assert len(found.buckets) == (self.media is not None) + self.backup
        ended = set(self.running) - set(found.machines) if "end a machine" in self.meddled else set()
        assert {name: state == "running" for name, state in found.machines.items()} == {
            name: running for name, running in self.running.items() if name not in ended
        }
        assert found.snapshots == self.snapshots
        if not self.up_as:
            assert {kind for kind, _ in found.labels} <= ({"key", "role"} if self.media is not None else set())
        if self.media is not None:
            assert dict(media(self._cloud, [one for one in found.buckets if self._is_home(one)])) == self.media
            assert {key_of(self._cloud, one) for one in found.buckets} <= set(found.keys), "a key of media is gone"

    @invariant()
    @kept
    def every_state_can_be_used_and_is_bounded(self) -> None:
        self.stage.verify()
        for folder in self.stage.home.glob("studios/*/soundstage*/*"):
            assert not pending(folder / STATE_FILE)
            # The history grows by an entry with each command, and stays.
            files = [one for one in folder.rglob("*") if "journal" not in one.relative_to(folder).parts]
            assert len(files) <= 20, sorted(files)

    # -- how

    def _type(self, troubles: list[Kill | Fault], *arguments: str) -> None:
        """Type a command until it gets through, a trouble at a time."""
        for trouble in [*troubles, None]:
            ran = self._meet(trouble, arguments)
            if ran.code == 0:
                return
            assert trouble, f"{arguments}: {ran.code}\n{ran.err}"
            killed = (-9, 130) if isinstance(trouble, Kill) else (1, 4)
            assert ran.code in killed, f"{trouble} {arguments}: {ran.code}\n{ran.err}"
            assert "Traceback" not in ran.err
            self.tally["kills" if isinstance(trouble, Kill) else "faults"] += 1
            self.stage.verify()

    def _meet(self, trouble: Kill | Fault | None, arguments: tuple[str, ...]) -> Ran:
        if isinstance(trouble, Kill):
            return self.stage.run(*arguments, at=trouble.at, signals=[trouble.signal])
        if isinstance(trouble, Fault):
            process.ensure(self.stage.home)
            process.set_faults(self.stage.home, [FaultRule("*:*", trouble.kind, after=trouble.after)])
            try:
                return self.stage.run(*arguments)
            finally:
                process.clear_faults(self.stage.home)
        return self.stage.run(*arguments)

    def _is_up(self) -> None:
        before = self.up_as.machines if self.up_as else {}
        for name, old in before.items():
            new = self.wanted.machines.get(name)
            self.snapshots += bool(old.data_gib and not (new and new.data_gib))
        self.running = {
            name: before[name].os != new.os or self.running[name] if name in before else True
            for name, new in self.wanted.machines.items()
        }
        self.up_as, self.media, self.meddled = self.wanted, self.media or {}, set()
        self.backup = self.wanted.backup

    def _refused(self) -> str:
        """What `up` says instead of doing what the file asks for; empty when it does."""
        if self.backup and not self.wanted.backup:
            return "protected from deletion"
        for name, old in (self.up_as or Described()).machines.items():
            new = self.wanted.machines.get(name)
            if new and 0 < new.data_gib < old.data_gib and not self.meddled:
                return "cannot shrink"
        for name, old in (self.up_as or Described()).machines.items():
            new = self.wanted.machines.get(name)
            # A machine that somebody ended is made anew, and what it was is known no more.
            if new and old.os != new.os and old.data_gib and new.data_gib and name in self._look().machines:
                return "would format it"
        return ""

    def _meddle(self, kind: str) -> None:
        iam, ec2, s3 = (self._cloud.client(service) for service in ("iam", "ec2", "s3"))
        role = f"home-{PROJECT}-artist"
        match kind:
            case "open a port":
                (group, *_) = self._instances()[0]["SecurityGroups"]
                ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
                ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[ssh])
            case "end a machine":
                one = self._instances()[0]["InstanceId"]
                ec2.modify_instance_attribute(InstanceId=one, DisableApiTermination={"Value": False})
                ec2.terminate_instances(InstanceIds=[one])
            case "attach a policy":
                iam.attach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
            case "write a policy":
                statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
                document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
                iam.put_role_policy(RoleName=role, PolicyName="by-hand", PolicyDocument=document)
            case _:
                (bucket,) = (one for one in self._look().buckets if self._is_home(one))
                s3.delete_bucket_policy(Bucket=bucket)

    def _instances(self) -> list[Any]:
        alive = [{"Name": "instance-state-name", "Values": ["running", "stopped"]}]
        groups = self._cloud.client("ec2").describe_instances(Filters=alive)["Reservations"]
        return [one for group in groups for one in group["Instances"]]

    @property
    def _cloud(self) -> process.Endpoint:
        return process.ensure(self.stage.home)

    def _look(self) -> Found:
        return look(self._cloud, PROJECT)

    def _is_home(self, bucket: str) -> bool:
        where = self._cloud.client("s3").get_bucket_location(Bucket=bucket)["LocationConstraint"]
        return bool(where == "eu-west-1")

    def _backups(self) -> list[str]:
        return [file.name for file in self.stage.stack_folder(PROJECT, "home").glob("backups/*")]

    def _records(self) -> Any:
        return resources(self.stage.stack_folder(PROJECT, "home") / STATE_FILE)

    def _count(self, what: str) -> None:
        self.tally[what] += 1
