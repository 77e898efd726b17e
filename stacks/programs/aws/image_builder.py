"""The machine that an image is baked on, with a network of its own: there for the length of a bake, and removed with everything.

Nothing is let in. Out it may reach the web, from which packages come: the network holds no media, and is gone when the bake is.
"""

import base64
from typing import Final

import pulumi
import pulumi_aws as aws

from soundstage.components.aws.workstation_role import AGENT, MACHINE_TRUST
from soundstage.components.images import ARCHITECTURE, VIRTUALISATION, Image
from soundstage.components.naming import builder_path
from soundstage.components.policydoc import allow, document
from soundstage.components.sizes import instance_type
from soundstage.components.tags import base_tags, named
from soundstage.engines.base import Program
from soundstage.images.recipes import Composed
from soundstage.stacks.programs.programs import Site
from soundstage.stacks.programs.studio_outputs import Shared

RANGE: Final = "10.255.0.0/24"
"""Of the network, which is connected to no other."""
LONGEST_HOURS: Final = 12
"""After so many hours since its last start a builder stops by itself: whoever bakes may have closed a laptop. No recipe
may take more than ten."""
_AGENT: Final = """user: {{name: ec2-user}}
runcmd:
  - [dnf, install, -y, 'https://s3.{region}.amazonaws.com/amazon-ssm-{region}/latest/linux_amd64/amazon-ssm-agent.rpm']
  - [systemctl, enable, --now, amazon-ssm-agent]
"""
"""Images of the RHEL family bring no agent, and name their first account each in its own way. Without the agent no session reaches the
builder, so that it comes before the recipe, from AWS's own bucket of the region (AWS Systems Manager User Guide, "Manually installing
SSM Agent on EC2 instances for Linux", Rocky Linux; cloud-init, module "Users and Groups", key `user`; read 2026-11)."""
OUT: Final = ((80, "tcp"), (443, "tcp"), (123, "udp"))
"""Where packages, Session Manager and the clock are."""


def builder_program(recipe: Composed, site: Site) -> Program:
    """Declares the builder of `recipe`. See `Programs.builder_program`."""
    name = f"bake-{recipe.name}"
    tags = base_tags(site.studio) | {"soundstage:recipe": recipe.name, "soundstage:recipe-digest": recipe.digest[:12]}

    def declare() -> None:
        provider = aws.Provider("aws", region=site.region, allowed_account_ids=[site.account] if site.account else None)
        options = pulumi.ResourceOptions(provider=provider)
        subnet, group, way_out = _network(name, site.zone, tags, options)
        profile = _role(name, site.studio, site.shared, tags, options)
        machine = aws.ec2.Instance(
            f"{name}-machine",
            ami=site.image_id or _base(recipe.base, provider),
            instance_type=instance_type(recipe.builder.for_, recipe.builder.size, site.region),
            subnet_id=subnet.id,
            vpc_security_group_ids=[group.id],
            iam_instance_profile=profile.name,
            associate_public_ip_address=True,
            metadata_options={"http_endpoint": "enabled", "http_tokens": "required", "http_put_response_hop_limit": 1},
            # With the account's own key for disks, which is the studio's, so that the image has it too.
            root_block_device={
                "volume_type": "gp3",
                "volume_size": recipe.builder.disk_gib,
                "encrypted": True,
                "delete_on_termination": True,
            },
            instance_initiated_shutdown_behavior="stop",
            user_data_base64=base64.b64encode(_user_data(recipe, site.public_key, site.region).encode()).decode(),
            tags=named(tags, name),
            # The way out cannot go while a machine's address leads through it.
            opts=pulumi.ResourceOptions(provider=provider, depends_on=way_out),
        )
        pulumi.export("instance_id", machine.id)

    return declare


def _network(
    name: str, zone: str, tags: dict[str, str], options: pulumi.ResourceOptions
) -> tuple[aws.ec2.Subnet, aws.ec2.SecurityGroup, list[pulumi.Resource]]:
    network = aws.ec2.Vpc(
        f"{name}-network", cidr_block=RANGE, enable_dns_hostnames=True, enable_dns_support=True,
        tags=named(tags, name), opts=options,
    )  # fmt: skip
    # Without tags, as in every network of ours: it is made by the cloud without any.
    aws.ec2.DefaultSecurityGroup(f"{name}-default", vpc_id=network.id, ingress=[], egress=[], opts=options)
    gateway = aws.ec2.InternetGateway(f"{name}-way-out", vpc_id=network.id, tags=named(tags, name), opts=options)
    subnet = aws.ec2.Subnet(
        f"{name}-subnet", vpc_id=network.id, cidr_block=RANGE, availability_zone=zone, tags=named(tags, name),
        opts=options,
    )  # fmt: skip
    table = aws.ec2.RouteTable(f"{name}-routes", vpc_id=network.id, tags=named(tags, name), opts=options)
    route = aws.ec2.Route(
        f"{name}-route",
        route_table_id=table.id,
        destination_cidr_block="0.0.0.0/0",
        gateway_id=gateway.id,
        opts=options,
    )
    aws.ec2.RouteTableAssociation(f"{name}-routed", subnet_id=subnet.id, route_table_id=table.id, opts=options)
    group = aws.ec2.SecurityGroup(
        f"{name}-group", description="Lets nothing in", vpc_id=network.id, tags=named(tags, name), opts=options
    )
    for port, protocol in OUT:
        aws.vpc.SecurityGroupEgressRule(
            f"{name}-out-{port}", security_group_id=group.id, cidr_ipv4="0.0.0.0/0", ip_protocol=protocol,
            from_port=port, to_port=port, tags=named(tags, name), opts=options,
        )  # fmt: skip
    return subnet, group, [gateway, route]


