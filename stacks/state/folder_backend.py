"""What the genuine engine's own backends hold, read without the engine.

Layout: pulumi/pulumi `pkg/backend/diy/store.go` (`.pulumi/stacks/PROJECT/STACK.json`), engine 3.260, 2026-11.
"""

import json
from pathlib import Path
from typing import Any

from soundstage.core.errors import StateError
from soundstage.engines.base import StackName


def folder_name(cloud: str) -> str:
    """The folder, in a studio's, of the backend for one kind of cloud: a studio can be on several, and its stacks there have the
    same name."""
    return "pulumi" if cloud == "simulated" else f"pulumi-{cloud}"


def embedded_folder(home: Path, stack: StackName, cloud: str) -> Path:
    """Where the embedded engine keeps a stack on one kind of cloud, in a studio's folder `home`."""
    return home / (stack.project if cloud == "simulated" else f"{stack.project}.{cloud}") / stack.stack


def embedded_cloud(folder: Path) -> str:
    """On which kind of cloud the stack in such a folder is."""
    return folder.parent.name.partition(".")[2] or "simulated"


def embedded_stack(folder: Path) -> StackName:
    """Whose state such a folder holds."""
    return StackName(folder.parent.name.partition(".")[0], folder.name)


def state_key(stack: StackName) -> str:
    """Where a backend keeps the state of `stack`."""
    return f".pulumi/stacks/{stack.project}/{stack.stack}.json"


def folder_holds(folder: Path, stack: StackName) -> bool:
    """Whether the backend in `folder` has any resource of `stack` on record."""
    file = folder / state_key(stack)
    try:
        text = file.read_bytes()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _unreadable(str(file), error) from error
    return holds_anything(text, str(file))


def folder_stacks(folder: Path) -> list[StackName]:
    """The stacks that have any resource on record in the backend in `folder`."""
    files = sorted((folder / ".pulumi" / "stacks").glob("*/*.json"))
    found = [StackName(file.parent.name, file.stem) for file in files]
    return [stack for stack in found if folder_holds(folder, stack)]


def holds_anything(text: bytes, place: str) -> bool:
    """Whether a state, as a backend keeps it at `place`, has any resource on record."""
    try:
        latest = json.loads(text)["checkpoint"]["latest"]
        return bool(latest and (latest.get("resources") or latest.get("pending_operations")))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unreadable(place, error) from error


def read_deployment(file: Path) -> dict[str, Any]:
    """The deployment that a backend keeps in `file`; empty without one. Raises `StateError` when it cannot be read."""
    try:
        latest = json.loads(file.read_bytes())["checkpoint"]["latest"]
        return dict(latest or {})
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unreadable(str(file), error) from error


def _unreadable(place: str, error: Exception) -> StateError:
    return StateError(
        f"{place} cannot be read ({type(error).__name__}), so it is unknown what the Pulumi engine has built.",
        "Put back the newest good copy from the folder `.pulumi/backups` beside it.",
    )
