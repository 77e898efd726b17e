"""How networks are laid out: zones, routes, public addresses, endpoints, flow logs."""

from collections.abc import Iterator

from soundstage.core.values import UNKNOWN
from soundstage.policies.policy import (
    ADVISORY,
    HIGH,
    MANDATORY,
    MEDIUM,
    Blind,
    Choice,
    Edit,
    Verdict,
    Violation,
    breach,
    policy,
)
from soundstage.policies.views.addresses import ports, wide
from soundstage.policies.views.documents import Statement, document
from soundstage.policies.views.machines import (
    EIP,
    EIP_ASSOCIATION,
    INTERFACE,
    RUNNING,
    Machine,
    address_parts,
    machines,
)
from soundstage.policies.views.networks import (
    ENDPOINT,
    ENDPOINT_POLICY,
    FLOW_LOG,
    GCP_NETWORK,
    GCP_SUBNET,
    SUBNET,
    VPC,
    InternetRoute,
    internet_routes,
    service,
)
from soundstage.policies.views.node import Node, Resource, Truth, all_of, any_of, no
from soundstage.policies.views.openings import DEFAULT_GROUP
from soundstage.policies.views.stack import Stack

DEFAULTS = ("aws:ec2/defaultVpc:DefaultVpc", "aws:ec2/defaultSubnet:DefaultSubnet")
NEEDED_ENDPOINTS = ("s3", "ssm", "ssmmessages", "kms", "logs")
"""What a machine without a way to the internet needs for Session Manager, media, keys and logs (AWS documentation,
“Improve the security of EC2 instances by using VPC endpoints for Systems Manager”, 2026-11)."""


def _no_public_address(resource: Resource) -> list[Edit]:
    if resource.type == SUBNET:
        return [Edit("mapPublicIpOnLaunch", False)]
    return [Edit("associatePublicIpAddress", False)] if resource.cloud == "aws" else []


def _routed_in_ipv6(stack: Stack) -> list[Truth]:
    """Whether IPv6 comes in from the internet by some route; an egress-only gateway lets nobody in."""
    return [any_of(False, *map(_lets_in, stack.view(internet_routes)))]


def _lets_in(route: InternetRoute) -> Truth:
    six = "pv6" in route.destination.path or route.destination is route.gateway
    return route.to_internet if six and route.gateway.path.rpartition(".")[2] != "egressOnlyGatewayId" else False


GCP_PROJECT = "gcp:organizations/project:Project"


@policy(
    "NET-11",
    "Workstations have no public address",
    severity=HIGH,
    level=MANDATORY,
    why="A machine without a public address cannot be found, scanned or attacked from outside.",
    fix="Take the public address away and connect through Session Manager, Identity-Aware Proxy or a VPN.",
    references="fsbp:EC2.9 fsbp:EC2.15 fsbp:EC2.25 cis-gcp-5.0:4.9 mpa-5.1:T2 mpa-5.1:T18",
    over=lambda stack: [*stack.view(machines), *stack.of(SUBNET, INTERFACE)],
    remedy=_no_public_address,
    choice=Choice(("access", "via"), "allowlist", "session, or vpn with the ranges of a VPN that you run"),
)
def public_address(subject: Machine | Resource, stack: Stack) -> Iterator[Verdict]:
    (routed,) = stack.view(_routed_in_ipv6)
    if isinstance(subject, Resource):
        for kind, key in ((EIP, "networkInterface"), (EIP_ASSOCIATION, "networkInterfaceId")):
            for part in stack.parts(subject, (kind,), key).found if subject.type == INTERFACE else ():
                yield Violation(part, f"gives the interface {subject.name} a public address")
        if subject.type == SUBNET:
            six = subject.get("assignIpv6AddressOnCreation")
            yield from breach(all_of(routed, six.true), subject, "gives every machine in it a public IPv6 address", six)
        node = subject.get("mapPublicIpOnLaunch")
        yield from breach(node.true, subject, "gives every machine in it a public address", node)
        return
    for node in subject.addresses_v6:
        given = no(node.is_(lambda value: value in (None, 0, [])))
        yield from breach(all_of(routed, given), subject.resource, "has a public IPv6 address", node)
    for node in subject.public:
        given = node.true if subject.cloud == "aws" else no(node.absent)
        yield from breach(given, subject.resource, "has a public address", node)
    for address in address_parts(stack, subject):
        yield Violation(address, f"gives {subject.resource.name} a public address")


