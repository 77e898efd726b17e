"""Names in a closed network: Google's own services are reached at private addresses, whatever name a program uses."""

from typing import Final

import pulumi
import pulumi_gcp as gcp

from soundstage.components.gcp.labelled import labels
from soundstage.components.gcp.network_args import Network

GOOGLE_ADDRESSES: Final = ("199.36.153.4", "199.36.153.5", "199.36.153.6", "199.36.153.7")
"""restricted.googleapis.com (Google Cloud VPC, "Configure Private Google Access", read 2026-11)."""
DOMAINS: Final = {"google": "googleapis.com.", "packages": "pkg.dev."}
"""Names below which Google's services answer: their APIs, and Artifact Registry."""
_TTL_SECONDS: Final = 300


def resolve_privately(component: pulumi.Resource, name: str, network: gcp.compute.Network, wanted: Network) -> None:
    """Private zones in which every name of Google's services is one of the restricted addresses."""
    child = pulumi.ResourceOptions(parent=component)
    for label, domain in DOMAINS.items():
        zone = gcp.dns.ManagedZone(
            f"{name}-{label}",
            dns_name=domain,
            description=f"{domain} at private addresses, for {wanted.project}",
            visibility="private",
            private_visibility_config={"networks": [{"network_url": network.id}]},
            labels=labels(wanted.tags),
            project=wanted.project_id,
            opts=child,
        )
        host = f"restricted.{domain}" if label == "google" else domain
        gcp.dns.RecordSet(
            f"{name}-{label}-a",
            managed_zone=zone.name,
            name=host,
            type="A",
            ttl=_TTL_SECONDS,
            rrdatas=list(GOOGLE_ADDRESSES),
            project=wanted.project_id,
            opts=child,
        )
        gcp.dns.RecordSet(
            f"{name}-{label}-all",
            managed_zone=zone.name,
            name=f"*.{domain}",
            type="CNAME",
            ttl=_TTL_SECONDS,
            rrdatas=[host],
            project=wanted.project_id,
            opts=child,
        )


def log_queries(component: pulumi.Resource, name: str, network: gcp.compute.Network, wanted: Network) -> None:
    """Keep every name that a machine of the network asks for."""
    gcp.dns.Policy(
        f"{name}-queries",
        description=f"Names that machines of {wanted.project} ask for",
        enable_logging=True,
        networks=[{"network_url": network.id}],
        project=wanted.project_id,
        opts=pulumi.ResourceOptions(parent=component),
    )
