"""An account of Nimbus, simulated, behind the ports that every cloud has."""

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.invented.catalogue import MACHINE, NIMBUS, PACKAGE, send

from soundstage.components.boot.report import Occasion, Report, written
from soundstage.components.images import baked_name
from soundstage.components.tags import PROJECT, STUDIO, WORKSTATION
from soundstage.core.clouds import CloudName
from soundstage.core.values import Properties
from soundstage.engines.base import OnEvent, StackName
from soundstage.images.index import shipped_index
from soundstage.plan.plan import Operation, Plan
from soundstage.projectfile.bucket_address import Bucket
from soundstage.providers.base import CloudProvider, Sighting
from soundstage.providers.table_provider import TableProvider
from soundstage.simulator import process
from soundstage.stacks.clouds.actions import Actions
from soundstage.stacks.clouds.base import (
    Cloud,
    Deletion,
    Disk,
    LastSession,
    Machine,
    Need,
    Needs,
    Singletons,
    Snapshot,
)
from soundstage.stacks.clouds.facts import Caller, Filed, Filing, Looks, Question, Refused
from soundstage.stacks.clouds.machine_images import MachineImage

NOW = datetime(2026, 11, 26, tzinfo=UTC)
FRONT = "tests.invented.front:NimbusFront"


class Nimbus(Cloud):
    """The look-alike of the state folder `home`."""

    name = CloudName("simulated-nimbus", "nimbus", is_real=False, title="the simulated Nimbus")
    package = PACKAGE
    embeds = True

    def __init__(self, region: str, home: Path) -> None:
        self.region = region
        self._home = home
        self.look_alike = self
        ports = Ports(self)
        self.machines = self.zones = self.keys = self.quotas = ports
        self.account = self.buckets = self.images = self.transfers = self.facts = ports
        self.snapshots = NoSnapshots()

    @cached_property
    def endpoint(self) -> process.Endpoint:
        return process.ensure(self._home, FRONT)

    @property
    def permissions(self) -> Actions:
        return Ports(self)

    @property
    def account_id(self) -> str:
        return self.endpoint.account_id

    def ask(self, operation: str, **params: Any) -> Any:
        return send(self.endpoint, "nimbus", self.region, operation, params)

    def describe(self) -> str:
        return f"the simulated Nimbus, {self.region}"

    def let_start(self, *_: object) -> None:
        """Every machine is ready at once."""

    def have_quotas(self, text: str) -> None:
        raise NotImplementedError(text)

    def refuse_diverted(self) -> None:
        """Nothing can."""

    def find(self, type: str, urn: str, inputs: Properties, known: Collection[str]) -> Sighting:
        found = self.provider(lambda _message: None).find(type, urn, inputs)
        return Sighting(found.id if found else None)

    def exists(self, type: str, id: str, inputs: Properties) -> bool:
        return self.provider(lambda _message: None).read(type, id, inputs, {}) is not None

    def console(self, inputs: Properties, tags: Sequence[str]) -> str:
        return "nimbus list"

    @property
    def recorded_only(self) -> frozenset[str]:
        return NIMBUS.recorded

    def provider(self, on_retry: Callable[[str], None]) -> CloudProvider:
        return TableProvider(NIMBUS, self.endpoint, self.region, on_retry)

    def adopting_provider(self, on_retry: Callable[[str], None], studio: str, taken: list[str]) -> CloudProvider:
        return self.provider(on_retry)

    def launcher(self) -> str:
        return ""

    def environment(self) -> dict[str, str]:
        return {"NIMBUS_URL": self.endpoint.url}

    def state_url(self, bucket: Bucket) -> str:
        return bucket.url


class NoSnapshots:
    """Disks of Nimbus leave nothing."""

    def of_project(self, studio: str, project: str) -> list[Snapshot]:
        return []

    def delete(self, id: str) -> None:
        raise NotImplementedError(id)

    def rename(self, ids: Sequence[str], machine: str) -> None:
        raise NotImplementedError(machine)


