"""Every type of Google's resource table on the simulated Google Cloud: made, found again, changed, imported, deleted."""

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from soundstage.core.values import Properties
from soundstage.providers.base import Created
from soundstage.providers.gcp import permissions
from soundstage.providers.gcp.provider import GoogleProvider
from soundstage.providers.gcp.table import TYPES
from soundstage.simulator import process
from soundstage.simulator.gcp.clients import simulated_project

CASES = {case.type: case for case in runpy.run_path(str(Path(__file__).with_name("google_cases.py")))["CASES"]}
REGION, ZONE = "europe-west4", "europe-west4-a"


class World:
    """What the cases need to exist, made once through the provider itself."""

    def __init__(self, home: Path) -> None:
        endpoint = process.ensure(home, process.GOOGLE_FRONT)
        self.home = home
        self.account = simulated_project(endpoint)
        self.heard: list[str] = []
        self.provider = GoogleProvider(self.account, REGION, self.heard.append)
        self.known: dict[str, str] = {
            "project": process.GOOGLE_PROJECT,
            "number": process.GOOGLE_PROJECT_NUMBER,
            "billing": process.GOOGLE_BILLING_ACCOUNT,
            "image": "projects/ubuntu-os-cloud/global/images/ubuntu-2404-noble-amd64-v20261012",
        }
        self._build()

    def fill(self, value: Any) -> Any:
        """`value` with every `@name` replaced by what the world holds under it."""
        if isinstance(value, str):
            for name in sorted(self.known, key=len, reverse=True):
                value = value.replace(f"@{name}", self.known[name])
            return value
        if isinstance(value, dict):
            return {key: self.fill(item) for key, item in value.items() if item is not None}
        return [self.fill(item) for item in value] if isinstance(value, list) else value

    def make(self, name: str, type: str, /, **inputs: Any) -> Created:
        """Create something under `name`, with its outputs as `name.OUTPUT`."""
        checked = self.provider.check(type, urn(type, name), {}, self.fill(inputs), name.encode())
        assert checked.failures == ()
        created = self.provider.create(type, urn(type, name), checked.inputs)
        self.known[name] = created.id
        self.known |= {f"{name}.{key}": value for key, value in created.outputs.items() if isinstance(value, str)}
        return created

    def _build(self) -> None:
        agents = {"compute": "compute-system", "storage": "gs-project-accounts", "logs": "gcp-sa-logging"}
        number = self.known["number"]
        self.make("network", "gcp:compute/network:Network", autoCreateSubnetworks=False)
        self.make("spare_network", "gcp:compute/network:Network", autoCreateSubnetworks=False)
        self.make(
            "subnet", "gcp:compute/subnetwork:Subnetwork", network="@network", ipCidrRange="10.8.0.0/24", region=REGION
        )
        self.make("policy", "gcp:compute/networkFirewallPolicy:NetworkFirewallPolicy")
        self.make("router", "gcp:compute/router:Router", network="@network", region=REGION)
        self.make("address", "gcp:compute/address:Address", region=REGION)
        self.make("ring", "gcp:kms/keyRing:KeyRing", location=REGION)
        self.make("key", "gcp:kms/cryptoKey:CryptoKey", keyRing="@ring")
        for label, agent in agents.items():
            name = f"cmek-p{number}" if label == "logs" else f"service-{number}"
            self.make(
                f"use-{label}",
                "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
                cryptoKeyId="@key",
                role="roles/cloudkms.cryptoKeyEncrypterDecrypter",
                member=f"serviceAccount:{name}@{agent}.iam.gserviceaccount.com",
            )
        self.make("account", "gcp:serviceaccount/account:Account", accountId="ws-world")
        self.make("disk", "gcp:compute/disk:Disk", zone=ZONE, size=10, type="pd-ssd")
        schedule = {"dailySchedule": {"daysInCycle": 1, "startTime": "03:00"}}
        self.make(
            "daily",
            "gcp:compute/resourcePolicy:ResourcePolicy",
            region=REGION,
            snapshotSchedulePolicy={"schedule": schedule},
        )
        self.make(
            "machine",
            "gcp:compute/instance:Instance",
            zone=ZONE,
            machineType="g2-standard-4",
            bootDisk={"initializeParams": {"image": "@image", "size": 20}},
            guestAccelerators=[{"type": "nvidia-l4-vws", "count": 1}],
            scheduling={"onHostMaintenance": "TERMINATE"},
            networkInterfaces=[{"subnetwork": "@subnet"}],
        )
        bucket = {"name": "home-world-bucket", "location": "EUROPE-WEST4", "uniformBucketLevelAccess": True}
        self.make("bucket", "gcp:storage/bucket:Bucket", **bucket)
        self.make("source", "gcp:storage/bucketObject:BucketObject", bucket="@bucket", name="stop.zip", content="x")
        self.make("topic", "gcp:pubsub/topic:Topic")
        self.make(
            "names", "gcp:dns/managedZone:ManagedZone", dnsName="googleapis.com.", visibility="private", description="d"
        )
        self.make(
            "logs",
            "gcp:logging/projectBucketConfig:ProjectBucketConfig",
            project="@project",
            location=REGION,
            bucketId="world",
        )
        email = {"email_address": "ana@studio.example"}
        self.make(
            "channel",
            "gcp:monitoring/notificationChannel:NotificationChannel",
            type="email",
            displayName="w",
            labels=email,
        )
        function = CASES["gcp:cloudfunctionsv2/function:Function"]
        self.make("function", function.type, **function.inputs)


