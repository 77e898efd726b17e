"""Workstation: one machine for one person, which nobody else can reach and which does not run for nothing."""

from typing import Final

import pulumi
import pulumi_gcp as gcp

from soundstage.components.boot.facts import BootFacts
from soundstage.components.boot.google import STARTUP_KEYS, idle_metadata, startup_script
from soundstage.components.boot.idle_watch import AWAKE_TAG, OVER_TAG
from soundstage.components.boot_commands import open_commands
from soundstage.components.component import Component
from soundstage.components.gcp.clock import instance_schedule
from soundstage.components.gcp.labelled import labels
from soundstage.components.gcp.place import place_of
from soundstage.components.gcp.workstation_account import PORTS, let_in, machine_account
from soundstage.components.gcp.workstation_args import WorkstationArgs
from soundstage.components.gcp.workstation_checks import Machine, resolve
from soundstage.components.gcp.workstation_disks import WORK_DEVICE, data_disk, keep_snapshots
from soundstage.components.google_sizes import in_doubt, zones_read
from soundstage.components.labels import label_key
from soundstage.components.tags import IMAGE

SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"
"""All that IAM admits: scopes are of a time before IAM, and its few roles are the machine's limit."""
_WORN: Final = [f'metadata["{label_key(tag)}"]' for tag in (AWAKE_TAG, OVER_TAG)]
"""Settings that come and go while the machine is up."""
_AT_FIRST: Final = ["bootDisk.initializeParams.labels", "description"]
"""What only a new boot disk or machine takes (`compute_instance`, Terraform Google provider, read 2026-11): another owner, client or name is
no reason to make a machine anew."""


