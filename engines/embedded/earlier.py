"""The state as earlier versions kept it: `state.json` in Pulumi's deployment format, and a journal of what came after."""

import json
from pathlib import Path
from typing import Any, Final

from soundstage.core import files
from soundstage.core.errors import StateError
from soundstage.engines.embedded.limits import refuse_what_is_foreign
from soundstage.engines.embedded.store import NewerState, Rows

EARLIER_FILE: Final = "state.json"
_JOURNAL: Final = "journal.jsonl"
_MOST_BYTES: Final = 1 << 30
_DEPLOYMENT_VERSION: Final = 3
_AGAIN: Final = "`workstation state repair` sets it aside; then `workstation adopt` takes back what is in the cloud."
_MOVE: Final = "Move the stack with the version of Soundstage that wrote it: `workstation move-state --engine pulumi`."


def is_there(folder: Path) -> bool:
    """Whether an earlier version kept a state in `folder`."""
    return any((folder / name).exists() for name in (EARLIER_FILE, _JOURNAL))


def read(folder: Path) -> Rows:
    """What it held. Raises `StateError` when its last command did not finish, or it is damaged, and `EngineError` for what this
    engine does not support any more."""
    path = folder / EARLIER_FILE
    try:
        document = json.loads(files.read(path, _MOST_BYTES).decode())
        check_version(document, f"The state {path}", _AGAIN)
        resources = document["deployment"].get("resources") or []
        refuse_what_is_foreign((one for one in resources if isinstance(one, dict)), _MOVE)
        pending = document.get("soundstage", {}).get("pending")
    except (OSError, ValueError, RecursionError, AttributeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StateError(f"The state {path} of an earlier version cannot be read: {reason}.", _AGAIN) from error
    if pending or (folder / _JOURNAL).exists():
        raise StateError(f"The state in {folder} is of an earlier version, whose last command did not finish.", _AGAIN)
    return Rows(dict(enumerate(resources)))


def set_aside(folder: Path) -> list[str]:
    """Leave the files where no command reads them, once a database is there. Returns what they are called now."""
    there = [folder / name for name in (EARLIER_FILE, _JOURNAL) if (folder / name).exists()]
    return [file.replace(file.with_name(f"{file.name}.earlier")).name for file in there]


def check_version(document: Any, source: str, again: str) -> None:
    """Refuse what is not a deployment, and what a newer version wrote. `again` is what to do about it."""
    if not isinstance(document, dict) or not isinstance(document.get("deployment"), dict):
        raise StateError(f"{source} holds no Pulumi deployment.", again)
    if not isinstance(document["deployment"].get("resources") or [], list):
        raise StateError(f"{source} is damaged: its resources are not a list.", again)
    version = document.get("version")
    if not isinstance(version, int):
        raise StateError(f"{source} is damaged: its version is not a number.", again)
    if version > _DEPLOYMENT_VERSION:
        raise NewerState(f"{source} was written by a newer version (format {version}).", "Upgrade Soundstage.")
    if version < _DEPLOYMENT_VERSION:
        raise StateError(f"{source} has deployment format {version}; this version reads {_DEPLOYMENT_VERSION}.", again)
