"""A machine of the simulated Google Cloud that connections through Identity-Aware Proxy lead to."""

from collections.abc import Callable
from typing import Any, Final

from soundstage.providers.gcp.rest import called
from soundstage.sessions.iap.relay import Port, Service
from soundstage.simulator.gcp.clients import simulated_project
from soundstage.simulator.process import GOOGLE_PROJECT, Endpoint

P: Final = GOOGLE_PROJECT
REGION: Final = "europe-west4"
Z: Final = "europe-west4-a"
NAME: Final = "edit-1"
PLACE: Final = {"project": P, "zone": Z, "instance": NAME}
METADATA: Final = {"enable-oslogin": "TRUE", "enable-guest-attributes": "TRUE"}
IAP_PORTS: Final = ("22", "8443")


def ask(cloud: Endpoint, method: str, caller: str = "owner", **params: Any) -> Any:
    """One call, as the product makes it."""
    return called(simulated_project(cloud, caller), method, params)


def new_machine(cloud: Endpoint, ports: tuple[str, ...] = IAP_PORTS) -> None:
    """A machine that runs, in a network whose firewall lets Identity-Aware Proxy reach some ports."""
    ask(cloud, "compute.networks.insert", project=P, name="teaser", autoCreateSubnetworks=False)
    network = f"projects/{P}/global/networks/teaser"
    ask(
        cloud, "compute.subnetworks.insert", project=P, region=REGION, name="edit", network=network, ipCidrRange="10.0.0.0/24"
    )  # fmt: skip
    ask(
        cloud, "compute.firewalls.insert", project=P, name="iap", network=network, direction="INGRESS",
        sourceRanges=["35.235.240.0/20"], allowed=[{"IPProtocol": "tcp", "ports": list(ports)}],
    )  # fmt: skip
    image = "projects/debian-cloud/global/images/family/debian-12"
    ask(
        cloud, "compute.instances.insert", project=P, zone=Z, name=NAME, machineType=f"zones/{Z}/machineTypes/e2-small",
        disks=[{"boot": True, "autoDelete": True, "initializeParams": {"sourceImage": image}}],
        networkInterfaces=[{"subnetwork": f"projects/{P}/regions/{REGION}/subnetworks/edit"}],
        metadata={"items": [{"key": key, "value": value} for key, value in METADATA.items()]},
    )  # fmt: skip


def relay_of(cloud: Endpoint, caller: str = "owner") -> Service:
    """The relay of a simulated cloud, for a caller."""
    return Service(cloud.url.replace("http://", "ws://") + "/v4", lambda: cloud.google_token(caller))


def port_of(number: int, instance: str = NAME) -> Port:
    return Port(P, Z, instance, number)


Calls = Callable[..., Any]
