"""A plan prepared for judging: resources by type, what refers to what, and views compiled once."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from soundstage.core.values import UNKNOWN
from soundstage.plan.plan import Operation, Plan
from soundstage.policies.settings import Settings
from soundstage.policies.views.neutral import NEUTRAL
from soundstage.policies.views.node import Node, Resource, Truth, any_of

Fact = TypeVar("Fact")

_GONE = (Operation.DELETE, Operation.FORGET)
ENGINE: Final = "pulumi:"
"""The engine's own resources (the stack, its providers): nothing to judge."""
PROJECT_STACKS: Final = "soundstage"
"""The Pulumi project of Soundstage's own project stacks, whose account baseline is the studio stack's business."""
ACCOUNT_MARKS: Final = ("aws:cloudtrail/trail:Trail", "gcp:logging/projectSink:ProjectSink")
"""A stack with one of these holds the account's baseline."""

_PLACED: Final = (
    "aws:ec2/", "aws:vpc/", "aws:ec2transitgateway/", "aws:autoscaling/", "gcp:compute/",
)  # fmt: skip
"""Types that are networks or stand in one."""
_ASSOCIATION: Final = "aws:ec2/routeTableAssociation:RouteTableAssociation"
_SERVING: Final = ("aws:ec2/route", "aws:ec2/defaultRouteTable", "aws:ec2/securityGroup:", "aws:ec2/networkAcl:")


@dataclass(frozen=True, slots=True)
class Parts:
    """The resources that belong to one other, such as a bucket's versioning.

    `perhaps` holds parts whose owner is not known yet: while there is one, nothing can be called missing.
    """

    found: tuple[Resource, ...]
    perhaps: tuple[Resource, ...] = ()

    @property
    def missing(self) -> Truth:
        if self.found:
            return False
        return UNKNOWN if self.perhaps else True


