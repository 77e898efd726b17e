"""Keys that somebody scheduled for deletion: to an engine they are gone, and all that they encrypt would be made anew."""

from soundstage.core.errors import OperationError
from soundstage.plan.plan import Plan
from soundstage.stacks.clouds.base import Keys


def refuse_dying_keys(keys: Keys, recorded: Plan) -> None:
    """Raise `OperationError` when a key on record is about to be deleted. A key that is gone already is the engine's
    business. Raises `CloudError` when the cloud does not answer."""
    for key in recorded.of_type(keys.type):
        found = keys.deletion(str(key.id), key.name, key.property("region"))
        if found:
            until = f" on {found.day}" if found.day else ""
            raise OperationError(
                f"{key.name} is scheduled for deletion{until}. After that nobody can read what it encrypts. This "
                "command would make new, empty resources in its place, so nothing was changed.",
                f"Run `{found.undo}`, then `workstation up --refresh`, "
                "which enables it again. (For the simulated cloud, `workstation simulator env` sets the shell up.)",
            )
