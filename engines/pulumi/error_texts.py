"""What the Pulumi command says when it fails, put into a few lines that say what to type next.

The texts matched are those of engine 3.260 (`pkg/backend/diy/lock.go`, `pkg/secrets/passphrase`, `pkg/resource/deploy`; 2026-11);
those about credentials and missing buckets were seen with emulators of Google's and Azure's storage and a server that refuses.
"""

import re
from typing import Final

from pulumi.automation.errors import CommandError

from soundstage.core.errors import (
    CloudError,
    EngineError,
    OperationError,
    PreflightRefused,
    SoundstageError,
    StateError,
    StateLocked,
)
from soundstage.core.wrong_clock import HINT, wrong_clock
from soundstage.engines.base import StackName
from soundstage.engines.pulumi.events import PROTECTED, Listener

_LOCKED = re.compile(r"created by (?P<user>\S+)@(?P<host>\S+) \(pid (?P<pid>\d+)\) at (?P<since>\S+)")
_NOISE = re.compile(
    r"^(error:|Diagnostics:|\s*$|Resources:|Duration:|update failed|preview failed|code: |stdout:|Logging in using|SDK \d)"
)
_START = re.compile(r"^(stderr: )?(error: )?")

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
        re.compile(r"PULUMI_ACCESS_TOKEN must be set"),
        PreflightRefused,
        "The state of {stack} is kept in Pulumi Cloud, and there is no access token.",
        "Set PULUMI_ACCESS_TOKEN; https://app.pulumi.com/account/tokens makes one.",
    ),
    (
        re.compile(r"error: Unauthorized: |invalid access token"),
        PreflightRefused,
        "Pulumi Cloud does not accept the access token, so the state of {stack} cannot be read.",
        "Set PULUMI_ACCESS_TOKEN to one that is valid; https://app.pulumi.com/account/tokens makes one.",
    ),
    (
        re.compile(r"missing google credentials|could not find default credentials"),
        PreflightRefused,
        "The state of {stack} is kept in a bucket of Google's, and there are no Google credentials.",
        "Run `gcloud auth application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS to a key file.",
    ),
    (
        re.compile(r"azureblob: Options.AccountName is required"),
        PreflightRefused,
        "The state of {stack} is kept at Azure, and nothing says in which storage account.",
        "Set AZURE_STORAGE_ACCOUNT, and AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN; or `az login` instead of the latter.",
    ),
    (
        re.compile(r"blob \(.*(get credentials: |no EC2 IMDS role found|NoCredentialProviders)"),
        PreflightRefused,
        "The state of {stack} is kept in a bucket, and there are no credentials for it.",
        "Sign in (`aws sso login`), then run the same command again.",
    ),
    (
        re.compile(r"ERROR CODE: (Authorization|Authentication)|blob \(.*(AccessDenied|InvalidAccessKeyId|ExpiredToken|Error 40[13])"),
        PreflightRefused,
        "The credentials may not use the place that keeps the state of {stack}.",
        "Check whose they are, and `state` in studio.yaml.",
    ),
    (
        re.compile(r"ERROR CODE: ContainerNotFound|blob \(.*(bucket doesn't exist|NoSuchBucket)"),
        StateError,
        "The bucket or container that is to keep the state of {stack} does not exist.",
        "Make it (`workstation studio init` with `--state` does, or says how), or correct `state` in studio.yaml.",
    ),
    (
        re.compile(r"exited prematurely|plugin .* exited|error reading from server|rpc error: code = Unavailable"),
        EngineError,
        "A provider plugin of the engine crashed while working on {stack}.",
        "Run the same command again: it looks for what was left unfinished and continues.",
    ),
    (
        re.compile(r"(dial tcp|connection refused|no such host|i/o timeout|could not (open|list|read) (the )?bucket|blob \()"),
        OperationError,
        "The place that keeps the state of {stack} cannot be reached.",
        "Check the network and `state` in studio.yaml, then run the same command again: what was done is on record.",
    ),
)  # fmt: skip


def explain(error: CommandError, what: str, stack: StackName, listener: Listener) -> SoundstageError:
    """The error for a failed command: a `CloudError` when it was the cloud that refused a step."""
    text = str(error)
    listener.close()
    if "currently locked by" in text:
        return _locked(text, stack)
    if clock := wrong_clock("", text + "".join(listener.errors)):
        return PreflightRefused(clock, HINT)
    for pattern, kind, message, hint in _KNOWN:
        if pattern.search(text):
            return kind(message.format(stack=stack), hint)
    lines = list(
        dict.fromkeys(line for message in listener.errors for line in message.splitlines() if not _NOISE.match(line))
    )
    if not lines:
        lines = [
            line for line in (_START.sub("", line.strip()) for line in text.splitlines()) if not _NOISE.match(line)
        ]
    kind = CloudError if listener.step_failed else OperationError
    return kind(
        f"{what} of {stack} failed: " + "\n".join(lines[:6]),
        "What was done is on record. Correct the cause and run the same command again.",
    )


def _locked(text: str, stack: StackName) -> StateLocked:
    found = _LOCKED.search(text)
    holder = f" by {found['user']} on {found['host']} (process {found['pid']}) since {found['since']}" if found else ""
    return StateLocked(
        f"{stack} is locked{holder}: another command is at work on it.",
        f"Wait for it. If that process is gone, `{stack.command} unlock` shows what is held and releases it.",
    )
