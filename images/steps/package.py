"""Packages of the system's own package manager, which checks the publisher's signature."""

import shlex
from typing import Annotated

from pydantic import Field

from soundstage.core.strict import Form, Strict
from soundstage.images.steps.command import MINUTE, Command, Facts, System

_PACKAGE = r"^[a-z0-9A-Z][A-Za-z0-9.+_-]*(=[0-9A-Za-z.+:~-]+)?$"
Name = Annotated[str, Form(_PACKAGE, "the name of a package, or NAME=VERSION")]


class Package(Strict):
    """Packages that must be installed."""

    install: Annotated[tuple[Name, ...], Field(min_length=1, max_length=200, strict=False)]
    """Names, each with `=VERSION` where one version alone will do."""

    hold: bool = False
    """Whether updates leave them alone from then on."""

    def questions(self, system: System) -> dict[str, str]:
        names = " ".join(shlex.quote(one.partition("=")[0]) for one in self.install)
        if system == "redhat":
            return {
                "installed": f"rpm -q --qf '%{{NAME}} %{{VERSION}}-%{{RELEASE}}\\n' {names} || true",
                "held": "grep -h '^exclude=' /etc/dnf/dnf.conf 2>/dev/null || true",
            }
        return {
            "installed": f"dpkg-query -W -f='${{db:Status-Status}} ${{Package}} ${{Version}}\\n' {names} 2>/dev/null || true",
            "held": "apt-mark showhold",
        }

    def commands(self, facts: Facts, system: System) -> list[Command]:
        there = _installed(facts["installed"], system)
        missing = [one for one in self.install if not _has(there, one)]
        found = []
        if missing:
            found.append(Command(_install(missing, system), f"install {_shortly(missing)}", 60 * MINUTE))
        names = [one.partition("=")[0] for one in self.install]
        free = [name for name in names if name not in _held(facts["held"], system)] if self.hold else []
        if free:
            found.append(Command(_hold(free, system), f"hold {_shortly(free)}"))
        return found


def _installed(answer: str, system: System) -> dict[str, str]:
    there = {}
    for line in answer.splitlines():
        words = line.split()
        if system == "redhat" and len(words) == 2:
            there[words[0]] = words[1]
        elif system != "redhat" and len(words) == 3 and words[0] == "installed":
            there[words[1]] = words[2]
    return there


def _has(there: dict[str, str], wanted: str) -> bool:
    name, _, version = wanted.partition("=")
    return name in there and version in ("", there[name])


def _held(answer: str, system: System) -> set[str]:
    if system == "redhat":
        return {word for line in answer.splitlines() for word in line.removeprefix("exclude=").split()}
    return set(answer.split())


def _install(names: list[str], system: System) -> str:
    if system == "redhat":
        words = " ".join(shlex.quote(name.replace("=", "-")) for name in names)
        return f"dnf install -y -q --setopt=install_weak_deps=False {words}"
    words = " ".join(map(shlex.quote, names))
    return (
        "set -eu\nexport DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l\n"
        # A machine that has just started may still be updating its lists by itself.
        "apt-get update -q -o DPkg::Lock::Timeout=300\n"
        f"apt-get install -y -q --no-install-recommends --allow-change-held-packages -o DPkg::Lock::Timeout=300 {words}"
    )


def _hold(names: list[str], system: System) -> str:
    words = " ".join(map(shlex.quote, names))
    if system == "redhat":
        return f"echo exclude={shlex.quote(' '.join(names))} >>/etc/dnf/dnf.conf"
    return f"apt-mark hold {words}"


def _shortly(names: list[str]) -> str:
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return ", ".join(names[:4]) + more
