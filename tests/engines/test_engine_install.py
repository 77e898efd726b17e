"""Getting the genuine engine: only what was published is unpacked, and whatever is in the way is said in words."""

import hashlib
import io
import json
import os
import shutil
import tarfile
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from soundstage.core.errors import EngineError, StateLocked
from soundstage.engines.pulumi import install as installing
from soundstage.engines.pulumi.command import own_folder
from soundstage.engines.pulumi.install import Archive, archive_folder, archives, by_hand, install
from soundstage.engines.pulumi.plugin_home import engine_home, plugin_file
from soundstage.providers.aws import PACKAGE


class Site:
    """A download site on loopback. `files` is what it serves; `cut` names files that break off, `slow` waits for each."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cut: set[str] = set()
        self.asked: list[str] = []
        self.slow: Callable[[], object] = lambda: None
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.strip("/")
                site.asked.append(name)
                body = site.files.get(name)
                site.slow()
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
    assert plugin_file(engine_home(tmp_path, "aws"), PACKAGE).is_file()
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
    site.files["command.tar.gz.sums"] = f"{'0' * 64}  other.tar.gz\n".encode()
    with pytest.raises(EngineError, match=r"has no SHA-256 for command\.tar\.gz"):
        install(tmp_path, wanted(site), unheard)
    assert list(archive_folder(tmp_path).iterdir()) == []


def test_a_weaker_checksum_is_refused(site: Site, tmp_path: Path) -> None:
    weak = hashlib.sha1(site.files["command.tar.gz"]).hexdigest()
    site.files["command.tar.gz.sums"] = f"{weak}  command.tar.gz\n".encode()
    with pytest.raises(EngineError, match="has no SHA-256"):
        install(tmp_path, wanted(site), unheard)


def test_the_description_of_a_release_holds_checksums_too(site: Site, tmp_path: Path) -> None:
    """As GitHub answers for a release: the digest of each of its files (REST API, "Get a release by tag name")."""
    for name in ("command.tar.gz", "plugin.tar.gz"):
        digest = f"sha256:{hashlib.sha256(site.files[name]).hexdigest()}"
        assets = [{"name": "other.tar.gz", "digest": None}, {"name": name, "digest": digest}]
        site.files[f"{name}.sums"] = json.dumps({"tag_name": "v1", "assets": assets}).encode()
    install(tmp_path, wanted(site), unheard)
    assert plugin_file(engine_home(tmp_path, "aws"), PACKAGE).is_file()


@pytest.mark.parametrize(
    "assets", [[], [{"name": "command.tar.gz", "digest": None}], [{"name": "command.tar.gz"}], "x"]
)
def test_a_description_without_a_digest_is_refused(assets: object, site: Site, tmp_path: Path) -> None:
    site.files["command.tar.gz.sums"] = json.dumps({"assets": assets}).encode()
    with pytest.raises(EngineError, match="has no SHA-256"):
        install(tmp_path, wanted(site), unheard)


BROKEN = {
    "cut short": (packed(pulumi__pulumi=os.urandom(4096))[:2048], "cannot be put into"),
    "no archive": (b"<html>Sign in to the hotel's network</html>", "cannot be put into"),
    "without the command": (packed(pulumi__other=b"#!/bin/sh\n"), "holds no pulumi that can be run"),
}


@pytest.mark.parametrize(("content", "words"), BROKEN.values(), ids=BROKEN)
def test_an_archive_that_is_broken_as_it_was_published_leaves_nothing_behind(
    content: bytes, words: str, site: Site, tmp_path: Path
) -> None:
    site.files["command.tar.gz"] = content
    site.files["command.tar.gz.sums"] = f"{hashlib.sha256(content).hexdigest()}  command.tar.gz".encode()
    with pytest.raises(EngineError, match=words) as caught:
        install(tmp_path, wanted(site), unheard)
    assert str(archive_folder(tmp_path)) in caught.value.hint
    assert not own_folder(tmp_path).exists() or not list(own_folder(tmp_path).iterdir())


def test_what_a_killed_installation_left_is_cleared_away(site: Site, tmp_path: Path) -> None:
    target = own_folder(tmp_path) / "bin"
    left = [target / "pulumi-language-python", target.parent / ".unpack-abc" / "pulumi", archive_folder(tmp_path) / "command.tar.gz.1.part"]  # fmt: skip
    for file in left:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("half")
    install(tmp_path, wanted(site), unheard)
    assert (target / "pulumi").is_file()
    assert not any(file.exists() for file in left)


def test_a_disk_that_fills_up_on_the_way_is_said_and_leaves_no_part(site: Site, tmp_path: Path) -> None:
    archive_folder(tmp_path).mkdir(parents=True)
    part = archive_folder(tmp_path) / f"command.tar.gz.{os.getpid()}.part"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(installing, "_clear", lambda *_: part.symlink_to("/dev/full"))
        with pytest.raises(EngineError, match="No space left on device"):
            install(tmp_path, wanted(site), unheard)
    assert not part.is_symlink()
    install(tmp_path, wanted(site), unheard)


def test_of_two_installations_at_once_the_second_is_told_of_the_first(site: Site, tmp_path: Path) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        asked.set()
        go_on.wait(20)

    site.slow = wait
    first = threading.Thread(target=install, args=(tmp_path, wanted(site), unheard))
    first.start()
    try:
        assert asked.wait(20)
        with pytest.raises(StateLocked, match="workstation engine install"):
            install(tmp_path, wanted(site), unheard)
    finally:
        go_on.set()
        first.join(20)
    assert plugin_file(engine_home(tmp_path, "aws"), PACKAGE).is_file()


def test_a_way_that_leaves_encryption_is_not_followed() -> None:
    safe = urllib.request.Request("https://get.pulumi.com/a")
    with pytest.raises(urllib.error.URLError, match="not encrypted"):
        installing._NoDowngrade().redirect_request(safe, None, 302, "", {}, "http://get.pulumi.com/a")


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
        archive.addfile(tarfile.TarInfo("../../../../../escaped"), io.BytesIO(b""))
    site.files["command.tar.gz"] = evil.getvalue()
    site.files["command.tar.gz.sums"] = f"{hashlib.sha256(evil.getvalue()).hexdigest()}  command.tar.gz".encode()
    with pytest.raises(EngineError, match="cannot be put into"):
        install(tmp_path, wanted(site), unheard)
    assert not list(tmp_path.parent.rglob("escaped"))


@pytest.mark.parametrize(
    ("system", "machine", "command", "plugin"),
    [
        ("Linux", "x86_64", "linux-x64", "linux-amd64"),
        ("Linux", "aarch64", "linux-arm64", "linux-arm64"),
        ("Darwin", "arm64", "darwin-arm64", "darwin-arm64"),
    ],
)
def test_every_machine_gets_its_own_archives(system: str, machine: str, command: str, plugin: str) -> None:
    first, second = archives(system=system, machine=machine)
    assert first.name.endswith(f"{command}.tar.gz")
    assert second.name.endswith(f"{plugin}.tar.gz")
    assert all(address.startswith("https://") for archive in (first, second) for address in (archive.url, archive.sums))


def test_a_machine_that_pulumi_is_not_made_for_is_refused() -> None:
    with pytest.raises(EngineError, match="not made for linux on riscv64"):
        archives(system="Linux", machine="riscv64")


def test_by_hand_names_every_file_and_its_place(tmp_path: Path) -> None:
    text = "\n".join(by_hand(tmp_path, archives(system="Linux", machine="x86_64")))
    assert text.count(str(archive_folder(tmp_path))) == 4
    assert "pulumi-v3.260.0-linux-x64.tar.gz" in text
