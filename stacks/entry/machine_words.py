"""What is typed on a machine, by its system: the question for a file's digest, paths as its SFTP takes them, and what hints name."""

import base64
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from soundstage.components.boot.windows import quoted

_DRIVE: Final = re.compile(r"/?([A-Za-z]:)(?=/|$)")


@dataclass(frozen=True)
class Words:
    """`listing` and `space` are whole commands; `folder` makes one of a path, and `digest` the question whose answer begins with the
    SHA-256 of a file in hexadecimal. `path` is a path as the machine's SFTP takes it: it begins in the home folder and knows no `~`."""

    listing: str
    space: str
    places: str
    path: Callable[[str], str]
    folder: Callable[[str], str]
    digest: Callable[[str], str]


def _in_home(path: str) -> str:
    return path.removeprefix("~/") if path not in ("", "~", "~/") else "."


def _windows_path(path: str) -> str:
    """`D:\\film.mov` and `D:/film.mov` are `/D:/film.mov`."""
    path = path.replace("\\", "/")
    if _DRIVE.match(path):
        return f"/{path.lstrip('/')}"
    return _in_home(path)


def _shell_digest(path: str) -> str:
    return f"sha256sum -- {shlex.quote(path)}"


def _powershell_digest(path: str) -> str:
    """By a name that PowerShell can read whatever stands in it, and a command that whatever reads it hands on as it is."""
    named = _DRIVE.sub(r"\1", path, count=1)
    text = f"$ProgressPreference='SilentlyContinue';(Get-FileHash -EA Stop -Algorithm SHA256 -LiteralPath {quoted(named)}).Hash"
    return f"powershell.exe -NoProfile -NonInteractive -EncodedCommand {base64.b64encode(text.encode('utf-16-le')).decode()}"


def _powershell_folder(path: str) -> str:
    drive = _DRIVE.sub(r"\1", path, count=1).replace("/", "\\")
    return "mkdir '" + drive.replace("'", "''") + "'"


LINUX: Final = Words(
    "ls",
    "df -h",
    "/data or the home folder",
    _in_home,
    lambda path: f"mkdir -p {shlex.quote(path)}",
    _shell_digest,
)
WINDOWS: Final = Words(
    "dir",
    "Get-PSDrive",
    "D: or the home folder",
    _windows_path,
    _powershell_folder,
    _powershell_digest,
)


def of_system(*, windows: bool) -> Words:
    return WINDOWS if windows else LINUX
