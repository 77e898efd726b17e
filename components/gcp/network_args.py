"""What a project's network may be told, checked and turned into plain values."""

from dataclasses import dataclass
from typing import NotRequired, TypedDict

import pulumi

from soundstage.components import choices
from soundstage.components.arguments import choice_fault, refuse
from soundstage.components.cidr import network_range
from soundstage.components.fields import conformed
from soundstage.components.gcp.naming import component_faults, place_faults
from soundstage.components.labels import label_carry_faults
from soundstage.components.network_zones import ZONES
from soundstage.components.ownership import UNNAMED, Tags, ownership, plain_tags
from soundstage.components.retention import SHORTEST_DAYS, retention_faults
from soundstage.components.tags import ZONE, tag_faults


class StudioNetworkArgs(TypedDict):
    project: NotRequired[str]
    """The project's name: lower-case letters, digits and hyphens, at most 20 characters. When absent, what the tag
    `soundstage:project` says, or a name made of those of the Pulumi program and its stack."""
    studio: NotRequired[str]
    """The studio's name, which together with the project's decides the range and the name of the log bucket. When absent, what the
    tag `soundstage:studio` says."""
    cidr: NotRequired[str]
    """IPv4 range, /16 to /22, private. When absent, a /20 in 10.0.0.0/8 derived from the studio's and the project's
    name, always the same and clear of `taken`."""
    taken: NotRequired[list[str]]
    """Ranges that this network must not overlap: the other projects', the office's, the VPN's."""
    zone: NotRequired[choices.Zone]
    """`content` (default): no machine opens a connection to the internet. `io`: transfer machines. `mgmt`: the studio's
    tools."""
    nat: NotRequired[bool]
    """Whether machines may open web connections (TCP 443 and 80) to the internet, through Cloud NAT. False when absent; refused in
    zone `content`."""
    nat_address_ids: NotRequired[list[pulumi.Input[str]]]
    """Ids of static external addresses of your own for Cloud NAT, so that a vendor's list of allowed addresses outlives this network.
    One new address when absent."""
    windows: NotRequired[bool]
    """Whether Windows machines may reach Google's activation server (TCP 1688), without which Windows asks to be activated. False when
    absent."""
    key_id: NotRequired[pulumi.Input[str]]
    """Id of the Cloud KMS key of the flow logs, in the network's region. Cloud Logging must be among those that use it. A key of its
    own when absent."""
    flow_log_days: NotRequired[int]
    """How long flow logs are kept, in days. 365 when absent, and at the least."""
    dns_query_log: NotRequired[bool]
    """Whether every name that machines ask for is kept, with the flow logs. False when absent. Billed by volume."""
    project_id: NotRequired[str]
    """Id of the Google Cloud project. That of the provider when absent."""
    region: NotRequired[str]
    """Region of the subnet. That of the provider when absent."""
    tags: NotRequired[Tags]
    """Tags of everything here, such as `soundstage:studio` and `soundstage:project`, which become labels. Networks, subnets and
    firewall policies of Google Cloud have no labels."""


@dataclass(frozen=True)
class Network:
    """A network's arguments, checked."""

    studio: str
    """Whose project it is; never empty."""
    project: str
    zone: str
    cidr: str
    nat: bool
    nat_address_ids: tuple[pulumi.Input[str], ...]
    windows: bool
    key_id: pulumi.Input[str] | None
    flow_log_days: int
    dns_query_log: bool
    project_id: str | None
    region: str | None
    tags: Tags


def resolve(name: str, args: StudioNetworkArgs) -> Network:
    """Plain values, with every default filled in. Raises `ArgumentError` with all faults at once."""
    args, faults = conformed(args, StudioNetworkArgs)
    faults += component_faults(name) + place_faults(args)
    owner = ownership(args, faults, tagged=("studio",))
    faults += tag_faults(plain_tags(owner.tags)) + label_carry_faults(plain_tags(owner.tags))
    zone, nat = args.get("zone", "content"), args.get("nat", False)
    faults += choice_fault("zone", zone, ZONES)
    if nat and zone == "content":
        faults.append('nat is True in zone content, whose machines must not reach the internet; use zone "io"')
    if args.get("nat_address_ids") and not nat:
        faults.append("nat_address_ids is given without nat; set nat to True")
    days = args.get("flow_log_days", SHORTEST_DAYS)
    faults += retention_faults("flow_log_days", days)
    cidr = network_range(args.get("cidr"), args.get("taken", []), owner.studio, owner.project, faults)
    refuse("StudioNetwork", name, faults)
    return Network(
        studio=owner.studio or UNNAMED,
        project=owner.project,
        zone=zone,
        cidr=cidr,
        nat=nat,
        nat_address_ids=tuple(args.get("nat_address_ids", ())),
        windows=args.get("windows", False),
        key_id=args.get("key_id"),
        flow_log_days=days,
        dns_query_log=args.get("dns_query_log", False),
        project_id=args.get("project_id"),
        region=args.get("region"),
        tags={**owner.tags, ZONE: zone},
    )
