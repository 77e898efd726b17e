"""Networks: subnets, routes, firewall policies, the way out, private names."""

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Final

from soundstage.core.values import Value
from soundstage.providers.entry import Call, Entry, sets
from soundstage.providers.gcp.discovery import document
from soundstage.providers.gcp.fields import field
from soundstage.providers.gcp.forms import Names, Text
from soundstage.providers.gcp.resources import KEPT, NAMED, REGIONAL, ours, resource
from soundstage.providers.mapping import Field

_P: Final = "projects/{place.project}"
_BARE: Final = "{in.deleteDefaultRoutesOnCreate}"
_DEFAULT: Final = "{item.nextHopGateway}"
"""Of the routes that Google makes, those within the network stay."""
_POLICY: Final = {"project": "{place.project}", "firewallPolicy": "{in.firewallPolicy}"}
_RULE: Final = "action description direction disabled enableLogging match ruleName securityProfileGroup targetSecureTags " \
    "targetServiceAccounts tlsInspect"  # fmt: skip
_NAT: Final = {"project": "{seg.0}", "region": "{seg.1}", "router": "{seg.2}"}
_NATS: Final = "natIpAllocateOption sourceSubnetworkIpRangesToNat natIps drainNatIps subnetworks logConfig rules minPortsPerVm " \
    "maxPortsPerVm enableDynamicPortAllocation enableEndpointIndependentMapping icmpIdleTimeoutSec tcpEstablishedIdleTimeoutSec " \
    "tcpTimeWaitTimeoutSec tcpTransitoryIdleTimeoutSec udpIdleTimeoutSec autoNetworkTier"  # fmt: skip


class _Range(Text):
    """A range of addresses. It only grows: for any other the subnetwork is made anew."""

    def changes(self, before: Value, after: Value, path: str) -> Iterator[tuple[str, Value, Value, bool]]:
        for _, old, new, _ in super().changes(before, after, path):
            yield path, old, new, not _holds(new, old)


def _holds(wide: Value, narrow: Value) -> bool:
    """Whether one range holds another; also true where one of them is none, or not known yet: Google says so then."""
    try:
        return IPv4Network(wide).supernet_of(IPv4Network(narrow))
    except (ValueError, TypeError):
        return True


def _rule() -> Entry:
    about = document("compute.v1")
    fields = tuple(field(about, "FirewallPolicyRule", name) for name in _RULE.split())
    names = "|".join(one.name for one in fields)
    at = {**_POLICY, "priority": "{in.priority}"}
    return Entry(
        "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule",
        "compute",
        (
            *fields,
            Field("priority", "priority", replaces=True, required=True),
            Field("firewallPolicy", read=None, replaces=True, required=True),
            ours("project"),
            KEPT,
        ),
        id=f"{_P}/global/firewallPolicies/{{in.firewallPolicy}}/{{in.priority}}",
        create=Call(
            "networkFirewallPolicies.addRule",
            {**_POLICY, "requestId": "{token}", "body": "{body.priority|" + names + "}"},
        ),
        read=Call("networkFirewallPolicies.getRule", at, absent=("invalid",)),
        updates=(
            sets(
                tuple(one.name for one in fields),
                Call("networkFirewallPolicies.patchRule", {**at, "body": "{patch." + names + "}"}),
            ),
        ),
        delete=Call("networkFirewallPolicies.removeRule", at, absent=("invalid",)),
        unsent=(*names.split("|"), "priority", "firewallPolicy", "project", "deletionPolicy"),
        outputs={"kind": "@kind", "ruleTupleCount": "@ruleTupleCount"},
        proof="action",
        settle=True,
        looks=True,
        regional=False,
        places=("project",),
        known_by=("description", "ruleName"),
    )


def _association() -> Entry:
    at = {**_POLICY, "name": "{in.name}"}
    return Entry(
        "gcp:compute/networkFirewallPolicyAssociation:NetworkFirewallPolicyAssociation",
        "compute",
        (
            field(document("compute.v1"), "FirewallPolicyAssociation", "name", replaces=True),
            field(document("compute.v1"), "FirewallPolicyAssociation", "attachmentTarget", replaces=True),
            Field("firewallPolicy", read=None, replaces=True, required=True),
            ours("project"),
            KEPT,
        ),
        id=f"{_P}/global/firewallPolicies/{{in.firewallPolicy}}/associations/{{in.name}}",
        create=Call(
            "networkFirewallPolicies.addAssociation",
            {**_POLICY, "requestId": "{token}", "body": "{body.name|attachmentTarget}"},
        ),
        read=Call("networkFirewallPolicies.getAssociation", at, absent=("invalid",)),
        delete=Call("networkFirewallPolicies.removeAssociation", at, absent=("invalid",)),
        name=NAMED,
        unsent=("name", "attachmentTarget", "firewallPolicy", "project", "deletionPolicy"),
        outputs={"shortName": "@shortName"},
        every=Call("networkFirewallPolicies.get", _POLICY, "associations[].name"),
        proof="name",
        settle=True,
        regional=False,
        places=("project",),
        known_by=("attachmentTarget",),
    )


