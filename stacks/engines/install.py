"""Gets the genuine engine onto this machine: the pinned command and the provider plugin, checked before they are unpacked.

Archives are taken from the folder `archives` where they lie there already (a machine without internet), else downloaded.
Where they come from, and where the checksums do: pulumi.com/docs/install/versions and the releases of pulumi/pulumi and
pulumi/pulumi-aws (2026-11). Checksums are fetched from the releases, archives from the download site: two places.
"""

import hashlib
import http.client
import os
import platform
import shutil
import subprocess
import tarfile
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from soundstage.components.errors import EngineError
from soundstage.stacks.engines.pulumi_command import AWS_PLUGIN, PINNED, own_folder
from soundstage.stacks.engines.pulumi_home import engine_home, plugin_file

OnBytes = Callable[[str, int, int], None]
"""Told of a download: the file's name, bytes so far, bytes in all (0 when nobody knows)."""

_SYSTEMS: Final = {"linux": "linux", "darwin": "darwin"}
_MACHINES: Final = {"x86_64": ("x64", "amd64"), "amd64": ("x64", "amd64"), "aarch64": ("arm64", "arm64"), "arm64": ("arm64", "arm64")}  # fmt: skip
_CHUNK: Final = 1 << 18
_SECONDS: Final = 30.0
_ROOM: Final = 2_000_000_000
"""Bytes that archives and what is in them take together, rounded up."""


@dataclass(frozen=True)
class Archive:
    """One file to get. `sums` is the address of the list that holds its SHA-256."""

    name: str
    url: str
    sums: str


def archives(system: str = "", machine: str = "") -> tuple[Archive, Archive]:
    """The command's archive and the AWS plugin's, for this machine. `EngineError` where Pulumi is not made for it."""
    system = (system or platform.system()).lower()
    machine = (machine or platform.machine()).lower()
    if system not in _SYSTEMS or machine not in _MACHINES:
        raise EngineError(
            f"Pulumi is not made for {system} on {machine} (made for: linux and darwin on x86_64 and arm64).",
            "Use the simulated cloud here, or another machine.",
        )
    of_command, of_plugin = _MACHINES[machine]
    command = f"pulumi-v{PINNED}-{_SYSTEMS[system]}-{of_command}.tar.gz"
    plugin = f"pulumi-resource-aws-v{AWS_PLUGIN}-{_SYSTEMS[system]}-{of_plugin}.tar.gz"
    releases = "https://github.com/pulumi"
    return (
        Archive(
            command,
            f"https://get.pulumi.com/releases/sdk/{command}",
            f"{releases}/pulumi/releases/download/v{PINNED}/pulumi-{PINNED}-checksums.txt",
        ),
        Archive(
            plugin,
            f"https://get.pulumi.com/releases/plugins/{plugin}",
            f"{releases}/pulumi-aws/releases/download/v{AWS_PLUGIN}/pulumi-aws_{AWS_PLUGIN}_checksums.txt",
        ),
    )


def archive_folder(home: Path) -> Path:
    """Where archives and their lists of checksums are looked for before anything is downloaded."""
    return home / "engine" / "archives"


def install(home: Path, wanted: tuple[Archive, Archive], on_bytes: OnBytes) -> None:
    """Put the command and the AWS plugin into the state folder `home`. What is there already is left alone.

    Raises `EngineError` when there is no network, no room, or when an archive is not the one that was published.
    """
    command, plugin = wanted
    folder = archive_folder(home)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (own_folder(home) / "bin" / "pulumi").is_file():
            _room(home)
            _unpack(_checked(command, folder, on_bytes), own_folder(home) / "bin", "pulumi")
        if not plugin_file(engine_home(home, "aws")).is_file():
            _room(home)
            _unpack(_checked(plugin, folder, on_bytes), plugin_file(engine_home(home, "aws")).parent, "")
    except (OSError, tarfile.TarError, EOFError) as error:
        raise EngineError(
            f"The engine cannot be put into {home / 'engine'}: {error}.",
            f"Make some room or check the permissions; `rm -r {folder}` forgets a damaged download.",
        ) from error


def by_hand(home: Path, wanted: tuple[Archive, Archive]) -> list[str]:
    """For a machine without internet: which file to bring, and where it goes."""
    folder = archive_folder(home)
    return [
        *(f"{address}  ->  {folder}/" for archive in wanted for address in (archive.url, archive.sums)),
        "then run `workstation engine install` here; it downloads only what is missing",
    ]


def _checked(archive: Archive, folder: Path, on_bytes: OnBytes) -> Path:
    """The archive on disk, its content being the one that the list of checksums names."""
    sums = _present(archive.sums, folder, on_bytes).read_text(errors="replace")
    expected = next((line.split()[0] for line in sums.splitlines() if line.split()[1:] == [archive.name]), None)
    if expected is None:
        raise EngineError(
            f"{archive.sums.rpartition('/')[2]} has no checksum for {archive.name}, so it cannot be trusted.",
            f"Delete {folder} and run this again, or bring both files by hand.",
        )
    path = _present(archive.url, folder, on_bytes)
    with path.open("rb") as opened:
        found = hashlib.file_digest(opened, "sha256").hexdigest()
    if found != expected.lower():
        path.unlink()
        raise EngineError(
            f"{archive.name} is not the file that was published: its SHA-256 is {found}, the published one {expected}.",
            "It has been deleted. Run this again; if that does not help, do not use the network you are on.",
        )
    return path


def _present(url: str, folder: Path, on_bytes: OnBytes) -> Path:
    path = folder / url.rpartition("/")[2]
    if not path.is_file():
        _download(url, path, on_bytes)
    return path


def _download(url: str, path: Path, on_bytes: OnBytes) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as answer, part.open("wb") as file:  # noqa: S310 - addresses are ours
            size = int(answer.headers.get("Content-Length") or 0)
            while chunk := answer.read(_CHUNK):
                file.write(chunk)
                on_bytes(path.name, file.tell(), size)
            if size and file.tell() != size:
                raise EngineError(f"{url} broke off after {file.tell()} of {size} bytes.", "Run this again.")
        part.replace(path)
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
        raise EngineError(
            f"{url} cannot be downloaded: {getattr(error, 'reason', error)}.",
            "Check the network, or bring the files by hand: `workstation engine status` says which file goes where.",
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _unpack(archive: Path, target: Path, inside: str) -> None:
    """Put the files in the archive's folder `inside` into `target`, all of them or none."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unpack-", dir=target.parent) as scratch:
        with tarfile.open(archive) as opened:
            opened.extractall(scratch, filter="data")
        if target.exists():
            shutil.rmtree(target)
        (Path(scratch) / inside if inside else Path(scratch)).rename(target)
        Path(scratch).mkdir(exist_ok=True)


def _room(home: Path) -> None:
    free = shutil.disk_usage(home).free
    if free < _ROOM:
        raise EngineError(
            f"There are {free / 1e9:.1f} GB free at {home}; the engine takes up to {_ROOM / 1e9:.0f} GB while it is put there.",
            "Make some room, or set SOUNDSTAGE_HOME to a larger disk.",
        )


def plugin_runs(home: Path) -> bool:
    """Whether the installed AWS plugin is made for this machine."""
    file = plugin_file(engine_home(home, "aws"))
    try:
        return subprocess.run([file, "-version"], capture_output=True, timeout=20, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
