"""Prepares what `bench.py` compares with: a folder of Terraform's with the resources of a project that is up on the simulated cloud.

`bench_terraform.py PROJECT FOLDER` prints the command and the number of resources as JSON, or fails with what is missing.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.provider import terraform
from tests.provider.configuration import configuration

from soundstage.stacks.clouds.aws.account import SimulatedAws
from soundstage.stacks.deployment import open_project


def main() -> None:
    project, folder = sys.argv[1:]
    try:
        found = terraform.find()
    except terraform.NoProvider as missing:
        raise SystemExit(str(missing)) from missing
    deployment = open_project(project)
    cloud = deployment.cloud
    assert isinstance(cloud, SimulatedAws)
    made = configuration(deployment.engine.resources(), cloud.endpoint, deployment.project.region)
    found.folder(Path(folder), made)
    print(json.dumps({"command": found.command, "resources": sum(map(len, made["resource"].values()))}))


if __name__ == "__main__":
    main()
