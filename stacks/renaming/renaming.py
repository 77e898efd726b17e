"""Give a project another name, without deleting and making it anew.

What people say and type changes: the file, the commands, every table and message. What the cloud has keeps the name that it was made with,
`project` in the file. That is decided so for each of them:

- A bucket's name can never change (Amazon S3 User Guide, "General purpose buckets overview", read 2026-11): another one would be another
  bucket, without the media.
- Roles and log groups cannot be renamed either (IAM `UpdateRole` and CloudWatch Logs have no such argument, read 2026-11): people's
  profiles name the roles, and what was logged would be lost.
- Tags could change. But a budget counts what carries a tag: with another value it would begin at zero in the middle of a month. Bills of
  months that are over keep the old value, and roles may touch only what carries it, while snapshots and images of `down` keep it too.
- The state stays the stack that it is. A colleague who has not fetched the new file yet works on the same one by the old name. With a
  state of another name the first `up` of that colleague would build everything a second time.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from soundstage.components.naming import label_faults
from soundstage.core import files, yamlfile
from soundstage.core.errors import OperationError, UsageError
from soundstage.engines.base import StackName
from soundstage.projectfile.project_paths import same_name, typed
from soundstage.projectfile.project_text import with_value
from soundstage.projectfile.spec import STUDIO_FILE
from soundstage.stacks.deployment import Deployment
from soundstage.stacks.kinds.resource_kinds import BUCKET, BUDGET
from soundstage.stacks.state import owner
from soundstage.stacks.state.on_record import on_record

KEPT: Final = (
    ("bucket", BUCKET),
    ("role", ("aws:iam/role:Role", "gcp:projects/iAMCustomRole:IAMCustomRole")),
    ("service account", ("gcp:serviceaccount/account:Account",)),
    ("log group", ("aws:cloudwatch/logGroup:LogGroup",)),
    ("log bucket", ("gcp:logging/projectBucketConfig:ProjectBucketConfig",)),
    ("budget", BUDGET),
    ("key alias", ("aws:kms/alias:Alias",)),
    ("key", ("gcp:kms/cryptoKey:CryptoKey",)),
)
"""What cannot be renamed, in words, and its types on every cloud."""


@dataclass(frozen=True)
class Renaming:
    """What a rename does."""

    before: str
    after: str
    key: str
    """Which key of the file changes: `called`, or `project` for one of which nothing was ever made."""
    file: Path
    moves: tuple[tuple[Path, Path], ...]
    """The files that get another name, in this order: the policies that belong to it, then its own."""
    kept: tuple[tuple[str, tuple[str, ...]], ...]
    """What of the cloud keeps the name that it has: the kind, and the ids."""
    stack: str
    """Its name in the cloud."""
    claim: Path | None
    """The folder of this machine's notes, where these say another file by now."""

    @property
    def old(self) -> str:
        """What it was called; where a rename was cut off, what of it has the old name still."""
        return next((name for name in (self.before, self.stack, self.file.stem) if name != self.after), self.before)

    @property
    def is_done(self) -> bool:
        return self.before == self.after and not self.moves and self.claim is None

    @property
    def new_file(self) -> Path:
        return dict(self.moves).get(self.file, self.file)


def plan_rename(deployment: Deployment, new: str) -> Renaming:
    """What it takes to call a project `new`. Raises `UsageError` for a name that cannot be one, for one that is taken, and for a file
    that is not the one that the project came up from."""
    project, path = deployment.project, deployment.path
    owner.check(deployment.folder, path, _what(project.project))
    if faults := label_faults("The new name", new):
        raise UsageError(f"{faults[0]}. Nothing was changed.")
    key = "called" if project.called or _was_made(deployment) else "project"
    moves = tuple(_moves(path, {project.project, project.title}, new))
    wanted = [one for old, now in moves for one in (same_name(now) if old == path else [now])]
    taken = next((one for one in wanted if one.exists()), None)
    if taken:
        raise UsageError(
            f"{taken} exists already. Nothing was changed.", "Choose another name, or move that file away."
        )
    if new not in (project.project, project.title):
        _refuse_taken(deployment, new)
    recorded = deployment.engine.resources()
    kept = tuple(
        (words, ids)
        for words, types in KEPT
        if (ids := tuple(sorted(str(one.id) for one in recorded.of_type(*types) if one.id)))
    )
    claimed, now = owner.claimed(deployment.folder), dict(moves).get(path, path)
    claim = deployment.folder if claimed and not owner.same(claimed, now) else None
    return Renaming(project.title, new, key, path, moves, kept, project.project, claim)


def moved_already(target: str, new: str) -> str:
    """The file of a project that a rename to `new` was cut off after it had moved the file, where somebody types its old path again;
    otherwise `target`."""
    path = Path(target)
    if not target.endswith((".yaml", ".yml")) or path.exists() or label_faults("The new name", new):
        return target
    moved = path.with_name(f"{new}{path.suffix}")
    return str(moved) if moved.is_file() and yamlfile.read(moved).value.get("project") == path.stem else target


def carry_out(renaming: Renaming) -> None:
    """Rename. Raises `OperationError` where a file cannot be written; the same command goes on."""
    for step in steps(renaming):
        try:
            step()
        except OSError as error:
            raise OperationError(
                f"{error.filename or renaming.file} cannot be written: {error.strerror}. Nothing is lost.",
                "Free some space or check its permissions, then run the same command again.",
            ) from error


def steps(renaming: Renaming) -> Iterator[Callable[[], object]]:
    """What is done, one after another. Each is whole or not done, and the same command goes on after any of them."""
    if renaming.before != renaming.after:
        text = yamlfile.content(renaming.file)
        yield lambda: files.write(renaming.file, with_value(text, str(renaming.file), (renaming.key,), renaming.after))
    for old, now in renaming.moves:
        yield lambda old=old, now=now: old.rename(now)  # type: ignore[misc]
    if claim := renaming.claim:
        yield lambda: owner.take(claim, renaming.new_file, _what(renaming.stack))


def _what(stack: str) -> str:
    return f'project "{stack}"'


def _moves(path: Path, names: set[str], new: str) -> Iterator[tuple[Path, Path]]:
    """A file that is named after its project, or that a person means by its name alone, follows; another one stays."""
    if path.stem == new or (path.stem not in names and typed(path) != path.stem):
        return
    policies = path.with_name(f"{path.stem}.policy.yaml")
    if policies.exists():
        yield policies, path.with_name(f"{new}.policy.yaml")
    yield path, path.with_name(f"{new}{path.suffix}")


def _was_made(deployment: Deployment) -> bool:
    """Whether anything of it was ever made, as far as this machine, the state and the cloud know. A simulated cloud is on this machine."""
    if deployment.folder.exists():
        return True
    return deployment.cloud.name.is_real and (deployment.engine.exists() or bool(deployment.snapshots()))


def _refuse_taken(deployment: Deployment, new: str) -> None:
    stack = StackName.of_project(new)
    there = next((one for one in on_record(deployment.studio.studio, stack) if one.is_there), None)
    if there:
        raise UsageError(
            f"There is a project {new} in this studio already: it is {there.standing}. Nothing was changed.",
            "Choose another name.",
        )
    beside = deployment.path.parent
    for other in sorted([*beside.glob("*.yaml"), *beside.glob("*.yml")]):
        if other.name == STUDIO_FILE or other.samefile(deployment.path):
            continue
        try:
            said = yamlfile.read(other).value
        except UsageError:
            continue
        if new in (said.get("project"), said.get("called")):
            raise UsageError(
                f"{other.name} is of a project {new} already. Nothing was changed.", "Choose another name."
            )
