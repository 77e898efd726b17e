"""Where the genuine engine keeps the state of a studio's stacks, and what encrypts the secrets in it.

`studio.yaml` decides for real clouds. What lives on the simulated cloud is kept in a folder on this machine.

Tried with engine 3.260 (2026-11): folders, S3 on the simulated cloud, and with emulators Google Cloud Storage
(gcp-storage-emulator 2026) and Azure Blob (Azurite 3): up by two people, history, cancelling, down, and each fault of
`engines.pulumi.error_texts`. Of Pulumi Cloud only the way in: the token that is missing or refused, and what a stack is called.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote, urlparse

from soundstage.core.errors import StateError
from soundstage.engines.backend import Backend
from soundstage.engines.passphrase import has_passphrase, passphrase
from soundstage.projectfile.spec import State
from soundstage.stacks.state.hosts import refuse_unknown_host

PASSPHRASE: Final = "passphrase"  # noqa: S105 - the name of a way, not a secret


def folder_url(folder: Path) -> str:
    """`file://…` for a folder."""
    return "file://" + quote(str(folder))


def backend_of(
    state: State, folder: Path, stack_folder: Path, environment: Mapping[str, str], words: str | None = None
) -> Backend:
    """The backend that `state` describes; the default one is `folder`.

    The passphrase is found in the environment or in `stack_folder`; `words` is another one, or none when empty. `environment` goes to the
    engine alone. Raises `StateError` when the passphrase is empty, or when the state is shared and there is none: one that
    only this machine knows would shut everybody else out; also for a host that this machine was not told to trust.
    """
    url = state.backend or folder_url(folder)
    refuse_unknown_host(url)
    if url.startswith("file://"):
        _make(Path(unquote(urlparse(url).path)))
        # Without this each file has a second one of attributes, and a command killed while it writes that one leaves a
        # state that cannot be read (gocloud.dev `blob/fileblob`, engine 3.260).
        url += "?metadata=skip"
    elif words is None and state.secrets == PASSPHRASE and not has_passphrase(stack_folder):
        raise StateError(
            f"The state is shared ({url.partition('?')[0]}), and there is no passphrase for the secrets in it.",
            "Set SOUNDSTAGE_PASSPHRASE to the studio's, or let a cloud's key do it: `state: {secrets: awskms://…}`.",
        )
    found = dict(environment)
    if words:
        found["PULUMI_CONFIG_PASSPHRASE"] = words
    elif words is None and (state.secrets == PASSPHRASE or has_passphrase(stack_folder)):
        found["PULUMI_CONFIG_PASSPHRASE"] = passphrase(stack_folder, make=True)
    url, organisation = _split(url)
    return Backend(url, state.secrets, found, organisation)


def _split(url: str) -> tuple[str, str]:
    """The address of Pulumi Cloud and the organisation at its end; any other address as it is."""
    parsed = urlparse(url)
    if parsed.scheme != "https":
        return url, ""
    return f"https://{parsed.netloc}", parsed.path.strip("/")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StateError(
            f"The folder for the engine's state, {folder}, cannot be made: {error.strerror}.",
            "Check its permissions, or name another under `state` in studio.yaml.",
        ) from error
