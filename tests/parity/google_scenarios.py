"""What both engines are put through on the simulated Google Cloud, under the names of `scenarios` where it is the same."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import pulumi
import pulumi_gcp as gcp
from tests.parity.steps import DESTROY, LOOK, REFRESH, SPARE, Program, Step, Suite, behind, preview, refusing, up

from soundstage.providers.gcp.rest import called
from soundstage.simulator import process
from soundstage.simulator.gcp.clients import simulated_project
from soundstage.simulator.process import Endpoint

P, R, Z = process.GOOGLE_PROJECT, process.GOOGLE_REGION, f"{process.GOOGLE_REGION}-a"
IMAGE = "projects/ubuntu-os-cloud/global/images/ubuntu-2404-noble-amd64-v20261012"


def provider() -> gcp.Provider:
    return gcp.Provider("gcp", project=P, region=R)


def on(**options: Any) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(provider=provider(), **options)


def room(
    *,
    labels: Mapping[str, str] | None = None,
    account: bool = True,
    cidr: str = "10.9.0.0/24",
    id: str = "doors-parity",
) -> Program:
    """A network with a part of it, a topic and an account, in a component."""

    def program() -> None:
        suite = Suite("suite", pulumi.ResourceOptions(providers={"gcp": provider()}))
        inside = pulumi.ResourceOptions(parent=suite)
        net = gcp.compute.Network("net", auto_create_subnetworks=False, description="net", opts=inside)
        desk = gcp.compute.Subnetwork("desk", network=net.id, region=R, ip_cidr_range=cidr, opts=inside)
        gcp.pubsub.Topic("calls", name="parity-calls", labels={"name": "calls", **(labels or {})}, opts=inside)
        if account:
            gcp.serviceaccount.Account("doors", account_id=id, display_name="doors", opts=inside)
        pulumi.export("net", net.id)
        pulumi.export("cidr", desk.ip_cidr_range)

    return program


def disk(type: str = "pd-balanced", gib: int = 10) -> Program:
    """A disk with a fixed name, which takes no second one beside it."""

    def program() -> None:
        gcp.compute.Disk("tape", name="parity-tape", zone=Z, size=gib, type=type, opts=on())

    return program


def log(name: str = "log", days: int = 7, **options: Any) -> Program:
    """One topic with a fixed name."""

    def program() -> None:
        topic = gcp.pubsub.Topic(name, name="parity-log", labels={"days": str(days)}, opts=on(**options))
        pulumi.export("id", topic.id)

    return program


def renamed() -> None:
    log("diary", aliases=[pulumi.Alias(name="log")])()


def breaks(network: str | None) -> Program:
    """Fails at the second resource of three when `network` is not one; `None` mends it."""

    def program() -> None:
        options = on()
        net = gcp.compute.Network("net", auto_create_subnetworks=False, opts=options)
        desk = gcp.compute.Subnetwork("desk", network=network or net.id, region=R, ip_cidr_range="10.8.0.0/24",
                                      opts=pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=[net])))  # fmt: skip
        gcp.pubsub.Topic("after", name="parity-after", labels={"of": desk.name}, opts=options)

    return program


def asks() -> None:
    options = pulumi.InvokeOptions(provider=provider())
    pulumi.export("number", gcp.organizations.get_project_output(opts=options).number)
    pulumi.export("region", gcp.organizations.get_client_config_output(opts=options).region)


def machines(count: int) -> Program:
    """Machines in one network."""

    def program() -> None:
        options = on()
        net = gcp.compute.Network("net", auto_create_subnetworks=False, opts=options)
        desk = gcp.compute.Subnetwork("desk", network=net.id, region=R, ip_cidr_range="10.5.0.0/20", opts=options)
        for number in range(count):
            gcp.compute.Instance(
                f"edit-{number}",
                zone=Z,
                machine_type="e2-small",
                boot_disk={"initialize_params": {"image": IMAGE}},
                # Else addresses go to machines in the order in which these happen to be made.
                network_interfaces=[{"subnetwork": desk.id, "network_ip": f"10.5.0.{number + 100}"}],
                opts=options,
            )

    return program


def many(count: int) -> Program:
    def program() -> None:
        options = on()
        for number in range(count):
            gcp.pubsub.Topic(f"p{number}", name=f"parity-p{number}", opts=options)

    return program


def components(**other: Any) -> None:
    """A network, a key, a bucket and a machine; `other` are arguments of the machine."""
    from soundstage.components import gcp as ours

    here = pulumi.ResourceOptions(providers=[provider()])
    whose = {"studio": "home", "project": "teaser"}
    key = ours.EncryptionKey("disks", {"description": "d", "used_by": ["compute"], "keep": False, **whose}, here)  # type: ignore[typeddict-item]
    network = ours.StudioNetwork("teaser", {**whose, "zone": "io", "nat": True, "windows": True}, here)  # type: ignore[typeddict-item]
    bucket = ours.MediaBucket("teaser", {**whose, "keep": False}, here)  # type: ignore[typeddict-item]
    machine = ours.Workstation(
        "teaser-edit-1",
        {  # type: ignore[typeddict-item]
            **whose,
            "workstation": "edit-1",
            "user": "ana",
            "role": "editing",
            "people": ["user:ana@studio.example"],
            "availability_zone": Z,
            "subnet_id": network.subnet_ids[0],
            "key_id": key.key_id,
            "image": IMAGE,
            "bucket_name": bucket.bucket_name,
            "hours": {"days": ["MON", "TUE"], "start": "09:00", "stop": "19:00", "timezone": "Europe/Lisbon"},
            "data_gib": 100,
            "keep": False,
            **other,
        },
        here,
    )
    pulumi.export("account", machine.service_account_email)


def _label_the_topic(cloud: Endpoint) -> None:
    name = f"projects/{P}/topics/parity-calls"
    body = {"topic": {"name": name, "labels": {"name": "by-hand"}}, "updateMask": "labels"}
    called(simulated_project(cloud), "pubsub.projects.topics.patch", {"name": name, "body": body})


def _delete_the_account(cloud: Endpoint) -> None:
    name = f"projects/{P}/serviceAccounts/doors-parity@{P}.iam.gserviceaccount.com"
    called(simulated_project(cloud), "iam.projects.serviceAccounts.delete", {"name": name})


DESK = "urn:pulumi:stage::parity::test:index:Suite$gcp:compute/subnetwork:Subnetwork::desk"
LARGE: Program = partial(components, size="large", people=[])

SCENARIOS: dict[str, tuple[Step, ...]] = {
    "create, update, delete": (
        preview(room()),
        up(room()),
        up(room()),
        preview(room(labels={"of": "us"})),
        up(room(labels={"of": "us"})),
        up(room(labels={"of": "us"}, account=False)),
        DESTROY,
    ),
    "replaced after the new one is made, and before": (
        up(room()),
        preview(room(id="gates-parity")),
        up(room(id="gates-parity")),
        up(disk()),
        preview(disk("pd-ssd")),
        up(disk("pd-ssd")),
        DESTROY,
    ),
    "renamed with an alias": (up(log()), preview(renamed), up(renamed), DESTROY),
    "renamed without one": (up(log()), up(log("diary")), DESTROY),
    "protected": (
        up(log(protect=True)),
        DESTROY,
        SPARE,
        up(room(account=False)),
        up(log(protect=False)),
        DESTROY,
    ),
    "retained": (up(log(retain_on_delete=True)), DESTROY),
    "changes ignored": (
        up(log(ignore_changes=["labels"])),
        preview(log(days=30, ignore_changes=["labels"])),
        up(log(days=30, ignore_changes=["labels"])),
        DESTROY,
    ),
    "questions": (preview(asks), up(asks)),
    "fails in the middle": (up(breaks(f"projects/{P}/global/networks/gone")), up(breaks(None)), DESTROY),
    "half changed, then finished": (
        up(disk()),
        refusing(up(disk(gib=20)), "compute:disks.resize"),
        preview(disk(gib=20)),
        up(disk(gib=20)),
        DESTROY,
    ),
    "drift": (
        up(room()),
        behind(_label_the_topic),
        behind(_delete_the_account),
        LOOK,
        preview(room(), refresh=True),
        up(room(), refresh=True),
        behind(_label_the_topic),
        REFRESH,
        up(room()),
        DESTROY,
    ),
    "only what is asked for": (
        preview(room(), targets=[DESK]),
        up(room(), targets=[DESK]),
        up(room()),
        up(room(labels={"of": "us"}, cidr="10.9.0.0/23"), targets=[DESK]),
        DESTROY,
    ),
    "ten machines": (up(machines(10)), up(machines(9)), DESTROY),
    "components of every kind": (
        preview(components),
        up(components),
        preview(components, refresh=True),
        preview(LARGE),
        up(LARGE),
        REFRESH,
        DESTROY,
    ),
}