def _nat() -> Entry:
    about = document("compute.v1")
    fields = tuple(field(about, "RouterNat", name) for name in _NATS.split())
    fixed = tuple(field(about, "RouterNat", name, replaces=True) for name in ("type", "endpointTypes"))
    names = "|".join(one.name for one in fields)
    creating = {"project": "{place.project}", "region": "{place.region}", "router": "{in.router}", "nat": "{in.name}"}
    at = {**_NAT, "nat": "{seg.3}"}
    return Entry(
        "gcp:compute/routerNat:RouterNat",
        "compute",
        (
            *fields,
            *fixed,
            field(about, "RouterNat", "name", replaces=True),
            Field("router", read=None, replaces=True, required=True),
            ours("initialNatIps", form=Names()),
            ours("project"),
            ours("region"),
            KEPT,
        ),
        id="{place.project}/{place.region}/{in.router}/{in.name}",
        create=Call("routers.putNat", {**creating, "body": "{body.name|type|endpointTypes|" + names + "}"}),
        read=Call("routers.getNat", at),
        updates=(
            sets(tuple(one.name for one in fields), Call("routers.putNat", {**at, "body": "{patch." + names + "}"})),
        ),
        delete=Call("routers.removeNat", at),
        every=Call(
            "routers.get",
            {"project": "{place.project}", "region": "{place.region}", "router": "{in.router}"},
            "nats[].name",
        ),
        name=NAMED,
        unsent=(
            *names.split("|"),
            "type",
            "endpointTypes",
            "name",
            "router",
            "initialNatIps",
            "project",
            "region",
            "deletionPolicy",
        ),
        proof="name",
        settle=True,
        looks=True,
        regional=False,
        places=REGIONAL,
    )


TYPES: Final = (
    resource(
        "gcp:compute/network:Network",
        "compute.networks",
        f"{_P}/global/networks/{{in.name}}",
        fixed="name description autoCreateSubnetworks enableUlaInternalIpv6 internalIpv6Range networkProfile params",
        patch="routingMode=routingConfig.routingMode bgpBestPathSelectionMode=routingConfig.bgpBestPathSelectionMode "
        "bgpAlwaysCompareMed=routingConfig.bgpAlwaysCompareMed bgpInterRegionCost=routingConfig.bgpInterRegionCost mtu "
        "networkFirewallPolicyEnforcementOrder",
        # Without a word Google makes a subnet in every region.
        forms={"autoCreateSubnetworks": {"quiet": (True,)}},
        own=(ours("deleteDefaultRoutesOnCreate"), ours("deleteBgpAlwaysCompareMed")),
        outputs="gatewayIpv4=gatewayIPv4 networkId=id numericId=id selfLink",
        name=NAMED,
        after_create=(
            Call("networks.get", {"project": "{seg.1}", "network": "{seg.4}"}, when=_BARE, into="made"),
            Call(
                "routes.list", {"project": "{seg.1}"}, "items[*network={seen.made.selfLink}]", when=_BARE, into="routes"
            ),
            Call("routes.delete", {"project": "{seg.1}", "route": "{item.name}"}, when=_DEFAULT, each="{seen.routes}"),
        ),
    ),
    resource(
        "gcp:compute/subnetwork:Subnetwork",
        "compute.subnetworks",
        f"{_P}/regions/{{place.region}}/subnetworks/{{in.name}}",
        fixed="name description network purpose reservedInternalRange externalIpv6Prefix internalIpv6Prefix ipCollection params "
        "resolveSubnetMask allowSubnetCidrRoutesOverlap",
        patch="privateIpGoogleAccess privateIpv6GoogleAccess role secondaryIpRanges logConfig stackType ipv6AccessType",
        own=(
            field(document("compute.v1"), "Subnetwork", "ipCidrRange", form=_Range()),
            ours("sendSecondaryIpRangeIfEmpty"),
        ),
        places=REGIONAL,
        outputs="creationTimestamp fingerprint gatewayAddress ipv6CidrRange selfLink subnetworkId=id state",
        name=NAMED,
        updates=(
            sets(
                "ipCidrRange",
                Call(
                    "subnetworks.expandIpCidrRange",
                    {
                        "project": "{seg.1}",
                        "region": "{seg.3}",
                        "subnetwork": "{seg.5}",
                        "ipCidrRange": "{in.ipCidrRange}",
                    },
                ),
            ),
        ),
    ),
    resource(
        "gcp:compute/route:Route",
        "compute.routes",
        f"{_P}/global/routes/{{in.name}}",
        fixed="name description destRange network nextHopGateway nextHopIlb nextHopInstance nextHopIp nextHopVpnTunnel params "
        "priority tags",
        forms={"priority": {"default": 1000}},
        own=(ours("nextHopInstanceZone", replaces=True),),
        outputs="creationTimestamp nextHopNetwork routeStatus routeType selfLink",
        name=NAMED,
    ),
    resource(
        "gcp:compute/address:Address",
        "compute.addresses",
        f"{_P}/regions/{{place.region}}/addresses/{{in.name}}",
        fixed="name description address addressType ipVersion ipv6EndpointType network networkTier prefixLength purpose subnetwork "
        "ipCollection",
        labels="set",
        places=REGIONAL,
        outputs="addressId=id creationTimestamp labelFingerprint selfLink users",
        name=NAMED,
    ),
    resource(
        "gcp:compute/router:Router",
        "compute.routers",
        f"{_P}/regions/{{place.region}}/routers/{{in.name}}",
        fixed="name network encryptedInterconnectRouter params",
        patch="description bgp",
        own=(ours("md5AuthenticationKeys"),),
        places=REGIONAL,
        outputs="creationTimestamp selfLink",
        name=NAMED,
    ),
    resource(
        "gcp:compute/networkFirewallPolicy:NetworkFirewallPolicy",
        "compute.networkFirewallPolicies",
        f"{_P}/global/firewallPolicies/{{in.name}}",
        fixed="name policyType",
        patch="description",
        outputs="creationTimestamp fingerprint networkFirewallPolicyId=id ruleTupleCount selfLink selfLinkWithId",
        name=NAMED,
    ),
    _rule(),
    _association(),
    _nat(),
)
