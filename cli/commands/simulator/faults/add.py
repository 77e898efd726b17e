"""Make calls to an operation fail.

For example: workstation simulator faults add ec2:RunInstances --kind no-capacity --times 1.

Kinds: throttle, server-error, timeout, latency, no-capacity, connection-lost, lost-answer (executed, but the answer never
arrives), expired-credential, denied.
"""

from typing import Annotated

import typer

from soundstage.cli import completion
from soundstage.cli.answer import Answer

Operation = Annotated[
    str, typer.Argument(metavar="OPERATION", help="service:Operation; * and ? stand for any, as in s3:Put*.")
]
Kind = Annotated[
    str, typer.Option("--kind", metavar="KIND", autocompletion=completion.fault_kinds, help="What goes wrong.")
]
Times = Annotated[int, typer.Option("--times", min=0, metavar="N", help="How many calls get it; 0 for all.")]
After = Annotated[int, typer.Option("--after", min=0, metavar="N", help="How many calls go through first.")]
Seconds = Annotated[float, typer.Option("--seconds", metavar="S", min=0, max=300, help="For latency and timeout.")]


def command(operation: Operation, kind: Kind, times: Times = 1, after: After = 0, seconds: Seconds = 1.0) -> Answer:
    from dataclasses import asdict

    from soundstage.cli.display.simulator import faults_text
    from soundstage.core.home import state_home
    from soundstage.simulator import process
    from soundstage.simulator.faultrules import FaultRule

    rule = FaultRule(operation, kind, times, after, seconds)
    process.ensure(state_home())
    process.add_fault(state_home(), rule)
    return Answer({"faults": [asdict(rule)]}, lambda screen: faults_text([rule], screen))
