"""What a machine should have, as the probe inside it is told: by its boot script what its project asks for, and by its image what the
image promises (`IMAGE_PATHS`). What an image promises stands in no boot script: a recipe that changes would restart machines."""

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Final

from soundstage.components.boot.facts import BootFacts

LINUX_PATH: Final = "/etc/soundstage/expected.json"
WINDOWS_PATH: Final = r"C:\ProgramData\Soundstage\expected.json"
IMAGE_PATHS: Final = ("/usr/local/share/soundstage/image.json", r"C:\Program Files\Soundstage\image.json")
"""Where an image says what it promises, on Linux and on Windows: `{"driver_branch": "595", "licence": true}`. Parts of recipes write it
(images/parts/gpu-grid-linux.yaml). `driver_branch` is the driver's major version; with `licence` the driver must be licensed as a
virtual workstation. Absent: any driver will do."""
PROMISED_SIZE: Final = (3840, 2160)
"""Pixels of one screen that every machine can show. With NVIDIA's workstation driver a GPU shows four of them (Amazon EC2 User Guide
"NVIDIA drivers", read 2026-11)."""
MOST_CLOCK_SECONDS: Final = 5
"""AWS refuses a signature whose time is more than five minutes away, and time code and licences mind seconds."""
DATA_FLOOR: Final = 50
"""MB/s. The slowest gp3 volume gives 125 (Amazon EBS User Guide, read 2026-11); well below, and still two streams of ProRes 422."""
SCRATCH_FLOOR: Final = 50
MEDIA_FLOOR: Final = 5
"""MB/s through Mountpoint for Amazon S3, which gives hundreds: what a proxy needs."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What to look for; whatever is off, empty or zero is not applicable."""

    machine: str = ""
    project: str = ""
    person: str = ""
    """Whose desktop it is; empty for nobody's."""
    gpu: bool = False
    display: bool = False
    port: int = 8443
    size: tuple[int, int] = PROMISED_SIZE
    audio: bool = False
    scratch_volume: bool = False
    """Whether there is a scratch volume; local disks are looked for by themselves."""
    data: str = ""
    """Where the disk for work in progress is mounted: a folder, or a letter and a colon."""
    disks: tuple[str, ...] = ()
    media: str = ""
    data_floor: int = DATA_FLOOR
    scratch_floor: int = SCRATCH_FLOOR
    media_floor: int = MEDIA_FLOOR
    idle_guard: bool = False
    clock_seconds: int = MOST_CLOCK_SECONDS


def document(expected: Expected) -> str:
    """What the probe reads."""
    return json.dumps(asdict(expected), separators=(",", ":"), ensure_ascii=False)


def of_machine(facts: BootFacts, *, windows: bool = False) -> Expected:
    """What a machine must have when its start is over."""
    data, media = ("D:", "M:") if windows else ("/data", f"/media/{facts.project}")
    return Expected(
        machine=facts.workstation,
        project=facts.project,
        person=facts.user,
        gpu=facts.gpu,
        display=True,
        audio=True,
        scratch_volume=facts.scratch_volume,
        data=data if facts.data_volume else "",
        disks=tuple(f"{letter.upper()}:" if windows else f"/mnt/{name}" for name, letter in facts.disks),
        media=media if facts.bucket else "",
        idle_guard=True,
    )


def of_image(carries: Collection[str], *, gpu: bool) -> Expected:
    """What a machine must have at the end of a bake, before it is anybody's. `gpu` says whether this one has a GPU. The rest comes with
    the start for a project: disks, the media drive, the display's session and its size, the watch for idle machines."""
    return Expected(gpu=gpu and "gpu-driver" in carries, audio="audio" in carries, clock_seconds=0)
