"""Gives the state of an embedded engine's stack another passphrase.

The state on disk is replaced as a whole, so it opens with the old passphrase until it opens with the new one.
"""

import json
from pathlib import Path
from typing import Any

from soundstage.core.errors import StateError
from soundstage.engines.embedded import checkpoint, journal
from soundstage.engines.embedded.resealing import count_secrets, opened, proof_of, resealed
from soundstage.engines.embedded.secrets import Vault, opens
from soundstage.engines.embedded.state import StackState


def proof_in(folder: Path) -> str:
    """What tells the right passphrase of the state in `folder`; empty when it holds no secret."""
    document, lines = checkpoint.read(folder), journal.read(folder)
    if document is None:
        return ""
    added = [line["proof"] for line in (lines[1] if lines else ()) if "proof" in line]
    return str(added[-1]) if added else proof_of(document["deployment"])


def fold(folder: Path) -> None:
    """Sum up what an earlier command left in the journal, so that the state is one file."""
    StackState(folder, write=True).save()


def rekey(folder: Path, old: str, new: str) -> int:
    """Encrypt the folded state in `folder` with `new`, which `old` opens. Returns how many secrets it holds.

    The caller holds the lock. Raises `StateError` when `old` does not open it, or when what would be written does not read as
    what is there.
    """
    before = checkpoint.read(folder)
    if before is None:
        return 0
    present, next_one = Vault(folder, proof_of(before["deployment"]), old), Vault(folder, words=new)
    after = resealed(before, present, next_one)
    if _resources(before, present) != _resources(after, Vault(folder, next_one.proof, new)):
        raise StateError("The secrets would not read the same, so nothing was changed.", "Please report it.")
    after["soundstage"] = {**before["soundstage"], "serial": before["soundstage"]["serial"] + 1}
    checkpoint.write(folder, after)
    return count_secrets(after)


def rekey_backups(folder: Path, old: str, new: str) -> tuple[int, list[Path]]:
    """Encrypt the backups that `old` opens with `new`. Returns how many those were, and those that neither opens."""
    changed, closed = 0, []
    for path in checkpoint.backups(folder):
        try:
            document = checkpoint.parse(path.read_text(encoding="utf-8"), path)
        except (StateError, OSError, UnicodeDecodeError):
            closed.append(path)
            continue
        proof = proof_of(document["deployment"])
        if not proof or opens(new, proof):
            continue
        if not opens(old, proof):
            closed.append(path)
            continue
        _replace(path, resealed(document, Vault(folder, proof, old), Vault(folder, words=new)))
        changed += 1
    return changed, closed


def _resources(document: dict[str, Any], vault: Vault) -> str:
    return json.dumps(opened(document["deployment"].get("resources") or [], vault), sort_keys=True)


def _replace(path: Path, document: dict[str, Any]) -> None:
    scratch = path.with_name(f".{path.name}")
    try:
        scratch.touch(mode=0o600)
        scratch.write_text(json.dumps(document, indent=1), encoding="utf-8")
        scratch.replace(path)
    except OSError as error:
        raise StateError(
            f"The backup {path} cannot be written: {error.strerror}. The state itself has its new passphrase.",
            "Make room, then run the same command again: it goes on with the backups.",
        ) from error
