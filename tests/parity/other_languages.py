"""Programs in other languages on the genuine engine and the simulated cloud, with components from the component package."""

import contextlib
import io
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from soundstage.cli.main import main
from soundstage.simulator import process

PACKAGE = Path("components") / "package"


def language_host(language: str) -> bool:
    """Whether the engine can run programs in a language: its host lies beside `pulumi`, other places are not searched."""
    pulumi = shutil.which("pulumi")
    return bool(pulumi and (Path(pulumi).parent / f"pulumi-language-{language}").exists())


@dataclass
class Stack:
    """A program in a folder, and the environment in which the engine finds the simulated cloud."""

    folder: Path
    variables: dict[str, str]

    def tried(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **self.variables, **variables}
        return subprocess.run(
            arguments, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=300, check=False
        )

    def run(self, *arguments: str, **variables: str) -> str:
        done = self.tried(*arguments, **variables)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def lives(self) -> None:
        """The program comes up and is then unchanged."""
        self.run("pulumi", "stack", "init", "dev")
        self.run("pulumi", "up", "--yes", "--skip-preview", "--non-interactive")
        self.run("pulumi", "preview", "--expect-no-changes", "--non-interactive")


@contextlib.contextmanager
def stack(folder: Path) -> Iterator[Stack]:
    """The environment of `workstation engine env` for a folder; the simulated cloud ends with it."""
    home = Path(os.environ["SOUNDSTAGE_HOME"])
    try:
        exports = io.StringIO()
        with contextlib.redirect_stdout(exports):
            assert main(["engine", "env"]) == 0
        words = (word for line in exports.getvalue().splitlines() for word in shlex.split(line)[1:])
        yield Stack(folder, dict(word.split("=", 1) for word in words))
    finally:
        process.stop(home, save=False)