def _role(
    name: str, studio: str, shared: Shared, tags: dict[str, str], options: pulumi.ResourceOptions
) -> aws.iam.InstanceProfile:
    role = aws.iam.Role(
        f"{name}-role",
        assume_role_policy=MACHINE_TRUST,
        path=builder_path(studio),
        permissions_boundary=shared.boundary("services"),
        tags=named(tags, name),
        opts=options,
    )
    aws.iam.RolePolicy(
        f"{name}-policy", role=role.name, policy=document([allow("SessionManagerAgent", AGENT, ["*"])]), opts=options
    )
    return aws.iam.InstanceProfile(
        f"{name}-profile", role=role.name, path=role.path, tags=named(tags, name), opts=options
    )


def _base(base: Image, provider: aws.Provider) -> pulumi.Output[str]:
    found = aws.ec2.get_ami_output(
        owners=[base.owner],
        most_recent=bool(base.series),
        include_deprecated=True,
        filters=[
            {"name": "name", "values": [base.series or base.name]},
            {"name": "architecture", "values": [ARCHITECTURE]},
            {"name": "virtualization-type", "values": [VIRTUALISATION]},
        ],
        opts=pulumi.InvokeOptions(provider=provider),
    )
    return found.id


_TELL_KEYS: Final = r"""
foreach ($try in 1..120) {
  $port = $null
  try {
    $keys = @(Get-Content C:\ProgramData\ssh\ssh_host_*_key.pub)
    if (-not ($keys -match '^ssh-ed25519 ')) { throw 'sshd has not made its keys yet' }
    $told = @('-----BEGIN SSH HOST KEY KEYS-----') + $keys + '-----END SSH HOST KEY KEYS-----'
    $port = New-Object System.IO.Ports.SerialPort COM1, 115200
    $port.WriteTimeout = 10000
    $port.Open()
    foreach ($line in $told) { $port.Write("$line`r`n") }
    break
  } catch { Start-Sleep -Seconds 5 } finally { if ($port) { $port.Dispose() } }
}
"""
"""Windows prints nothing on its console by itself but what the launch agent and the event log say (Amazon EC2 API Reference,
`GetConsoleOutput`, read 2026-11). The console is the first serial port, which the launch agent writes to as well and holds meanwhile; so
the keys go there, between the marks of cloud-init, at every start. sshd makes them after it has said that it runs, ed25519 last
(`ssh-keygen -A`). Never seen on a genuine Windows."""


def _user_data(recipe: Composed, public_key: str, region: str) -> str:
    if recipe.os == "windows":
        keys = r"C:\ProgramData\ssh\administrators_authorized_keys"
        return (
            "<powershell>\n"
            "Add-WindowsCapability -Online -Name OpenSSH.Server~~~~0.0.1.0 | Out-Null\n"
            f"New-Item -Force -ItemType Directory C:\\ProgramData\\ssh | Out-Null\n[IO.File]::WriteAllText('{keys}', '{public_key}')\n"
            f"icacls {keys} /inheritance:r /grant '*S-1-5-18:F' '*S-1-5-32-544:F' | Out-Null\n"
            "Set-Service sshd -StartupType Automatic\nStart-Service sshd\n"
            f"shutdown /s /t {LONGEST_HOURS * 3600}\n"
            f"{_TELL_KEYS}"
            "</powershell>\n<persist>true</persist>\n"
        )
    more = _AGENT.format(region=region) if recipe.system == "redhat" else ""
    # At every start, for a restart forgets it; by systemd alone, for what `shutdown` asks has not started at that time.
    stops = f"bootcmd:\n  - [systemd-run, --on-active={LONGEST_HOURS}h, systemctl, poweroff]\n"
    return f"#cloud-config\nssh_authorized_keys:\n  - {public_key}\n{stops}{more}"
