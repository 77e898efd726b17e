"""What people were told, and what waits for the morning: one file beside the other notes of the studio on this machine."""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from soundstage.core import files
from soundstage.stacks.notices.notice import Notice

LONGEST_KEPT: Final = timedelta(days=400)
"""After this time it is forgotten that something was told: longer than a month's limit or an expiry can matter."""
_LARGEST: Final = 4_000_000


@dataclass
class Remembered:
    """`told` is when each thing was told, by its key. `first` is true where nothing was ever remembered here."""

    told: dict[str, str] = field(default_factory=dict)
    held: list[Notice] = field(default_factory=list)
    webhook_is_down: bool = False
    first: bool = True


def read(path: Path) -> Remembered:
    """What is remembered. A file that cannot be read counts as none: things are told again rather than never."""
    try:
        found: Any = json.loads(files.read(path, _LARGEST))
        return Remembered(
            told={str(key): str(at) for key, at in found["told"].items()},
            held=[Notice(each["kind"], each["key"], each["text"]) for each in found["held"]],
            webhook_is_down=bool(found["webhook_is_down"]),
            first=False,
        )
    except FileNotFoundError:
        return Remembered()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Remembered(first=False)


def write(path: Path, known: Remembered, now: datetime) -> None:
    """Keep what is remembered, without what is long past."""
    since = (now - LONGEST_KEPT).isoformat()
    told = {key: at for key, at in known.told.items() if at >= since}
    text = {"told": told, "held": [asdict(each) for each in known.held], "webhook_is_down": known.webhook_is_down}
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(text, indent=1))
    fresh.chmod(0o600)
    fresh.replace(path)
