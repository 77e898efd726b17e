"""The genuine command's own logs do not pile up, neither in our folder nor in the person's."""

import os
from pathlib import Path

from soundstage.engines.pulumi.command import version_of
from soundstage.engines.pulumi.plugin_home import LOGS_KEPT, prune


def test_the_newest_logs_stay_and_the_older_ones_go(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    for age in range(2 * LOGS_KEPT + 1):
        log = tmp_path / "logs" / f"{age}.log"
        log.touch()
        os.utime(log, (1_000_000 - age, 1_000_000 - age))
    prune(tmp_path)
    assert sorted(int(log.stem) for log in (tmp_path / "logs").iterdir()) == list(range(LOGS_KEPT))


def test_few_logs_and_no_folder_are_left_alone(tmp_path: Path) -> None:
    prune(tmp_path)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "one.log").touch()
    prune(tmp_path)
    assert [log.name for log in (tmp_path / "logs").iterdir()] == ["one.log"]


def test_asking_for_the_version_leaves_nothing_in_the_persons_home(tmp_path: Path) -> None:
    command = tmp_path / "pulumi"
    command.write_text('#!/bin/sh\nmkdir -p "$PULUMI_HOME/logs"; echo "$PULUMI_HOME" >> "$0.home"; echo v3.260.0\n')
    command.chmod(0o755)
    assert str(version_of(command)) == "3.260.0"
    used = Path((tmp_path / "pulumi.home").read_text().strip())
    assert not used.exists()
    assert not (Path.home() / ".pulumi").exists()
