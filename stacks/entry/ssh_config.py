"""Lines for `~/.ssh/config`, by which every program that speaks SSH reaches the machines of a project."""

import getpass
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from soundstage.core.home import state_home
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
    return "\n".join(_host(deployment, machine.name, machine.instance_id, machine.user) for machine in machines)


def _host(deployment: Deployment, name: str, instance: str, user: str) -> str:
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
    # What stands for a simulated machine has one account: that of whoever runs it.
    login = Login(getpass.getuser() if deployment.cloud.look_alike else user, folder, ())
    lines = [option.replace("=", " ", 1) for option in login.options(instance)]
    lines.append(f"ProxyCommand {shlex.join(program)}")
    return "\n".join([f"Host {name}.{deployment.project.title}", *(f"  {line}" for line in lines), ""])