class Stack:
    """What will exist once the plan is carried out."""

    def __init__(self, plan: Plan, settings: Settings, zone: str | None = None) -> None:
        """`zone`: that of networks and machines of which nothing says another."""
        self.plan = plan
        self.settings = settings
        self._zone = zone
        there = [Resource(planned) for planned in plan if planned.operation not in _GONE]
        self.resources = tuple(item for item in there if item.planned.operation is not Operation.READ)
        """What this stack owns. What it only reads can be referred to, and is judged where it is made."""
        self._by_type: dict[str, list[Resource]] = defaultdict(list)
        self._by_urn: dict[str, Resource] = {}
        self._by_identity: dict[str, list[Resource]] = defaultdict(list)
        for resource in self.resources:
            self._by_type[resource.type].append(resource)
        for resource in there:
            self._by_urn[resource.urn] = resource
            for identity in resource.identities:
                self._by_identity[identity].append(resource)
        self._views: dict[Callable[..., Any], Sequence[Any]] = {}
        self._parts: dict[tuple[tuple[str, ...], str], tuple[Mapping[str, list[Resource]], list[Resource]]] = {}
        self._strayed: dict[tuple[str, tuple[str, ...], str], list[Resource]] = {}
        self._asked: set[str] = set()
        self.shown = 0
        """How many resources and facts were handed out: a policy to which none were had nothing to judge."""

    def of(self, *types: str) -> list[Resource]:
        """The resources of these types, in the order of the plan within each type."""
        self._asked.update(types)
        found = [resource for type in types for resource in self._by_type.get(type, ())]
        self.shown += len(found)
        return found

    def glimpse(self, *types: str) -> list[Resource]:
        """The resources of these types for a question that does not judge them as a whole: they still count as not judged."""
        return [resource for type in types for resource in self._by_type.get(type, ())]

    @property
    def judged(self) -> frozenset[str]:
        """The types that were asked for."""
        return frozenset(self._asked)

    def view(self, compile: Callable[["Stack"], Sequence[Fact]]) -> Sequence[Fact]:
        """The facts that `compile` makes of this stack, made once."""
        if compile not in self._views:
            self._views[compile] = compile(self)
        self.shown += len(self._views[compile])
        return self._views[compile]

    def unjudged(self) -> Counter[str]:
        """Resource types that no policy asked for, with how many there are."""
        return Counter(
            resource.type
            for resource in self.resources
            if resource.planned.custom
            and resource.type not in self._asked | NEUTRAL.keys()
            and not resource.type.startswith(ENGINE)
        )

    def targets(self, node: Node, *types: str) -> list[Resource]:
        """The resources of this stack that a value refers to, by the engine's record or by id, name or ARN. The engine records them
        for a whole property: inside one that is hidden, nothing tells which of its values refers to what."""
        if node.within:
            return []
        depends = node.resource.planned.property_dependencies.get(node.path.partition(".")[0].partition("[")[0], ())
        found = [self._by_urn[urn] for urn in depends if urn in self._by_urn]
        if isinstance(node.value, str):
            found = self._by_identity.get(node.value) or found
        return [
            resource for resource in found if resource is not node.resource and (not types or resource.type in types)
        ]

    def absent(self, node: Node) -> Truth:
        """Whether a value is missing. One that is made of another resource is there, known or not."""
        return False if self.targets(node) else node.absent

    @property
    def ours(self) -> Truth:
        """Whether Soundstage's components or tags are in it. What others wrote is not held to tags that only we set."""
        return any_of(False, *(self._is_ours(resource) for resource in self.resources))

    def _is_ours(self, resource: Resource) -> Truth:
        if resource.type.startswith("soundstage:"):
            return True
        tags = self.tags(resource)
        return UNKNOWN if not tags.known else any(str(key).startswith("soundstage") for key in tags.value or ())

    def holds_account(self) -> Truth:
        """Whether this stack is the one that must hold the account's trail, detectors and alerts."""
        declared = self.settings.account_baseline
        if declared != "auto":
            return declared == "here"
        if self.of(*ACCOUNT_MARKS):
            return True
        return False if self.plan.project == PROJECT_STACKS else UNKNOWN

    def parts(self, owner: Resource, types: tuple[str, ...], path: str, *, judged: bool = True) -> Parts:
        """The resources of `types` whose property `path` refers to `owner`. Without `judged`, that does not judge them."""
        if (types, path) not in self._parts:
            owned: dict[str, list[Resource]] = defaultdict(list)
            loose: list[Resource] = []
            for resource in self.of(*types) if judged else self.glimpse(*types):
                node = resource.get(path)
                targets = self.targets(node)
                for target in targets:
                    owned[target.urn].append(resource)
                if not targets and node.value is UNKNOWN:
                    loose.append(resource)
            self._parts[types, path] = (owned, loose)
        owned_by, perhaps = self._parts[types, path]
        if UNKNOWN in (owner.inputs.get("bucket"), owner.inputs.get("name")):
            perhaps = [*perhaps, *self._strays(owner.type, types, path)]
        return Parts(tuple(owned_by.get(owner.urn, ())), tuple(perhaps))

    def _strays(self, owner: str, types: tuple[str, ...], path: str) -> list[Resource]:
        """The resources of `types` whose property `path` names no resource of type `owner` that is known by its name."""
        if (owner, types, path) not in self._strayed:
            self._strayed[owner, types, path] = [
                resource
                for resource in self.glimpse(*types)
                if isinstance(resource.get(path).value, str) and not self.targets(resource.get(path), owner)
            ]
        return self._strayed[owner, types, path]

    def tags(self, resource: Resource) -> Node:
        """The tags (AWS) or labels (GCP) of a resource."""
        if resource.cloud == "gcp":
            return resource.get("labels")
        own = resource.get("tags")
        return own if own.value is not None else resource.get("tagsAll")

    def tag(self, resource: Resource, *keys: str) -> Node:
        """The first of these tags that is there; the first key's place when none is."""
        tags = self.tags(resource)
        found = [tags.child(key) for key in keys]
        return next((node for node in found if node.value is not None), found[0])

    def region(self, resource: Resource) -> Node:
        """The region that a resource says it lives in, or else that of its provider."""
        for key in ("region", "location", "zone", "awsRegion"):
            node = resource.get(key)
            if node.value is not None:
                return node
        provider = self._by_urn.get((resource.planned.provider or "").rpartition("::")[0])
        return provider.get("region") if provider else resource.get("region")

    def zone(self, resource: Resource) -> Node:
        """`content`, `io`, `mgmt` …: its own tag, else that of the network it sits in, else the default zone."""
        seen: set[str] = set()
        current: Resource | None = resource
        while current is not None and current.urn not in seen:
            seen.add(current.urn)
            tag = self.tag(current, *self.settings.zone_tags)
            if tag.value is not None:
                return tag
            current = self._home(current)
        placed = any(resource.type.startswith(kind) for kind in _PLACED)
        return Node(resource, "tags", self.settings.default_zone or (self._zone if placed else None))

    def in_content(self, resource: Resource) -> Truth:
        """Whether a resource stands in a content zone, or serves one: a route table does, whose subnet is in it."""
        own = self.zone(resource).equals(*self.settings.content_zones)
        if own is True or not resource.type.startswith(_SERVING):
            return own
        served = [self.zone(subnet).equals(*self.settings.content_zones) for subnet in self._served(resource)]
        return any_of(own, *served)

    def _served(self, resource: Resource) -> list[Resource]:
        """The subnets whose traffic follows a route or a route table; those that a security group or network ACL may guard."""
        table = resource
        if resource.type == "aws:ec2/route:Route":
            table = next(iter(self.targets(resource.get("routeTableId"))), resource)
        subnets = [target for node in table.get("subnetIds").each() for target in self.targets(node)]
        for join in self.parts(table, (_ASSOCIATION,), "routeTableId", judged=False).found:
            subnets += self.targets(join.get("subnetId"))
        if table.type == "aws:ec2/securityGroup:SecurityGroup":
            for machine in self.view(_guarded)[0].get(table.urn, ()):
                subnets += [machine, *self.targets(machine.get("subnetId"))]
        return subnets

    def _home(self, resource: Resource) -> Resource | None:
        """What a resource sits in: its subnet, network or group."""
        for key in ("subnetId", "vpcId", "securityGroupId", "routeTableId", "networkAclId", "network", "subnetwork"):
            node = resource.get(key)
            if node.value is not None:
                targets = self.targets(node)
                if targets:
                    return targets[0]
        return None


def _guarded(stack: Stack) -> list[dict[str, list[Resource]]]:
    """The machines that each security group guards, by its URN."""
    found: dict[str, list[Resource]] = defaultdict(list)
    for machine in stack.of("aws:ec2/instance:Instance"):
        for node in machine.get("vpcSecurityGroupIds").each():
            for target in stack.targets(node):
                found[target.urn].append(machine)
    return [found]
