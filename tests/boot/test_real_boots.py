"""The boot script of each kind of machine boots for real, to a report without one failed step; what is broken is named."""

import re
from dataclasses import replace

import pytest
from tests.boot.conftest import GPU, MEDIA, Boot

from soundstage.components.boot.expected import IMAGE_PATHS
from soundstage.components.boot.facts import BootFacts
from soundstage.components.boot.idle_tags import idle_tags
from soundstage.components.boot.report import Result, read

pytestmark = [pytest.mark.boot, pytest.mark.slow]
PLAIN = BootFacts(
    "teaser",
    "edit-1",
    "ana",
    "studio",
    "session",
    bucket="home-media-teaser-0a1b2c3d",
    web=True,
    log_group="/soundstage/home/teaser/edit-1",
    tools_document="home.teaser.tools.edit-1",
)
"""A machine from a plain image, which may fetch its display."""
MODES = {
    "editing over a session": PLAIN,
    "vfx over a vpn": replace(PLAIN, workstation="vfx-1", profile="content", access="vpn", prefix="footage/"),
    "grading with a licensed driver": replace(PLAIN, workstation="color-1"),
    "audio without a GPU": replace(PLAIN, workstation="mix-1", profile="baseline", gpu=False, data_volume=False),
    "own commands": replace(PLAIN, commands=("echo 'done' >/run/own",)),
}


@pytest.mark.parametrize("mode", MODES)
def test_a_machine_boots_to_a_ready_report(mode: str, boot: Boot) -> None:
    facts = MODES[mode]
    licensed = "licensed" in mode
    asks = {IMAGE_PATHS[0][1:]: '{"driver_branch": "595", "licence": true}'} if licensed else {}
    booted = boot(facts, image={**MEDIA, **(GPU if facts.gpu else {}), **asks})
    assert booted.report.failures == (), booted.text("var/log/soundstage-boot.log")
    assert booted.report.ready
    assert (booted.report.machine, booted.report.project) == (facts.workstation, "teaser")
    assert booted.check("data").result is (Result.OK if facts.data_volume else Result.NOT_APPLICABLE)
    assert booted.check("driver").result is (Result.OK if facts.gpu else Result.NOT_APPLICABLE)
    assert booted.check("licence").result is (Result.OK if licensed else Result.NOT_APPLICABLE)
    # The login screen started, at the latest, with what it has to.
    last = booted.text("var/log/gdm-stand-in.log").rpartition("starts with: ")[2]
    assert last.startswith("WaylandEnable=false\n")
    assert ("xorg.conf:yes" if facts.gpu else "/usr/bin/Xdcv-console") in last


def test_what_a_machine_says_arrives_in_its_log_group(boot: Boot) -> None:
    booted = boot(PLAIN)
    assert {call["logGroupName"] for call in booted.sent} == {PLAIN.log_group}
    reports = booted.events("/ready")
    assert '"ended": null' in reports[0] or len(reports) == 1
    assert '"ready": true' in reports[-1]
    assert any(line.endswith(" data_disk") for line in booted.events("/boot"))


def test_a_second_boot_changes_nothing_and_formats_nothing(boot: Boot) -> None:
    first = boot(PLAIN)
    before = first.text("var/log/gdm-stand-in.log").count("starts with")
    second = boot(PLAIN)
    assert second.report.ready
    # The login screen of the second boot started once: nothing had to be changed under it.
    assert second.text("var/log/gdm-stand-in.log").count("starts with") == before + 1


def test_a_driver_that_finds_no_gpu_is_named_though_it_ends_well(boot: Boot) -> None:
    none = "#!/bin/sh\necho 'No devices were found'\nexit 0\n"
    booted = boot(PLAIN, image={**MEDIA, **GPU, "usr/bin/nvidia-smi": none})
    assert {"gpu_driver", "driver"} <= set(booted.failed)
    assert booted.check("display").result is Result.OK