@policy(
    "NET-12",
    "Default networks and groups are empty or unused",
    severity=MEDIUM,
    level=MANDATORY,
    why="Whatever names no group gets the default one, whose members may all connect to each other.",
    fix="Declare `aws.ec2.DefaultSecurityGroup` without rules; on Google make networks with "
    "`auto_create_subnetworks=False` and use no network named default.",
    references="cis-aws-7.0:6.5 fsbp:EC2.2 cis-gcp-5.0:3.1",
    over=lambda stack: [*stack.of(VPC, DEFAULT_GROUP, GCP_NETWORK, GCP_PROJECT, *DEFAULTS), *stack.view(machines)],
)
def defaults_in_use(subject: Machine | Resource, stack: Stack) -> Iterator[Verdict]:
    if isinstance(subject, Machine):
        if subject.resource.type in RUNNING and subject.cloud == "aws":
            yield from _in_no_subnet(subject, stack)
        for node in subject.subnets if subject.cloud == "gcp" else ():
            made = () if node.known else stack.targets(node, GCP_NETWORK, GCP_SUBNET)
            named = [target.get("name") for target in made] or [node]
            default = any_of(*(each.is_(lambda value: str(value).rpartition("/")[2] == "default") for each in named))
            yield from breach(default, subject.resource, "sits in the default network", node)
    elif subject.type in DEFAULTS:
        yield Violation(subject, "uses the network that AWS made, whose subnets give public addresses")
    elif subject.type == VPC:
        missing = stack.parts(subject, (DEFAULT_GROUP,), "vpcId").missing
        yield from breach(missing, subject, "its default security group is left as AWS makes it")
    elif subject.type == DEFAULT_GROUP:
        for key in ("ingress", "egress"):
            rules = subject.get(key)
            yield from breach(no(rules.absent), subject, f"the default security group has `{key}` rules", rules)
    else:
        key, told = ("autoCreateNetwork", "begins with the default network, which lets everybody try SSH and RDP")
        if subject.type == GCP_NETWORK:
            key, told = ("autoCreateSubnetworks", "makes subnets in every region by itself")
        automatic = subject.get(key)
        yield from breach(automatic.is_(lambda value: str(value).lower() != "false"), subject, told, automatic)


def _in_no_subnet(machine: Machine, stack: Stack) -> Iterator[Verdict]:
    nowhere = all_of(*(stack.absent(node) for node in machine.subnets))
    if machine.inherits and nowhere is True:
        yield Blind(machine.resource, "launchTemplate", "the launch template is not part of this stack")
        return
    told = "names no subnet, so that it is made in the default network"
    yield from breach(nowhere, machine.resource, told, *machine.subnets)


@policy(
    "NET-13",
    "Networks keep flow logs",
    severity=MEDIUM,
    level=MANDATORY,
    why="After an incident the flow log is the only record of who talked to which machine.",
    fix="Add `aws.ec2.FlowLog` for the VPC with traffic type ALL; on Google set `log_config` on each subnet.",
    references="cis-aws-7.0:4.7 fsbp:EC2.6 cis-gcp-5.0:3.10 mpa-5.1:T14",
    over=lambda stack: stack.of(VPC, GCP_SUBNET),
)
def flow_logs(subject: Resource, stack: Stack) -> Iterator[Verdict]:
    if subject.type == GCP_SUBNET:
        if subject.get("purpose").value in (None, "PRIVATE", UNKNOWN):
            config = subject.get("logConfig")
            yield from breach(config.absent, subject, "keeps no flow log", config)
            share, only = config.get("flowSampling"), config.get("filterExpr")
            yield from breach(share.is_(lambda value: value == 0), subject, "records none of its traffic", share)
            yield from breach(only.equals("false"), subject, "records none of its traffic", only)
        return
    logs = stack.parts(subject, (FLOW_LOG,), "vpcId")
    yield from breach(logs.missing, subject, "keeps no flow log")
    for log in logs.found:
        traffic = log.get("trafficType")
        yield from breach(
            traffic.is_(lambda value: value not in (None, "ALL")), log, f"records {traffic.text} traffic only", traffic
        )


@policy(
    "NET-14",
    "Machines reach the cloud's services privately",
    severity=MEDIUM,
    level=ADVISORY,
    why="Without a private path, machines need the internet to sign in, fetch media and write logs.",
    fix=f"Add endpoints for {', '.join(NEEDED_ENDPOINTS)}; on Google set `private_ip_google_access`.",
    references="cis-aws-7.0:6.8 fsbp:EC2.57 cis-gcp-5.0:3.9",
    over=lambda stack: stack.of(VPC, GCP_SUBNET),
)
def private_paths(subject: Resource, stack: Stack) -> Iterator[Verdict]:
    if subject.type == GCP_SUBNET:
        access = subject.get("privateIpGoogleAccess")
        yield from breach(no(access.true), subject, "has no Private Google Access", access)
        return
    present = stack.parts(subject, (ENDPOINT,), "vpcId")
    services = [service(item) for item in present.found]
    missing = [name for name in NEEDED_ENDPOINTS if name not in services]
    unsure = len(missing) <= services.count("") + len(present.perhaps)
    yield from breach(
        (UNKNOWN if unsure else True) if missing else False,
        subject,
        f"has no endpoint for {', '.join(missing)}",
        *(item.get("serviceName") for item in present.found),
    )