class Ports:
    """All ports of so small a cloud."""

    type = "nimbus:keys/key:Key"

    def __init__(self, cloud: Nimbus) -> None:
        self._cloud = cloud
        self.kinds: Mapping[str, Needs] = {"machines": self.needs}

    def of_project(self, studio: str, project: str) -> Any:
        found = self._cloud.ask("ListMachine", **{STUDIO: studio, PROJECT: project})["things"]
        return sorted((self._machine(one) for one in found), key=lambda machine: machine.name)

    def of_studio(self, studio: str) -> list[Machine]:
        found = self._cloud.ask("ListMachine", **{STUDIO: studio})["things"]
        return sorted((self._machine(one) for one in found), key=lambda machine: machine.name)

    def last_sessions(self) -> dict[str, LastSession]:
        return {}

    def hours_on(
        self, _found: Sequence[Machine], _since: datetime, _until: datetime
    ) -> dict[str, dict[datetime, float]]:
        return {}

    def found(self, ids: Collection[str], region: str) -> dict[str, MachineImage]:
        return {}

    def named(self, name: str, owner: str, region: str) -> list[MachineImage]:
        made = datetime(2026, 1, 1, tzinfo=UTC)
        names = [baked_name(recipe, None) for recipe in shipped_index()]
        return [MachineImage(one, one, region, "available", made, owner, 8) for one in names if fnmatchcase(one, name)]

    def state(self, machine: Machine) -> str:
        return str(self._cloud.ask("GetMachine", id=machine.instance_id)["state"]).lower()

    def stop(self, machine: Machine, on_event: OnEvent) -> None:
        self._cloud.ask("StopMachine", id=machine.instance_id)

    def start(self, machine: Machine, on_event: OnEvent) -> None:
        self._cloud.ask("StartMachine", id=machine.instance_id)

    def answers(self, machine: Machine) -> bool:
        return self.state(machine) == "running"

    def told(self, machine: Machine) -> str | None:
        return written(Report(Occasion.BOOT, machine.name, "", NOW, NOW, (), ()))

    def log(self, machine: Machine, lines: int) -> list[str]:
        return ["started"][:lines]

    def guard(self, _machine: Machine) -> str | None:
        return None

    def guard_log(self, _machine: Machine, _lines: int) -> list[str]:
        return []

    def backstop(self, _machine: Machine) -> bool | None:
        return True

    def mark_awake(self, machine: Machine, until: str) -> None:
        self._cloud.ask("MarkMachine", id=machine.instance_id, until=until)

    def session(self, machine: Machine, display: int, local: int, document: str) -> str:
        return f"nimbus tunnel {machine.instance_id} {display} {local}"

    def usable(self) -> dict[str, str]:
        return {f"{self._cloud.region}-a": f"{self._cloud.region}-1"}

    def offering(self, types: Collection[str]) -> dict[str, set[str]]:
        return {type: set(self.usable()) for type in types}

    def leave(self, outputs: Mapping[str, Any]) -> None:
        """No bucket of this cloud is for copies alone."""

    def deletion(self, id: str, name: str, region: str) -> Deletion | None:
        return None

    def needs(self, plan: Plan) -> Iterable[Need]:
        made = sum(1 for one in plan.of_type(MACHINE) if one.operation is Operation.CREATE)
        there = len(self._cloud.ask("ListMachine")["things"]) if made else 0
        return [Need(("machines", "N-1"), "machines", made, there)] if made else []

    def allowed(self, quota: tuple[str, str]) -> int | None:
        return int(os.environ.get("NIMBUS_MACHINES", "2"))

    def request(self, need: Need) -> str:
        return f"nimbus quota {need.quota[1]} {need.total}"

    def file(self, need: Need) -> Filed:
        return Filed(need.quota, need.total, Filing.GRANTED, "granted")

    def filed(self, quota: tuple[str, str]) -> Filed | None:
        return None

    looks: Looks = MappingProxyType({})

    def caller(self) -> Caller:
        return Caller("nimbus:ana", clock_ahead=0.0)

    def refused(self, caller: Caller, questions: Sequence[Question]) -> list[Refused]:
        return []

    def licence_bucket(self, _region: str) -> str:
        return ""

    def cost_tag(self) -> str:
        return "Active"

    def creating(self, type: str, inputs: Properties) -> frozenset[str]:
        return frozenset({f"nimbus:Create{type.rpartition(':')[2]}"})

    changing = creating

    def deleting(self, type: str, inputs: Properties) -> frozenset[str]:
        return frozenset({f"nimbus:Delete{type.rpartition(':')[2]}"})

    def passed_to(self, type: str) -> str:
        return ""

    def owners(self) -> set[tuple[str, str]]:
        return set()

    def singletons(self, studio: str, regions: Iterable[str]) -> Singletons:
        return Singletons()

    def count_cost(self) -> str:
        return ""

    def found_rules(self, plan: Plan) -> dict[str, Mapping[str, Any]]:
        return {}

    def is_there(self, bucket: Bucket, studio: str) -> bool:
        return False

    def exists(self, bucket: Bucket) -> bool:
        return False

    def holds(self, bucket: Bucket, stack: StackName) -> bool:
        return False

    def client(self, service: str) -> Any:
        raise NotImplementedError(service)

    def _machine(self, one: Mapping[str, Any]) -> Machine:
        disks = tuple(
            Disk(f"disk{place}", int(self._cloud.ask("GetDisk", id=disk)["gib"]), "plain", encrypted=True)
            for place, disk in enumerate(one.get("disks", ()))
        )
        return Machine(
            one["tags"][WORKSTATION], one["id"], one["state"].lower(), one["size"], None, "10.0.0.2", None, disks, "ana",
            f"{self._cloud.region}-a", "content",
        )  # fmt: skip