def test_a_missing_bucket_is_named_with_what_its_mount_said(boot: Boot) -> None:
    booted = boot(replace(PLAIN, bucket="home-media-missing-0a1b2c3d"))
    assert booted.failed == ["media", "media_drive"]
    assert "The bucket does not exist" in booted.check("media").log


def test_an_image_without_a_media_drive_is_named(boot: Boot) -> None:
    booted = boot(PLAIN, image=GPU)
    assert booted.failed == ["media", "media_drive"]
    assert "the image has no mount-s3" in booted.report.failures[1].log


def test_a_display_that_stops_is_named(boot: Boot) -> None:
    broken = "[Service]\nExecStart=\nExecStart=/bin/sh -c 'echo no licence; exit 3'\n"
    booted = boot(PLAIN, image={**GPU, **MEDIA, "etc/systemd/system/dcvserver.service.d/broken.conf": broken})
    assert booted.failed[0] == "display"
    assert "no licence" in booted.check("display").log


def test_a_data_volume_that_never_comes_delays_no_display(boot: Boot) -> None:
    """In this root the kernel started long ago, so that the wait for disks is over at once."""
    booted = boot(PLAIN, attached=False)
    assert booted.failed == ["data", "data_disk"]
    assert "is it in the machine's zone?" in booted.report.failures[1].log
    names = [phase.name for phase in booted.report.phases]
    assert names.index("display") < names.index("data_disk")


def test_a_disk_that_holds_something_else_is_left_as_it_is(boot: Boot) -> None:
    booted = boot(PLAIN, disk="strange")
    assert booted.failed == ["data", "data_disk"]
    assert "is left as it is" in booted.report.failures[1].log
    assert (booted.root.parent / "volume").read_bytes().startswith(b"somebody's rushes")


def test_a_wrong_clock_is_named(boot: Boot) -> None:
    booted = boot(PLAIN, clock_off=3600)
    assert booted.failed == ["clock"], booted.text("var/log/soundstage-boot.log")
    assert re.fullmatch(r"The clock is (3599|36\d\d) seconds behind.", booted.check("clock").wrong)


def test_without_nvidia_xconfig_the_screen_fails(boot: Boot) -> None:
    less = {path: text for path, text in GPU.items() if "xconfig" not in path}
    booted = boot(PLAIN, image={**less, **MEDIA})
    assert "screen" in booted.failed
    assert "has no nvidia-xconfig" in next(each.log for each in booted.report.failures if each.name == "screen")


def test_a_closed_network_without_a_display_in_the_image_is_named(boot: Boot) -> None:
    booted = boot(replace(PLAIN, web=False))
    assert {"install_display", "display"} <= set(booted.failed)
    assert booted.check("data").result is Result.OK


def test_packages_of_kernel_and_display_are_held(boot: Boot) -> None:
    booted = boot(PLAIN)
    held = booted.text("var/lib/dpkg/status")
    for name in ("nice-dcv-server", "nice-xdcv", "gdm3"):
        assert f"Package: {name}\nStatus: hold ok installed" in held
    assert '"linux-"' in booted.text("etc/apt/apt.conf.d/52soundstage")


def test_the_idle_watch_knows_the_tags(boot: Boot) -> None:
    booted = boot(PLAIN, tags=idle_tags(75, ("render", "MyRenderer")))
    assert booted.check("idle_guard").seen.startswith("stops after 75 min; ")


def test_a_full_disk_silences_no_machine_and_is_named(boot: Boot) -> None:
    assert boot(PLAIN).report.ready
    booted = boot(PLAIN, full=True)
    assert booted.report.ended is not None
    assert "space" in booted.failed
    assert "The root disk is full" in booted.check("space").wrong
    for name in ("display", "data", "media", "idle_guard"):
        assert booted.check(name).result is Result.OK


def test_the_report_on_the_machine_is_the_one_that_was_sent(boot: Boot) -> None:
    booted = boot(PLAIN)
    assert read(booted.text("var/lib/soundstage/ready.json")) == booted.report
