"""A whole example through the command on either engine, on each cloud: the same outputs, the same cloud, the same pictures, and the same
after `down`."""

import contextlib
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.parity.contents import settled
from tests.parity.played import PLAYED

from soundstage.cli.main import main
from soundstage.simulator import process

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    # The SDK leaves the event loop of an inline program open (pulumi 3.272, `automation/_server.py`).
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def run(*arguments: str) -> Any:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(arguments)
    assert code == 0, err.getvalue()
    return json.loads(out.getvalue())


def on_google(text: str) -> str:
    """The same example on Google Cloud."""
    return text.replace("cloud: simulated\n", "") + "cloud: simulated-gcp\n"


@pytest.mark.parametrize(
    ("word", "example"), [("simulated", "teaser"), ("simulated", "feature"), ("simulated-gcp", "teaser")]
)
def test_an_example_is_the_same_on_both_engines_and_moves_between_them(
    word: str, example: str, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in (repository / "examples").glob("*.yaml"):
        shutil.copy(file, tmp_path)
    project = tmp_path / f"{example}.yaml"
    if word == "simulated-gcp":
        project.write_text(on_google(project.read_text()))
        shutil.copy(repository / "examples/gcp/studio.yaml", tmp_path)
    lives(word, str(project), tmp_path, monkeypatch)


def lives(word: str, project: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, dict[str, Any]] = {}
    for engine in ("embedded", "pulumi"):
        home = tmp_path / engine
        monkeypatch.setenv("SOUNDSTAGE_HOME", str(home))
        try:
            planned = run("diagram", project, "--engine", engine, "--json")
            up = run("up", project, "--engine", engine, "--yes", "--json")
            again = run("up", project, "--yes", "--json")
            full = PLAYED[word].contents(process.ensure(home))
            drawn = [run("diagram", project, "--json"), run("diagram", project, "--state", "--json")]
            other = "pulumi" if engine == "embedded" else "embedded"
            moved = run("move-state", project, "--engine", other, "--json")
            drift = run("drift", project, "--json")
            run("down", project, "--yes", "--json")
            seen[engine] = {
                "outputs": settled(up["outputs"]),
                "changes": up["changes"],
                "studio": up["studio_changes"],
                "again": again["changes"],
                "full": full,
                "pictures": [planned, *drawn],
                "moved": moved["resources"],
                "drifted": drift["drifted"],
                "left": PLAYED[word].contents(process.ensure(home)),
            }
        finally:
            process.stop(home, save=False)
    for about, ours in seen["embedded"].items():
        theirs = seen["pulumi"][about]
        if about in ("full", "left"):
            differing = [kind for kind in ours.keys() | theirs.keys() if ours.get(kind) != theirs.get(kind)]
            assert differing == [], about
        assert ours == theirs, about
    _, up_now, on_record = seen["embedded"]["pictures"]
    assert up_now == on_record
    assert set(seen["embedded"]["again"]) == {"same"}
    assert seen["embedded"]["drifted"] is False
