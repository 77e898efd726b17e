"""How people get into a machine: as themselves, or with a key that many may have."""

from collections.abc import Iterator
from typing import Final

from soundstage.policies.policy import MANDATORY, MEDIUM, Blind, Verdict, breach, policy
from soundstage.policies.views.machines import Machine, machines, project_metadata
from soundstage.policies.views.node import Node, no
from soundstage.policies.views.stack import Stack

_KEYS: Final = ("ssh-keys", "sshKeys", "windows-keys")
"""Metadata with which whoever may write them gets an account on the machine, as an administrator on Windows (Google Cloud, "Create
passwords for Windows VMs", read 2026-11)."""


@policy(
    "WS-05",
    "People reach machines as themselves, not with a shared key",
    severity=MEDIUM,
    level=MANDATORY,
    why="A shared key cannot be taken back from one person, and nobody can say who used it.",
    fix="Drop `key_name` and use Session Manager; on Google set `enable-oslogin`, `block-project-ssh-keys`, and leave "
    "the serial port off.",
    references="cis-gcp-5.0:4.3 cis-gcp-5.0:4.4 cis-gcp-5.0:4.5 mpa-5.1:T8 mpa-5.1:T21",
    over=lambda stack: [*stack.view(machines), *stack.view(project_metadata)],
)
def shared_keys(machine: Machine | Node, _stack: Stack) -> Iterator[Verdict]:
    if isinstance(machine, Node):
        yield from _for_the_project(machine)
        return
    if machine.cloud == "aws":
        key = machine.root.get("keyName")
        yield from breach(no(key.absent), machine.resource, "has a shared key pair", key)
        return
    metadata = machine.root.get("metadata")
    for name, wanted in (("enable-oslogin", True), ("block-project-ssh-keys", True), ("serial-port-enable", False)):
        entry = metadata.child(name)
        set_on = entry.is_(_is_on)
        yield from breach(
            no(set_on) if wanted else set_on,
            machine.resource,
            f"`{name}` is {'not ' if wanted else ''}on",
            entry,
        )
    for name in _KEYS:
        entry = metadata.child(name)
        yield from breach(
            no(entry.absent), machine.resource, f"`{name}` holds keys that nobody's account governs", entry
        )


def _for_the_project(metadata: Node) -> Iterator[Verdict]:
    """What is said once for every machine of a Google project."""
    if not metadata.known:
        yield Blind(metadata.resource, metadata.path, "what it says to every machine is known only after up")
        return
    login, serial = metadata.child("enable-oslogin"), metadata.child("serial-port-enable")
    said = login.is_(lambda value: value is not None and not _is_on(value))
    yield from breach(said, metadata.resource, "`enable-oslogin` is not on for the project", login)
    yield from breach(serial.is_(_is_on), metadata.resource, "`serial-port-enable` is on for the project", serial)
    for name in _KEYS:
        entry = metadata.child(name)
        yield from breach(no(entry.absent), metadata.resource, f"`{name}` lets a key in on every machine", entry)


def _is_on(value: object) -> bool:
    """Whether a value of metadata, which are texts, switches something on."""
    return str(value).lower() in ("true", "1", "yes")
