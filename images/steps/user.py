"""An account of the system, and the groups that it is in."""

import shlex
from typing import Annotated

from pydantic import Field

from soundstage.core.strict import Form, Strict
from soundstage.images.steps.command import Command, Facts, System

Account = Annotated[str, Form(r"^[a-z_][a-z0-9_-]{0,31}$", "the name of an account")]


class User(Strict):
    """An account as it must be. It never has a password."""

    name: Account
    """Its name. It is made where it is missing."""

    groups: Annotated[tuple[Account, ...], Field(max_length=20, strict=False)] = ()
    """Groups that it must be in, besides those that it is in."""

    system: bool = False
    """Whether it is an account of a service, without a home."""

    def questions(self, system: System) -> dict[str, str]:  # noqa: ARG002 - the same of every step
        return {"groups": f"id -Gn -- {shlex.quote(self.name)} 2>/dev/null || true"}

    def commands(self, facts: Facts, system: System) -> list[Command]:  # noqa: ARG002
        there = facts["groups"].split()
        found = []
        name = shlex.quote(self.name)
        if not there:
            kind = "--system" if self.system else "--create-home --shell /bin/bash"
            found.append(
                Command(f"useradd {kind} -- {name} && passwd --lock -- {name}", f"make the account {self.name}")
            )
        if missing := [group for group in self.groups if group not in there]:
            words = ",".join(missing)
            found.append(
                Command(f"usermod --append --groups {words} -- {name}", f"put {self.name} into {', '.join(missing)}")
            )
        return found
