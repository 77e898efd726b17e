"""The example in YAML, for real: its components are made by the component package, on the simulated cloud."""

import contextlib
import io
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from soundstage.cli.main import main
from soundstage.simulator import process

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.xdist_group("components-from-yaml")]


def _language_host() -> bool:
    """Whether the engine can run programs in YAML: its host lies beside it, other places are not searched."""
    pulumi = shutil.which("pulumi")
    return bool(pulumi and (Path(pulumi).parent / "pulumi-language-yaml").exists())


@pytest.mark.skipif(not _language_host(), reason="there is no pulumi-language-yaml beside `pulumi`")
def test_the_example_in_yaml_comes_up_and_is_then_unchanged(repository: Path, tmp_path: Path) -> None:
    if not (repository / ".venv").is_dir():
        pytest.skip("the component package runs in the checkout's .venv, and there is none (`make`)")
    home = Path(os.environ["SOUNDSTAGE_HOME"])
    program = (repository / "examples" / "yaml" / "Pulumi.yaml").read_text()
    assert "../../components/package" in program
    (tmp_path / "Pulumi.yaml").write_text(
        program.replace("../../components/package", str(repository / "components" / "package"))
    )

    def run(*arguments: str, **variables: str) -> str:
        environment = {**os.environ, **variables}
        done = subprocess.run(
            arguments, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    try:
        exports = io.StringIO()
        with contextlib.redirect_stdout(exports):
            assert main(["engine", "env"]) == 0
        words = (word for line in exports.getvalue().splitlines() for word in shlex.split(line)[1:])
        variables = dict(word.split("=", 1) for word in words)
        run("pulumi", "stack", "init", "dev", **variables)
        run("pulumi", "up", "--yes", "--skip-preview", "--non-interactive", **variables)
        run("pulumi", "preview", "--expect-no-changes", "--non-interactive", **variables)
        bucket = run("pulumi", "stack", "output", "bucket", **variables).strip()
        s3 = process.ensure(home).client("s3", "eu-west-1")
        (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
        assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    finally:
        process.stop(home)
