"""The Linux boot script on a system of the RHEL family: its own lines, run by a genuine bash with stand-ins for the system's programs."""

import hashlib
import io
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from soundstage.components.boot.facts import BootFacts
from soundstage.components.boot.linux import shell_script

FACTS = BootFacts(
    project="teaser", workstation="edit-1", user="ana", profile="studio", access="session", gpu=False, web=True
)
TOOLS = (
    *("awk", "bash", "basename", "cat", "chmod", "cmp", "cp", "grep", "gzip", "head", "id", "mkdir", "mktemp", "mv"),
    *("readlink", "rm", "sed", "sha256sum", "tar"),
)
"""What such a system has of its own, `apt-mark` and `dpkg-divert` not among it."""


class Rpm:
    """A folder in the place of the root, and programs that note how they are called."""

    def __init__(self, folder: Path, name: str, version: str) -> None:
        self.folder = folder
        (folder / "bin").mkdir()
        for tool in TOOLS:
            (folder / "bin" / tool).symlink_to(shutil.which(tool) or f"/usr/bin/{tool}")
        for place in ("etc/dnf", "etc/gdm", "usr/bin", "usr/lib/systemd/system", "run/steps"):
            (folder / place).mkdir(parents=True)
        (folder / "etc/os-release").write_text(f'ID="{name}"\nVERSION_ID="{version}"\n')
        (folder / "etc/dnf/dnf.conf").write_text("[main]\ngpgcheck=1\n")
        self.program("dnf", "exit 0")
        self.program("systemctl", "exit 0")

    def program(self, name: str, body: str) -> None:
        path = self.folder / "bin" / name
        path.write_text(f'#!/bin/bash\necho "{name} $*" >>"{self.folder}/calls"\n{body}\n')
        path.chmod(0o755)

    def run(self, what: str) -> subprocess.CompletedProcess[str]:
        script = shell_script(FACTS).rstrip("\n").removesuffix("\nmain")
        for place in (
            "/etc/os-release",
            "/etc/dnf/",
            "/etc/gdm",
            "/etc/X11",
            "/usr/lib/systemd",
            "/usr/bin/X",
            "/usr/share/glib",
        ):
            script = script.replace(place, f"{self.folder}{place}")
        return subprocess.run(
            [shutil.which("bash") or "bash", "-c", f"{script}\nRUN={self.folder}/run\nset -e\n{what}"],
            capture_output=True, text=True, check=False, env={"PATH": str(self.folder / "bin")},
        )  # fmt: skip

    @property
    def calls(self) -> list[str]:
        path = self.folder / "calls"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def rocky(tmp_path: Path) -> Rpm:
    return Rpm(tmp_path, "rocky", "9.7")


@pytest.mark.parametrize(
    ("name", "version", "called"),
    [("rocky", "9.7", "el9"), ("rhel", "9.6", "el9"), ("almalinux", "9.7", "el9"), ("amzn", "2023", "amzn2023"),
     ("rocky", "10.1", ""), ("rocky", "8.10", ""), ("centos", "9", "")],
)  # fmt: skip
def test_which_package_of_the_display_is_for_which_system(tmp_path: Path, name: str, version: str, called: str) -> None:
    assert Rpm(tmp_path, name, version).run("system_name").stdout.strip() == called


def _archive(target: Path) -> str:
    """The display's packages as their maker puts them together. Its digest."""
    with tarfile.open(target, "w:gz") as packed:
        for name in ("nice-dcv-server-2025", "nice-dcv-web-viewer-2025", "nice-xdcv-2025", "nice-dcv-gltest-2025"):
            packed.addfile(tarfile.TarInfo(f"nice-dcv-el9/{name}.rpm"), io.BytesIO())
    return hashlib.sha256(target.read_bytes()).hexdigest()


def test_the_display_is_installed_with_the_systems_own_desktop(rocky: Rpm, tmp_path: Path) -> None:
    digest = _archive(tmp_path / "dcv.tgz")
    rocky.program("curl", f'cp "{tmp_path}/dcv.tgz" "${{@: -2:1}}"')
    done = rocky.run(f'DCV_SHA256="el9 {digest}"\ninstall_display')
    assert done.returncode == 0, done.stderr
    (fetched, group, packages) = rocky.calls
    assert fetched.endswith("-el9-x86_64.tgz")
    assert group == "dnf -y groupinstall Server with GUI"
    words = packages.split()
    assert words[:4] == ["dnf", "-y", "--disableexcludes=all", "install"]
    assert [Path(word).name for word in words if word.endswith(".rpm")] == [
        "nice-dcv-server-2025.rpm", "nice-dcv-web-viewer-2025.rpm", "nice-xdcv-2025.rpm",
    ]  # fmt: skip
    assert "excludepkgs=kernel* nvidia* nice-*" in (rocky.folder / "etc/dnf/dnf.conf").read_text()


def test_a_display_that_is_not_what_was_pinned_is_not_installed(rocky: Rpm, tmp_path: Path) -> None:
    _archive(tmp_path / "dcv.tgz")
    rocky.program("curl", f'cp "{tmp_path}/dcv.tgz" "${{@: -2:1}}"')
    done = rocky.run(f'DCV_SHA256="el9 {"0" * 64}"\ninstall_display')
    assert done.returncode != 0
    assert "not the file that was pinned" in done.stdout
    assert not any(call.startswith("dnf") for call in rocky.calls)


def test_a_system_that_no_display_is_pinned_for_says_so(tmp_path: Path) -> None:
    done = Rpm(tmp_path, "rocky", "10.1").run("install_display")
    assert done.returncode != 0
    assert "no display server is pinned for this system (unknown)" in done.stdout


def test_kernel_driver_and_display_are_held_once_and_in_the_main_section(rocky: Rpm) -> None:
    for _ in range(2):
        assert rocky.run("hold_updates").returncode == 0
    lines = (rocky.folder / "etc/dnf/dnf.conf").read_text().splitlines()
    assert lines[:2] == ["[main]", "excludepkgs=kernel* nvidia* nice-* gdm xorg-x11-server*"]
    assert sum(line.startswith("excludepkgs") for line in lines) == 1


def test_a_machine_without_a_gpu_gets_the_displays_own_screen_by_the_units_that_come_with_it(rocky: Rpm) -> None:
    own = rocky.folder / "usr/bin/Xdcv-console"
    own.touch(0o755)
    (rocky.folder / "usr/lib/systemd/system/xdcv-console.path").touch()
    assert rocky.run("virtual_screen").returncode == 0
    assert rocky.calls == ["systemctl enable --now xdcv-console-update.service xdcv-console.path"]


def test_the_login_screen_starts_with_x_and_the_persons_desktop(rocky: Rpm) -> None:
    conf = rocky.folder / "etc/gdm/custom.conf"
    conf.write_text("[daemon]\n#WaylandEnable=false\n\n[security]\n")
    own = rocky.folder / "usr/bin/Xdcv-console"
    own.touch(0o755)
    (rocky.folder / "usr/lib/systemd/system/xdcv-console.path").touch()
    done = rocky.run("screen")
    assert done.returncode == 0, done.stderr
    lines = conf.read_text().splitlines()
    assert {"WaylandEnable=false", "AutomaticLoginEnable=true", "AutomaticLogin=ana"} <= set(
        lines[: lines.index("[security]")]
    )
    assert "systemctl restart --no-block display-manager.service" in rocky.calls
