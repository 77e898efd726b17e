"""The genuine engine reads what this one exports, and this one reads what it exports, but for secrets, which it refuses."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pulumi
import pytest

from soundstage.core.errors import EngineError
from soundstage.engines.testing import Bench, Group, Thing
from soundstage.plan.plan import Operation

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="there is no `pulumi` on PATH"),
]


@pytest.fixture(autouse=True)
def passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "correct horse battery staple")


class Genuine:
    """A stack of the genuine engine in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "home").mkdir(parents=True)
        (folder / "backend").mkdir()
        (folder / "Pulumi.yaml").write_text("name: soundstage\nruntime: yaml\n")
        self("login", f"file://{folder / 'backend'}")
        self("stack", "init", "teaser")

    def __call__(self, *arguments: str, text: str | None = None) -> str:
        done = subprocess.run(
            ["pulumi", "--non-interactive", *arguments],
            cwd=self.folder,
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder / "home"),
                "PULUMI_HOME": str(self.folder / "home"),
                "PULUMI_SKIP_UPDATE_CHECK": "true",
                "PULUMI_BACKEND_URL": f"file://{self.folder / 'backend'}",
                "PULUMI_CONFIG_PASSPHRASE": os.environ["PULUMI_CONFIG_PASSPHRASE"],
            },
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout


def program() -> None:
    group = Group("net", pulumi.ResourceOptions(protect=True))
    vpc = Thing("vpc", opts=pulumi.ResourceOptions(parent=group), tags={"a": "aloud"})
    Thing("subnet", vpc=vpc.id, opts=pulumi.ResourceOptions(depends_on=[vpc], retain_on_delete=True))
    pulumi.export("word", {"deep": ["aloud"]})


def test_a_stack_goes_to_the_genuine_engine_and_comes_back(bench: Bench, tmp_path: Path) -> None:
    bench.up(program)
    ours = bench.engine.export()
    genuine = Genuine(tmp_path / "genuine")
    genuine("stack", "import", text=json.dumps(ours))
    assert json.loads(genuine("stack", "output", "word")) == {"deep": ["aloud"]}
    theirs = json.loads(genuine("stack", "export"))
    assert len(theirs["deployment"]["resources"]) == len(ours["deployment"]["resources"])

    for name, document in (
        ("sealed", theirs),
        ("open", json.loads(genuine("stack", "export", "--show-secrets"))),
    ):
        back = Bench(tmp_path / name)
        back.cloud = bench.cloud
        back.engine.import_(document)
        assert back.up(program) == {Operation.SAME: 2}
        assert back.outputs() == {"word": {"deep": ["aloud"]}}
        assert back.engine.resources() == bench.engine.resources()


def test_a_secret_of_the_genuine_engine_is_not_taken_in(tmp_path: Path) -> None:
    genuine = Genuine(tmp_path / "genuine")
    (tmp_path / "genuine" / "Pulumi.yaml").write_text(
        "name: soundstage\nruntime: yaml\noutputs: {word: {fn::secret: hush-hush}}\n"
    )
    genuine("up", "--yes")
    for document in (genuine("stack", "export"), genuine("stack", "export", "--show-secrets")):
        with pytest.raises(EngineError, match="holds a secret"):
            Bench(tmp_path / "other").engine.import_(json.loads(document))
