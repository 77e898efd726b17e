"""Machines: instances and the templates that make them, in one shape for AWS and GCP."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from soundstage.components.boot.user_data import opened
from soundstage.components.labels import tags_of
from soundstage.core.values import UNKNOWN, Value
from soundstage.policies.views.node import Node, Resource, Truth, all_of, any_of, no
from soundstage.policies.views.stack import Stack

INSTANCE: Final = "aws:ec2/instance:Instance"
SPOT_REQUEST: Final = "aws:ec2/spotInstanceRequest:SpotInstanceRequest"
LAUNCH_TEMPLATE: Final = "aws:ec2/launchTemplate:LaunchTemplate"
LAUNCH_CONFIGURATION: Final = "aws:ec2/launchConfiguration:LaunchConfiguration"
SPOT_FLEET: Final = "aws:ec2/spotFleetRequest:SpotFleetRequest"
AWS_MACHINES: Final = (INSTANCE, SPOT_REQUEST, LAUNCH_TEMPLATE, LAUNCH_CONFIGURATION, SPOT_FLEET)
GCP_MACHINES: Final = (
    "gcp:compute/instance:Instance",
    "gcp:compute/instanceTemplate:InstanceTemplate",
    "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate",
    "gcp:compute/instanceFromTemplate:InstanceFromTemplate",
    "gcp:compute/instanceFromMachineImage:InstanceFromMachineImage",
)
RUNNING: Final = (INSTANCE, SPOT_REQUEST, GCP_MACHINES[0], *GCP_MACHINES[3:])
VOLUME: Final = "aws:ebs/volume:Volume"
GCP_DISKS: Final = ("gcp:compute/disk:Disk", "gcp:compute/regionDisk:RegionDisk")
INTERFACE: Final = "aws:ec2/networkInterface:NetworkInterface"
INTERFACE_ATTACHMENT: Final = "aws:ec2/networkInterfaceAttachment:NetworkInterfaceAttachment"
EIP: Final = "aws:ec2/eip:Eip"
EIP_ASSOCIATION: Final = "aws:ec2/eipAssociation:EipAssociation"


@dataclass(frozen=True, eq=False)
class Disk:
    """A block device. On GCP disks are always encrypted; `key` says whether with the customer's key."""

    node: Node
    encrypted: Node | None
    key: Node


@dataclass(frozen=True, eq=False)
class Machine:
    """An instance, or a template of instances. `root` is where its properties start."""

    resource: Resource
    root: Node
    cloud: str
    type: Node
    image: Node
    disks: tuple[Disk, ...]
    subnets: tuple[Node, ...]
    public: tuple[Node, ...]
    """Values that give it a public address where they are true (AWS) or present (GCP)."""
    boot: tuple[Node, ...]
    """Boot scripts and other free text that the machine reads."""
    spot: Truth
    spot_node: Node
    tags: Node
    identity: Node
    """The instance profile or service account."""
    addresses_v6: tuple[Node, ...] = ()
    """What gives it an IPv6 address, which is public where the network has a way in for it."""
    inherits: bool = False
    """Whether a template that is not part of this stack says what it does not say itself."""

    def text(self) -> list[tuple[Node, str]]:
        """Each boot script in clear; base64 is opened."""
        return [(node, _opened(node)) for node in self.boot if isinstance(node.value, str)]

    def gpu(self, stack: Stack) -> Truth:
        accelerators = self.root.get("guestAccelerators")
        asked = self.root.get("instanceRequirements")
        return any_of(
            asked.get("acceleratorTypes").is_(lambda value: "gpu" in (value or [])),
            asked.get("acceleratorCount.min").is_(bool),
            self.type.is_(lambda value: bool(value) and bool(re.match(stack.settings.gpu_types, short(str(value))))),
            False if self.cloud == "aws" else no(accelerators.absent),
        )

    def purpose(self, stack: Stack) -> Node:
        found = [self.tags.child(key) for key in stack.settings.purpose_tags]
        return next((node for node in found if node.value is not None), found[0])

    def batch(self, stack: Stack) -> Truth:
        """Whether it is marked as restartable work."""
        return self.purpose(stack).is_(lambda value: str(value).lower() in stack.settings.batch_purposes)

    def desktop(self, stack: Stack) -> Truth:
        """Whether people work on it: a GPU machine that is not marked as batch."""
        return all_of(self.gpu(stack), no(self.batch(stack)))

    def desktop_evidence(self, stack: Stack) -> tuple[Node, ...]:
        return (self.type, self.purpose(stack), self.tags)


def short(machine_type: str) -> str:
    """GCP may name a machine type by its whole URL."""
    return machine_type.rpartition("/")[2]


