"""The programs of Google Cloud, as `stacks.programs.programs` asks for them."""

from typing import Any, Final

from soundstage.stacks.programs.gcp.image_builder import builder_program
from soundstage.stacks.programs.gcp.project import project_program
from soundstage.stacks.programs.gcp.studio import studio_program

__all__ = ["MACHINE", "builder_program", "machine_inputs", "project_program", "studio_program"]

MACHINE: Final = "gcp:compute/instance:Instance"


def machine_inputs(type: str, *, spot: bool) -> dict[str, Any]:
    """The inputs of a machine by which it is counted."""
    return {"machineType": type, **({"scheduling": {"provisioningModel": "SPOT"}} if spot else {})}