@policy(
    "NET-15",
    "Endpoints admit the studio's resources only",
    severity=HIGH,
    level=ADVISORY,
    content=MANDATORY,
    why="Through an endpoint that admits everything, media can be copied to a stranger's bucket without the internet.",
    fix="Give the endpoint a policy that names the project's buckets or requires the account's own principals.",
    references="mpa-5.1:T3 mpa-5.1:T18 mpa-5.1:T32",
    clouds="aws",
    over=lambda stack: stack.of(ENDPOINT),
)
def endpoint_policy(endpoint: Resource, stack: Stack) -> Iterator[Verdict]:
    own = endpoint.get("policy")
    split = stack.parts(endpoint, (ENDPOINT_POLICY,), "vpcEndpointId")
    if own.value is None:
        yield from breach(
            split.missing, endpoint, "has the default policy, which admits every account's resources", own
        )
    documents = [document(node) for node in (own, *(part.get("policy") for part in split.found))]
    for item in documents:
        if item.node.value is UNKNOWN:
            yield Blind(item.resource, item.node.path, "the policy is known only after up")
        for statement in item.statements:
            open_wide = statement.open_to_strangers() and _reaches_strangers(statement)
            yield from breach(open_wide, item.resource, "its policy admits every account's resources", statement.node)


_OWNERS = ("aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths")


def _reaches_strangers(statement: Statement) -> bool:
    """Whether a statement of an endpoint's policy lets a request through to what others own."""
    services = {action.partition(":")[0].lower() for action in statement.actions} - {"*"} or {"s3"}
    reached = bool(statement.not_actions) or any(statement.unlimited(f"{service}:q9") for service in services)
    return reached and not any(key in _OWNERS for key in statement.requires())


@policy(
    "NET-18",
    "Workstations do not route other machines' traffic",
    severity=MEDIUM,
    level=ADVISORY,
    why="A workstation that forwards packets can pass other machines' traffic around the firewall.",
    fix="Leave `source_dest_check` on and `can_ip_forward` off.",
    references="fsbp:EC2.180 cis-gcp-5.0:4.6",
    over=lambda stack: [*stack.view(machines), *stack.of(INTERFACE)],
)
def forwards_packets(machine: Machine | Resource, _stack: Stack) -> Iterator[Verdict]:
    if isinstance(machine, Resource):
        check = machine.get("sourceDestCheck")
        yield from breach(check.false, machine, "does not check addresses", check)
        return
    check, forward = machine.root.get("sourceDestCheck"), machine.root.get("canIpForward")
    yield from breach(check.is_(lambda value: value is False), machine.resource, "does not check addresses", check)
    yield from breach(forward.true, machine.resource, "forwards packets", forward)


_NACLS = (
    "aws:ec2/networkAcl:NetworkAcl",
    "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl",
    "aws:ec2/networkAclRule:NetworkAclRule",
)


def _at_most(port: Node, most: int) -> Truth:
    return port.is_(lambda value: int(value or 0) <= most)


def _at_least(port: Node, least: int) -> Truth:
    return port.is_(lambda value: int(65535 if value is None else value) >= least)


def _acl_rules(stack: Stack) -> list[Node]:
    rules = []
    for item in stack.of(*_NACLS):
        if item.type == _NACLS[2]:
            rules += [] if item.get("egress").value is True else [item.root]
        else:
            rules += item.get("ingress").each()
    return rules


@policy(
    "NET-19",
    "Network ACLs do not open administration ports to the internet",
    severity=MEDIUM,
    level=ADVISORY,
    why="The ACL is the second barrier; without it, one mistake in a security group opens the port to everyone.",
    fix="Restrict ports 22 and 3389 in the ACL to the studio's addresses.",
    references="cis-aws-7.0:6.2 fsbp:EC2.21",
    clouds="aws",
    over=_acl_rules,
)
def acl_admin_ports(rule: Node, stack: Stack) -> Iterator[Verdict]:
    settings = stack.settings
    wanted = [ports(text) for ranges in settings.ports["admin"].values() for text in ranges]
    action = rule.get("ruleAction") if rule.get("action").value is None else rule.get("action")
    protocol = rule.get("protocol")
    first, last = rule.get("fromPort"), rule.get("toPort")
    every_port = protocol.is_(lambda value: str(value).lower() in ("-1", "all"))
    inside = any_of(
        *(
            all_of(
                _at_most(first, item.last),
                _at_least(last, item.first),
            )
            for item in wanted
        )
    )
    carries = any_of(
        every_port, all_of(protocol.is_(lambda value: str(value).lower() in ("6", "17", "tcp", "udp")), inside)
    )
    for key in ("cidrBlock", "ipv6CidrBlock"):
        source = rule.get(key)
        if source.value is not None:
            open_wide = source.is_(
                lambda value: bool(value) and wide(value, settings.wide_prefix_v4, settings.wide_prefix_v6)
            )
            yield from breach(
                all_of(action.is_(lambda value: str(value).lower() == "allow"), open_wide, carries),
                rule.resource,
                f"admits administration ports from {source.text}",
                source,
                action,
                protocol,
                *(() if every_port is True else (first, last)),
            )
