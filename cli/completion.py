"""What the shell offers after a tab: names of what there is in this folder, and of policies. Asks no cloud and runs nothing.

Where nothing fits, the shell offers files.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import typer

from soundstage.core import files

_MOST_BYTES: Final = 1 << 20


def project_names(incomplete: str) -> list[str]:
    """The projects in projects/, and the project files right here."""
    named = [path.stem for path in _yaml(Path("projects")) if not path.stem.endswith(".policy")]
    here = [path.name for path in _yaml(Path()) if _says("project", path)]
    return _fitting(sorted(named) + sorted(here), incomplete)


def studio_files(incomplete: str) -> list[str]:
    """The studio files right here."""
    return _fitting(sorted(path.name for path in _yaml(Path()) if _says("studio", path)), incomplete)


def machine_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """The workstations of the project that is named on the line, or of the only one here."""
    from soundstage.core.errors import SoundstageError
    from soundstage.projectfile.project_paths import project_path
    from soundstage.projectfile.spec import load_project

    # After an option that still wants its value, what was typed before it is left over as words.
    typed = (
        ctx.params.get("target")
        or ctx.params.get("project")
        or next((word for word in ctx.args if not word.startswith("-")), None)
    )
    try:
        project = load_project(project_path(typed), allow_expired=True)
    except SoundstageError:
        return []
    return _fitting(sorted(project.workstations), incomplete)


def profiles(incomplete: str) -> list[str]:
    from soundstage.policies.policy import Profile

    return _fitting([profile.value for profile in Profile], incomplete)


def policy_ids(incomplete: str) -> list[tuple[str, str]]:
    """Every policy, with its title for shells that show one."""
    from soundstage.policies.catalogue import catalogue

    return [(id, policy.title) for id, policy in catalogue().items() if id.startswith(incomplete.upper())]


def areas(incomplete: str) -> list[str]:
    from soundstage.policies.policy import AREAS

    return _fitting(AREAS.values(), incomplete)


def framework_ids(incomplete: str) -> list[str]:
    from soundstage.policies.frameworks import frameworks

    return _fitting(frameworks(), incomplete)


def severities(incomplete: str) -> list[str]:
    from soundstage.policies.policy import Severity

    return _fitting([severity.value for severity in Severity], incomplete)


def report_formats(incomplete: str) -> list[str]:
    from soundstage.policies.reports import RENDERERS

    return _fitting(RENDERERS, incomplete)


def engines(incomplete: str) -> list[str]:
    return _fitting(["embedded", "pulumi"], incomplete)


def roles(incomplete: str) -> list[str]:
    """What a workstation can be for."""
    from soundstage.components.sizes import roles as known

    return _fitting(known(), incomplete)


def recipes(incomplete: str) -> list[str]:
    """The recipes that come with the project."""
    from soundstage.images.index import shipped_index

    return _fitting(shipped_index(), incomplete)


def fault_kinds(incomplete: str) -> list[str]:
    from soundstage.simulator.faultrules import KINDS

    return _fitting(KINDS, incomplete)


def _fitting(words: Iterable[Any], incomplete: str) -> list[str]:
    return [str(word) for word in words if str(word).startswith(incomplete)]


def _yaml(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*.y*ml") if path.suffix in (".yaml", ".yml") and path.is_file()]


def _says(key: str, path: Path) -> bool:
    """Whether a file has this key at its top, as far as a glance can tell."""
    try:
        return re.search(rb"^" + key.encode() + rb"\s*:", files.read(path, _MOST_BYTES), re.MULTILINE) is not None
    except OSError:
        return False
