"""`studio init --state s3` on the simulated cloud: the bucket is made, the state moves into it, and a death at any step of
the move leaves what the same command goes on from."""

import contextlib
import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from soundstage.cli.main import main
from soundstage.engines.embedded.engine import EmbeddedEngine
from soundstage.engines.pulumi.engine import PulumiEngine
from soundstage.simulator import process

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    # The SDK leaves the event loop of an inline program open (pulumi 3.272, `automation/_server.py`).
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
INIT = ("studio", "init", "acme", "--state", "s3", "--yes", "--json")


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


def run(*arguments: str) -> Ran:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(arguments)
    return Ran(code, out.getvalue(), err.getvalue())


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOUNDSTAGE_PASSPHRASE", "correct horse battery staple")
    home = Path(os.environ["SOUNDSTAGE_HOME"])
    yield home
    process.stop(home, save=False)


def test_the_bucket_is_made_and_the_state_moves_into_it_whatever_dies_on_the_way(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_arguments: Any, **_options: Any) -> Any:
        raise KeyboardInterrupt

    for engine, method in ((PulumiEngine, "import_"), (PulumiEngine, "preview"), (EmbeddedEngine, "import_")):
        with monkeypatch.context() as dying:
            dying.setattr(engine, method, die)
            assert run(*INIT).code == 130
        # In between, the studio is the one that is up, wherever its state is, and nobody builds a second one.
        assert run("studio", "status", "--json").document["up"] is True

    moved = run(*INIT).document
    assert moved["moved"] > 80
    assert moved["to_move"] == []
    assert run(*INIT).document["moved"] is None
    backend = moved["backend"]
    assert f'backend: "{backend}"' in Path("studio.yaml").read_text()

    s3 = process.ensure(home).client("s3", "eu-west-1")
    bucket = backend.removeprefix("s3://").partition("?")[0]
    text = s3.get_object(Bucket=bucket, Key=".pulumi/stacks/soundstage-studio/acme.json")["Body"].read()
    resources = json.loads(text)["checkpoint"]["latest"]["resources"]
    assert any(resource.get("id") == bucket for resource in resources)
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert set(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values()) == {True}
    assert "DenyClearText" in s3.get_bucket_policy(Bucket=bucket)["Policy"]
    assert s3.get_bucket_logging(Bucket=bucket)["LoggingEnabled"]["TargetPrefix"] == f"{bucket}/"

    # A project of the studio uses it too, and the teardown leaves what holds the state.
    Path("projects").mkdir()
    Path("projects/teaser.yaml").write_text("project: teaser\nworkstations:\n  edit-1: {for: editing}\n")
    run("up", "teaser", "--engine", "pulumi", "--yes", "--json").document  # noqa: B018 - asserts that it went well
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket, Prefix=".pulumi/stacks/")["Contents"]]
    assert ".pulumi/stacks/soundstage/teaser.json" in keys
    assert run("status", "teaser", "--json").document["up"] is True

    refused = run("studio", "down", "--yes")
    assert (refused.code, "`workstation down teaser`" in refused.err) == (4, True)
    run("down", "teaser", "--delete-media", "--yes", "--json").document  # noqa: B018 - asserts that it went well
    gone = run("studio", "down", "--yes")
    assert "the state of the studio's stacks" in gone.out
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
