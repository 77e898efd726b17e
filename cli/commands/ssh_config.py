"""Print lines for ~/.ssh/config that lead to the machines.

For example: workstation ssh-config >> ~/.ssh/config; then `ssh edit-1.teaser`, `rsync` and editors that work over SSH reach the
machine. Each connection opens a session with the credentials that are valid then.
"""

from soundstage.cli.answer import Answer
from soundstage.cli.arguments import AlsoMachines, Machines, Target


def command(target: Target = None, machine: Machines = None, also: AlsoMachines = None) -> Answer:
    from soundstage.cli.answer import say, subject
    from soundstage.stacks.deployment import open_project
    from soundstage.stacks.entry.ssh_config import ssh_config

    deployment = open_project(target, allow_expired=True)
    text = ssh_config(deployment, [*(machine or ()), *(also or ())])
    return Answer(subject(deployment.stack) | {"ssh_config": text}, say(text.rstrip("\n")))
