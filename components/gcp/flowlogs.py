"""Flow logs: who talked to whom in a network, encrypted and kept apart from the project's other logs."""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from soundstage.components.gcp.key import key_of_its_own
from soundstage.components.gcp.network_args import Network
from soundstage.components.gcp.place import Place
from soundstage.components.naming import fingerprint


@dataclass(frozen=True)
class Traffic:
    """Where the logs of a network are."""

    bucket: gcp.logging.ProjectBucketConfig
    sink: gcp.logging.ProjectSink


def traffic_filter(network: str, subnet: str) -> str:
    """Which log entries are those of a network, given its name and that of its subnet: its flows, what its firewall policy did, and the
    names that its machines asked for (Cloud Logging query language; VPC, "VPC Flow Logs records", "Firewall rules logging"; Cloud
    DNS, "Use logging and monitoring"; read 2026-11)."""
    logs = 'log_id("compute.googleapis.com/vpc_flows") OR log_id("compute.googleapis.com/firewall")'
    traffic = f'({logs}) AND resource.type="gce_subnetwork" AND resource.labels.subnetwork_name="{subnet}"'
    names = f'log_id("dns.googleapis.com/dns_queries") AND jsonPayload.sourceNetwork="{network}"'
    return f"({traffic}) OR ({names})"


def keep_traffic(
    component: pulumi.Resource,
    name: str,
    network: gcp.compute.Network,
    subnet: gcp.compute.Subnetwork,
    place: pulumi.Output[Place],
    wanted: Network,
) -> Traffic:
    """A log bucket of the network's own, and the sink that fills it."""
    child = pulumi.ResourceOptions(parent=component)
    key_id = wanted.key_id if wanted.key_id is not None else _key(component, name, wanted)
    bucket = gcp.logging.ProjectBucketConfig(
        f"{name}-logs",
        project=place.apply(lambda known: known.project_id),
        location=place.apply(lambda known: known.region),
        bucket_id=f"{wanted.studio}-{wanted.project}-{fingerprint(wanted.studio, wanted.project, name)}-traffic",
        retention_days=wanted.flow_log_days,
        description=f"Who talked to whom in the network of {wanted.project}",
        cmek_settings={"kms_key_name": key_id},
        opts=child,
    )
    sink = gcp.logging.ProjectSink(
        f"{name}-sink",
        project=wanted.project_id,
        description=f"Traffic of the network of {wanted.project}",
        destination=bucket.id.apply(lambda id: f"logging.googleapis.com/{id}"),
        filter=pulumi.Output.all(network.name, subnet.name).apply(lambda names: traffic_filter(*names)),
        unique_writer_identity=True,
        opts=child,
    )
    return Traffic(bucket, sink)


def _key(component: pulumi.Resource, name: str, wanted: Network) -> pulumi.Output[str]:
    """Id of a key of the log's own: it protects addresses and names, not media."""
    return key_of_its_own(
        component,
        f"{name}-logs",
        f"Traffic of the network of {wanted.project}",
        "logging",
        keep=False,
        tags=wanted.tags,
        project_id=wanted.project_id,
        region=wanted.region,
    )
