"""What both engines are put through on the simulated AWS."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws
from tests.parity.steps import DESTROY, LOOK, REFRESH, SPARE, Program, Step, Suite, behind, preview, refusing, up

from soundstage.simulator.process import Endpoint


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


def log(name: str = "log", days: int = 7, **options: Any) -> Program:
    """One log group with a fixed name."""

    def program() -> None:
        group = aws.cloudwatch.LogGroup(name, name="/parity/log", retention_in_days=days, opts=on(**options))
        pulumi.export("arn", group.arn)

    return program


def renamed() -> None:
    log("diary", aliases=[pulumi.Alias(name="log")])()


def after(of: pulumi.Input[str], options: pulumi.ResourceOptions) -> None:
    """What comes after the resource whose id it carries."""
    aws.cloudwatch.LogGroup("after", name="/parity/after", tags={"of": of}, opts=options)


def secret(value: str) -> Program:
    def program() -> None:
        parameter = aws.ssm.Parameter(
            "key", name="/parity/key", type="SecureString", value=pulumi.Output.secret(value),
            tags={"soundstage:studio": "home"}, opts=on(),
        )  # fmt: skip
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
        after(desk.id, options)

    return program


def imported() -> None:
    aws.ssm.Parameter("found", name="/parity/found", type="String", value="there", opts=on(import_="/parity/found"))


def door(*ports: int, tag: str = "") -> Program:
    """A security group, which takes a call to make, one to close it to the outside and one for each direction of rules."""

    def program() -> None:
        options = on()
        vpc = aws.ec2.Vpc("net", cidr_block="10.7.0.0/16", opts=options)
        if ports:
            group = aws.ec2.SecurityGroup(
                "door",
                vpc_id=vpc.id,
                ingress=[
                    {"protocol": "tcp", "from_port": port, "to_port": port, "cidr_blocks": ["10.0.0.0/8"]}
                    for port in ports
                ],
                tags={"of": tag} if tag else None,
                opts=options,
            )
            pulumi.export("arn", group.arn)
            after(group.id, options)

    return program


def exclusive(
    *, rules: Sequence[int] = (443,), inline: Sequence[str] = ("read",), attached: Sequence[str] = ("look",)
) -> Program:
    """A group and a role that hold what the program names and nothing else."""

    def program() -> None:
        options = on()
        vpc = aws.ec2.Vpc("net", cidr_block="10.6.0.0/16", opts=options)
        group = aws.ec2.SecurityGroup("door", vpc_id=vpc.id, name="door", opts=options)
        opened = [
            aws.vpc.SecurityGroupIngressRule(
                f"in-{port}", security_group_id=group.id, ip_protocol="tcp", from_port=port, to_port=port,
                cidr_ipv4="10.0.0.0/8", opts=options,
            )
            for port in rules
        ]  # fmt: skip
        aws.ec2.VpcSecurityGroupRulesExclusive(
            "only-these-rules",
            security_group_id=group.id,
            ingress_rule_ids=[rule.security_group_rule_id for rule in opened],
            egress_rule_ids=[],
            opts=options,
        )
        trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        role = aws.iam.Role("hand", name="hand", assume_role_policy=json.dumps(_policy(trust)), opts=options)
        allow = json.dumps(_policy({"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}))
        written = [
            aws.iam.RolePolicy(f"inline-{name}", name=name, role=role.name, policy=allow, opts=options)
            for name in inline
        ]
        aws.iam.RolePoliciesExclusive(
            "only-these-inline", role_name=role.name, policy_names=[one.name for one in written], opts=options
        )
        managed = [aws.iam.Policy(name, name=name, policy=allow, opts=options) for name in attached]
        hung = [
            aws.iam.RolePolicyAttachment(f"hung-{name}", role=role.name, policy_arn=policy.arn, opts=options)
            for name, policy in zip(attached, managed, strict=True)
        ]
        aws.iam.RolePolicyAttachmentsExclusive(
            "only-these-attached",
            role_name=role.name,
            policy_arns=[policy.arn for policy in managed],
            opts=pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=hung)),
        )

    return program


def _policy(statement: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [statement]}


def machines(count: int, type: str = "t3.micro") -> Program:
    """Machines in one network."""

    def program() -> None:
        options = on()
        vpc = aws.ec2.Vpc("net", cidr_block="10.5.0.0/16", opts=options)
        desk = aws.ec2.Subnet(
            "desk", vpc_id=vpc.id, cidr_block="10.5.0.0/20", availability_zone="eu-west-1a", opts=options
        )
        image = aws.ec2.get_ami_output(
            most_recent=True, owners=["amazon"], opts=pulumi.InvokeOptions(provider=options.provider)
        )
        for number in range(count):
            aws.ec2.Instance(
                f"edit-{number}",
                ami=image.id,
                instance_type=type,
                subnet_id=desk.id,
                # Else addresses go to machines in the order in which these happen to be made.
                private_ip=f"10.5.0.{number + 100}",
                opts=options,
            )

    return program


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


def _open_by_hand(cloud: Endpoint) -> None:
    ec2, iam = cloud.client("ec2"), cloud.client("iam")
    (group,) = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["door"]}])["SecurityGroups"]
    ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[ssh])
    ec2.authorize_security_group_egress(GroupId=group["GroupId"], IpPermissions=[ssh])
    everything = json.dumps(_policy({"Effect": "Allow", "Action": "*", "Resource": "*"}))
    iam.put_role_policy(RoleName="hand", PolicyName="everything", PolicyDocument=everything)
    iam.attach_role_policy(RoleName="hand", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")


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
    "renamed with an alias": (up(log()), preview(renamed), up(renamed), DESTROY),
    "renamed without one": (up(log()), up(log("diary")), DESTROY),
    "protected": (
        up(log(protect=True)),
        DESTROY,
        SPARE,
        up(room(group=False)),
        up(log(protect=False)),
        DESTROY,
    ),
    "retained": (up(log(retain_on_delete=True)), DESTROY),
    "changes ignored": (
        up(log(ignore_changes=["retentionInDays"])),
        preview(log(days=30, ignore_changes=["retentionInDays"])),
        up(log(days=30, ignore_changes=["retentionInDays"])),
        DESTROY,
    ),
    "questions": (preview(asks), up(asks)),
    "fails in the middle": (up(breaks("vpc-00000000")), up(breaks(None)), DESTROY),
    "half made, then finished": (
        refusing(up(door(443)), "ec2:AuthorizeSecurityGroupIngress"),
        preview(door(443)),
        up(door(443)),
        up(door(443)),
        DESTROY,
    ),
    "half made, read anew, then finished": (
        refusing(up(door(443)), "ec2:RevokeSecurityGroupEgress"),
        REFRESH,
        preview(door(443)),
        up(door(443)),
        DESTROY,
    ),
    "half made, then finished as something else": (
        refusing(up(door(443)), "ec2:RevokeSecurityGroupEgress"),
        refusing(up(door(8443, tag="us")), "ec2:AuthorizeSecurityGroupIngress"),
        up(door(8443, tag="us")),
        DESTROY,
    ),
    "half made, then not wanted": (
        refusing(up(door(443)), "ec2:RevokeSecurityGroupEgress"),
        up(door()),
        DESTROY,
    ),
    "half made, then taken down": (refusing(up(door(443)), "ec2:RevokeSecurityGroupEgress"), DESTROY),
    "half changed, then finished": (
        up(door(443)),
        refusing(up(door(8443, tag="us")), "ec2:CreateTags"),
        preview(door(8443, tag="us")),
        up(door(8443, tag="us")),
        DESTROY,
    ),
    "half changed, then taken back": (
        up(door(443)),
        refusing(up(door(8443, tag="us")), "ec2:CreateTags"),
        up(door(443)),
        up(door(443)),
        DESTROY,
    ),
    "nothing but what is named": (
        preview(exclusive()),
        up(exclusive()),
        behind(_open_by_hand),
        LOOK,
        up(exclusive(), refresh=True),
        up(exclusive(rules=(443, 8443), inline=("read", "write"), attached=("look", "touch"))),
        up(exclusive(rules=(), inline=(), attached=())),
        DESTROY,
    ),
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
    "only what is asked for": (
        preview(room(), targets=[DESK]),
        up(room(), targets=[DESK]),
        up(room()),
        up(room(tags={"of": "us"}, cidr="10.9.1.0/24"), targets=[DESK]),
        DESTROY,
    ),
    "a hundred machines": (up(machines(100)), up(machines(99)), DESTROY),
}

REFUSED: dict[str, tuple[Step, ...]] = {
    "imported": (behind(_put_the_parameter), preview(imported), up(imported), DESTROY),
    "secrets": (preview(secret("hush-hush")), up(secret("hush-hush")), up(secret("softly"))),
}
"""What the genuine engine does and the embedded one refuses, so that no stack is treated otherwise here than there."""
