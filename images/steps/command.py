"""What a step asks of a machine, and what it has the machine do. A step runs nothing itself: facts in, commands out."""

import base64
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

System: TypeAlias = Literal["debian", "redhat", "windows"]
"""Which tools a machine has. `debian` is also Ubuntu."""

Facts: TypeAlias = Mapping[str, str]
"""What a machine answered, by the name of the question."""

MINUTE: Final = 60


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that a machine does: bash on Linux, PowerShell on Windows, as administrator."""

    text: str
    about: str
    """For the person who watches."""
    seconds: int = 15 * MINUTE
    """After which it is given up."""
    reboot: bool = False
    """Whether the machine goes away and comes back."""


def placed(path: str, content: str, mode: str, owner: str) -> str:
    """Bash that puts `content` in the place of a file, whole or not at all."""
    encoded = base64.b64encode(content.encode()).decode()
    target = shlex.quote(path)
    return (
        "set -eu\n"
        f"mkdir -p -- {shlex.quote(path.rpartition('/')[0] or '/')}\n"
        f"fresh=$(mktemp {target}.XXXXXX)\n"
        f"base64 -d >\"$fresh\" <<'END'\n{encoded}\nEND\n"
        f'chmod {mode} "$fresh"\n'
        f'chown {shlex.quote(owner)} "$fresh"\n'
        f'mv -f -- "$fresh" {target}'
    )


def single_quoted(text: str) -> str:
    """A string in PowerShell in which nothing is expanded. Typographic quotes would end it too."""
    for quote in "'\u2018\u2019\u201a\u201b":
        text = text.replace(quote, quote * 2)
    return f"'{text}'"
