"""Makes a root that boots: Debian, with stand-ins for what hardware or the makers of drivers and displays must give, and nothing else.

`make boot` runs this once. It takes some minutes and the network of the system's own packages; the tests take neither.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

SUITE: Final = "bookworm"
PACKAGES: Final = (
    *("systemd-sysv", "udev", "dbus", "cloud-init", "e2fsprogs", "util-linux", "kmod", "procps", "iproute2", "openssl"),
    *("curl", "ca-certificates", "python3", "unattended-upgrades", "dpkg-dev", "bindfs", "systemd-timesyncd"),
)
FINISHED: Final = "finished-with-documents"
"""A root of an earlier kind lacks the host of documents, and is made anew."""
STANDINS: Final = Path(__file__).with_name("standins")
DCV: Final = "nice-dcv-2025.0-20103-ubuntu2404-x86_64"
NEEDS: Final = ("debootstrap", "systemd-nspawn", "losetup", "mount", "dpkg-deb", "openssl")


def missing() -> str:
    """Why no root can be made or booted here; empty when one can."""
    if os.geteuid() != 0:
        return "this user is not root"
    lacking = [name for name in NEEDS if shutil.which(name) is None]
    if lacking:
        return f"{', '.join(lacking)} not installed"
    return "" if Path("/dev/loop-control").exists() else "no loop devices"


def run(*command: str | Path, **more: object) -> None:
    subprocess.run([str(word) for word in command], check=True, **more)  # type: ignore[call-overload]


# What each stand-in package installs. The display server answers as the genuine one does where the probe and the boot script ask.
_DCV_TOOL = """#!/bin/sh
case "$1" in
  version) echo 'Amazon DCV 2025.0 (r20103)' ;;
  list-sessions) echo "Session: 'console' (owner:$(sed -n "s/^owner='\\(.*\\)'/\\1/p" /etc/dcv/dcv.conf) type:console)" ;;
  describe-session) echo '{"num-of-connections": 0}' ;;
