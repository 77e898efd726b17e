"""The components from YAML, for real: they are made by the component package, on the simulated cloud."""

import os
from pathlib import Path

import pytest
from tests.parity.other_languages import PACKAGE, language_host, stack

from soundstage.simulator import process

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.skipif(not language_host("yaml"), reason="there is no pulumi-language-yaml beside `pulumi`"),
]

WRONG = """
name: wrong
runtime: yaml
packages: {{soundstage: {package}}}
resources:
  network:
    type: soundstage:aws:StudioNetwork
    properties: {{project: teaser, zones: 2.5, endpointZones: 9, flowLogDays: 30}}
"""


@pytest.fixture(autouse=True)
def environment(repository: Path) -> None:
    if not (repository / ".venv").is_dir():
        pytest.skip("the component package runs in the checkout's .venv, and there is none (`make`)")


def test_the_example_in_yaml_comes_up_and_is_then_unchanged(repository: Path, tmp_path: Path) -> None:
    program = (repository / "examples" / "yaml" / "Pulumi.yaml").read_text()
    assert f"../../{PACKAGE}" in program
    (tmp_path / "Pulumi.yaml").write_text(program.replace(f"../../{PACKAGE}", str(repository / PACKAGE)))
    with stack(tmp_path) as made:
        made.lives()
        bucket = made.run("pulumi", "stack", "output", "bucket").strip()
        s3 = process.ensure(Path(os.environ["SOUNDSTAGE_HOME"])).client("s3", "eu-west-1")
        (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
        assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"


def test_a_wrong_argument_is_that_propertys_error_and_no_traceback(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(WRONG.format(package=repository / PACKAGE))
    with stack(tmp_path) as made:
        made.run("pulumi", "stack", "init", "dev")
        refused = made.tried("pulumi", "up", "--yes", "--skip-preview", "--non-interactive")
        said = refused.stdout + refused.stderr
        assert refused.returncode != 0
        for problem in ("property zones with value", "property endpointZones with value", "property flowLogDays"):
            assert problem in said
        assert "Traceback" not in said
        assert 'File "' not in said
        assert "aws:ec2" not in said


def test_the_package_is_added_without_a_network_and_leaves_the_environment_alone(
    repository: Path, tmp_path: Path
) -> None:
    """It used to upgrade pip in the checkout's environment, whose packages are pinned by hash."""
    (tmp_path / "Pulumi.yaml").write_text("name: bare\nruntime: yaml\n")
    packages = sorted((repository / ".venv" / "lib").glob("python*/site-packages/*.dist-info"))
    with stack(tmp_path) as made:
        nowhere = "http://127.0.0.1:9"
        made.run(
            "pulumi", "package", "add", str(repository / PACKAGE),
            PIP_INDEX_URL=nowhere, HTTPS_PROXY=nowhere, HTTP_PROXY=nowhere,
        )  # fmt: skip
    assert "soundstage" in (tmp_path / "Pulumi.yaml").read_text()
    assert packages == sorted((repository / ".venv" / "lib").glob("python*/site-packages/*.dist-info"))
