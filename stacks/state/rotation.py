"""Gives the secrets in a stack's state another key: another passphrase, or a cloud's key.

The genuine engine does it. The embedded one keeps no secrets, so there is nothing to do for its stacks.

The old key opens the state until the new state is written as a whole. Whatever a killed command left, the same command goes
on from: it asks the state itself which key opens it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from soundstage.core.errors import StateError, UsageError
from soundstage.engines.base import PROJECT_STACKS, STUDIO_STACKS, StackName
from soundstage.engines.kept import state_folders
from soundstage.engines.passphrase import KeyFile, passphrase, random_passphrase
from soundstage.projectfile.bucket_address import managed_bucket
from soundstage.projectfile.spec import Studio
from soundstage.stacks.clouds.base import Cloud
from soundstage.stacks.state.backend import PASSPHRASE
from soundstage.stacks.state.folder_backend import folder_stacks
from soundstage.stacks.target import (
    kept_in,
    pulumi_engine,
    pulumi_folder,
    pulumi_holds,
    state_folder,
)

if TYPE_CHECKING:
    from soundstage.engines.pulumi.sealed import SealedState


@dataclass(frozen=True)
class NewKey:
    """What the secrets are to be encrypted with: `passphrase`, or a cloud's key (`awskms://…`, `gcpkms://…`).

    `words` is the new passphrase; empty for a random one, where the passphrase is kept in a file of ours.
    """

    way: str = PASSPHRASE
    words: str = ""


@dataclass(frozen=True)
class Rotated:
    """What was done to one stack."""

    stack: StackName
    secrets: int
    """How many secrets the state holds."""
    already: bool
    """It had the new key before, from a command that was cut short or from a colleague."""
    copies: int | None
    """Earlier copies that still open with the old key only; None where the backend does not tell."""
    forgotten: int
    """Earlier copies that were deleted."""
    file: str | None
    """The file that has the new passphrase; None when whoever runs this keeps it."""


def rotate(cloud: Cloud, stack: StackName, studio: Studio, key: NewKey, *, forget_old: bool = False) -> Rotated:
    """Encrypt the secrets of `stack` with `key`. Proved by opening each of them, before and after.

    Raises `StateError` when the present passphrase is not the right one, and `UsageError` when `key` cannot be.
    """
    if cloud.embeds and not pulumi_holds(cloud, stack, studio):
        return Rotated(stack, 0, already=True, copies=0, forgotten=0, file=None)
    return _rotate_pulumi(cloud, stack, studio, key, forget_old=forget_old)


def stacks_of(cloud: Cloud, studio: Studio) -> list[StackName]:
    """The studio's stack and those of its projects, as far as this machine or the studio's backend has them on record."""
    home = StackName(STUDIO_STACKS, studio.studio)
    if cloud.embeds:
        folders = state_folder(studio, home).parent.parent
        kept = [StackName(folder.parent.name, folder.name) for folder in state_folders(folders)]
        found = set(kept) | set(folder_stacks(pulumi_folder(studio)))
        if managed_bucket(kept_in(cloud, home, studio)):
            found |= set(pulumi_engine(cloud, home, studio, words="").stacks())
    else:
        found = set(pulumi_engine(cloud, home, studio, words="").stacks())
    return sorted((stack for stack in found if stack == home or stack.project == PROJECT_STACKS), key=str)


def _rotate_pulumi(cloud: Cloud, stack: StackName, studio: Studio, key: NewKey, *, forget_old: bool) -> Rotated:
    keys = KeyFile(state_folder(studio, stack))
    # An export asks for no passphrase.
    before = after = pulumi_engine(cloud, stack, studio, words="").sealed()
    change = _change(keys, before, key, stack)
    # Coming from a cloud's key, the engine takes the new passphrase from where it takes the present one otherwise.
    engine = pulumi_engine(cloud, stack, studio, words=change.old or change.new)
    if not change.already:
        change.announce()
        engine.change_secrets(key.way, change.new)
        after = engine.sealed()
        _must_be_the_same(before, after, change.old, change.new)
    change.settle()
    copies = engine.old_copies()
    if forget_old and copies:
        engine.forget(copies)
    left = None if copies is None else 0 if forget_old else len(copies)
    gone = len(copies) if forget_old and copies else 0
    return Rotated(stack, after.count, change.already, left, gone, change.file)


@dataclass(frozen=True)
class _Change:
    """From which passphrase to which. `already` when the state has the new one; either is empty where a cloud's key does it."""

    keys: KeyFile
    old: str
    new: str
    already: bool
    in_file: bool

    @property
    def file(self) -> str | None:
        return str(self.keys.file) if self.in_file else None

    def announce(self) -> None:
        if self.in_file:
            self.keys.announce(self.new)

    def settle(self) -> None:
        if self.in_file:
            self.keys.settle()


def _change(keys: KeyFile, state: "SealedState", key: NewKey, stack: StackName) -> _Change:
    """What is to be done, as the state's proof and the passphrases at hand say. An earlier change comes first that had
    written the state and was cut short before its passphrase was in its place."""
    proof, announced = state.proof, keys.announced()
    if announced and proof and state.opens(announced):
        if key.words in ("", announced) and key.way == PASSPHRASE:
            return _Change(keys, keys.present(), announced, already=True, in_file=True)
        keys.settle()
    keys.drop()
    old = passphrase(keys.folder, make=False) if proof else ""
    new = _words(key, keys) if key.way == PASSPHRASE else ""
    if proof and new and state.opens(new):
        return _Change(keys, old, new, already=True, in_file=False)
    if proof and not state.opens(old):
        raise StateError(
            f"The passphrase does not open the secrets of {stack}, so they stay as they are.",
            "Set SOUNDSTAGE_PASSPHRASE to the one that it has now.",
        )
    return _Change(keys, old, new, already=False, in_file=bool(new) and keys.in_use)


def _words(key: NewKey, keys: KeyFile) -> str:
    if key.words:
        return key.words
    if keys.in_use:
        return random_passphrase()
    raise UsageError(
        "There is no new passphrase. You chose the present one yourself, so the new one must come from you too.",
        "Give it with `--passphrase-file FILE` or in SOUNDSTAGE_NEW_PASSPHRASE, or run this at a terminal.",
    )


def _must_be_the_same(before: "SealedState", after: "SealedState", old: str, new: str) -> None:
    """Refuse when what is on record is not what was. What a cloud's key closed is counted, not opened."""
    same = before.in_clear(old) == after.in_clear(new) if old and new else before.counted() == after.counted()
    if not same:
        raise StateError(
            "After the change the state does not read as before. Its copies in the backend still do, with the old key.",
            "Put the newest back with `pulumi stack import`, and please report it.",
        )
