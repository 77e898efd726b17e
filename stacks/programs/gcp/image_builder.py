"""The machine that an image is baked on, with a network of its own: there for the length of a bake, and removed with everything.

Nobody reaches it but through Identity-Aware Proxy, and it has no public address. Out it may reach the web, from which packages come, by
Cloud NAT: the network holds no media, and is gone when the bake is. The machine has no account, and so may do nothing.
"""

from typing import Final

import pulumi
import pulumi_gcp as gcp

from soundstage.components.gcp.labelled import labels
from soundstage.components.gcp.network_firewall import ANYWHERE, IAP_RANGE, Rule, firewall
from soundstage.components.google_sizes import drivers_are_signed, google_machines
from soundstage.components.images import Image
from soundstage.components.tags import base_tags
from soundstage.core.errors import PreflightRefused
from soundstage.engines.base import Program
from soundstage.images.recipes import Composed
from soundstage.projectfile.catalogues import CATALOGUES
from soundstage.stacks.programs.programs import Site

RANGE: Final = "10.255.0.0/24"
"""Of the network, which is connected to no other."""
LONGEST_HOURS: Final = 12
"""After so many hours since its last start Google stops a builder: whoever bakes may have closed a laptop. No recipe may take more than
ten."""
RULES: Final = (
    Rule("in-iap", 1000, "INGRESS", "allow", IAP_RANGE, "Whoever bakes, through Identity-Aware Proxy", "tcp", ("22",)),
    Rule("out-web", 3000, "EGRESS", "allow", ANYWHERE, "Packages, through Cloud NAT", "tcp", ("80", "443")),
    Rule("deny-in", 65_000, "INGRESS", "deny", ANYWHERE, "Nobody else comes in"),
    Rule("deny-out", 65_001, "EGRESS", "deny", ANYWHERE, "Nothing else goes out"),
)
_METADATA: Final = {
    "enable-oslogin": "TRUE",
    "block-project-ssh-keys": "TRUE",
    "serial-port-enable": "FALSE",
    "enable-guest-attributes": "TRUE",  # by which it tells its host keys
}


def builder_program(recipe: Composed, site: Site) -> Program:
    """Declares the builder of `recipe`. See `Programs.builder_program`."""
    name = f"bake-{recipe.name}"
    tags = base_tags(site.studio) | {"soundstage:recipe": recipe.name, "soundstage:recipe-digest": recipe.digest[:12]}
    wanted = recipe.builder
    type = google_machines()[CATALOGUES["gcp"].type_for(wanted.for_, wanted.size, site.region)]
    if (site.shared.disk_keys or {}).get(site.region) is None:
        raise PreflightRefused(
            f"The studio has no key for disks in {site.region}, so that the image would not be encrypted with the studio's own.",
            "Run `workstation studio up` with this version once, then this again.",
        )

    def declare() -> None:
        provider = gcp.Provider("gcp", project=site.account, region=site.region)
        options = pulumi.ResourceOptions(provider=provider)
        subnet, ready = _network(name, site, provider)
        gpu = type.accelerator
        machine = gcp.compute.Instance(
            f"{name}-machine",
            description=f"An image of {recipe.name} is baked on it",
            zone=site.zone,
            machine_type=type.name,
            guest_accelerators=[{"type": gpu.name, "count": type.gpus}] if gpu else None,
            boot_disk={
                "auto_delete": True,
                "device_name": "boot",
                "kms_key_self_link": site.shared.disk_key(site.region),
                "initialize_params": {
                    "image": site.image_id or _base(recipe.base),
                    "size": wanted.disk_gib,
                    "type": type.disk,
                    "labels": labels(tags),
                },
            },
            network_interfaces=[{"subnetwork": subnet.id, "nic_type": "GVNIC", "stack_type": "IPV4_ONLY"}],
            # As on the machines that are made of the image, unless the project file says otherwise there.
            shielded_instance_config={
                "enable_secure_boot": drivers_are_signed(recipe.os, type),
                "enable_vtpm": True,
                "enable_integrity_monitoring": True,
            },
            scheduling={
                "on_host_maintenance": "TERMINATE",
                "automatic_restart": False,
                "provisioning_model": "STANDARD",
                "preemptible": False,
                "instance_termination_action": "STOP",
                "max_run_duration": {"seconds": LONGEST_HOURS * 3600},
            },
            metadata=_METADATA,
            key_revocation_action_type="STOP",
            can_ip_forward=False,
            labels=labels(tags),
            opts=pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=ready)),
        )
        pulumi.export("instance_id", machine.id)

    return declare


def _network(name: str, site: Site, provider: gcp.Provider) -> tuple[gcp.compute.Subnetwork, list[pulumi.Resource]]:
    """The subnet, and what must stand before a machine is made in it and stay as long as it does."""
    options = pulumi.ResourceOptions(provider=provider)
    network = gcp.compute.Network(
        f"{name}-network",
        description="For the length of a bake",
        auto_create_subnetworks=False,
        delete_default_routes_on_create=True,
        routing_mode="REGIONAL",
        network_firewall_policy_enforcement_order="BEFORE_CLASSIC_FIREWALL",
        opts=options,
    )
    guarded = firewall(name, network, RULES, "A builder of images is reached by whoever bakes alone", None, options)
    subnet = gcp.compute.Subnetwork(
        f"{name}-subnet",
        network=network.id,
        ip_cidr_range=RANGE,
        region=site.region,
        private_ip_google_access=True,
        stack_type="IPV4_ONLY",
        opts=options,
    )
    route = gcp.compute.Route(
        f"{name}-route", network=network.id, dest_range=ANYWHERE, next_hop_gateway="default-internet-gateway", opts=options
    )  # fmt: skip
    router = gcp.compute.Router(f"{name}-router", network=network.id, region=site.region, opts=options)
    nat = gcp.compute.RouterNat(
        f"{name}-nat",
        router=router.name,
        region=site.region,
        nat_ip_allocate_option="AUTO_ONLY",
        source_subnetwork_ip_ranges_to_nat="LIST_OF_SUBNETWORKS",
        subnetworks=[{"name": subnet.id, "source_ip_ranges_to_nats": ["ALL_IP_RANGES"]}],
        log_config={"enable": True, "filter": "ERRORS_ONLY"},
        opts=options,
    )
    return subnet, [*guarded[1], route, nat]


def _base(base: Image) -> str:
    """The newest of a family: which one it is, is recorded with the image that is made of it."""
    return f"projects/{base.owner}/global/images/family/{base.series}"
