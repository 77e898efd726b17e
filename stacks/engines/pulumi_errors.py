"""What the Pulumi command says when it fails, put into a few lines that say what to type next.

The texts matched are those of engine 3.260 (`pkg/backend/diy/lock.go`, `pkg/secrets/passphrase`, `pkg/resource/deploy`; 2026-11).
"""

import re
from typing import Final

from pulumi.automation.errors import CommandError

from soundstage.components.errors import CloudError, EngineError, OperationError, StateError, StateLocked
from soundstage.stacks.engines.base import StackName
from soundstage.stacks.engines.pulumi_events import PROTECTED, Listener

_LOCKED = re.compile(r"created by (?P<user>\S+)@(?P<host>\S+) \(pid (?P<pid>\d+)\) at (?P<since>\S+)")
_NOISE = re.compile(r"^(error:|Diagnostics:|\s*$|Resources:|Duration:|update failed|preview failed)")

_KNOWN: Final = (
    (
        re.compile(PROTECTED),
        OperationError,
        "{stack} holds resources that are protected, and these are not deleted.",
        "`workstation down` leaves them where they are; with --delete-media it deletes them too.",
    ),
    (
        re.compile(r"incorrect passphrase"),
        StateError,
        "The passphrase does not open the secrets of {stack}.",
        "Set SOUNDSTAGE_PASSPHRASE to the one it has now. If it is, it was changed elsewhere: run the same command again.",
    ),
    (
        re.compile(r"passphrase must be set"),
        StateError,
        "The secrets of {stack} need a passphrase, and none is set.",
        "Set SOUNDSTAGE_PASSPHRASE.",
    ),
    (
        re.compile(r"no resource plugin '?(?P<plugin>[^'\s]+)|could not (find|load) plugin"),
        EngineError,
        "The Pulumi engine has no provider plugin for this cloud.",
        "Run `workstation engine install`; without internet, `workstation engine status` says which file goes where.",
    ),
    (
        re.compile(r"newer version of (the )?Pulumi|unsupported checkpoint version|unsupported deployment version"),
        StateError,
        "The state of {stack} was written by a newer Pulumi.",
        "Run `workstation engine install`, or use the same version as your colleagues.",
    ),
    (
        re.compile(r"(dial tcp|connection refused|no such host|i/o timeout|could not (open|list|read) (the )?bucket|blob \()"),
        OperationError,
        "The place that keeps the state of {stack} cannot be reached.",
        "Check the network and `state` in studio.yaml, then run the same command again: what was done is on record.",
    ),
    (
        re.compile(r"(exited prematurely|plugin .* exited|rpc error: code = Unavailable)"),
        EngineError,
        "A provider plugin of the engine crashed while working on {stack}.",
        "Run the same command again; `workstation recover` finds what was left in the middle.",
    ),
)  # fmt: skip


def explain(error: CommandError, what: str, stack: StackName, listener: Listener) -> OperationError:
    """The error for a failed command: a `CloudError` when it was the cloud that refused a step."""
    text = str(error)
    listener.close()
    if "currently locked by" in text:
        return _locked(text, stack)
    for pattern, kind, message, hint in _KNOWN:
        if pattern.search(text):
            return kind(message.format(stack=stack), hint)
    lines = list(
        dict.fromkeys(line for message in listener.errors for line in message.splitlines() if not _NOISE.match(line))
    )
    if not lines:
        lines = [line.strip() for line in text.splitlines() if not _NOISE.match(line.strip())]
    kind = CloudError if listener.step_failed else OperationError
    return kind(
        f"{what} of {stack} failed: " + "\n".join(lines[:6]),
        "What was done is on record. Mend the cause and run the same command again.",
    )


def _locked(text: str, stack: StackName) -> StateLocked:
    found = _LOCKED.search(text)
    holder = f" by {found['user']} on {found['host']} (process {found['pid']}) since {found['since']}" if found else ""
    return StateLocked(
        f"{stack} is locked{holder}: another command is at work on it.",
        "Wait for it. If that process is gone, `workstation unlock` shows what is held and releases it.",
    )
