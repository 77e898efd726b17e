"""Somebody's own program uses the components with the plain SDK and its mocks: no project file, no command."""

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import runpy, sys
import pulumi

class Cloud(pulumi.runtime.Mocks):
    types = []
    def new_resource(self, args):
        self.types.append(args.typ)
        return args.name + "-id", {"arn": f"arn:aws:x:eu-west-1:123456789012:{args.name}", "name": args.name, **args.inputs}
    def call(self, args):
        return {
            "aws:index/getAvailabilityZones:getAvailabilityZones": {"names": ["eu-west-1a", "eu-west-1b"]},
            "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": "123456789012", "arn": "arn:aws:iam::123456789012:user/ana"},
            "aws:index/getRegion:getRegion": {"region": "eu-west-1", "name": "eu-west-1"},
            "aws:index/getPartition:getPartition": {"partition": "aws"},
            "aws:ec2/getAmi:getAmi": {"id": "ami-1", "rootDeviceName": "/dev/sda1"},
        }.get(args.token, {})

pulumi.runtime.set_mocks(Cloud(), project="mine", stack="dev")

@pulumi.runtime.test
def run():
    runpy.run_path(sys.argv[1], run_name="__main__")

run()
assert "aws:ec2/instance:Instance" in Cloud.types, Cloud.types
assert not {"typer", "moto", "boto3", "pydantic"} & set(sys.modules)
print(len(Cloud.types))
"""


def test_the_library_example_runs_under_the_sdks_own_mocks(tmp_path: Path, repository: Path) -> None:
    driver = tmp_path / "driver.py"
    driver.write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, str(driver), str(repository / "examples" / "library.py")],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 30
