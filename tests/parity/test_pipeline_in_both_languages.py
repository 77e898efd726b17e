"""The pipeline engineer's program on the genuine engine, in Python and in TypeScript: it comes up, and no refresh fights it."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from tests.parity.other_languages import PACKAGE, Stack, language_host, stack
from tests.test_pipeline_example import meddle

from soundstage.engines.pulumi.plugin_home import engine_home, plugin_file
from soundstage.providers.aws import PACKAGE as AWS
from soundstage.simulator import process

pytestmark = [pytest.mark.engine, pytest.mark.slow]

UP = ("pulumi", "up", "--yes", "--skip-preview", "--non-interactive")


def answer_for(made: Stack) -> None:
    """Let the simulated cloud's plugin answer for the version of `@pulumi/aws` that npm had, which need not be that of Python."""
    version = json.loads((made.folder / "node_modules" / "@pulumi" / "aws" / "package.json").read_text())["version"]
    ours = plugin_file(engine_home(Path(os.environ["SOUNDSTAGE_HOME"]), "simulated"), AWS).parent
    shutil.copytree(ours, ours.with_name(f"resource-aws-v{version.removeprefix('v')}"), dirs_exist_ok=True)


def lives_beside_others(made: Stack) -> None:
    made.lives()
    outputs = json.loads(made.run("pulumi", "stack", "output", "--json"))
    cloud = process.ensure(Path(os.environ["SOUNDSTAGE_HOME"]))
    (volume,) = cloud.client("ec2", "eu-west-1").describe_volumes(VolumeIds=[outputs["disk_volume_ids"]["cache"]])[
        "Volumes"
    ]
    assert (volume["Size"], volume["Throughput"], volume["Attachments"][0]["Device"]) == (500, 500, "/dev/sdh")
    meddle(cloud, outputs)
    made.run(*UP, "--refresh", "--expect-no-changes")
    made.run("pulumi", "preview", "--refresh", "--expect-no-changes", "--non-interactive")
    made.run("pulumi", "destroy", "--yes", "--skip-preview", "--non-interactive")


@pytest.mark.skipif(not language_host("python"), reason="there is no pulumi-language-python beside `pulumi`")
def test_a_program_with_its_own_of_everything_lives_in_python(repository: Path, tmp_path: Path) -> None:
    shutil.copytree(repository / "examples" / "pipeline" / "python", tmp_path, dirs_exist_ok=True)
    with stack(tmp_path) as made:
        made.variables["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
        lives_beside_others(made)


@pytest.mark.skipif(not language_host("nodejs"), reason="there is no pulumi-language-nodejs beside `pulumi`")
@pytest.mark.skipif(not (shutil.which("node") and shutil.which("npm")), reason="there is no node with npm on PATH")
def test_a_program_with_its_own_of_everything_lives_in_typescript(repository: Path, tmp_path: Path) -> None:
    if not (repository / ".venv").is_dir():
        pytest.skip("the component package runs in the checkout's .venv, and there is none (`make`)")
    shutil.copytree(repository / "examples" / "pipeline" / "typescript", tmp_path, dirs_exist_ok=True)
    with stack(tmp_path) as made:
        installed = made.tried("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts")
        if installed.returncode != 0:
            pytest.skip(f"npm could not fetch the SDKs of Pulumi: {installed.stderr.strip().splitlines()[:1]}")
        answer_for(made)
        made.run("pulumi", "package", "add", str(repository / PACKAGE))
        lives_beside_others(made)
