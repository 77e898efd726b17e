"""Project and studio files: read them, describe them, write new ones.

`load_project` and `load_studio` are the only ways in. They return a value in which everything fits together, or raise
`SpecError` with every fault at once, each with its line.
"""

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any, Final

from soundstage.components.sizes import DEFAULT_REGION
from soundstage.core import yamlfile
from soundstage.core.errors import SpecError
from soundstage.core.filefaults import Problem, checked, fault_of
from soundstage.core.yamlfile import Document, scalar
from soundstage.images.index import Index, index, shipped_index
from soundstage.projectfile.catalogues import catalogue_of
from soundstage.projectfile.neighbours import Neighbour, neighbour_problems
from soundstage.projectfile.project_file import Access, Budget, Idle, Network, Project, Snapshots, Storage, Workstation
from soundstage.projectfile.relations import (
    joint_problems,
    project_problems,
    studio_problems,
)
from soundstage.projectfile.studio_file import State, Studio, StudioBudget
from soundstage.projectfile.suggested import without_refused

__all__ = [
    "Access",
    "Budget",
    "Idle",
    "Network",
    "Project",
    "Snapshots",
    "State",
    "Storage",
    "Studio",
    "StudioBudget",
    "Workstation",
    "check_neighbours",
    "check_together",
    "default_studio",
    "find_studio",
    "load_project",
    "load_studio",
    "new_project_file",
    "new_studio_file",
    "project_schema",
    "read_project",
    "read_studio",
    "refuse",
    "studio_schema",
]

STUDIO_FILE: Final = "studio.yaml"
MOST_NEIGHBOURS: Final = 500
"""Files beside a project file that are compared with it."""


def load_project(path: Path, *, today: date | None = None, allow_expired: bool = False) -> Project:
    """The project that a file describes.

    `today` is the current day in UTC when absent. `allow_expired` is for what an expired project still needs: to be
    looked at, stopped and torn down. Raises `SpecError` with every fault.
    """
    day = date.min if allow_expired else today or datetime.now(UTC).date()
    return _project(yamlfile.read(path), day, index(find_studio(path)))


def read_project(text: str, path: Path) -> Project:
    """The project that the file at `path` would describe if it held `text`. Raises `SpecError` as `load_project`."""
    return _project(yamlfile.parse(text, str(path)), datetime.now(UTC).date(), index(find_studio(path)))


def load_studio(path: Path) -> Studio:
    """The studio that a file describes. Raises `SpecError` with every fault."""
    return _studio(yamlfile.read(path))


def read_studio(text: str, file: str = STUDIO_FILE) -> Studio:
    """The studio that the text of a file describes. Raises `SpecError` with every fault."""
    return _studio(yamlfile.parse(text, file))


def default_studio() -> Studio:
    """The studio of someone who has not written a studio file."""
    return Studio(studio="home")


def find_studio(project_path: Path) -> Path | None:
    """The studio file of a project: beside the project's file or in the folder above; None when there is none."""
    folder = Path(os.path.abspath(project_path)).parent  # noqa: PTH100 - `resolve` would follow links out of the studio
    for candidate in (folder / STUDIO_FILE, folder.parent / STUDIO_FILE):
        if os.path.lexists(candidate):
            return candidate
    return None


def check_together(project: Project, studio: Studio, path: Path) -> None:
    """Raise `SpecError` for what the project in file `path` asks for and its studio does not have."""
    refuse(path, joint_problems(project, studio))


def check_neighbours(project: Project, path: Path, studio: str, elsewhere: Iterable[Path] = ()) -> None:
    """Raise `SpecError` when another project file of `studio` has the same name or an overlapping network: one in the
    folder, or one of those `elsewhere`.

    A neighbour that cannot be read is left out: its own commands say what is wrong with it.
    """
    neighbours: dict[str, Neighbour] = {}
    beside = sorted(one for one in path.parent.iterdir() if one.suffix in (".yaml", ".yml"))
    for other in [*beside[:MOST_NEIGHBOURS], *elsewhere]:
        with suppress(SpecError, OSError):
            if other.name != STUDIO_FILE and not other.samefile(path):
                value = yamlfile.read(other).value
                if "project" in value:
                    neighbours[str(other)] = Neighbour.of(value)
    refuse(path, neighbour_problems(project, neighbours, studio))