def _opened(node: Node) -> str:
    text: str = node.value
    if not node.path.lower().endswith("base64") and node.resource.type != LAUNCH_TEMPLATE:
        return text
    found = opened(text)
    return text if found is None else found


def machines(stack: Stack) -> list[Machine]:
    """Every machine and template of the stack."""
    found = [_aws(stack, resource, resource.root) for resource in stack.of(*AWS_MACHINES[:-1])]
    found += [machine for fleet in stack.of(SPOT_FLEET) for machine in _fleet(stack, fleet)]
    return found + [_gcp(stack, resource) for resource in stack.of(*GCP_MACHINES)]


def desktops(stack: Stack) -> list[Machine]:
    """Machines that are, or may be, interactive GPU workstations."""
    return [machine for machine in stack.view(machines) if machine.desktop(stack) is not False]


def running(stack: Stack) -> list[Machine]:
    """Interactive machines that this stack itself runs, templates left out."""
    return [machine for machine in stack.view(desktops) if machine.resource.type in RUNNING]


def aws_machines(stack: Stack) -> list[Machine]:
    return [machine for machine in stack.view(machines) if machine.cloud == "aws"]


def gcp_machines(stack: Stack) -> list[Machine]:
    return [machine for machine in stack.view(machines) if machine.cloud == "gcp"]


def _aws(stack: Stack, resource: Resource, root: Node) -> Machine:
    disks = [Disk(node, node.get("encrypted"), node.get("kmsKeyId")) for node in root.get("rootBlockDevice").each()]
    disks += [Disk(node, node.get("encrypted"), node.get("kmsKeyId")) for node in root.get("ebsBlockDevices").each()]
    disks += [
        Disk(node, node.get("ebs.encrypted"), node.get("ebs.kmsKeyId"))
        for node in root.get("blockDeviceMappings").each()
        if node.get("ebs").value is not None
    ]
    template = _template(stack, root)
    interfaces = [*root.get("networkInterfaces").each(), *root.get("primaryNetworkInterface").each()]
    subnets = [root.get("subnetId"), *(node.get("subnetId") for node in interfaces)]
    own = [target for node in interfaces for target in stack.targets(node.get("networkInterfaceId"), INTERFACE)]
    own += [
        target
        for join in stack.parts(resource, (INTERFACE_ATTACHMENT,), "instanceId").found
        for target in stack.targets(join.get("networkInterfaceId"), INTERFACE)
    ]
    own += stack.view(_attached)[0].get(resource.urn, ())
    subnets += [target.get("subnetId") for target in own]
    public = [root.get("associatePublicIpAddress"), *(node.get("associatePublicIpAddress") for node in interfaces)]
    market = _said(root, template, "instanceMarketOptions")
    spot: Truth = resource.type in (SPOT_REQUEST, SPOT_FLEET)
    if not spot:
        spot = any_of(no(market.absent), no(root.get("spotPrice").absent))
    tags = stack.tags(resource) if root.path == "" else root.get("tags")
    if resource.type == LAUNCH_TEMPLATE:
        specified = [
            node.get("tags")
            for node in root.get("tagSpecifications").each()
            if node.get("resourceType").value == "instance"
        ]
        tags = specified[0] if specified else tags
    return Machine(
        resource,
        root,
        "aws",
        _said(root, template, "instanceType"),
        root.get("ami") if root.get("ami").value is not None else _said(root, template, "imageId"),
        tuple(disks),
        tuple(node for node in subnets if node.value is not None),
        tuple(node for node in public if node.value is not None),
        tuple(node for node in (root.get("userData"), root.get("userDataBase64")) if node.value is not None),
        spot,
        market if market.value is not None else root.get("spotPrice"),
        tags,
        root.get("iamInstanceProfile"),
        tuple(node.get(key) for node in (root, *interfaces) for key in _IPV6 if node.get(key).value is not None),
        _named(root).value is not None and template is None,
    )


def _attached(stack: Stack) -> list[dict[str, list[Resource]]]:
    """The interfaces that say themselves to which machine they belong, by its URN."""
    found: dict[str, list[Resource]] = {}
    for interface in stack.of(INTERFACE):
        for node in interface.get("attachments").each():
            for target in stack.targets(node.get("instance")):
                found.setdefault(target.urn, []).append(interface)
    return [found]


_IPV6: Final = ("ipv6AddressCount", "ipv6Addresses", "ipv6PrefixCount", "ipv6Prefixes")


def _fleet(stack: Stack, fleet: Resource) -> list[Machine]:
    """The machines of a fleet: its own specifications, and its templates with what each override says instead."""
    found = [_aws(stack, fleet, item) for item in fleet.get("launchSpecifications").each()]
    for config in fleet.get("launchTemplateConfigs").each():
        template = config.get("launchTemplateSpecification")
        for item in config.get("overrides").each() or [config]:
            value = {**item.value, "launchTemplate": template.value} if isinstance(item.value, dict) else UNKNOWN
            found.append(_aws(stack, fleet, Node(fleet, item.path, value)))
    return found


