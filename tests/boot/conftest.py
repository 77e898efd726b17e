"""A machine that boots for real: systemd and cloud-init run what we send, in a root made by `make boot`."""

import base64
import contextlib
import gzip
import hashlib
import json
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.boot.root import DCV, FINISHED, STANDINS, missing

from soundstage.components.boot.facts import DATA_VOLUME_TAG, BootFacts
from soundstage.components.boot.idle_tags import idle_tags
from soundstage.components.boot.linux import linux_script
from soundstage.components.boot.report import Check, Report, read
from soundstage.components.boot.software import software
from soundstage.components.boot.tools_document import packed, tools_document

VOLUME = "vol-0123456789abcdef0"
LONGEST = 240
"""Seconds that a boot may take."""
_END = """[Unit]
After=cloud-final.service
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'journalctl -b --no-pager >/srv/out/journal; systemctl poweroff'
[Install]
WantedBy=cloud-init.target
"""
GPU = {
    "usr/bin/nvidia-smi": """#!/bin/sh
case "$*" in
  -L) echo 'GPU 0: NVIDIA A10G (UUID: GPU-0)' ;;
  -q) echo '        License Status                        : Licensed (Expiry: N/A)' ;;
  *driver_version*) echo 'NVIDIA A10G, 595.91.07' ;;
  *) echo 0 ;;
esac
""",
    "usr/bin/nvidia-xconfig": '#!/bin/sh\necho "nvidia-xconfig $*" >/etc/X11/xorg.conf\n',
    "usr/bin/ffmpeg": "#!/bin/sh\nexit 0\n",
}
"""What a driver brings, which takes a GPU."""
MEDIA = {
    "usr/bin/mount-s3": """#!/bin/bash
case "${@: -2:1}" in *missing*) echo 'Error: The bucket does not exist' >&2; exit 1 ;; esac
exec bindfs -o allow_other /srv/bucket "${@: -1}"
""",
    "srv/bucket/dailies/a.mov": "x" * 100,
}
"""Mountpoint for Amazon S3, which takes a bucket: a folder stands in, through genuine FUSE."""


@dataclass
class Booted:
    """What is left of a machine that booted once."""

    root: Path
    sent: list[dict[str, Any]] = field(default_factory=list)
    """The calls that the log group's service got."""

    def text(self, path: str) -> str:
        return (self.root / path).read_text(errors="replace")

    def check(self, name: str) -> Check:
        return next(check for check in self.report.checks if check.name == name)

    @property
    def report(self) -> Report:
        """The last report that left the machine."""
        return read(self.events("/ready")[-1])

    @property
    def failed(self) -> list[str]:
        return [failure.name for failure in self.report.failures]

    def events(self, stream: str) -> list[str]:
        puts = [call for call in self.sent if call["action"] == "PutLogEvents"]
        return [event["message"] for put in puts if put["logStreamName"].endswith(stream) for event in put["logEvents"]]


Boot = Callable[..., Booted]


def _placed(root: Path, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        target.chmod(0o755 if "bin/" in path else 0o644)


def _sent(facts: BootFacts, root: Path) -> bytes:
    """What the machine is sent, with the checksum of the display that stands in, with less patience for one that never comes, and
    content with a slow disk: this machine may have much else to do."""
    text = gzip.decompress(linux_script(facts)).decode()
    pinned = software()["dcv_linux"]["sha256"]["ubuntu2404"]
    there = hashlib.sha256((root / f"srv/www/2025.0/Servers/{DCV}.tgz").read_bytes()).hexdigest()
    for old, new in (
        (pinned, there),
        ('"data_floor":50', '"data_floor":1'),
    ):
        assert old in text
        text = text.replace(old, new)
    return gzip.compress(text.encode())


def _tools() -> str:
    """The document of the tools, with a probe of less patience."""
    text = packed(windows=False).decode()
    assert "time.monotonic() + 90" in text
    document = json.loads(tools_document(windows=False))
    less = gzip.compress(text.replace("time.monotonic() + 90", "time.monotonic() + 20").encode())
    document["mainSteps"][0]["inputs"]["runCommand"] = [f": {base64.b64encode(less).decode()}"]
    return json.dumps(document)


@contextlib.contextmanager
def _overlaid(lower: Path, folder: Path) -> Iterator[Path]:
    """The root with whatever is written to it kept on a small disk of its own, which can be filled."""
    image, disk, merged = folder / "root.img", folder / "disk", folder / "merged"
    if not image.exists():
        with image.open("wb") as stream:
            stream.truncate(4 << 30)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", str(image)], check=True)
    for each in (disk, merged):
        each.mkdir(exist_ok=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(disk)], check=True)
    try:
        for name in ("upper", "work"):
            (disk / name).mkdir(exist_ok=True)
        options = f"lowerdir={lower},upperdir={disk}/upper,workdir={disk}/work"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, str(merged)], check=True)
        try:
            yield merged
        finally:
            subprocess.run(["umount", "--recursive", str(merged)], check=True)
    finally:
        try:
            shutil.rmtree(folder / "left", ignore_errors=True)
            for name in ("var", "etc"):
                shutil.copytree(disk / "upper" / name, folder / "left" / name, symlinks=True, ignore=_special)
        finally:
            subprocess.run(["umount", str(disk)], check=True)


