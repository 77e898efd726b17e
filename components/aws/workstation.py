"""Workstation: one machine for one person, which nobody else can reach and which does not run for nothing."""

from typing import Any, Final

import pulumi
import pulumi_aws as aws

from soundstage.components.aws.clock import keep_hours
from soundstage.components.aws.exclusive import only_these_policies, only_these_rules
from soundstage.components.aws.place import Place, place_of, region_of_provider, rendered
from soundstage.components.aws.workstation_args import Machine, WorkstationArgs, resolve
from soundstage.components.aws.workstation_role import MACHINE_TRUST, workstation_policy
from soundstage.components.boot.facts import DATA_VOLUME_TAG, SCRATCH_VOLUME_TAG, BootFacts
from soundstage.components.boot.script import boot_script
from soundstage.components.component import Component
from soundstage.components.images import ARCHITECTURE, VIRTUALISATION, images
from soundstage.components.naming import alarm_name, log_group_name, role_path
from soundstage.components.ports import DISPLAYS, HTTP, HTTPS
from soundstage.components.tags import IMAGE, PROJECT, STUDIO, WORKSTATION, named

_SPOT: Final[aws.ec2.InstanceInstanceMarketOptionsArgsDict] = {
    "market_type": "spot",
    "spot_options": {"spot_instance_type": "persistent", "instance_interruption_behavior": "stop"},
}
WORLD: Final = "0.0.0.0/0"
"""Only ever a destination, and only with `web`."""
DATA_DEVICE: Final = "/dev/sdf"
SCRATCH_DEVICE: Final = "/dev/sdg"
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
    replaces nothing. Only another image, subnet or purchase replaces it.

    **Rest.** The machine stops itself when idle. Should its watcher fail, an alarm stops it after six still hours.
    """

    instance_id: pulumi.Output[str]
    """Id of the instance."""
    instance_type: pulumi.Output[str]
    """Machine type, as chosen from role and size or given."""
    private_ip: pulumi.Output[str]
    """Address in the network."""
    public_ip: pulumi.Output[str | None]
    """Public address; only with access `allowlist`."""
    security_group_id: pulumi.Output[str]
    """Id of the machine's security group."""
    role_arn: pulumi.Output[str]
    """ARN of the machine's role."""
    data_volume_id: pulumi.Output[str | None]
    """Id of the volume for work in progress; absent with `data_gib` 0."""
    log_group_name: pulumi.Output[str]
    """Name of the machine's log group."""
    display_url: pulumi.Output[str]
    """Where the display answers: on localhost through a forwarded port, or at the machine's address."""

    def __init__(self, name: str, args: WorkstationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        machine, given = resolve(name, args, lambda: region_of_provider(opts))
        super().__init__(name, args, opts)
        args = given
        child = pulumi.ResourceOptions(parent=self)
        region, tags = machine.region, machine.tags
        place = place_of(self, region)

        logs = aws.cloudwatch.LogGroup(
            f"{name}-logs",
            name=log_group_name(machine.studio, machine.project, machine.workstation),
            retention_in_days=machine.log_days,
            kms_key_id=args["key_arn"],
            region=region,
            tags=named(tags, name),
            opts=child,
        )
        role, policy = self._role(name, machine, args, logs, place)
        profile = aws.iam.InstanceProfile(
            f"{name}-profile", role=role.name, path=role.path, tags=named(tags, name), opts=child
        )
        group = self._security_group(name, machine, args)
        data = self._volume(f"{name}-data", machine.data_gib, machine, args, final_snapshot=machine.keep)
        scratch = self._volume(f"{name}-scratch", machine.scratch_gib, machine, args, final_snapshot=False)

        own_tags: dict[str, pulumi.Input[str]] = {}
        if machine.image.key in images():
            own_tags[IMAGE] = machine.image.key
        if data:
            own_tags[DATA_VOLUME_TAG] = data.id
        if scratch:
            own_tags[SCRATCH_VOLUME_TAG] = scratch.id
        instance = aws.ec2.Instance(
            f"{name}-instance",
            ami=self._image(name, machine, args),
            instance_type=machine.type.name,
            subnet_id=args["subnet_id"],
            vpc_security_group_ids=[group.id, *args.get("extra_security_group_ids", [])],
            iam_instance_profile=profile.name,
            # Left open where an address is attached by name: AWS then reports True, which would read as a change.
            associate_public_ip_address=None if machine.access == "allowlist" else False,
            metadata_options={
                "http_endpoint": "enabled",
                "http_tokens": "required",
                "http_put_response_hop_limit": 1,
                "http_protocol_ipv6": "disabled",
                "instance_metadata_tags": "enabled",
            },
            root_block_device={
                "volume_type": "gp3",
                "volume_size": machine.disk_gib,
                "encrypted": True,
                "kms_key_id": args["key_arn"],
                "delete_on_termination": True,
            },
            # At its birth, and so not as the root disk's own tags, which are given by a second call: who may tag a disk that
            # has no tags could take a stranger's. Whoever reads them reads those of all disks of the machine together, so
            # that only new machines heed a change.
            volume_tags=named(tags, f"{name}-root"),
            instance_market_options=_SPOT if machine.spot else None,
            instance_initiated_shutdown_behavior="stop",
            disable_api_termination=not machine.spot,
            force_destroy=True,
            disable_api_stop=False,
            monitoring=True,
            ebs_optimized=True,
            user_data=self._boot_script(machine, args),
            user_data_replace_on_change=False,
            region=region,
            tags={**named(tags, name), **own_tags},
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["volumeTags"]),
        )
        for volume, device, label in ((data, DATA_DEVICE, "data"), (scratch, SCRATCH_DEVICE, "scratch")):
            if volume:
                aws.ec2.VolumeAttachment(
                    f"{name}-{label}-attachment",
                    device_name=device,
                    volume_id=volume.id,
                    instance_id=instance.id,
                    # A volume taken from a running machine is a torn one.
                    stop_instance_before_detaching=True,
                    region=region,
                    # A disk is on one machine at a time: when the machine is replaced, the old one lets go first.
                    opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
                )
        address = None
        if machine.access == "allowlist":
            address = aws.ec2.Eip(
                f"{name}-address",
                domain="vpc",
                instance=instance.id,
                region=region,
                tags=named(tags, name),
                opts=child,
            )
        extra = [
            aws.iam.RolePolicy(f"{name}-extra-{label}", role=role.id, policy=document, opts=child)
            for label, document in args.get("extra_policies", {}).items()
        ]
        if machine.exclusive:
            only_these_policies(f"{name}-role", role, [policy, *extra], child)
        self._still_alarm(name, machine, instance, place)
        if machine.hours:
            keep_hours(
                self,
                name,
                machine.hours,
                label=(machine.studio, machine.project, machine.workstation),
                instance=instance,
                place=place,
                key_arn=args["key_arn"],
                path=role.path,
                boundary_arn=args.get("boundary_arn"),
                region=region,
                tags=tags,
            )

        self.instance_id = instance.id
        self.instance_type = instance.instance_type
        self.private_ip = instance.private_ip
        self.public_ip = address.public_ip.apply(lambda ip: ip) if address else pulumi.Output.from_input(None)
        self.security_group_id = group.id
        self.role_arn = role.arn
        self.data_volume_id = data.id.apply(lambda id: id) if data else pulumi.Output.from_input(None)
        self.log_group_name = logs.name
        port = DISPLAYS["dcv"][0].number
        host: pulumi.Input[str] = "localhost" if machine.access == "session" else instance.private_ip
        self.display_url = pulumi.Output.format("https://{0}:{1}", address.public_ip if address else host, port)
        self.record_outputs()

    def _role(
        self,
        name: str,
        machine: Machine,
        args: WorkstationArgs,
        logs: aws.cloudwatch.LogGroup,
        place: pulumi.Output[Place],
    ) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            f"{name}-role",
            description=f"What the workstation {machine.workstation} may do",
            path=role_path(machine.studio, machine.project),
            force_detach_policies=True,
            permissions_boundary=args.get("boundary_arn"),
            assume_role_policy=MACHINE_TRUST,
            tags=named(machine.tags, name),
            opts=child,
        )
        policy = aws.iam.RolePolicy(
            f"{name}-policy",
            role=role.id,
            policy=rendered(
                workstation_policy,
                place=place,
                log_group_arn=logs.arn,
                key_arn=args["key_arn"],
                bucket_arn=args.get("bucket_arn", ""),
                prefix=machine.prefix,
                gpu=machine.type.gpu is not None,
                vpc_id=args["vpc_id"],
            ),
            opts=child,
        )
        return role, policy

    def _security_group(self, name: str, machine: Machine, args: WorkstationArgs) -> aws.ec2.SecurityGroup:
        child = pulumi.ResourceOptions(parent=self)
        group = aws.ec2.SecurityGroup(
            f"{name}-group",
            description=f"Workstation {machine.workstation} of {machine.project}",
            vpc_id=args["vpc_id"],
            region=machine.region,
            tags=named(machine.tags, name),
            opts=child,
        )
        common: dict[str, Any] = {
            "security_group_id": group.id,
            "region": machine.region,
            "tags": machine.tags,
            "opts": child,
        }
        ingress = [
            aws.vpc.SecurityGroupIngressRule(
                # Named by what it admits, so that adding an address touches no other rule.
                f"{name}-in-{port.protocol}-{cidr.replace('/', '-')}",
                description=f"{port.purpose} from {cidr}",
                ip_protocol=port.protocol,
                from_port=port.number,
                to_port=port.number,
                cidr_ipv4=cidr,
                **common,
            )
            for port in DISPLAYS["dcv"]
            for cidr in machine.allowed_cidrs
        ]
        outward: dict[str, dict[str, Any]] = {
            "endpoints": {
                "description": "HTTPS to the doors of AWS services in this network",
                "referenced_security_group_id": args["endpoint_security_group_id"],
            },
            "s3": {
                "description": "HTTPS to S3 through the gateway of this network",
                "prefix_list_id": args["s3_prefix_list_id"],
            },
        }
        if machine.web:
            outward["web"] = {"description": "HTTPS to the internet, as asked for", "cidr_ipv4": WORLD}
            # Ubuntu's archives are signed and speak HTTP.
            outward["archives"] = {"description": "HTTP to package archives", "cidr_ipv4": WORLD, "port": HTTP}
        egress = []
        for label, destination in outward.items():
            port_out = destination.pop("port", HTTPS)
            rule = aws.vpc.SecurityGroupEgressRule(
                f"{name}-out-{label}", ip_protocol="tcp", from_port=port_out, to_port=port_out, **destination, **common
            )
            egress.append(rule)
        if machine.exclusive:
            only_these_rules(
                f"{name}-group", group, ingress=ingress, egress=egress, region=machine.region, options=child
            )
        return group

    def _volume(
        self, label: str, size_gib: int, machine: Machine, args: WorkstationArgs, *, final_snapshot: bool
    ) -> aws.ebs.Volume | None:
        if not size_gib:
            return None
        return aws.ebs.Volume(
            label,
            availability_zone=args["availability_zone"],
            size=size_gib,
            type="gp3",
            encrypted=True,
            kms_key_id=args["key_arn"],
            final_snapshot=final_snapshot,
            region=machine.region,
            tags=named(machine.tags, label),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _image(self, name: str, machine: Machine, args: WorkstationArgs) -> pulumi.Output[str]:
        """The image's id in this region. Looked up by exact name and owner, where two of a name are an error and not a choice.

        Where the owner withdraws images, a new machine gets the newest of its series, which is another one from month to month: a
        machine that is there keeps its own.
        """
        if "image_id" in args:
            return pulumi.Output.from_input(args["image_id"])
        if not machine.image.series:
            return self._image_by_name(machine)
        # Known by what no edit of its arguments changes.
        own: dict[str, str] = {key: machine.tags[key] for key in (STUDIO, PROJECT, WORKSTATION) if key in machine.tags}
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

    def _boot_script(self, machine: Machine, args: WorkstationArgs) -> pulumi.Output[str]:
        def written(bucket: str) -> str:
            return boot_script(
                machine.os,
                BootFacts(
                    project=machine.project,
                    workstation=machine.workstation,
                    user=machine.user,
                    profile=machine.profile,
                    access=machine.access,
                    stop_after_minutes=machine.stop_after_minutes,
                    keep_while=machine.keep_while,
                    gpu=machine.type.gpu is not None,
                    bucket=bucket,
                    prefix=machine.prefix,
                    data_volume=machine.data_gib > 0,
                    scratch_volume=machine.scratch_gib > 0,
                    web=machine.web,
                ),
            )

        return pulumi.Output.from_input(args.get("bucket_name", "")).apply(written)

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