def _named(root: Node) -> Node:
    """The template that a machine, or an entry of a fleet, names."""
    if root.resource.type == SPOT_FLEET:
        config = root.path.partition(".overrides")[0]
        return root.resource.get(f"{config}.launchTemplateSpecification")
    return root.get("launchTemplate")


def _template(stack: Stack, root: Node) -> Node | None:
    """The launch template of this stack that a machine is made from."""
    named = _named(root)
    found = stack.targets(named, LAUNCH_TEMPLATE) or [
        target for key in ("id", "name") for target in stack.targets(named.get(key), LAUNCH_TEMPLATE)
    ]
    return found[0].root if found else None


def _said(root: Node, template: Node | None, key: str) -> Node:
    """What a machine says, or else its template; unknown when a template says it that cannot be seen."""
    own = root.get(key)
    if own.value is not None or root.get("launchTemplate").value is None:
        return own
    return template.get(key) if template is not None else Node(root.resource, "launchTemplate", UNKNOWN)


def _gcp(stack: Stack, resource: Resource) -> Machine:
    root = resource.root
    boot_disk = root.get("bootDisk")
    disks = []
    if boot_disk.value is not None:
        disks.append(Disk(boot_disk, None, _either(boot_disk, "kmsKeySelfLink", "diskEncryptionKey.kmsKeySelfLink")))
    for node in root.get("disks").each():
        disks.append(Disk(node, None, _either(node, "diskEncryptionKey.kmsKeySelfLink", "kmsKeySelfLink")))
    disks += [
        Disk(node, None, _either(node, "kmsKeySelfLink", "diskEncryptionKey.kmsKeySelfLink"))
        for node in root.get("attachedDisks").each()
        if node.get("source").value is None or not node.known
    ]
    interfaces = root.get("networkInterfaces").each()
    public = [node.get(key) for node in interfaces for key in ("accessConfigs", "ipv6AccessConfigs")]
    metadata = root.get("metadata")
    boot = [root.get("metadataStartupScript")]
    if isinstance(metadata.value, dict):
        boot += [metadata.child(key) for key in metadata.value if not key.lower().startswith("ssh")]
    elif not metadata.known:
        boot.append(metadata)
    scheduling = root.get("scheduling")
    return Machine(
        resource,
        root,
        "gcp",
        root.get("machineType"),
        _either(root, "bootDisk.initializeParams.image", "disks[0].sourceImage"),
        tuple(disks),
        tuple(_either(node, "subnetwork", "network") for node in interfaces),
        tuple(node for node in public if node.value is not None),
        tuple(node for node in boot if node.value is not None),
        any_of(scheduling.get("preemptible").true, scheduling.get("provisioningModel").equals("SPOT")),
        scheduling,
        _labels(stack.tags(resource)),
        root.get("serviceAccount"),
    )


def _labels(node: Node) -> Node:
    """Labels, by their own keys and by those of the tags that they carry."""
    if not isinstance(node.value, dict):
        return node
    carried = {tag: text for key, value in node.value.items() for tag, text in _carried(key, value)}
    return Node(node.resource, node.path, {**carried, **node.value})


def _carried(key: str, value: Value) -> Iterable[tuple[str, Value]]:
    if isinstance(value, str):
        return tags_of({key: value}).items()
    return ((tag, value) for tag in tags_of({key: ""}))


def _either(node: Node, *paths: str) -> Node:
    found = [node.get(path) for path in paths]
    return next((item for item in found if item.value is not None), found[0])


_ITEM: Final = "gcp:compute/projectMetadataItem:ProjectMetadataItem"


def project_metadata(stack: Stack) -> list[Node]:
    """The metadata that every machine of a Google project has, one map each; an item that is made alone is a map of one, and not known
    while its key is not."""
    found = [item.get("metadata") for item in stack.of("gcp:compute/projectMetadata:ProjectMetadata")]
    for item in stack.of(_ITEM):
        key, value = item.get("key"), item.get("value")
        found.append(Node(item, value.path, {str(key.value): value.value}) if key.known else key)
    return found


def address_parts(stack: Stack, machine: Machine) -> Sequence[Resource]:
    """Elastic addresses bound to the machine, or to an interface of it."""
    ends = (
        (EIP, "instance"),
        (EIP_ASSOCIATION, "instanceId"),
        (EIP, "networkInterface"),
        (EIP_ASSOCIATION, "networkInterfaceId"),
    )
    return [part for kind, key in ends for part in stack.parts(machine.resource, (kind,), key).found]
