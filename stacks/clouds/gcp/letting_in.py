"""The commands of gcloud that let somebody use the machines of one project, and no other machine of the Google Cloud project."""

import shlex
from collections.abc import Sequence
from typing import Final

from soundstage.components.ports import IAP_PORTS
from soundstage.core.values import Properties

_MACHINES_OF_A_CONDITION: Final = 8
"""A condition of IAM takes twelve logical operators (IAM, "Quotas and limits", read 2026-11): between the ports, the machines and these
two there are ten."""


def commands(account: str, project: str, outputs: Properties) -> tuple[str, ...]:
    """They bind the roles on each machine that is up: names cannot tell whose a machine is, as those of `teaser-2` begin as those of
    `teaser` do, and two studios may have a project of one name. A machine that is made anew later has another name and takes them again."""
    artist = str((outputs.get("roles") or {}).get("artist", ""))
    if not artist:
        return ()
    up = [one for one in (outputs.get("workstations") or {}).values() if one.get("instance_id")]
    machines = sorted(str(one["instance_id"]) for one in up)
    # Whoever signs in to a machine acts as its account, and OS Login asks for the right to.
    accounts = sorted({str(one["role_arn"]) for one in up if one.get("role_arn")})
    bind = f"gcloud projects add-iam-policy-binding {account} --member=user:NAME"
    return (
        # Lists, and whether a start is done, are of the whole project of Google Cloud and cannot be limited to some machines.
        f"{bind} --role={artist.replace('.artist.', '.look.')} --condition=None",
        *(_on_machine(account, machine, artist) for machine in machines),
        *(
            f"{bind} --role=roles/iap.tunnelResourceAccessor --condition={shlex.quote(_tunnels(project, some))}"
            for some in _in_groups(machines)
        ),
        *(
            f"gcloud iam service-accounts add-iam-policy-binding {one} --project={account} --member=user:NAME "
            "--role=roles/iam.serviceAccountUser"
            for one in accounts
        ),
    )


def _on_machine(account: str, machine: str, role: str) -> str:
    zone, name = _place(machine)
    return (
        f"gcloud compute instances add-iam-policy-binding {name} --zone={zone} --project={account} "
        f"--member=user:NAME --role={role}"
    )


def _place(machine: str) -> tuple[str, str]:
    """Zone and name in an id, `projects/PROJECT/zones/ZONE/instances/NAME`."""
    _, _, _, zone, _, name = machine.split("/")
    return zone, name


def _in_groups(machines: Sequence[str]) -> list[Sequence[str]]:
    size = _MACHINES_OF_A_CONDITION
    return [machines[start : start + size] for start in range(0, len(machines), size)]


def _tunnels(project: str, machines: Sequence[str]) -> str:
    """A condition for these machines, by their whole names."""
    ports = " || ".join(f"destination.port == {port}" for port in IAP_PORTS)
    names = (f"/iap_tunnel/zones/{zone}/instances/{name}" for zone, name in map(_place, machines))
    own = " || ".join(f'resource.name.endsWith("{name}")' for name in names)
    return f"title={project},expression=({ports}) && ({own})"