def _special(folder: str, names: list[str]) -> list[str]:
    """What is no file, folder or link, as what an overlay has in the place of what was deleted, and what fills a disk."""
    modes = {name: (Path(folder) / name).lstat().st_mode for name in names}
    return [
        name for name, mode in modes.items() if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode))
    ]


@contextlib.contextmanager
def _disk(image: Path) -> Iterator[str]:
    """A loop device over an image of a disk."""
    done = subprocess.run(["losetup", "--find", "--show", str(image)], check=True, capture_output=True, text=True)
    device = done.stdout.strip()
    try:
        yield device
    finally:
        subprocess.run(["losetup", "--detach", device], check=True)


@pytest.fixture
def boot(repository: Path) -> Iterator[Boot]:
    """`boot(facts, image={path: text}, prepare=…, attached=True, clock_off=0)`: boot once more, with what the last boot left."""
    lower = Path(os.environ.get("SOUNDSTAGE_BOOT_ROOT", repository / "build" / "boot" / "root"))
    if why := missing():
        pytest.skip(f"no machine can boot here: {why}")
    if not (lower / FINISHED).exists():
        pytest.skip("there is no root to boot: run `make boot`")
    # Not where pytest keeps its folders: other runs remove those, and a root is mounted in this one.
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=lower.parent))

    def boots(
        facts: BootFacts,
        *,
        image: Mapping[str, str] = {**GPU, **MEDIA},
        commands: str = "",
        attached: bool = True,
        clock_off: int = 0,
        full: bool = False,
        disk: str = "blank",
        tags: Mapping[str, str] | None = None,
    ) -> Booted:
        volume = folder / "volume"
        if not volume.exists():
            with volume.open("wb") as stream:
                stream.truncate(512 << 20)
            if disk == "strange":
                with volume.open("r+b") as stream:
                    stream.write(b"somebody's rushes")
        with _overlaid(lower, folder) as root, _disk(volume) as device:
            _placed(root, image)
            link = f"nvme-Amazon_Elastic_Block_Store_{VOLUME.replace('-', '')}"
            wired = f"mkdir -p /dev/disk/by-id && ln -sf {device} /dev/disk/by-id/{link}" if attached else "true"
            known = {DATA_VOLUME_TAG: VOLUME, **(idle_tags(30, ("render",)) if tags is None else tags)}
            metadata = {
                "instance-id": "i-0123456789abcdef0",
                "placement/region": "eu-west-1",
                "services/domain": "amazonaws.com",
                "iam/security-credentials/": "role",
                "iam/security-credentials/role": '{"AccessKeyId": "A", "SecretAccessKey": "S", "Token": "T"}',
                "tags/instance": "\n".join(known),
                **{f"tags/instance/{name}": value for name, value in known.items()},
            }
            _placed(
                root,
                {
                    "srv/standin/told.json": json.dumps(
                        {"metadata": metadata, "clock_off": clock_off, "tools": _tools()}
                    ),
                    "srv/standin/wire.sh": wired,
                    "srv/standin/servers.py": (STANDINS / "servers.py").read_text(),
                    "etc/systemd/system/standin-end.service": _END,
                    "etc/systemd/system/standin-servers.service.d/disk.conf": "[Service]\n"
                    "ExecStartPre=/bin/sh /srv/standin/wire.sh\n",
                    "var/lib/cloud/seed/nocloud/meta-data": "instance-id: i-0123456789abcdef0\n",
                },
            )
            (root / "var/lib/cloud/seed/nocloud/user-data").write_bytes(_sent(facts, root))
            if commands:
                subprocess.run(["chroot", str(root), "/bin/bash", "-ec", commands], check=True, capture_output=True)
            subprocess.run(
                ["systemctl", f"--root={root}", "enable", "standin-end.service"], check=True, capture_output=True
            )
            out = folder / "out"
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir()
            (root / "srv/out").mkdir(exist_ok=True)
            if full:
                free = os.statvfs(root).f_bavail * 4096
                subprocess.run(["fallocate", "-l", str(free - (1 << 20)), str(root / "var/filler")], check=True)
            command = ["systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit", "--private-network"]
            command += [
                "--console=pipe",
                f"--machine=soundstage-{os.getpid()}",
                f"--bind={device}",
                f"--bind={out}:/srv/out",
                "--bind=/dev/fuse",
                "--directory",
                str(root),
            ]
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONGEST, check=False
            )
            sent, journal = out / "sent.jsonl", out / "journal"
            calls = [json.loads(line) for line in sent.read_text().splitlines()] if sent.exists() else []
        booted = Booted(folder / "left", calls)
        told = journal.read_text()[-4000:] if journal.exists() else done.stdout[-4000:] + done.stderr
        assert booted.events("/ready"), told
        return booted

    try:
        yield boots
    finally:
        shutil.rmtree(folder)
