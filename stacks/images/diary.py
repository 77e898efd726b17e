"""What is remembered of a bake while it lasts, so that one that was cut off goes on: a file in the studio's state folder."""

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from soundstage.core import files
from soundstage.core.home import make_private

_FILE = "bake.json"
_KEY = "key"


@dataclass(frozen=True)
class Diary:
    """How far a bake is."""

    digest: str
    """The recipe's."""
    name: str = ""
    """The image's."""
    sealed: bool = False
    """Whether the machine is done and lets nobody in any more."""
    bill: str = ""
    """Digest of the bill of materials."""
    sums: dict[str, str] = field(default_factory=dict)
    """Checksums of downloads that no publisher gives."""

    def but(self, **changes: Any) -> "Diary":
        return replace(self, **changes)


def read_diary(folder: Path) -> Diary | None:
    """The diary of a bake that was cut off; None without one."""
    try:
        return Diary(**json.loads((folder / _FILE).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def begun(folder: Path) -> bool:
    """Whether there may be a builder of a bake that was cut off or is kept: its key is made before it."""
    return (folder / _KEY).exists()


def write_diary(folder: Path, diary: Diary) -> None:
    files.write(folder / _FILE, json.dumps(asdict(diary)), 0o600)


def close_diary(folder: Path) -> None:
    """Forget the bake and the key of its machine."""
    for name in (_FILE, _KEY):
        (folder / name).unlink(missing_ok=True)


def own_key(folder: Path) -> tuple[str, str]:
    """The key that the builder lets in, private and public: made for one bake, never used again."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    make_private(folder)
    path = folder / _KEY
    if not path.exists():
        made = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
        )
        files.write(path, made.decode("ascii"), 0o600)
    private = path.read_text("ascii")
    loaded = serialization.load_ssh_private_key(private.encode(), None)
    public = loaded.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return private, public.decode()
