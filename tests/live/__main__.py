"""`make live`: the live test on a real account, for whoever has one and says so twice."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import consent


def main() -> int:
    try:
        given = consent.first(os.environ)
        consent.matches(given, _account())
        if not sys.stdin.isatty():
            raise consent.Refused("The second question needs a terminal. Nothing was made.")
        consent.second(given, input)
    except consent.Refused as refused:
        print(f"make live: {refused}", file=sys.stderr)
        return 2
    environment = {**os.environ, consent.AGREED: given.account}
    return subprocess.run(
        [sys.executable, "-m", "pytest", str(HERE), "-m", "live", "-s", "-n", "0"], env=environment, check=False
    ).returncode


def _account() -> str:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return str(boto3.client("sts", region_name="us-east-1").get_caller_identity()["Account"])
    except (BotoCoreError, ClientError) as error:
        raise consent.Refused(f"There are no working AWS credentials: {error}. Run `aws sso login`.") from error


if __name__ == "__main__":
    sys.exit(main())
