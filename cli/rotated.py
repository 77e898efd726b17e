"""What `rotate-secrets` asks and answers, for a project's stack and for the studio's alike."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from soundstage.cli.answer import Answer, say

if TYPE_CHECKING:
    from soundstage.engines.base import StackName
    from soundstage.projectfile.spec import Studio
    from soundstage.stacks.clouds.base import Cloud
    from soundstage.stacks.state.rotation import Rotated

Way: TypeAlias = Annotated[
    str, typer.Option("--to", metavar="WAY", help="passphrase, awskms://KEY?region=REGION or gcpkms://projects/…")
]
PassphraseFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file", metavar="FILE", show_default=False, help="A file with the new passphrase on one line."
    ),
]
ForgetOld: TypeAlias = Annotated[
    bool, typer.Option("--forget-old", help="Delete earlier copies that only the old key decrypts.")
]


def rotated(
    about: dict[str, str],
    cloud: "Cloud",
    studio: "Studio",
    stacks: Sequence["StackName"],
    way: str,
    file: Path | None,
    *,
    forget: bool,
    yes: bool,
) -> Answer:
    """Ask for the new key, and give it to the secrets of `stacks`, one after the other. `about` begins the document."""
    from soundstage.cli.confirm import confirm
    from soundstage.cli.new_passphrase import new_passphrase
    from soundstage.projectfile.studio_text import check_secrets
    from soundstage.stacks.state.backend import PASSPHRASE
    from soundstage.stacks.state.rotation import NewKey, rotate

    check_secrets(way, "--to")
    key = NewKey(way, new_passphrase(file) if way == PASSPHRASE else "")
    names = ", ".join(str(stack) for stack in stacks)
    confirm(f"Encrypt the secrets of {names or 'nothing'} with another key?", yes=yes)
    done = [rotate(cloud, stack, studio, key, forget_old=forget) for stack in stacks]
    words = [_told(one, way) for one in done] or ["Nothing is up, so there are no secrets."]
    if any(one.file is None and (one.secrets or not one.already) for one in done) and way == PASSPHRASE:
        words.append("From now on SOUNDSTAGE_PASSPHRASE must be the new one, for your colleagues too.")
    if way != studio.state.secrets:
        words.append(f"Now write `secrets: {way}` under `state` in studio.yaml.")
    return Answer(about | {"stacks": [_document(one) for one in done]}, say("\n".join(words)))


def _told(one: "Rotated", way: str) -> str:
    from soundstage.cli.display.text import count

    if not one.secrets and one.already:
        return f"{one.stack} holds no secrets."
    new = "a new passphrase" if way == "passphrase" else way
    number = count(one.secrets, "secret") + (" is" if one.secrets == 1 else " are")
    words = f"{one.stack}: {number} encrypted with {new}{' already' if one.already else ''}"
    words += f", which is in {one.file}." if one.file else "."
    if one.forgotten:
        words += f" {one.forgotten} earlier copies were deleted."
    elif one.copies is None:
        words += " The copies that its backend keeps can be decrypted with the old key."
    elif one.copies:
        words += f" {one.copies} earlier copies can be decrypted with the old key only; `--forget-old` deletes those in the backend."
    return words


def _document(one: "Rotated") -> dict[str, object]:
    return {
        "stack": str(one.stack), "secrets": one.secrets, "already": one.already, "old_copies": one.copies,
        "forgotten": one.forgotten, "file": one.file,
    }  # fmt: skip
