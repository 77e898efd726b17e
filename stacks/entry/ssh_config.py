"""Lines for `~/.ssh/config`, by which every program that speaks SSH reaches the machines of a project."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from soundstage.core.home import state_home
from soundstage.stacks.clouds.base import Machine
from soundstage.stacks.deployment import Deployment
from soundstage.stacks.entry.door import enterable
from soundstage.stacks.entry.shell import Login, new_key


def key_folder(deployment: Deployment, name: str) -> Path:
    """Where the key of a machine and its host keys lie for programs that come in by themselves. The key counts for a minute each
    time, and only for whoever may open a session."""
    return state_home() / "ssh" / deployment.studio.studio / deployment.project.project / name


def ssh_config(deployment: Deployment, names: Sequence[str] = ()) -> str:
    """One `Host` for each machine, called MACHINE.PROJECT. `UsageError` as `enterable` raises it."""
    machines = enterable(deployment, deployment.machines(), names)
    return "\n".join(_host(deployment, machine) for machine in machines)


def _host(deployment: Deployment, machine: Machine) -> str:
    name = machine.name
    folder = key_folder(deployment, name)
    new_key(folder)
    program = [
        sys.executable,
        "-m",
        "soundstage.cli.main",
        "ssh",
        name,
        "--project",
        str(deployment.path.resolve()),
        "--stdio",
    ]
    login = Login(deployment.cloud.doors.account(machine), folder, ())
    lines = [option.replace("=", " ", 1) for option in login.options(machine.instance_id)]
    lines.append(f"ProxyCommand {shlex.join(program)}")
    return "\n".join([f"Host {name}.{deployment.project.title}", *(f"  {line}" for line in lines), ""])
