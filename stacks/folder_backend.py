"""What the genuine engine's folder backend holds, read without the engine."""

import json
from pathlib import Path

from soundstage.components.errors import StateError
from soundstage.stacks.engines.base import StackName


def folder_holds(folder: Path, stack: StackName) -> bool:
    """Whether the backend in `folder` has any resource of `stack` on record.

    Layout: pulumi/pulumi `pkg/backend/diy/store.go` (`.pulumi/stacks/PROJECT/STACK.json`), engine 3.260, 2026-11.
    """
    file = folder / ".pulumi" / "stacks" / stack.project / f"{stack.stack}.json"
    try:
        latest = json.loads(file.read_text())["checkpoint"]["latest"]
        return bool(latest and (latest.get("resources") or latest.get("pending_operations")))
    except FileNotFoundError:
        return False
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StateError(
            f"{file} cannot be read ({type(error).__name__}), so it is unknown what the Pulumi engine has built.",
            "Put back the newest good copy from the folder `.pulumi/backups` beside it.",
        ) from error
