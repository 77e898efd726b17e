"""Getting the genuine engine: only what was published is unpacked, and whatever is in the way is said in words."""

import hashlib
import io
import shutil
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from soundstage.components.errors import EngineError
from soundstage.stacks.engines import install as installing
from soundstage.stacks.engines.install import Archive, archive_folder, archives, by_hand, install
from soundstage.stacks.engines.pulumi_command import own_folder
from soundstage.stacks.engines.pulumi_home import engine_home, plugin_file


class Site:
    """A download site on loopback. `files` is what it serves; `cut` names files that break off."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cut: set[str] = set()
        self.asked: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.strip("/")
                site.asked.append(name)
                body = site.files.get(name)
                self.send_response(200 if body is not None else 404)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write((body or b"")[: len(body or b"") // 2] if name in site.cut else body or b"")

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/{name}"


def packed(**files: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name.replace("__", "/").replace("_", "-"))
            member.size, member.mode = len(content), 0o755
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    command, plugin = packed(pulumi__pulumi=b"#!/bin/sh\necho v3.260.0\n"), packed(pulumi_resource_aws=b"#!/bin/sh\n")
    site.files = {"command.tar.gz": command, "plugin.tar.gz": plugin}
    for name, body in tuple(site.files.items()):
        site.files[f"{name}.sums"] = f"{hashlib.sha256(body).hexdigest()}  {name}\n".encode()
    yield site
    site.server.shutdown()
    site.server.server_close()


def wanted(site: Site) -> tuple[Archive, Archive]:
    names = ("command.tar.gz", "plugin.tar.gz")
    first, second = (Archive(name, site.url(name), site.url(f"{name}.sums")) for name in names)
    return first, second


def unheard(_name: str, _done: int, _size: int) -> None:
    pass


def test_both_parts_are_installed_and_a_second_time_nothing_is_asked_for(site: Site, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    install(tmp_path, wanted(site), lambda *progress: told.append(progress))
    assert (own_folder(tmp_path) / "bin" / "pulumi").stat().st_mode & 0o100
    assert plugin_file(engine_home(tmp_path, "aws")).is_file()
    assert ("command.tar.gz", len(site.files["command.tar.gz"]), len(site.files["command.tar.gz"])) in told
    site.asked.clear()
    install(tmp_path, wanted(site), unheard)
    assert site.asked == []


def test_another_file_than_the_published_one_is_refused_and_deleted(site: Site, tmp_path: Path) -> None:
    site.files["command.tar.gz"] = packed(pulumi__pulumi=b"#!/bin/sh\necho evil\n")
    with pytest.raises(EngineError, match="not the file that was published"):
        install(tmp_path, wanted(site), unheard)
    assert not (archive_folder(tmp_path) / "command.tar.gz").exists()
    assert not own_folder(tmp_path).exists()


def test_a_list_without_the_archive_is_refused(site: Site, tmp_path: Path) -> None:
    site.files["command.tar.gz.sums"] = b"0000  other.tar.gz\n"
    with pytest.raises(EngineError, match=r"has no checksum for command\.tar\.gz"):
        install(tmp_path, wanted(site), unheard)


def test_a_download_that_breaks_off_is_said_and_leaves_nothing(site: Site, tmp_path: Path) -> None:
    site.cut.add("command.tar.gz")
    with pytest.raises(EngineError, match=r"broke off|cannot be downloaded"):
        install(tmp_path, wanted(site), unheard)
    assert [file.name for file in archive_folder(tmp_path).iterdir()] == ["command.tar.gz.sums"]


def test_no_network_points_to_the_way_without_one(site: Site, tmp_path: Path) -> None:
    nobody = tuple(replace(archive, sums="http://127.0.0.1:1/sums") for archive in wanted(site))
    with pytest.raises(EngineError, match="cannot be downloaded") as caught:
        install(tmp_path, (nobody[0], nobody[1]), unheard)
    assert "workstation engine status" in caught.value.hint


def test_files_brought_by_hand_are_used_without_any_network(site: Site, tmp_path: Path) -> None:
    folder = archive_folder(tmp_path)
    folder.mkdir(parents=True)
    for name, body in site.files.items():
        (folder / name).write_bytes(body)
    install(tmp_path, wanted(site), unheard)
    assert site.asked == []
    assert (own_folder(tmp_path) / "bin" / "pulumi").is_file()


def test_a_full_disk_is_said_before_anything_is_downloaded(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type(shutil.disk_usage(tmp_path))(10, 9, 1)
    monkeypatch.setattr(installing.shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(EngineError, match="GB free"):
        install(tmp_path, wanted(site), unheard)
    assert site.asked == []


def test_an_archive_that_reaches_out_of_its_folder_is_refused(site: Site, tmp_path: Path) -> None:
    evil = io.BytesIO()
    with tarfile.open(fileobj=evil, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("../../../../escaped"), io.BytesIO(b""))
    site.files["command.tar.gz"] = evil.getvalue()
    site.files["command.tar.gz.sums"] = f"{hashlib.sha256(evil.getvalue()).hexdigest()}  command.tar.gz".encode()
    with pytest.raises(EngineError, match="cannot be put into"):
        install(tmp_path, wanted(site), unheard)
    assert not list(tmp_path.rglob("escaped"))


@pytest.mark.parametrize(
    ("system", "machine", "command", "plugin"),
    [
        ("Linux", "x86_64", "linux-x64", "linux-amd64"),
        ("Linux", "aarch64", "linux-arm64", "linux-arm64"),
        ("Darwin", "arm64", "darwin-arm64", "darwin-arm64"),
    ],
)
def test_every_machine_gets_its_own_archives(system: str, machine: str, command: str, plugin: str) -> None:
    first, second = archives(system, machine)
    assert first.name.endswith(f"{command}.tar.gz")
    assert second.name.endswith(f"{plugin}.tar.gz")
    assert all(address.startswith("https://") for archive in (first, second) for address in (archive.url, archive.sums))


def test_a_machine_that_pulumi_is_not_made_for_is_refused() -> None:
    with pytest.raises(EngineError, match="not made for linux on riscv64"):
        archives("Linux", "riscv64")


def test_by_hand_names_every_file_and_its_place(tmp_path: Path) -> None:
    text = "\n".join(by_hand(tmp_path, archives("Linux", "x86_64")))
    assert text.count(str(archive_folder(tmp_path))) == 4
    assert "pulumi-v3.260.0-linux-x64.tar.gz" in text