class Workstation(Component):
    """A GPU machine with encrypted disks, an account of its own and no open door but those asked for.

    **Doors.** It has no public address. The people named in `people` reach it through Identity-Aware Proxy, each signed in as
    themselves by OS Login.

    **Disks.** Boot and data disk are encrypted with the customer's key; when that key is disabled, the machine stops. The data disk
    has daily snapshots and leaves a last one behind. Local SSDs are empty after every stop.

    **Display.** The image brings the GPU's driver and the display, which listens on port 8443 (Linux) or is RDP (Windows). Amazon DCV
    is free on EC2 alone.

    **Change.** The startup script runs at every start and is repeatable: a changed setting replaces nothing. Another machine type
    stops and starts the machine; another image replaces it, and the data disk moves over.

    **Rest.** A Linux machine stops itself when idle. Should its watcher fail, Google stops it after `longest_run_hours`.
    """

    instance_id: pulumi.Output[str]
    """Id of the instance, `projects/PROJECT/zones/ZONE/instances/NAME`."""
    instance_name: pulumi.Output[str]
    """Name of the instance."""
    instance_type: pulumi.Output[str]
    """Machine type, as chosen from role and size or given."""
    availability_zone: pulumi.Output[str]
    """Name of the zone that the machine and its disks are in."""
    private_ip: pulumi.Output[str]
    """Address in the network."""
    service_account_email: pulumi.Output[str]
    """Address of the machine's account, for roles of your own."""
    data_volume_id: pulumi.Output[str | None]
    """Id of the disk for work in progress; absent with `data_gib` 0."""
    display_url: pulumi.Output[str]
    """Where the display answers once the port is forwarded through Identity-Aware Proxy."""

    def __init__(self, name: str, args: WorkstationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        machine = resolve(name, args)
        super().__init__(name, args, opts)
        if in_doubt(machine.type, machine.zone):
            accelerator = machine.type.accelerator.name if machine.type.accelerator else ""
            pulumi.log.warn(
                f"{machine.zone} had no {accelerator} when zones were last read ({zones_read()}). If Google refuses the machine, "
                f"choose another zone: gcloud compute accelerator-types list --filter=name={accelerator}",
                self,
            )
        place = place_of(self, machine.project_id, machine.region)
        self.service_account, roles = machine_account(self, name, machine, place)
        self.data_volume: gcp.compute.Disk | None = data_disk(self, name, machine) if machine.data_gib else None
        """The disk for work in progress; None without one."""
        if self.data_volume and machine.snapshot_days:
            keep_snapshots(self, name, self.data_volume, machine)
        self.schedule: gcp.compute.ResourcePolicy | None = (
            instance_schedule(
                self,
                name,
                machine.hours,
                whose=(machine.studio, machine.project, machine.workstation),
                place=place,
                zone=machine.zone,
                region=machine.region,
                project_id=machine.project_id,
            )
            if machine.hours
            else None
        )
        """When it is started and stopped by the clock; None without `hours`."""
        self.instance: gcp.compute.Instance = self._instance(name, machine, roles)
        """The machine."""
        let_in(self, name, machine, self.instance, self.service_account)

        nothing: pulumi.Output[str | None] = pulumi.Output.from_input(None)
        self.instance_id, self.instance_name = self.instance.id, self.instance.name
        self.instance_type = self.instance.machine_type
        self.availability_zone = pulumi.Output.from_input(machine.zone)
        self.private_ip = self.instance.network_interfaces.apply(lambda found: found[0].network_ip or "")
        self.service_account_email = self.service_account.email
        self.data_volume_id = self.data_volume.id.apply(lambda id: id) if self.data_volume else nothing
        scheme, port = ("https", 8443) if machine.os == "linux" else ("rdp", PORTS["windows"][0])
        self.display_url = pulumi.Output.from_input(f"{scheme}://localhost:{port}")
        self.record_outputs()

    def _instance(self, name: str, machine: Machine, roles: list[pulumi.Resource]) -> gcp.compute.Instance:
        disks: list[gcp.compute.InstanceAttachedDiskArgsDict] = (
            [{"source": self.data_volume.self_link, "device_name": WORK_DEVICE, "mode": "READ_WRITE"}]
            if self.data_volume
            else []
        )
        accelerator = machine.type.accelerator
        return gcp.compute.Instance(
            f"{name}-instance",
            description=f"{machine.workstation} of {machine.project}",
            zone=machine.zone,
            machine_type=machine.type.name,
            guest_accelerators=[{"type": accelerator.name, "count": machine.type.gpus}] if accelerator else None,
            boot_disk={
                "auto_delete": True,
                "device_name": "boot",
                "kms_key_self_link": machine.key_id,
                "initialize_params": {
                    "image": machine.image,
                    "size": machine.disk_gib,
                    "type": machine.type.disk,
                    "labels": labels(machine.tags),
                },
            },
            attached_disks=disks,
            scratch_disks=[{"interface": "NVME"}] * machine.ssds,
            network_interfaces=[{"subnetwork": machine.subnet_id, "nic_type": "GVNIC", "stack_type": "IPV4_ONLY"}],
            service_account={"email": self.service_account.email, "scopes": [SCOPE]},
            shielded_instance_config={
                "enable_secure_boot": machine.secure_boot,
                "enable_vtpm": True,
                "enable_integrity_monitoring": True,
            },
            scheduling=_scheduling(machine),
            resource_policies=self.schedule.self_link if self.schedule else None,
            metadata=self._metadata(name, machine),
            key_revocation_action_type="STOP",
            can_ip_forward=False,
            allow_stopping_for_update=True,
            labels=labels(machine.tags),
            project=machine.project_id,
            # The disk for work in progress can be written by one machine at a time: the old one goes before the new one comes.
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=roles, ignore_changes=_WORN + _AT_FIRST, delete_before_replace=True
            ),
        )

    def _metadata(self, name: str, machine: Machine) -> pulumi.Output[dict[str, str]]:
        settings = {
            "enable-oslogin": "TRUE",
            "block-project-ssh-keys": "TRUE",
            "serial-port-enable": "FALSE",
            "enable-guest-attributes": "TRUE",  # by which it tells its host keys, so that nobody trusts a machine on first use
            **({label_key(IMAGE): machine.image_name} if machine.image_name else {}),
            **idle_metadata(machine.stop_after_minutes, machine.keep_while, machine.warn_minutes),
        }

        def written(known: dict[str, object]) -> dict[str, str]:
            commands = known["commands"]
            facts = BootFacts(
                project=machine.project,
                workstation=machine.workstation,
                user=machine.user,
                profile=machine.profile,
                access="session",
                gpu=machine.type.accelerator is not None,
                bucket=str(known["bucket"]),
                prefix=machine.prefix,
                data_volume=bool(machine.data_gib),
                commands=tuple(commands) if isinstance(commands, list) else (),
            )
            return {**settings, STARTUP_KEYS[machine.os]: startup_script(machine.os, facts)}

        bucket = machine.bucket_name if machine.bucket_name is not None else ""
        return pulumi.Output.all(bucket=bucket, commands=open_commands(name, machine.boot_commands)).apply(written)


def _scheduling(machine: Machine) -> gcp.compute.InstanceSchedulingArgsDict:
    """A GPU cannot move to another host while it works, and a machine that nobody stopped is stopped by Google (Compute Engine,
    "GPU host maintenance", "Limit the run time of a VM", read 2026-11)."""
    scheduling: gcp.compute.InstanceSchedulingArgsDict = {
        "on_host_maintenance": "TERMINATE",
        "automatic_restart": not machine.spot,
        "provisioning_model": "SPOT" if machine.spot else "STANDARD",
        "preemptible": machine.spot,
        "instance_termination_action": "STOP",
        "max_run_duration": {"seconds": machine.longest_run_hours * 3600},
    }
    if machine.ssds:
        scheduling["on_instance_stop_action"] = {"discard_local_ssd": True}
    return scheduling
