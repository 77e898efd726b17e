"""The whole simulated cloud as one sealed file."""

from pathlib import Path

from soundstage.core.errors import SimulatorError
from soundstage.simulator.sealed import RESET, Seal, write_private


def save(path: Path, seal: Seal, versions: str, content: bytes) -> None:
    """Write what a front has packed."""
    write_private(path, _heading(versions) + seal.close(content, f"world of {versions}"))


def load(path: Path, seal: Seal, versions: str) -> bytes | None:
    """What was saved; None without a file. Raises `SimulatorError` for what other versions saved."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    line, _, sealed = content.partition(b"\n")
    heading = _heading(versions)
    if line + b"\n" != heading:
        raise SimulatorError(
            f"The simulated cloud was saved by other versions ({line[:80].decode(errors='replace')}; now "
            f"{heading.decode().strip()}) and cannot be continued.",
            f"Use those versions again to keep it. {RESET}",
        )
    return seal.open(sealed, f"world of {versions}")


def _heading(versions: str) -> bytes:
    return f"soundstage-world 2 {versions}\n".encode()