esac
"""
_DCV_UNIT = """[Unit]
Description=Display server (stand-in)
[Service]
ExecStart=/usr/bin/python3 /srv/standin/dcv-server.py
[Install]
WantedBy=multi-user.target
"""
# The display manager starts an X server (a process of that name, with a key) and notes what it found when it started.
_GDM = """#!/bin/bash
{ echo "starts with: $(grep -h Wayland /etc/gdm3/custom.conf) xorg.conf:$([ -f /etc/X11/xorg.conf ] && echo yes || echo no) $(readlink /usr/bin/Xorg)"; } >>/var/log/gdm-stand-in.log
exec -a Xorg /usr/bin/python3 -c 'import signal; signal.pause()' :0 -auth /run/gdm-key
"""
_GDM_UNIT = """[Unit]
Description=Display manager (stand-in)
After=systemd-user-sessions.service
[Service]
ExecStart=/usr/sbin/gdm3
Restart=always
[Install]
Alias=display-manager.service
"""
_GDM_CONF = (
    "[daemon]\n# Uncomment the line below to force the login screen to use Xorg\n#WaylandEnable=false\n\n[security]\n"
)


def _package(folder: Path, name: str, version: str, file: str, contents: dict[str, str], script: str = "") -> None:
    tree = folder / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN" / "control").write_text(
        f"Package: {name}\nVersion: {version}\nArchitecture: amd64\nMaintainer: stand-in <a@b.example>\nDescription: stand-in\n"
    )
    if script:
        (tree / "DEBIAN" / "postinst").write_text(f"#!/bin/sh\n{script}\n")
        (tree / "DEBIAN" / "postinst").chmod(0o755)
    for path, text in contents.items():
        target = tree / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        target.chmod(0o755 if "bin/" in path else 0o644)
    run("dpkg-deb", "--build", "--root-owner-group", tree, folder / file, stdout=subprocess.DEVNULL)
    shutil.rmtree(tree)


def _display_packages(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _package(
        folder, "nice-dcv-server", "2025.0.20103-1", "nice-dcv-server_2025.0.20103-1_amd64.ubuntu2404.deb",
        {"usr/bin/dcv": _DCV_TOOL, "usr/lib/systemd/system/dcvserver.service": _DCV_UNIT, "etc/dcv/dcv.conf": "[display]\n"},
        "id dcv >/dev/null 2>&1 || useradd --system dcv; systemctl daemon-reload || true",
    )  # fmt: skip
    _package(folder, "nice-dcv-web-viewer", "2025.0.20103-1", "nice-dcv-web-viewer_2025.0.20103-1_amd64.deb", {})
    _package(
        folder, "nice-xdcv", "2025.0.688-1", "nice-xdcv_2025.0.688-1_amd64.deb", {"usr/bin/Xdcv-console": "#!/bin/sh\n"}
    )  # fmt: skip


def _desktop_packages(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _package(
        folder, "gdm3", "46.2", "gdm3.deb",
        {"usr/sbin/gdm3": _GDM, "usr/lib/systemd/system/gdm3.service": _GDM_UNIT, "etc/gdm3/custom.conf": _GDM_CONF},
        "systemctl enable gdm3 || true",
    )  # fmt: skip
    tools = {
        "mesa-utils": {"usr/bin/glxinfo": "#!/bin/sh\necho 'OpenGL renderer string: NVIDIA A10G/PCIe/SSE2'\n"},
        "x11-xserver-utils": {
            "usr/bin/xrandr": "#!/bin/sh\necho 'Screen 0: minimum 8 x 8, current 1024 x 768, maximum 16384 x 16384'\n"
        },
        "pulseaudio-utils": {"usr/bin/pulseaudio": "#!/bin/sh\necho 'pulseaudio 16.1'\n"},
        "ubuntu-desktop-minimal": {},
    }
    for name, contents in tools.items():
        _package(folder, name, "99.0", f"{name}.deb", contents)


_SERVERS_UNIT = """[Unit]
DefaultDependencies=no
Before=cloud-init-local.service network-pre.target sysinit.target
After=systemd-remount-fs.service
[Service]
ExecStartPre=/usr/sbin/ip link set lo up
ExecStartPre=-/usr/sbin/ip addr add 169.254.169.254/32 dev lo
ExecStart=/usr/bin/python3 /srv/standin/servers.py
[Install]
WantedBy=sysinit.target
"""
_HOSTS = """127.0.0.1 localhost
127.0.0.2 logs.eu-west-1.amazonaws.com
127.0.0.3 d1uj6qtbmh3dt5.cloudfront.net
127.0.0.4 ssm.eu-west-1.amazonaws.com
"""
_UBUNTU = 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\nPRETTY_NAME="Ubuntu 24.04 (Debian stands in)"\nVERSION_CODENAME=bookworm\n'


def make(root: Path) -> None:
    """A plain system, as a cloud's own image is: cloud-init and no display. Anew each time it was not finished."""
    shutil.rmtree(root, ignore_errors=True)
    # A folder for temporary files that somebody has set is not there inside: `ca-certificates` could not be installed.
    quiet = {name: value for name, value in os.environ.items() if name not in {"TMPDIR", "TMP", "TEMP"}}
    quiet["DEBIAN_FRONTEND"] = "noninteractive"
    run("debootstrap", "--variant=minbase", SUITE, root, env=quiet)
    run("chroot", root, "apt-get", "install", "-y", "-q", "--no-install-recommends", *PACKAGES, env=quiet)
    run("chroot", root, "apt-get", "clean")
    standin = root / "srv" / "standin"
    standin.mkdir(parents=True)
    for file in STANDINS.iterdir():
        shutil.copy(file, standin / file.name)
    names = ",".join(
        f"DNS:{host}"
        for host in ("d1uj6qtbmh3dt5.cloudfront.net", "logs.eu-west-1.amazonaws.com", "ssm.eu-west-1.amazonaws.com")
    )
    run(
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", "/CN=stand-in",
        "-addext", f"subjectAltName={names}", "-keyout", standin / "k.pem", "-out", standin / "c.pem",
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    shutil.copy(standin / "c.pem", root / "usr/local/share/ca-certificates/stand-in.crt")
    run("chroot", root, "update-ca-certificates", env=quiet, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    (root / "etc/systemd/system/standin-servers.service").write_text(_SERVERS_UNIT)
    run("systemctl", f"--root={root}", "enable", "standin-servers.service", stderr=subprocess.DEVNULL)
    run("systemctl", f"--root={root}", "set-default", "multi-user.target", stderr=subprocess.DEVNULL)
    (root / "etc/hosts").write_text(_HOSTS)
    (root / "etc/os-release").unlink()
    (root / "etc/os-release").write_text(_UBUNTU)
    (root / "etc/cloud/cloud.cfg.d/99-stand-in.cfg").write_text("datasource_list: [ NoCloud ]\n")
    # What its packages would be fetched from.
    _desktop_packages(root / "srv/apt")
    with (root / "srv/apt/Packages").open("w") as index:
        run(
            "chroot",
            root,
            "sh",
            "-c",
            "cd /srv/apt && dpkg-scanpackages . /dev/null",
            stdout=index,
            stderr=subprocess.DEVNULL,
        )
    (root / "etc/apt/sources.list").write_text("deb [trusted=yes] file:/srv/apt ./\n")
    servers = root / "srv/www/2025.0/Servers"
    _display_packages(servers / DCV)
    run("tar", "-C", servers, "-czf", servers / f"{DCV}.tgz", DCV)
    (root / FINISHED).touch()


if __name__ == "__main__":
    if why := missing():
        sys.exit(f"No root can be made here: {why}.")
    target = Path(sys.argv[1]).absolute()
    if not (target / FINISHED).exists():
        target.mkdir(parents=True, exist_ok=True)
        make(target)
    print(f"The root is at {target}.")
