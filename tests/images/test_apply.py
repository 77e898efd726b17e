"""A recipe applied over a genuine SSH connection: from nothing to verified, a second time with nothing to do, and its bad luck.

Every step stays in the test's own folder. What needs a machine of its own is in `test_bake_a_debian_root.py`.
"""

import hashlib
import http.server
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.images.sshd import Server, needs_sshd, server

from soundstage.images.apply import NO_GPU, Applied, Titled, apply, refuse_unverified, verify
from soundstage.images.host import Progress, State
from soundstage.images.recipe import Check, Entry
from soundstage.images.ssh import Failed, SshHost
from soundstage.images.steps.download import Fetched, Source

pytestmark = needs_sshd


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with server(tmp_path_factory.mktemp("sshd")) as running:
        yield running


@pytest.fixture
def host(sshd: Server) -> Iterator[SshHost]:
    one = SshHost(lambda: sshd.address)
    yield one
    one.close()


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[str]:
    """A server on loopback that hands out the files of a folder."""
    folder = tmp_path / "mirror"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(folder))

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as one:
        thread = threading.Thread(target=one.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{one.server_port}"
        one.shutdown()
        thread.join()


def _steps(*entries: dict[str, Any]) -> list[Titled]:
    read = [Entry.model_validate(entry) for entry in entries]
    return [Titled(entry.title, entry.step) for entry in read]  # type: ignore[arg-type]


def _owner() -> str:
    import getpass
    import grp
    import os

    return f"{getpass.getuser()}:{grp.getgrgid(os.getgid()).gr_name}"


def _recipe(folder: Path) -> list[Titled]:
    return _steps(
        {"file": {"path": f"{folder}/etc/x.conf", "content": "a = 'ü'\n", "mode": "0640", "owner": _owner()}},
        {"name": "tool", "script": {"unless": f"test -x {folder}/tool", "run": f"cp /bin/true {folder}/tool"}},
        {"script": {"unless": f"grep -q b {folder}/etc/y", "run": f"echo b >{folder}/etc/y"}},
    )


def _fetched(address: str, content: bytes, to: Path, **also: Any) -> Titled:
    sha256 = also.pop("sha256", hashlib.sha256(content).hexdigest())
    source = Source.model_validate(
        {"version": "1", "sha256": sha256, "url": "https://example.com/1", "source": "a", "read": "2026-11-26", **also}
    )
    return Titled("download x", Fetched(name="x", to=str(to), source=source, address=address))


def test_a_recipe_is_applied_and_a_second_run_changes_nothing(host: SshHost, tmp_path: Path) -> None:
    seen: list[Progress] = []
    assert apply(_recipe(tmp_path), host, seen.append).changed == (f"file {tmp_path}/etc/x.conf", "tool", "script")
    assert (tmp_path / "etc/x.conf").read_text() == "a = 'ü'\n"
    assert [(one.number, one.state) for one in seen if one.state is not State.LINE] == [
        (1, State.BEGAN), (1, State.DONE), (2, State.BEGAN), (2, State.DONE), (3, State.BEGAN), (3, State.DONE),
    ]  # fmt: skip
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert apply(_recipe(tmp_path), host) == Applied((), 3)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_a_bake_that_failed_goes_on_at_the_step_that_failed(host: SshHost, tmp_path: Path) -> None:
    steps = _recipe(tmp_path)
    broken = _steps({"name": "broken", "script": {"unless": "false", "run": "echo no licence; exit 3"}})
    with pytest.raises(Failed, match=r"Step 2 of 3, broken: `run its commands` ended with 3") as refused:
        apply([steps[0], *broken, steps[1]], host)
    assert refused.value.printed == "no licence\n"
    seen: list[Progress] = []
    apply(steps, host, seen.append)
    assert [one.state for one in seen if one.number == 1] == [State.UNCHANGED]


def test_an_installer_that_said_it_was_done_and_did_nothing(host: SshHost, tmp_path: Path) -> None:
    lying = _steps({"name": "driver", "script": {"unless": f"test -e {tmp_path}/device", "run": "echo installed"}})
    with pytest.raises(Failed, match="ended well, and the machine is not as the recipe wants it") as refused:
        apply(lying, host)
    assert refused.value.printed == "installed\n"


def test_a_driver_that_finds_no_device_makes_no_image(host: SshHost) -> None:
    checks = [Check(name="the GPU answers", run="echo 'No devices were found'; exit 6"), Check(name="ok", run="true")]
    found = verify(checks, host, gpu=True)
    assert [(one.ok, one.seen) for one in found] == [(False, "No devices were found"), (True, "")]
    with pytest.raises(Failed, match=r"1 of 2 checks failed: the GPU answers\. No image was made"):
        refuse_unverified(found)


def test_a_check_that_ends_well_with_the_wrong_version_fails(host: SshHost) -> None:
    check = Check(name="driver", run="echo 570.1", expect=r"^595\.")
    assert [one.ok for one in verify([check], host, gpu=True)] == [False]
    refuse_unverified(verify([Check(name="driver", run="echo 595.91.07", expect=r"^595\.")], host, gpu=True))


def test_what_needs_a_gpu_is_left_to_a_machine_that_has_one(host: SshHost) -> None:
    (found,) = verify([Check(name="driver", run="exit 1", gpu=True)], host, gpu=False)
    assert (found.ok, found.seen) == (None, NO_GPU)
    refuse_unverified([found])


def test_a_download_is_taken_once_and_only_whole(host: SshHost, mirror: str, tmp_path: Path) -> None:
    (tmp_path / "mirror/x").write_bytes(b"driver")
    step = _fetched(f"{mirror}/x", b"driver", tmp_path / "cache/x")
    assert apply([step], host).changed
    assert (tmp_path / "cache/x").read_bytes() == b"driver"
    assert apply([step], host) == Applied((), 1)


def test_a_file_with_another_checksum_is_not_used(host: SshHost, mirror: str, tmp_path: Path) -> None:
    (tmp_path / "mirror/x").write_bytes(b"forged")
    with pytest.raises(Failed, match="download x 1` ended with 65") as refused:
        apply([_fetched(f"{mirror}/x", b"driver", tmp_path / "cache/x")], host)
    assert "wrong checksum" in refused.value.printed
    assert "not the one that was pinned" in refused.value.hint
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_mirror_that_is_down_says_so(host: SshHost, tmp_path: Path) -> None:
    step = _fetched("http://127.0.0.1:1/x", b"driver", tmp_path / "x")
    with pytest.raises(Failed) as refused:
        apply([step], host)
    assert "does not answer. Run the same command again" in refused.value.hint


def test_a_disk_that_is_full_says_what_to_set(host: SshHost) -> None:
    full = _steps({"name": "copy", "script": {"unless": "false", "run": "cat /dev/zero >/dev/full"}})
    with pytest.raises(Failed) as refused:
        apply(full, host)
    assert "builder.disk_gib" in refused.value.hint


def test_a_file_without_a_published_checksum_needs_its_proof(host: SshHost, mirror: str, tmp_path: Path) -> None:
    (tmp_path / "mirror/x").write_bytes(b"#!/bin/sh\nexit 0\n")
    also = {"sha256": "unpublished", "proof": 'sh "$FILE" --check'}
    good = _fetched(f"{mirror}/x", b"", tmp_path / "x", **also)
    assert apply([good], host).changed
    assert apply([good], host) == Applied((), 1)
    (tmp_path / "mirror/x").write_bytes(b"#!/bin/sh\nexit 1\n")
    with pytest.raises(Failed, match="ended with 65"):
        apply([_fetched(f"{mirror}/x", b"", tmp_path / "y", **also)], host)


def test_a_file_that_changed_under_its_version_since_the_first_bake(host: SshHost, mirror: str, tmp_path: Path) -> None:
    (tmp_path / "mirror/x").write_bytes(b"second")
    also = {"sha256": "unpublished", "proof": "true"}
    step = _fetched(f"{mirror}/x", b"", tmp_path / "x", **also)
    assert isinstance(step.step, Fetched)
    noted = step.step.model_copy(update={"known": hashlib.sha256(b"first").hexdigest()})
    with pytest.raises(Failed, match="ended with 65"):
        apply([Titled("x", noted)], host)


def test_a_signature_of_another_key_is_refused(
    host: SshHost, mirror: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if not shutil.which("gpg"):
        pytest.skip("there is no `gpg` on this machine")
    home = Path(tempfile.mkdtemp(prefix="keys"))  # gpg opens a socket in it, whose path must be short
    request.addfinalizer(lambda: shutil.rmtree(home, ignore_errors=True))

    def gpg(*words: str) -> str:
        done = subprocess.run(
            ["gpg", "--homedir", str(home), "--batch", *words], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    gpg("--passphrase", "", "--quick-gen-key", "maker@example.com", "ed25519", "sign", "never")
    listed = gpg("--list-keys", "--with-colons").splitlines()
    fingerprint = next(line.split(":")[9] for line in listed if line.startswith("fpr"))
    (tmp_path / "mirror/x").write_bytes(b"package")
    gpg("--armor", "--detach-sign", "--output", str(tmp_path / "mirror/x.asc"), str(tmp_path / "mirror/x"))
    (tmp_path / "mirror/KEYS").write_text(gpg("--armor", "--export"))
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False)

    def step(key: str, name: str) -> Titled:
        one = _fetched(
            f"{mirror}/x", b"", tmp_path / name, sha256="unpublished",
            signature={"url": "https://example.com/x.asc", "keys": "https://example.com/KEYS", "fingerprint": key},
        )  # fmt: skip
        assert isinstance(one.step, Fetched)
        assert one.step.source.signature
        # Recipes take https alone; the mirror of this test has no certificate.
        signature = one.step.source.signature.model_copy(update={"url": f"{mirror}/x.asc", "keys": f"{mirror}/KEYS"})
        source = one.step.source.model_copy(update={"signature": signature})
        return Titled(name, one.step.model_copy(update={"source": source}))

    assert apply([step(fingerprint, "good")], host).changed
    with pytest.raises(Failed, match="ended with 65") as refused:
        apply([step("0" * 40, "bad")], host)
    assert "wrong signature" in refused.value.printed
    assert not (tmp_path / "bad").exists()
