"""Gets the genuine engine onto this machine: the pinned command and the provider plugin, checked before they are unpacked.

Archives are taken from the folder `archives` where they lie there already (a machine without internet), else downloaded from
Pulumi's site; what their SHA-256 must be comes from GitHub, so that both places would have to be taken over. The command's
release has a list of SHA-256 (aqua-registry `pkgs/pulumi/pulumi`). The plugin's list holds SHA-1 (pulumi-aws
`.github/workflows/publish.yml`), so GitHub's own digest of the release's file is taken, which it computes when a file is
uploaded (GitHub changelog of 2025-06-03, "Releases now expose digests"). All read 2026-11.
"""

import hashlib
import http.client
import json
import os
import platform
import re
import shutil
import subprocess
import tarfile
import tempfile
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from soundstage.core.errors import EngineError
from soundstage.engines.lock import held
from soundstage.engines.pulumi.command import PINNED, own_folder
from soundstage.engines.pulumi.plugin_home import engine_home, plugin_file
from soundstage.providers.aws import PACKAGE
from soundstage.providers.base import Package

OnBytes = Callable[[str, int, int], None]
"""Told of a download: the file's name, bytes so far, bytes in all (0 when nobody knows)."""

_SYSTEMS: Final = {"linux": "linux", "darwin": "darwin"}
_MACHINES: Final = {"x86_64": ("x64", "amd64"), "amd64": ("x64", "amd64"), "aarch64": ("arm64", "arm64"), "arm64": ("arm64", "arm64")}  # fmt: skip
_SHA256: Final = re.compile(r"[0-9a-fA-F]{64}")
_CHUNK: Final = 1 << 18
_SECONDS: Final = 30.0
_ROOM: Final = 2_000_000_000
"""Bytes that archives and what is in them take together, rounded up."""


@dataclass(frozen=True)
class Archive:
    """One file to get. `sums` is the address of what holds its SHA-256: a list, or GitHub's description of the release."""

    name: str
    url: str
    sums: str


def archives(package: Package = PACKAGE, system: str = "", machine: str = "") -> tuple[Archive, Archive]:
    """The command's archive and that of a provider's plugin, for this machine. `EngineError` where Pulumi is not made for it."""
    system = (system or platform.system()).lower()
    machine = (machine or platform.machine()).lower()
    if system not in _SYSTEMS or machine not in _MACHINES:
        raise EngineError(
            f"Pulumi is not made for {system} on {machine} (made for: linux and darwin on x86_64 and arm64).",
            "Use the simulated cloud here, or another machine.",
        )
    of_command, of_plugin = _MACHINES[machine]
    command = f"pulumi-v{PINNED}-{_SYSTEMS[system]}-{of_command}.tar.gz"
    plugin = f"pulumi-resource-{package.name}-v{package.version}-{_SYSTEMS[system]}-{of_plugin}.tar.gz"
    return (
        Archive(
            command,
            f"https://get.pulumi.com/releases/sdk/{command}",
            f"https://github.com/pulumi/pulumi/releases/download/v{PINNED}/pulumi-{PINNED}-checksums.txt",
        ),
        Archive(
            plugin,
            f"https://get.pulumi.com/releases/plugins/{plugin}",
            f"https://api.github.com/repos/pulumi/pulumi-{package.name}/releases/tags/v{package.version}",
        ),
    )


def archive_folder(home: Path) -> Path:
    """Where archives and their lists of checksums are looked for before anything is downloaded."""
    return home / "engine" / "archives"


