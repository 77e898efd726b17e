"""What `down --delete-media` has to change before media may go: what protects them on record, whatever the file says by now."""

from dataclasses import replace

from soundstage.plan.plan import Operation, Plan
from soundstage.projectfile.spec import Project
from soundstage.stacks.kinds.resource_kinds import leaves_snapshot
from soundstage.stacks.machine_of import machine_of


def all_gone(recorded: Plan) -> Plan:
    """The plan of `down --delete-media`: until the protection is taken away, the engine would refuse even to say it."""
    gone = [
        replace(one, operation=Operation.FORGET if one.options.retain_on_delete else Operation.DELETE)
        for one in recorded
    ]
    return replace(recorded, resources=tuple(gone))


def with_recorded_media(project: Project, recorded: Plan) -> Project:
    """`project` with the copy and the lock of its media as they are on record.

    A file that no longer names them would leave them protected, and the media undeletable.
    """
    by_name = {resource.name: resource for resource in recorded}
    backup = by_name.get(f"{project.project}-media-backup-bucket")
    lock = by_name.get(f"{project.project}-media-lock")
    storage = project.storage.model_copy(
        update={
            "backup_region": backup.property("region") if backup else None,
            "object_lock_days": lock.inputs["rule"]["defaultRetention"]["days"] if lock else None,
        }
    )
    return project.model_copy(update={"storage": storage})


def guarded(project: Project, recorded: Plan) -> list[str]:
    """URNs of what is protected, and of the data disks that would leave a last snapshot.

    Only disks that the file describes as they are: any other cannot be changed without being deleted or resized, and its
    last snapshot is deleted with the others.
    """
    sizes = {name: machine.data_gib for name, machine in project.workstations.items()}
    return [
        resource.urn
        for resource in recorded
        if resource.options.protect
        or (leaves_snapshot(resource) and sizes.get(machine_of(resource)) == resource.property("size"))
    ]
