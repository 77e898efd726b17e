"""The programs of AWS, as `stacks.programs.programs` asks for them."""

from typing import Any, Final

from soundstage.stacks.programs.aws.image_builder import builder_program
from soundstage.stacks.programs.aws.project import project_program
from soundstage.stacks.programs.aws.studio import studio_program

__all__ = ["MACHINE", "builder_program", "machine_inputs", "project_program", "studio_program"]

MACHINE: Final = "aws:ec2/instance:Instance"


def machine_inputs(type: str, *, spot: bool) -> dict[str, Any]:
    """The inputs of a machine by which it is counted."""
    return {"instanceType": type, **({"instanceMarketOptions": {"marketType": "spot"}} if spot else {})}
