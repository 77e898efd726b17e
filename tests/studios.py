"""Studios that tests are about, up or only planned, on simulated clouds of their own."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from soundstage.plan.plan import Plan
from soundstage.simulator import process
from soundstage.stacks.deployment import open_project


@contextlib.contextmanager
def up_in(folder: Path, project: str, **environment: str) -> Iterator[Path]:
    """A project that was brought up in a folder, in an environment, with its state in `state/`, for as long as the context lasts."""
    (folder / "projects").mkdir()
    (folder / "projects" / "teaser.yaml").write_text(project)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, value in {"SOUNDSTAGE_HOME": str(folder / "state"), **environment}.items():
            patch.setenv(name, value)
        open_project(None).up()
    yield folder
    process.stop(folder / "state", save=False)


@contextlib.contextmanager
def planned_in(folder: Path, files: Mapping[str, str], first: str) -> Iterator[dict[str, Plan]]:
    """What `up` would make of each file, and what is `recorded` after the `first` of them came up, and planned `again`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOUNDSTAGE_HOME", str(folder / "home"))
        found = {}
        try:
            for name, rest in files.items():
                (folder / f"{name}.yaml").write_text(f"project: {name}\n{rest}")
                found[name] = open_project(str(folder / f"{name}.yaml")).preview().plan
            deployment = open_project(str(folder / f"{first}.yaml"))
            deployment.up()
            yield found | {"recorded": deployment.engine.resources(), "again": deployment.preview().plan}
        finally:
            process.stop(folder / "home", save=False)
