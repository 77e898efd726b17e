"""Cloud NAT: the way by which machines without addresses reach the internet, where it is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from soundstage.components.gcp.labelled import labels
from soundstage.components.gcp.network_args import Network
from soundstage.components.gcp.place import Place


@dataclass(frozen=True)
class WayOut:
    """The gateway, and the addresses that it was given here."""

    nat: gcp.compute.RouterNat
    addresses: Sequence[pulumi.Output[str]]


def way_out(
    component: pulumi.Resource,
    name: str,
    network: gcp.compute.Network,
    subnet: gcp.compute.Subnetwork,
    place: pulumi.Output[Place],
    wanted: Network,
) -> WayOut:
    """A router and its NAT, for the one subnet and with named addresses: those that Google would choose change."""
    child = pulumi.ResourceOptions(parent=component)
    region = place.apply(lambda known: known.region)
    own = list(wanted.nat_address_ids)
    made = [] if own else [_address(component, name, region, wanted)]
    router = gcp.compute.Router(
        f"{name}-router", network=network.id, region=region, project=wanted.project_id, opts=child
    )
    nat = gcp.compute.RouterNat(
        f"{name}-nat",
        router=router.name,
        region=region,
        nat_ip_allocate_option="MANUAL_ONLY",
        nat_ips=own or [address.self_link for address in made],
        source_subnetwork_ip_ranges_to_nat="LIST_OF_SUBNETWORKS",
        subnetworks=[{"name": subnet.id, "source_ip_ranges_to_nats": ["ALL_IP_RANGES"]}],
        log_config={"enable": True, "filter": "ERRORS_ONLY"},
        project=wanted.project_id,
        opts=child,
    )
    return WayOut(nat, [address.address for address in made])


def _address(component: pulumi.Resource, name: str, region: pulumi.Output[str], wanted: Network) -> gcp.compute.Address:
    return gcp.compute.Address(
        f"{name}-nat",
        address_type="EXTERNAL",
        network_tier="PREMIUM",
        region=region,
        description=f"From here machines of {wanted.project} reach the internet",
        labels=labels(wanted.tags),
        project=wanted.project_id,
        opts=pulumi.ResourceOptions(parent=component),
    )
