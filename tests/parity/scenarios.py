"""What both engines are put through. A scenario is data: its steps, one after the other, on one stack."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from soundstage.simulator.process import Endpoint

Program = Callable[[], None]


@dataclass(frozen=True)
class Step:
    """One thing done: a verb of the engine with its options, or a change made behind its back."""

    verb: str
    program: Program | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    behind: Callable[[Endpoint], None] | None = None


def up(program: Program, **options: Any) -> Step:
    return Step("up", program, options)


def preview(program: Program, **options: Any) -> Step:
    return Step("preview", program, options)


def behind(change: Callable[[Endpoint], None]) -> Step:
    return Step("behind", behind=change)


REFRESH = Step("refresh")
LOOK = Step("refresh", options={"preview_only": True})
DESTROY = Step("destroy")
SPARE = Step("destroy", options={"exclude_protected": True})


class Suite(pulumi.ComponentResource):
    """A component, to see parents."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("test:index:Suite", name, None, opts)


def provider() -> aws.Provider:
    return aws.Provider("aws", region="eu-west-1")


def on(**options: Any) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(provider=provider(), **options)


def room(
    *, tags: Mapping[str, str] | None = None, group: bool = True, cidr: str = "10.9.0.0/24", words: str = "doors"
) -> Program:
    """A network with a subnet and a security group, in a component."""

    def program() -> None:
        own = provider()
        suite = Suite("suite", pulumi.ResourceOptions(providers={"aws": own}))
        inside = pulumi.ResourceOptions(parent=suite)
        vpc = aws.ec2.Vpc("net", cidr_block="10.9.0.0/16", tags={"Name": "net", **(tags or {})}, opts=inside)
        subnet = aws.ec2.Subnet("desk", vpc_id=vpc.id, cidr_block=cidr, availability_zone="eu-west-1a", opts=inside)
        if group:
            aws.ec2.SecurityGroup("doors", vpc_id=vpc.id, description=words, opts=inside)
        pulumi.export("vpc", vpc.id)
        pulumi.export("cidr", subnet.cidr_block)

    return program


def note(name: str = "note", value: str = "hello", *, type: str = "String", **options: Any) -> Program:
    """One parameter with a fixed name."""

    def program() -> None:
        parameter = aws.ssm.Parameter(name, name="/parity/note", type=type, value=value, opts=on(**options))
        pulumi.export("arn", parameter.arn)

    return program


def renamed() -> None:
    aws.ssm.Parameter(
        "letter", name="/parity/note", type="String", value="hello",
        opts=on(aliases=[pulumi.Alias(name="note")]),
    )  # fmt: skip


def secret(value: str) -> Program:
    def program() -> None:
        parameter = aws.ssm.Parameter(
            "key", name="/parity/key", type="SecureString", value=pulumi.Output.secret(value), opts=on()
        )
        pulumi.export("value", parameter.value)
        pulumi.export("word", pulumi.Output.secret({"deep": [value]}))

    return program


def asks() -> None:
    options = pulumi.InvokeOptions(provider=provider())
    zones = aws.get_availability_zones_output(state="available", opts=options)
    pulumi.export("zones", zones.names)
    pulumi.export("account", aws.get_caller_identity_output(opts=options).account_id)


def breaks(vpc: str | None) -> Program:
    """Fails at the second resource of three when `vpc` is not one; `None` mends it."""

    def program() -> None:
        options = on()
        net = aws.ec2.Vpc("net", cidr_block="10.8.0.0/16", opts=options)
        desk = aws.ec2.Subnet("desk", vpc_id=vpc or net.id, cidr_block="10.8.0.0/24", availability_zone="eu-west-1a",
                              opts=pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=[net])))  # fmt: skip
        aws.ssm.Parameter(
            "after",
            name="/parity/after",
            type="String",
            value=desk.id,
            opts=options,
        )

    return program


def imported() -> None:
    aws.ssm.Parameter("found", name="/parity/found", type="String", value="there", opts=on(import_="/parity/found"))


def many(count: int) -> Program:
    def program() -> None:
        options = on()
        for number in range(count):
            aws.ssm.Parameter(f"p{number}", name=f"/parity/p{number}", type="String", value=str(number), opts=options)

    return program


def _tag_the_network(cloud: Endpoint) -> None:
    ec2 = cloud.client("ec2")
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "cidr", "Values": ["10.9.0.0/16"]}])["Vpcs"]
    ec2.create_tags(Resources=[vpc["VpcId"]], Tags=[{"Key": "Name", "Value": "by hand"}])


def _delete_the_group(cloud: Endpoint) -> None:
    ec2 = cloud.client("ec2")
    groups = ec2.describe_security_groups(Filters=[{"Name": "description", "Values": ["doors"]}])["SecurityGroups"]
    for group in groups:
        ec2.delete_security_group(GroupId=group["GroupId"])


def _put_the_parameter(cloud: Endpoint) -> None:
    cloud.client("ssm").put_parameter(Name="/parity/found", Value="there", Type="String")


_ROOT = "urn:pulumi:stage::parity::"
DESK = f"{_ROOT}test:index:Suite$aws:ec2/subnet:Subnet::desk"

SCENARIOS: dict[str, tuple[Step, ...]] = {
    "create, update, delete": (
        preview(room()),
        up(room()),
        up(room()),
        preview(room(tags={"of": "us"})),
        up(room(tags={"of": "us"})),
        up(room(tags={"of": "us"}, group=False)),
        DESTROY,
    ),
    "replaced after the new one is made, and before": (
        up(room()),
        preview(room(words="gates")),
        up(room(words="gates")),
        preview(room(cidr="10.9.1.0/24")),
        up(room(cidr="10.9.1.0/24")),
        DESTROY,
    ),
    "renamed with an alias": (up(note()), preview(renamed), up(renamed), DESTROY),
    "renamed without one": (up(note()), up(note("letter")), DESTROY),
    "protected": (
        up(note(protect=True)),
        DESTROY,
        SPARE,
        up(room(group=False)),
        up(note(protect=False)),
        DESTROY,
    ),
    "retained": (up(note(retain_on_delete=True)), DESTROY),
    "changes ignored": (
        up(note(ignore_changes=["value"])),
        preview(note(value="other", ignore_changes=["value"])),
        up(note(value="other", ignore_changes=["value"])),
        DESTROY,
    ),
    "secrets": (preview(secret("hush-hush")), up(secret("hush-hush")), up(secret("softly")), DESTROY),
    "questions": (preview(asks), up(asks)),
    "fails in the middle": (up(breaks("vpc-00000000")), up(breaks(None)), DESTROY),
    "drift": (
        up(room()),
        behind(_tag_the_network),
        behind(_delete_the_group),
        LOOK,
        preview(room(), refresh=True),
        up(room(), refresh=True),
        behind(_tag_the_network),
        REFRESH,
        up(room()),
        DESTROY,
    ),
    "imported": (behind(_put_the_parameter), preview(imported), up(imported), DESTROY),
    "only what is asked for": (
        preview(room(), targets=[DESK]),
        up(room(), targets=[DESK]),
        up(room()),
        up(room(tags={"of": "us"}, cidr="10.9.1.0/24"), targets=[DESK]),
        DESTROY,
    ),
    "a hundred": (up(many(100)), up(many(99)), DESTROY),
}
