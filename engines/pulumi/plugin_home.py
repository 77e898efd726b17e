"""The folders that the genuine engine takes its provider plugins from (`PULUMI_HOME`), one per kind of cloud.

A plugin of the simulated cloud answers to the same name and version as the genuine one. So neither may ever lie where the
other is looked for: the two have a folder each, PATH is not searched, and nothing is downloaded for a simulated cloud.
"""

import contextlib
import os
from pathlib import Path
from typing import Final

from soundstage.core.clouds import CloudName
from soundstage.core.errors import EngineError
from soundstage.providers.base import Package

LOGS_KEPT: Final = 50
"""Logs of the Pulumi command that are kept; twice as many are let grow before the older ones go."""


def engine_home(home: Path, cloud: str) -> Path:
    """The `PULUMI_HOME` for `simulated`, `aws` … in the state folder `home`."""
    return home / "engine" / "plugins" / cloud


def plugin_file(pulumi_home: Path, package: Package) -> Path:
    """Where the engine looks for a provider's plugin (pulumi/pulumi `sdk/go/common/workspace/plugins.go`, 2026-11)."""
    return pulumi_home / "plugins" / f"resource-{package.name}-v{package.version}" / f"pulumi-resource-{package.name}"


def prune(pulumi_home: Path) -> None:
    """Delete all but the newest logs. The command writes one each time it runs, encrypted, and never deletes any."""
    logs = list((pulumi_home / "logs").glob("*.log"))
    if len(logs) <= 2 * LOGS_KEPT:
        return
    # Another command may be pruning too.
    with contextlib.suppress(OSError):
        for old in sorted(logs, key=lambda log: log.stat().st_mtime)[:-LOGS_KEPT]:
            old.unlink(missing_ok=True)


def install_launcher(pulumi_home: Path, package: Package, launcher: str) -> None:
    """Put an executable in the place of a provider's plugin. Does nothing when it is there already."""
    file = plugin_file(pulumi_home, package)
    try:
        if file.is_file() and file.read_text() == launcher and os.access(file, os.X_OK):
            return
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        scratch = file.with_name(f".launcher.{os.getpid()}")
        scratch.write_text(launcher)
        scratch.chmod(0o700)
        scratch.replace(file)
    except (OSError, UnicodeDecodeError) as error:
        raise EngineError(
            f"The simulated cloud's plugin cannot be put into {file.parent}: {error}.",
            "Make room or check the folder's permissions, or set SOUNDSTAGE_HOME to another folder.",
        ) from error


def environment(cloud: CloudName) -> dict[str, str]:
    """What keeps the engine to the plugins of its own folder."""
    return {
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "false" if cloud.is_real else "true",
    }
