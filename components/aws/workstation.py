"""Workstation: one machine for one person, which nobody else can reach and which does not run for nothing."""

import base64
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from soundstage.components.aws.clock import keep_hours
from soundstage.components.aws.place import Place, place_of, region_of_provider
from soundstage.components.aws.workstation_args import WorkstationArgs
from soundstage.components.aws.workstation_checks import Machine, resolve
from soundstage.components.aws.workstation_disks import (
    DATA_DEVICE,
    SCRATCH_DEVICE,
    attach,
    volume,
    volume_tags,
    work_disk_tags,
)
from soundstage.components.aws.workstation_group import security_group
from soundstage.components.aws.workstation_role import machine_role
from soundstage.components.boot.facts import BootFacts
from soundstage.components.boot.idle_tags import idle_tags
from soundstage.components.boot.idle_watch import AWAKE_TAG, OVER_TAG
from soundstage.components.boot.script import boot_script
from soundstage.components.boot.tools_document import tools_document
from soundstage.components.boot_commands import open_commands
from soundstage.components.component import Component
from soundstage.components.images import ARCHITECTURE, VIRTUALISATION, baked, images
from soundstage.components.naming import alarm_name, log_group_name, tools_document_name
from soundstage.components.ownership import plain_tags
from soundstage.components.ports import DISPLAYS
from soundstage.components.tags import IMAGE, INSTEAD_OF, PROJECT, PURCHASE, STUDIO, WORKSTATION, named

_SPOT: Final[aws.ec2.InstanceInstanceMarketOptionsArgsDict] = {
    "market_type": "spot",
    "spot_options": {"spot_instance_type": "persistent", "instance_interruption_behavior": "stop"},
}
_WORN: Final = [f'{tags}["{key}"]' for key in (AWAKE_TAG, OVER_TAG) for tags in ("tags", "tagsAll")]
"""Tags that come and go while the machine is up: `workstation keep-awake` and the end of its hours give them."""
IDLE_HOURS: Final = 6
"""Hours of stillness after which the cloud stops a machine that did not stop itself."""
BUSY_VCPUS: Final = 0.5
"""A machine is still when not one minute of an hour used more than this many of its vCPUs. A render on the GPU keeps at
least one core waiting on it, which counts as in use; an idle desktop with its agents stays below a quarter."""