def urn(type: str, name: str) -> str:
    return f"urn:pulumi:stage::film::{type}::{name.replace('_', '-')}"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = tmp_path_factory.mktemp("google")
    try:
        yield World(home)
    finally:
        process.stop(home, save=False)


def test_every_type_has_a_case() -> None:
    assert sorted(CASES) == sorted(TYPES)


@pytest.mark.parametrize("type", sorted(CASES))
def test_life_of(type: str, world: World) -> None:
    case, provider, name = CASES[type], world.provider, urn(type, "case")
    checked = provider.check(type, name, {}, world.fill(case.inputs), b"seed")
    assert checked.failures == ()
    inputs = checked.inputs
    created = provider.create(type, name, inputs)
    outputs = created.outputs

    # The answer was lost: what was made is found, and asking for it again makes no second one.
    found = provider.find(type, name, inputs)
    assert found is not None
    assert found.id == created.id

    inputs, outputs = _is_as_said(provider, type, created.id, inputs, outputs)
    for change in case.changes:
        told = world.fill({**{key: value for key, value in inputs.items() if not key.startswith("__")}, **change})
        news = provider.check(type, name, inputs, told, b"seed").inputs
        difference = provider.diff(type, created.id, inputs, outputs, news)
        assert difference.changes, change
        assert not difference.replaces, difference
        outputs = provider.update(type, name, created.id, inputs, outputs, news)
        inputs, outputs = _is_as_said(provider, type, created.id, news, outputs)
    if case.fixed:
        news = {**inputs, **world.fill(case.fixed)}
        assert provider.diff(type, created.id, inputs, outputs, news).replaces

    if case.imported:
        taken = provider.read(type, created.id, {}, {})
        assert taken is not None
        told = {key: value for key, value in inputs.items() if not key.startswith("__")}
        assert [
            each for each in provider.diff(type, created.id, taken.inputs, taken.outputs, told).changes if each.replaces
        ] == []

    provider.delete(type, name, created.id, outputs, outputs)
    if not case.stays:
        assert provider.read(type, created.id, inputs, outputs) is None
    provider.delete(type, name, created.id, outputs, outputs)


def _is_as_said(
    provider: GoogleProvider, type: str, id: str, inputs: Properties, outputs: Properties
) -> tuple[Properties, Properties]:
    """What a refresh shows is what was asked for."""
    found = provider.read(type, id, inputs, outputs)
    assert found is not None
    assert provider.diff(type, id, found.inputs, found.outputs, inputs).changes == ()
    hidden = {key: value for key, value in inputs.items() if not key.startswith("__") and value is not None}
    assert {key: found.inputs.get(key) for key in hidden} == hidden
    return found.inputs, found.outputs


@pytest.fixture(scope="module")
def enforcing(world: World) -> Iterator[World]:
    """The world while permissions are enforced, with an account that has nothing yet."""
    world.make("hand", "gcp:serviceaccount/account:Account", accountId="ws-hand")
    process.set_enforcement(world.home, True)
    try:
        yield world
    finally:
        process.set_enforcement(world.home, False)


@pytest.mark.parametrize(
    "type", sorted(set(CASES) - {"gcp:billing/budget:Budget"})
)  # whose account is above every project
def test_what_it_takes_is_enough(type: str, enforcing: World) -> None:
    world, case = enforcing, CASES[type]
    told = world.fill({**case.inputs, **BESIDE.get(type, {})})
    takes = permissions.creating(type, told) | permissions.changing(type, told) | permissions.deleting(type, told)
    role = world.make(
        f"role-{sorted(CASES).index(type)}",
        "gcp:projects/iAMCustomRole:IAMCustomRole",
        roleId=f"takes.{sorted(CASES).index(type)}",
        title="t",
        permissions=sorted(takes),
    )
    world.make(
        f"given-{sorted(CASES).index(type)}",
        "gcp:projects/iAMMember:IAMMember",
        project="@project",
        role=role.outputs["name"],
        member="serviceAccount:@hand.email",
    )
    endpoint = process.running(world.home)
    assert endpoint
    caller = f"serviceAccount:{world.known['hand.email']}"
    provider = GoogleProvider(simulated_project(endpoint, caller), REGION)
    name = urn(type, "by-hand")
    inputs = provider.check(type, name, {}, told, b"hand").inputs
    created = provider.create(type, name, inputs)
    outputs = created.outputs
    for change in case.changes[:1]:
        news = provider.check(type, name, inputs, {**inputs, **world.fill(change)}, b"hand").inputs
        outputs = provider.update(type, name, created.id, inputs, outputs, news)
    provider.delete(type, name, created.id, outputs, outputs)


BESIDE = {
    "gcp:storage/bucket:Bucket": {"name": "home-media-hand"},
    "gcp:serviceaccount/account:Account": {"accountId": "ws-hand-2"},
    "gcp:projects/iAMCustomRole:IAMCustomRole": {"roleId": "soundstage.hand"},
    "gcp:logging/projectBucketConfig:ProjectBucketConfig": {"bucketId": "home-hand"},
}
"""Names that no two may have, not even when the first is deleted."""