def project_schema() -> dict[str, Any]:
    """The JSON Schema of project files, for editors."""
    from soundstage.projectfile.json_schema import json_schema

    return json_schema(Project)


def studio_schema() -> dict[str, Any]:
    """The JSON Schema of studio files, for editors."""
    from soundstage.projectfile.json_schema import json_schema

    return json_schema(Studio)


def new_project_file(
    name: str,
    role: str = "editing",
    *,
    cloud: str = "simulated",
    region: str = DEFAULT_REGION,
    client: str | None = None,
    owner: str | None = None,
) -> str:
    """The text of a new project file: one machine, and everything else that can be said there, commented out.

    Raises `SpecError` when the values make no valid project.
    """
    text = _template("project.yaml").substitute(
        project=scalar(name),
        role=scalar(role),
        machine=scalar(f"{role}-1"),
        cloud=scalar(cloud),
        region=scalar(region),
        client=f"client: {scalar(client)}" if client else "#client: northlight",
        owner=f"owner: {scalar(owner)}" if owner else "#owner: ana@example.com",
    )
    today = datetime.now(UTC).date()
    _project(yamlfile.parse(text, f"{name}.yaml"), today, shipped_index())
    return without_refused(text, lambda full: _project(yamlfile.parse(full, ""), today, shipped_index()))


def new_studio_file(
    name: str, *, account: str | None = None, home_region: str = DEFAULT_REGION, alert_email: str | None = None
) -> str:
    """The text of a new studio file, with everything that can be said. Raises `SpecError` likewise."""
    here = catalogue_of(home_region)
    shown = {"studio": scalar(name), "home_region": scalar(home_region)}
    told, example, below = _ACCOUNT[here.family]
    text = _template("studio.yaml").substitute(
        shown,
        account=f"{told}\n{f'account: {json.dumps(account)}' if account else example}{below}",
        alert_emails=f"alert_emails: [{scalar(alert_email)}]" if alert_email else "#alert_emails: [ana@example.com]",
        state=Template(_STATE.get(here.family, "")).substitute(shown),
    )
    read_studio(text)
    return text


_ACCOUNT: Final = {
    "aws": (
        "# Credentials for any other account are refused. In quotes, because it may start with 0.",
        '#account: "123456789012"',
        "",
    ),
    "gcp": (
        "# The id of the Google Cloud project. Credentials for any other are refused.",
        "#account: tinyorange-film",
        "\n\n# Who pays for it.\n#billing_account: 012345-6789AB-CDEF01",
    ),
}
"""What a new studio file says of the account: what is told, an example, and what follows."""
_STATE: Final = {
    "aws": """
# Where Pulumi keeps its state and what encrypts the secrets in it; a folder and a passphrase when absent.
# `workstation studio init $studio --state s3` makes a bucket for it and writes this.
#state:
  #backend: s3://example-state
  #secrets: awskms://alias/soundstage-state?region=$home_region
"""
}
"""What it says of a bucket for the state, on a cloud that has one."""


def _project(document: Document, today: date, known: Index) -> Project:
    needed = {"project": "a", "for": "editing"}
    return checked(document, Project, lambda project: project_problems(project, today, known), needed)


def _studio(document: Document) -> Studio:
    return checked(document, Studio, studio_problems, {"studio": "a"})


def _template(name: str) -> Template:
    return Template((files("soundstage.projectfile") / "templates" / name).read_text("utf-8"))


def refuse(path: Path, problems: Iterable[Problem]) -> None:
    """Raise `SpecError` for what is wrong with the file at `path`, each fault at its line; nothing where nothing is."""
    found = list(problems)
    if found:
        document = yamlfile.read(path)
        raise SpecError([fault_of(problem, document) for problem in found])
