"""Print variables for `pulumi` itself on the simulated cloud.

Use it as: eval "$(workstation engine env)", in a shell of its own. Pulumi then sees the simulated cloud and no other, and keeps
its state in Soundstage's folder. The simulated cloud is started when it is not running.
"""

from soundstage.cli.answer import Answer
from soundstage.cli.commands.simulator.env import Shell, ShellName


def command(shell: ShellName = Shell.SH) -> Answer:
    from soundstage.cli.display.simulator import exports
    from soundstage.components.sizes import DEFAULT_REGION
    from soundstage.stacks.target import pulumi_variables

    variables = pulumi_variables("simulated", DEFAULT_REGION)
    return Answer(variables, lambda _screen: exports(variables, shell))
