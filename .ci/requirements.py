"""Write the requirements.txt with which a pipeline installs the wheel beside it, every file by its hash.

    python .ci/requirements.py requirements.lock dist/ci

Versions and hashes are those of the lock file; what only developers need is left out. Nothing is downloaded. The environment must
hold what the lock file names.
"""

import hashlib
import re
import sys
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

EXTRAS = ("simulator", "policy")


def needed() -> set[str]:
    """The names of the packages that Soundstage with its extras needs, on any platform."""
    found: set[tuple[str, str]] = set()
    waiting = [("soundstage", extra) for extra in ("", *EXTRAS)]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in found:
            continue
        found.add((name, extra))
        try:
            listed = [Requirement(line) for line in requires(name) or ()]
        except PackageNotFoundError:  # for another platform
            continue
        for requirement in listed:
            marker = requirement.marker
            # Markers of the platform are left to pip; those of an extra decide here.
            if marker and "extra" in str(marker) and not marker.evaluate({"extra": extra}):
                continue
            waiting += [(canonicalize_name(requirement.name), asked) for asked in ("", *requirement.extras)]
    return {name for name, _ in found} - {"soundstage"}


def main(lock: Path, folder: Path) -> None:
    """Write `requirements.txt` into the folder that holds the one wheel."""
    (wheel,) = folder.glob("*.whl")
    blocks = re.split(r"^(?=\S)", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
    names = needed()
    kept = [
        re.sub(r"^ +#.*\n", "", block, flags=re.MULTILINE)
        for block in blocks
        if canonicalize_name(re.split(r"[=\[ ]", block)[0]) in names
    ]
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    own = f"./ci/{wheel.name} --hash=sha256:{digest}\n"
    (folder / "requirements.txt").write_text("".join(["--only-binary :all:\n", own, *kept]), encoding="utf-8")
    print(f"{folder}: {wheel.name} and {len(kept)} packages that it needs. Copy it into your repository as `ci`.")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