class Workstation(Component):
    """A GPU machine with encrypted disks, a role of its own, a display and no open door but those asked for.

    **Deletion.** The instance is protected against termination (`disable_api_termination`), so that no console, script
    or colleague ends it by mistake. `force_destroy` lets the stack itself switch that off when it is destroyed or must
    replace the machine; both are shown in a preview first. Spot machines cannot have this protection. The data volume
    leaves a last snapshot behind.

    **Change.** The boot script runs at every start and is repeatable: a changed setting stops and starts the machine and
    replaces nothing. When it stops itself (`idle`) is read from its tags while it runs, and needs no restart. Only another image,
    subnet or purchase replaces it.

    **Rest.** The machine stops itself when idle. Should its watcher fail, an alarm stops it after six still hours.
    """

    instance_id: pulumi.Output[str]
    """Id of the instance."""
    instance_arn: pulumi.Output[str]
    """ARN of the instance."""
    instance_type: pulumi.Output[str]
    """Machine type, as chosen from role and size or given."""
    availability_zone: pulumi.Output[str]
    """Name of the zone that the machine and its volumes are in."""
    private_ip: pulumi.Output[str]
    """Address in the network."""
    public_ip: pulumi.Output[str | None]
    """Public address; only with access `allowlist`."""
    security_group_id: pulumi.Output[str]
    """Id of the machine's security group."""
    role_arn: pulumi.Output[str]
    """ARN of the machine's role."""
    role_name: pulumi.Output[str]
    """Name of the machine's role, for policies of your own."""
    instance_profile_name: pulumi.Output[str]
    """Name of the instance profile that hands the role to the machine."""
    root_volume_id: pulumi.Output[str]
    """Id of the root disk."""
    data_volume_id: pulumi.Output[str | None]
    """Id of the volume for work in progress; absent with `data_gib` 0."""
    scratch_volume_id: pulumi.Output[str | None]
    """Id of the scratch volume; absent where local disks suffice or none was asked for."""
    disk_volume_ids: pulumi.Output[dict[str, str]]
    """Ids of the volumes of `extra_disks`, by name."""
    log_group_name: pulumi.Output[str]
    """Name of the machine's log group."""
    display_url: pulumi.Output[str]
    """Where the display answers: on localhost through a forwarded port, or at the machine's address."""

    def __init__(self, name: str, args: WorkstationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        machine = resolve(name, args, lambda: region_of_provider(opts))
        super().__init__(name, args, opts)
        place = place_of(self, machine.region)
        self.log_group: aws.cloudwatch.LogGroup = self._log_group(name, machine)
        """Where the machine's logs go."""
        self.role: aws.iam.Role = machine_role(self, name, machine, place, self.log_group.arn)
        """What the machine may do."""
        self.instance_profile: aws.iam.InstanceProfile = aws.iam.InstanceProfile(
            f"{name}-profile",
            role=self.role.name,
            path=self.role.path,
            tags=named(machine.tags, name),
            opts=pulumi.ResourceOptions(parent=self),
        )
        """What hands the role to the machine."""
        self.security_group: aws.ec2.SecurityGroup = security_group(self, name, machine, place)
        """Who may reach the machine, and what it may reach."""
        self.data_volume: aws.ebs.Volume | None = (
            volume(self, f"{name}-data", machine.data, machine, work_disk_tags(machine)) if machine.data else None
        )
        """The volume for work in progress; None without one."""
        self.scratch_volume: aws.ebs.Volume | None = (
            volume(self, f"{name}-scratch", machine.scratch, machine) if machine.scratch else None
        )
        """The scratch volume; None without one."""
        self.disks: dict[str, aws.ebs.Volume] = {
            label: volume(self, f"{name}-disk-{label}", disk, machine) for label, disk in machine.disks.items()
        }
        """The volumes of `extra_disks`, by name."""
        self.tools: aws.ssm.Document = self._tools(name, machine)
        """What brings the machine its tools."""
        self.instance: aws.ec2.Instance = self._instance(name, machine)
        """The machine."""
        self._attach(name, machine)
        self.address: aws.ec2.Eip | None = self._address(name, machine) if machine.access == "allowlist" else None
        """Its public address; None unless access is `allowlist`."""
        self._still_alarm(name, machine, self.instance, place)
        self._hours(name, machine, place)
        self._hand_out(machine)
        self.record_outputs()

    def _hand_out(self, machine: Machine) -> None:
        nothing: pulumi.Output[str | None] = pulumi.Output.from_input(None)
        self.instance_id, self.instance_arn = self.instance.id, self.instance.arn
        self.instance_type = self.instance.instance_type
        self.availability_zone = pulumi.Output.from_input(machine.availability_zone)
        self.private_ip = self.instance.private_ip
        self.public_ip = self.address.public_ip.apply(lambda ip: ip) if self.address else nothing
        self.security_group_id = self.security_group.id
        self.role_arn, self.role_name = self.role.arn, self.role.name
        self.instance_profile_name = self.instance_profile.name
        self.root_volume_id = self.instance.root_block_device.volume_id
        self.data_volume_id = self.data_volume.id.apply(lambda id: id) if self.data_volume else nothing
        self.scratch_volume_id = self.scratch_volume.id.apply(lambda id: id) if self.scratch_volume else nothing
        ids: dict[str, Any] = {label: each.id for label, each in self.disks.items()}
        self.disk_volume_ids = pulumi.Output.from_input(ids)
        self.log_group_name = self.log_group.name
        port = DISPLAYS["dcv"][0].number
        host: pulumi.Input[str] = "localhost" if machine.access == "session" else self.instance.private_ip
        host = self.address.public_ip if self.address else host
        self.display_url = pulumi.Output.format("https://{0}:{1}", host, port)

    def _log_group(self, name: str, machine: Machine) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            f"{name}-logs",
            name=log_group_name(machine.studio, machine.project, machine.workstation),
            retention_in_days=machine.log_days,
            kms_key_id=machine.key_arn,
            region=machine.region,
            tags=named(machine.tags, name),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _tools(self, name: str, machine: Machine) -> aws.ssm.Document:
        return aws.ssm.Document(
            f"{name}-tools",
            name=tools_document_name(machine.studio, machine.project, machine.workstation),
            document_type="Command",
            document_format="JSON",
            content=tools_document(windows=machine.os == "windows"),
            region=machine.region,
            tags=named(machine.tags, f"{name}-tools"),
            # Its name stays, so that an old one has to go first where it cannot be changed.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )

    def _instance(self, name: str, machine: Machine) -> aws.ec2.Instance:
        own_tags = volume_tags(self.data_volume, self.scratch_volume, self.disks)
        own_tags |= idle_tags(machine.stop_after_minutes, machine.keep_while, machine.warn_minutes)
        if machine.image.key in images() or baked(machine.image.key):
            own_tags[IMAGE] = machine.image.key
        if machine.instead_of:
            own_tags[INSTEAD_OF] = machine.instead_of
        if machine.spot:
            own_tags[PURCHASE] = "spot"
        return aws.ec2.Instance(
            f"{name}-instance",
            ami=self._image(name, machine),
            instance_type=machine.type.name,
            subnet_id=machine.subnet_id,
            vpc_security_group_ids=[self.security_group.id, *machine.groups],
            iam_instance_profile=self.instance_profile.name,
            # Left open where an address is attached by name: AWS then reports True, which would read as a change.
            associate_public_ip_address=None if machine.access == "allowlist" else False,
            metadata_options={
                "http_endpoint": "enabled",
                "http_tokens": "required",
                "http_put_response_hop_limit": 1,
                "http_protocol_ipv6": "disabled",
                "instance_metadata_tags": "enabled",
            },
            root_block_device=self._root_disk(machine),
            # At its birth, and so not as the root disk's own tags, which are given by a second call: who may tag a disk that
            # has no tags could take a stranger's. Whoever reads them reads those of all disks of the machine together, so
            # that only new machines heed a change.
            volume_tags=named(machine.tags, f"{name}-root"),
            instance_market_options=_SPOT if machine.spot else None,
            instance_initiated_shutdown_behavior="stop",
            disable_api_termination=not machine.spot,
            force_destroy=True,
            disable_api_stop=False,
            monitoring=True,
            ebs_optimized=True,
            user_data_base64=self._boot_script(name, machine),
            user_data_replace_on_change=False,
            region=machine.region,
            tags={**named(machine.tags, name), **own_tags},
            # The machine reads the document at its first start.
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[self.tools],
                ignore_changes=["volumeTags", *_WORN],
                replace_on_changes=[f'tags["{PURCHASE}"]'],
            ),
        )

    def _root_disk(self, machine: Machine) -> aws.ec2.InstanceRootBlockDeviceArgsDict:
        disk: aws.ec2.InstanceRootBlockDeviceArgsDict = {
            "volume_type": "gp3",
            "volume_size": machine.root.size_gib,
            "encrypted": True,
            "kms_key_id": machine.key_arn,
            "delete_on_termination": True,
        }
        if machine.root.iops is not None:
            disk["iops"] = machine.root.iops
        if machine.root.mib_per_second is not None:
            disk["throughput"] = machine.root.mib_per_second
        return disk

    def _attach(self, name: str, machine: Machine) -> None:
        volumes = [
            (f"{name}-data", DATA_DEVICE, self.data_volume),
            (f"{name}-scratch", SCRATCH_DEVICE, self.scratch_volume),
            *((f"{name}-disk-{label}", disk.device, self.disks[label]) for label, disk in machine.disks.items()),
        ]
        for label, device, each in volumes:
            if each:
                attach(self, label, device, each, self.instance, machine.region)

    def _address(self, name: str, machine: Machine) -> aws.ec2.Eip:
        return aws.ec2.Eip(
            f"{name}-address",
            domain="vpc",
            instance=self.instance.id,
            region=machine.region,
            tags=named(machine.tags, name),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _hours(self, name: str, machine: Machine, place: pulumi.Output[Place]) -> None:
        if machine.hours:
            keep_hours(
                self,
                name,
                machine.hours,
                label=(machine.studio, machine.project, machine.workstation),
                instance=self.instance,
                place=place,
                key_arn=machine.key_arn,
                path=self.role.path,
                boundary_arn=machine.boundary_arn,
                region=machine.region,
                tags=machine.tags,
            )

    def _image(self, name: str, machine: Machine) -> pulumi.Output[str]:
        """The image's id in this region. Looked up by exact name and owner, where two of a name are an error and not a choice.

        Where the owner withdraws images, a new machine gets the newest of its series, which is another one from month to month: a
        machine that is there keeps its own.
        """
        if machine.image_id is not None:
            return pulumi.Output.from_input(machine.image_id)
        if not machine.image.series:
            return self._image_by_name(machine)
        # Known by what no edit of its arguments changes.
        known = plain_tags(machine.tags)
        own: dict[str, str] = {key: known[key] for key in (STUDIO, PROJECT, WORKSTATION) if key in known}
        there = aws.ec2.get_instances_output(
            instance_tags={**own, "Name": name, IMAGE: machine.image.key},
            instance_state_names=["pending", "running", "stopping", "stopped"],
            region=machine.region,
            opts=pulumi.InvokeOptions(parent=self),
        )
        return there.ids.apply(
            lambda ids: self._image_of(ids[0], machine) if len(ids) == 1 else self._image_by_name(machine)
        )

    def _image_of(self, instance: str, machine: Machine) -> pulumi.Output[str]:
        found = aws.ec2.get_instance_output(
            instance_id=instance, region=machine.region, opts=pulumi.InvokeOptions(parent=self)
        )
        return found.ami

    def _image_by_name(self, machine: Machine) -> pulumi.Output[str]:
        found = aws.ec2.get_ami_output(
            owners=[machine.image.owner],
            most_recent=bool(machine.image.series),
            include_deprecated=True,
            filters=[
                {"name": "name", "values": [machine.image.series or machine.image.name]},
                {"name": "architecture", "values": [ARCHITECTURE]},
                {"name": "virtualization-type", "values": [VIRTUALISATION]},
            ],
            region=machine.region,
            opts=pulumi.InvokeOptions(parent=self),
        )
        return found.id

    def _boot_script(self, name: str, machine: Machine) -> pulumi.Output[str]:
        def written(known: dict[str, Any]) -> str:
            script = boot_script(
                machine.os,
                BootFacts(
                    project=machine.project,
                    workstation=machine.workstation,
                    user=machine.user,
                    profile=machine.profile,
                    access=machine.access,
                    gpu=machine.type.gpu is not None,
                    bucket=known["bucket"],
                    prefix=machine.prefix,
                    data_volume=machine.data is not None,
                    scratch_volume=machine.scratch is not None,
                    disks=tuple((label, disk.device[-1]) for label, disk in machine.disks.items()),
                    commands=tuple(known["commands"]),
                    web=machine.web,
                    log_group=log_group_name(machine.studio, machine.project, machine.workstation),
                    tools_document=tools_document_name(machine.studio, machine.project, machine.workstation),
                ),
            )
            return base64.b64encode(script).decode()

        bucket = machine.bucket_name if machine.bucket_name is not None else ""
        return pulumi.Output.all(bucket=bucket, commands=open_commands(name, machine.boot_commands)).apply(written)

    def _still_alarm(
        self, name: str, machine: Machine, instance: aws.ec2.Instance, place: pulumi.Output[Place]
    ) -> None:
        """The second net under the machine's own watcher. A stopped machine sends no data, which is not stillness."""
        aws.cloudwatch.MetricAlarm(
            f"{name}-still",
            name=alarm_name(machine.studio, machine.project, machine.workstation, "still"),
            alarm_description=f"Stops {machine.workstation} after {IDLE_HOURS} hours without work, should its own "
            "watcher have failed",
            namespace="AWS/EC2",
            metric_name="CPUUtilization",
            dimensions={"InstanceId": instance.id},
            statistic="Maximum",
            period=3600,
            evaluation_periods=IDLE_HOURS,
            datapoints_to_alarm=IDLE_HOURS,
            threshold=round(100 * BUSY_VCPUS / machine.type.vcpus, 2),
            comparison_operator="LessThanThreshold",
            treat_missing_data="notBreaching",
            alarm_actions=[place.apply(lambda known: f"arn:{known.partition}:automate:{known.region}:ec2:stop")],
            region=machine.region,
            tags=named(machine.tags, f"{name}-still"),
            opts=pulumi.ResourceOptions(parent=self),
        )