def install(home: Path, wanted: tuple[Archive, Archive], on_bytes: OnBytes, package: Package = PACKAGE) -> None:
    """Put the command and a provider's plugin into the state folder `home`. What is there already is left alone.

    Raises `EngineError` when there is no network, no room, or when an archive is not the one that was published, and
    `StateLocked` when the same runs already.
    """
    folder = archive_folder(home)
    places = (own_folder(home) / "bin" / "pulumi", plugin_file(engine_home(home, package.name), package))
    try:
        with held(home / "engine", "The engine's folder", "workstation engine install"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for archive, place in zip(wanted, places, strict=True):
                if not place.is_file():
                    _clear(place.parent, folder)
                    _room(home)
                    _unpack(_checked(archive, folder, on_bytes), place)
    except (OSError, tarfile.TarError, EOFError, zlib.error) as error:
        raise EngineError(
            f"The engine cannot be put into {home / 'engine'}: {error}.",
            f"Make some room or check the permissions; `rm -r {folder}` deletes a damaged download.",
        ) from error


def _clear(target: Path, folder: Path) -> None:
    """Take away what an installation left that was killed."""
    shutil.rmtree(target, ignore_errors=True)
    for left in (*target.parent.glob(".unpack-*"), *folder.glob("*.part")):
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()


def by_hand(home: Path, wanted: tuple[Archive, Archive]) -> list[str]:
    """For a machine without internet: which file to bring, and where it goes."""
    folder = archive_folder(home)
    return [
        *(f"{address}  ->  {folder}/" for archive in wanted for address in (archive.url, archive.sums)),
        "then run `workstation engine install` here; it downloads only what is missing",
    ]


def _checked(archive: Archive, folder: Path, on_bytes: OnBytes) -> Path:
    """The archive on disk, its content being the one that was published."""
    sums = _present(archive.sums, folder, on_bytes)
    expected = _published(sums.read_text(errors="replace"), archive.name)
    if expected is None:
        sums.unlink()
        raise EngineError(
            f"{archive.sums} has no SHA-256 for {archive.name}, so it cannot be trusted.",
            "Run this again, or bring both files by hand: `workstation engine status` says which go where.",
        )
    path = _present(archive.url, folder, on_bytes)
    with path.open("rb") as opened:
        found = hashlib.file_digest(opened, "sha256").hexdigest()
    if found != expected:
        path.unlink()
        sums.unlink()
        raise EngineError(
            f"{archive.name} is not the file that was published: its SHA-256 is {found}, the published one {expected}.",
            "It has been deleted. Run this again; if that does not help, do not use the network you are on.",
        )
    return path


def _published(text: str, name: str) -> str | None:
    """The SHA-256 of the file `name`, from a list or from GitHub's description of a release; None when it is not there."""
    try:
        assets = json.loads(text)["assets"]
        found = next((str(one["digest"]).removeprefix("sha256:") for one in assets if one["name"] == name), "")
    except (ValueError, KeyError, TypeError):
        lines = (line.split() for line in text.splitlines())
        found = next((words[0] for words in lines if words[1:] == [name]), "")
    return found.lower() if _SHA256.fullmatch(found) else None


def _present(url: str, folder: Path, on_bytes: OnBytes) -> Path:
    path = folder / url.rpartition("/")[2]
    if not path.is_file():
        _download(url, path, on_bytes)
    return path


class _NoDowngrade(urllib.request.HTTPRedirectHandler):
    """Follows no redirect from an encrypted address to one that is not."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        if req.type == "https" and not newurl.startswith("https://"):
            raise urllib.error.URLError(f"it leads to {newurl}, which is not encrypted")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


_OPENER: Final = urllib.request.build_opener(_NoDowngrade)


def _download(url: str, path: Path, on_bytes: OnBytes) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with _OPENER.open(url, timeout=_SECONDS) as answer, part.open("wb") as file:
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


def _unpack(archive: Path, place: Path) -> None:
    """Put the folder of the archive's file that is named like `place` where that belongs: all of it or nothing."""
    target = place.parent
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unpack-", dir=target.parent) as scratch:
        inside = Path(scratch) / "content"
        with tarfile.open(archive) as opened:
            opened.extractall(inside, filter="data")
        found = next((file for file in sorted(inside.rglob(place.name)) if file.is_file()), None)
        if found is None or not os.access(found, os.X_OK):
            raise EngineError(
                f"{archive.name} holds no {place.name} that can be run.", f"Delete {archive} and run this again."
            )
        found.parent.rename(target)


def _room(home: Path) -> None:
    free = shutil.disk_usage(home).free
    if free < _ROOM:
        raise EngineError(
            f"There are {free / 1e9:.1f} GB free at {home}; the engine takes up to {_ROOM / 1e9:.0f} GB while it is put there.",
            "Make some room, or set SOUNDSTAGE_HOME to a larger disk.",
        )


def plugin_runs(file: Path) -> bool:
    """Whether an installed plugin is made for this machine."""
    try:
        return subprocess.run([file, "-version"], capture_output=True, timeout=20, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
