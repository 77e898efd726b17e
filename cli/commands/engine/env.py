"""Print variables for `pulumi` itself on the simulated clouds.

Use it as: eval "$(workstation engine env)", in a shell of its own. Pulumi then sees the simulated AWS and the simulated Google Cloud and
no other, and keeps its state in Soundstage's folder. They are started when they are not running.
"""

from soundstage.cli.answer import Answer
from soundstage.cli.commands.simulator.env import Shell, ShellName


def command(shell: ShellName = Shell.SH) -> Answer:
    from soundstage.cli.display.simulator import exports
    from soundstage.stacks.target import pulumi_variables

    variables = pulumi_variables()
    return Answer(variables, lambda _screen: exports(variables, shell))
