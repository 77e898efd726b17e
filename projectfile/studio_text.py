"""The text of a studio file that says where the state is kept; every other line stays as it is."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from soundstage.core import yamlfile
from soundstage.core.errors import UsageError
from soundstage.core.words import shown
from soundstage.core.yamlfile import scalar
from soundstage.projectfile.bucket_address import Bucket, bucket_of, managed_bucket, own_bucket
from soundstage.projectfile.spec import Studio, read_studio
from soundstage.projectfile.studio_file import BACKENDS, SECRETS, State

_OFFERED: Final = re.compile(r"^#state:\n(^ *#.*\n?)*", re.MULTILINE)
"""What a new studio file says about it, commented out."""


def meant(where: str, secrets: str, studio: Studio, account_id: Callable[[], str]) -> State:
    """The state that `--state WHERE` means for a studio. A bucket on AWS is the studio's own to make, in its home region;
    `s3` alone gives it a name, in which the number of the account stands: `account_id` is asked for it then and only then.

    Raises `UsageError` for what is no backend.
    """
    if where == "s3" and managed_bucket(studio.state):
        # Chosen earlier, perhaps for another cloud: one file names one bucket.
        return studio.state
    if where == "s3":
        bucket: Bucket | None = own_bucket(studio.studio, account_id(), studio.home_region)
    else:
        bucket = bucket_of(_checked(where, secrets))
        if bucket and not bucket.endpoint and not bucket.folder:
            bucket = Bucket(bucket.name, bucket.region or studio.home_region)
        else:
            bucket = None
    return _checked(bucket.url, secrets, managed=True) if bucket else _checked(where, secrets)


def check_secrets(way: str, option: str) -> None:
    """Raise `UsageError` when `way` names nothing that can encrypt secrets."""
    try:
        State(secrets=way)
    except ValidationError as error:
        raise UsageError(f"{option} {shown(way)} cannot be used.", f"Allowed: {SECRETS}.") from error


def _checked(backend: str, secrets: str, *, managed: bool = False) -> State:
    try:
        return State(backend=backend, secrets=secrets, managed=managed)
    except ValidationError as error:
        key = error.errors()[0]["loc"][0]
        option, value = ("--secrets", secrets) if key == "secrets" else ("--state", backend)
        # What holds an @ may hold a password.
        said = "" if "@" in value else f" {shown(value)}"
        raise UsageError(f"{option}{said} cannot be used.", f"Allowed: {_ALLOWED[option]}.") from error


_ALLOWED: Final = {"--state": f"s3, {BACKENDS}", "--secrets": SECRETS}


def with_state(text: str, state: State, file: str) -> str:
    """The text of a studio file that says `state`. Raises `UsageError` when it says something else already."""
    said = yamlfile.parse(text, file).value.get("state")
    if isinstance(said, dict) and said.get("backend"):
        if State.model_validate(said) == state:
            return text
        raise UsageError(
            f"{file} keeps the state in {said['backend']} already.",
            "To move it from there, change `state` in that file; then `workstation studio move-state --from URL` and, for "
            "each project, `workstation move-state PROJECT --from URL`.",
        )
    if said is not None:
        raise UsageError(
            f"{file} has a `state` without a `backend`.", "Take it out of the file, then run this again: it writes it."
        )
    lines = ["state:", f"  backend: {scalar(state.backend or '')}"]
    lines += ["  managed: true"] * state.managed
    lines.append(f"  secrets: {scalar(state.secrets)}")
    block = "\n".join(lines) + "\n"
    if _OFFERED.search(text):
        return _OFFERED.sub(lambda _: block, text, count=1)
    return text.rstrip("\n") + "\n\n" + block


def read_own(path: Path, name: str) -> str:
    """The text of the file at `path`. Raises `UsageError` when it is another studio's than `name`."""
    text = yamlfile.content(path)
    said = read_studio(text, str(path)).studio
    if said != name:
        raise UsageError(
            f'{path} is of the studio "{said}". Nothing was changed.', f"Use that name, or another folder for {name}."
        )
    return text
