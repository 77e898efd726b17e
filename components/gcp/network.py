"""StudioNetwork: a project's own network, in which nothing can be reached and little can be left."""

from typing import Final

import pulumi
import pulumi_gcp as gcp

from soundstage.components.component import Component
from soundstage.components.gcp.dns import log_queries, resolve_privately
from soundstage.components.gcp.flowlogs import keep_traffic
from soundstage.components.gcp.network_args import Network, StudioNetworkArgs, resolve
from soundstage.components.gcp.network_firewall import ACTIVATION_RANGE, ANYWHERE, GOOGLE_RANGE, guard
from soundstage.components.gcp.network_nat import way_out
from soundstage.components.gcp.place import place_of

_OUT: Final = "default-internet-gateway"


class StudioNetwork(Component):
    """A VPC network for one project: one private subnet, no public address, Private Google Access, a firewall policy that denies
    what it does not name, flow logs.

    A subnet of Google Cloud spans all zones of its region. People come in through Identity-Aware Proxy alone. The routes that Google
    makes are taken away: without `nat` only Google's own services are reached, at private addresses. The policy is asked before
    any firewall rule of the network, so that no such rule opens what it denies. It is IPv4 only.
    """

    vpc_id: pulumi.Output[str]
    """Id of the network, `projects/PROJECT/global/networks/NAME`."""
    vpc_name: pulumi.Output[str]
    """Name of the network."""
    cidr: pulumi.Output[str]
    """IPv4 range of the network."""
    subnet_ids: pulumi.Output[list[str]]
    """Id of the private subnet, the only one. A machine in it is made only after the firewall policy is in force."""
    subnet_cidrs: pulumi.Output[list[str]]
    """IPv4 range of the private subnet."""
    nat_addresses: pulumi.Output[list[str]]
    """Public addresses from which machines reach the internet, for the lists of allowed addresses that vendors and clients keep; empty
    without `nat`, and for addresses of your own."""
    firewall_policy_name: pulumi.Output[str]
    """Name of the firewall policy, for rules of your own. Their priorities: 10000 to 60000."""
    log_bucket_id: pulumi.Output[str]
    """Id of the log bucket of the traffic."""

    def __init__(self, name: str, args: StudioNetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        wanted = resolve(name, args)
        super().__init__(name, args, opts)
        place = place_of(self, wanted.project_id, wanted.region)
        self.vpc: gcp.compute.Network = gcp.compute.Network(
            f"{name}-vpc",
            description=f"Network of {wanted.project}, zone {wanted.zone}",
            auto_create_subnetworks=False,
            delete_default_routes_on_create=True,
            routing_mode="REGIONAL",
            network_firewall_policy_enforcement_order="BEFORE_CLASSIC_FIREWALL",
            project=wanted.project_id,
            # It cannot be changed: with that of another zone the network, and every machine in it, would be made anew.
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["description"]),
        )
        """The network."""
        self.firewall_policy, ready = guard(self, name, self.vpc, wanted)
        self.subnet: gcp.compute.Subnetwork = gcp.compute.Subnetwork(
            f"{name}-private",
            description=f"Machines of {wanted.project}",
            network=self.vpc.id,
            ip_cidr_range=wanted.cidr,
            region=place.apply(lambda known: known.region),
            private_ip_google_access=True,
            stack_type="IPV4_ONLY",
            log_config={
                "aggregation_interval": "INTERVAL_1_MIN",
                "flow_sampling": 1.0,
                "metadata": "INCLUDE_ALL_METADATA",
            },
            project=wanted.project_id,
            opts=pulumi.ResourceOptions(parent=self, depends_on=ready),
        )
        """The private subnet."""
        self._route(name, "google-route", GOOGLE_RANGE, wanted)
        if wanted.windows:
            self._route(name, "activation", ACTIVATION_RANGE, wanted)
        if wanted.nat:
            self._route(name, "web-route", ANYWHERE, wanted)
        else:
            resolve_privately(self, name, self.vpc, wanted)
        out = way_out(self, name, self.vpc, self.subnet, place, wanted) if wanted.nat else None
        self.router_nat: gcp.compute.RouterNat | None = out.nat if out else None
        """Cloud NAT; None without `nat`."""
        if wanted.dns_query_log:
            log_queries(self, name, self.vpc, wanted)
        self.log_bucket: gcp.logging.ProjectBucketConfig = keep_traffic(
            self, name, self.vpc, self.subnet, place, wanted
        ).bucket
        """Where the traffic is kept."""

        self.vpc_id, self.vpc_name = self.vpc.id, self.vpc.name
        self.cidr = pulumi.Output.from_input(wanted.cidr)
        self.subnet_ids = pulumi.Output.all(self.subnet.id)
        self.subnet_cidrs = pulumi.Output.all(self.subnet.ip_cidr_range)
        self.nat_addresses = pulumi.Output.all(*(out.addresses if out else []))
        self.firewall_policy_name = self.firewall_policy.name
        self.log_bucket_id = self.log_bucket.id
        self.record_outputs()

    def _route(self, name: str, label: str, range: str, wanted: Network) -> None:
        """A way to one range. Google's own addresses are behind the same gateway as the internet, and their traffic stays with Google."""
        gcp.compute.Route(
            f"{name}-{label}",
            network=self.vpc.id,
            dest_range=range,
            next_hop_gateway=_OUT,
            project=wanted.project_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
