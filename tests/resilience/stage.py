"""A folder with a project, a simulated cloud of its own, and commands that die when told to."""

import importlib.util
import json
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.exploring import SOAK
from tests.statefile import STATE_FILE, resources

from soundstage.engines.embedded import repair
from soundstage.simulator import process

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parents[1] / "examples"
REGIONS = ("eu-west-1", "eu-central-1")


_DIGITS = re.compile(r"-[0-9a-f]{7,32}\b")
"""What names get from a seed."""


@dataclass(frozen=True)
class Ran:
    """How a command line ended. `code` is negative when a signal ended it."""

    code: int
    out: str
    err: str
    points: tuple[str, ...]
    """The names of all points that it passed (`points.Points`)."""
    struck: tuple[str, ...]
    """Those at which it was told to die."""

    def sample(self, most: int, *about: str) -> set[str]:
        """Points that are about any of these words: all of them in `make soak`, else `most`, evenly spread."""
        found = sorted({point for point in self.points if any(word in point for word in about)})
        return set(found if SOAK or len(found) <= most else (found[len(found) * one // most] for one in range(most)))


class Commands:
    """The process that forks one child per command line. With the address of one that forks simulated clouds (`forked_clouds`), its
    commands begin theirs there."""

    def __init__(self, *address_of_forks: str) -> None:
        words = [sys.executable, str(HERE / "commands.py"), *address_of_forks]
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, job: dict[str, Any]) -> int:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        code = json.loads(self._process.stdout.readline())["code"]
        assert code is not None, f"{job['arguments']} hung"
        return int(code)

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


@dataclass
class Stage:
    """`folder` holds the files of a project and of its studio, `home` all state."""

    folder: Path
    home: Path
    commands: Commands
    environment: dict[str, str] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    """Everything that commands printed."""

    def run(
        self,
        *arguments: str,
        at: int = 0,
        signals: Sequence[int] = (signal.SIGKILL,),
        aims: Collection[str] = (),
        seconds: float = 120,
    ) -> Ran:
        """Run one command line; at its `at`-th point it sends itself `signals`, and at any point of `aims` it dies."""
        places = {name: self.folder / f".{name}" for name in ("out", "err", "trace")}
        for place in places.values():
            place.unlink(missing_ok=True)
        environment = {"SOUNDSTAGE_HOME": str(self.home), "NO_COLOR": "1", **self.environment}
        code = self.commands.run(
            {
                "arguments": list(arguments),
                "folder": str(self.folder),
                "environment": environment,
                "at": at,
                "signals": [int(number) for number in signals],
                "aims": sorted(aims),
                "seconds": seconds,
                **{name: str(place) for name, place in places.items()},
            }
        )
        out, err, trace = (place.read_text() if place.exists() else "" for place in places.values())
        self.written += [out, err]
        passed = trace.splitlines()
        struck = tuple(line[1:] for line in passed if line.startswith("!"))
        return Ran(code, out, err, tuple(line.lstrip("!") for line in passed), struck)

    def must(self, *arguments: str) -> Ran:
        """Run one command line that has to succeed."""
        ran = self.run(*arguments)
        assert ran.code == 0, f"{arguments}: {ran.code}\n{ran.err}"
        return ran

    def dies_at_each(self, aims: Collection[str], *command: str) -> int:
        """Type a command until it gets through; it dies once at each of `aims` that it comes to. Returns how often it died."""
        left, deaths = set(aims), 0
        while (ran := self.run(*command, aims=left)).code:
            assert ran.struck, f"{command}: {ran.code}\n{ran.err}"
            left -= set(ran.struck)
            deaths += 1
            self.verify()
        assert deaths, f"{command} came to none of {sorted(aims)}"
        return deaths

    def stack_folder(self, project: str, studio: str) -> Path:
        return self.home / "studios" / studio / "soundstage" / project

    def verify(self) -> None:
        """Every state on record holds together, whatever happened to the commands."""
        for folder in (file.parent for file in self.home.glob(f"studios/*/soundstage*/*/{STATE_FILE}")):
            assert not (wrong := repair.verify(folder)), wrong

    def picture(self) -> dict[str, list[str]]:
        """The names of all that the account holds, by kind, as an outsider finds them, without digits of chance. The
        states know of all of it."""
        cloud = process.ensure(self.home)
        found: dict[str, list[str]] = {}
        for region in REGIONS:
            for service, operation, arguments, key in _contents().LISTS:
                client = cloud.client(service, region)
                items = client.get_paginator(operation).paginate(**arguments).build_full_result()[key] if (
                    client.can_paginate(operation)
                ) else getattr(client, operation)(**arguments)[key]  # fmt: skip
                if key == "Reservations":
                    items = [
                        one for group in items for one in group["Instances"] if one["State"]["Name"] != "terminated"
                    ]
                found[f"{region} {key}"] = sorted(_label(item) for item in items if item.get("State") != "deleted")
        found |= {kind: sorted(_label(item) for item in items) for kind, items in _further(cloud).items()}
        unknown = _of_projects(cloud) - self.known()
        assert not unknown, f"the cloud holds what no state knows: {unknown}"
        return found

    def known(self) -> set[str]:
        """The ids of everything on record."""
        known: set[str] = set()
        for file in self.home.glob(f"studios/*/soundstage*/*/{STATE_FILE}"):
            known |= {resource["id"] for resource in resources(file) if resource.get("id")}
        return known


def differences(found: dict[str, list[str]], expected: dict[str, list[str]]) -> list[str]:
    """What one picture has more or less than the other, a line each."""
    lines = []
    for kind in sorted(found.keys() | expected.keys()):
        more, less = Counter(found.get(kind, [])), Counter(expected.get(kind, []))
        lines += [f"{kind}: + {item}" for item in (more - less).elements()]
        lines += [f"{kind}: - {item}" for item in (less - more).elements()]
    return lines


def assert_same(found: dict[str, list[str]], expected: dict[str, list[str]], what: str) -> None:
    """Two pictures are equal; otherwise what differs is told, a line each."""
    if lines := differences(found, expected):
        raise AssertionError(f"{what}: the cloud is not what it should be\n" + "\n".join(lines))


def _contents() -> Any:
    name = "resilience_contents"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, HERE.parent / "parity" / "contents.py")
        assert spec
        assert spec.loader
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


def _label(item: Any) -> str:
    """What a thing is called."""
    if isinstance(item, str):
        return _DIGITS.sub("", item)
    tags = {tag.get("Key", tag.get("TagKey")): tag.get("Value", tag.get("TagValue")) for tag in item.get("Tags", ())}
    named = (
        [tags["Name"]] if "Name" in tags else [str(item[key]) for key in sorted(item) if key.endswith(("Name", "name"))]
    )
    state = item["State"]["Name"] if isinstance(item.get("State"), dict) else ""
    return _DIGITS.sub(
        "", " ".join([*named[:1], state, str(item.get("InstanceType", "")), str(item.get("Size", ""))])
    ).strip()


def _further(cloud: process.Endpoint) -> dict[str, list[Any]]:
    """What the shared picture leaves out and could be there twice."""
    found: dict[str, list[Any]] = {}
    for region in REGIONS:
        kms = cloud.client("kms", region)
        keys = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]]
        found[f"{region} keys"] = [key["Description"] for key in keys if key["KeyState"] == "Enabled"]
        schedules = cloud.client("scheduler", region).list_schedules()["Schedules"]
        found[f"{region} schedules"] = [item["Name"] for item in schedules]
        gateways = cloud.client("ec2", region).describe_nat_gateways()["NatGateways"]
        names = [
            {tag["Key"]: tag["Value"] for tag in item["Tags"]}["Name"]
            for item in gateways
            if item["State"] != "deleted"
        ]
        found[f"{region} gateways"] = names
    budgets = cloud.client("budgets").describe_budgets(AccountId=cloud.account_id)["Budgets"]
    found["budgets"] = [item["BudgetName"] for item in budgets]
    return found


def _of_projects(cloud: process.Endpoint) -> set[str]:
    """The ids of all machines, disks, networks and groups that carry the tag of a project."""
    found: set[str] = set()
    ours = [{"Name": "tag-key", "Values": ["soundstage:project"]}]
    for region in REGIONS:
        ec2 = cloud.client("ec2", region)
        for group in ec2.describe_instances(Filters=ours)["Reservations"]:
            found |= {one["InstanceId"] for one in group["Instances"] if one["State"]["Name"] != "terminated"}
        for verb, key, id in (
            ("describe_vpcs", "Vpcs", "VpcId"),
            ("describe_subnets", "Subnets", "SubnetId"),
            ("describe_security_groups", "SecurityGroups", "GroupId"),
            ("describe_addresses", "Addresses", "AllocationId"),
        ):
            found |= {one[id] for one in getattr(ec2, verb)(Filters=ours)[key]}
        disks = ec2.describe_volumes(Filters=ours)["Volumes"]
        # The first disk belongs to its machine and is no resource of its own.
        found |= {
            disk["VolumeId"]
            for disk in disks
            if not any(where.get("Device") in ("/dev/sda1", "/dev/xvda") for where in disk["Attachments"])
        }
    return found
