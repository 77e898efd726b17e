"""A simulated cloud that the tests fork is the one that a person has."""

import fcntl
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from tests import forked_clouds

from soundstage.simulator.process import GOOGLE_PROJECT, Endpoint
from soundstage.simulator.testing import simulated_cloud


def networks(cloud: Endpoint) -> int:
    return len(cloud.client("ec2").describe_vpcs()["Vpcs"])


def test_a_fork_refused_what_a_server_of_its_own_had_kept(tmp_path: Path) -> None:
    with simulated_cloud(tmp_path) as forked:
        forked.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")
        made = networks(forked)
    with forked_clouds.a_process_of_its_own(), simulated_cloud(tmp_path) as genuine:
        assert networks(genuine) == made
        genuine.client("ec2").create_vpc(CidrBlock="10.1.0.0/16")
    with simulated_cloud(tmp_path) as forked:
        assert networks(forked) == made + 1


def test_a_fork_did_not_know_google_cloud(tmp_path: Path) -> None:
    with simulated_cloud(tmp_path) as forked:
        asked = urllib.request.Request(
            f"{forked.url}/compute/v1/projects/{GOOGLE_PROJECT}/global/networks",
            headers={"Authorization": f"Bearer {forked.google_token()}"},
        )
        with urllib.request.urlopen(asked) as answer:
            assert answer.status == 200


def test_the_forks_of_tests_that_were_killed_went_on_for_hours(tmp_path: Path) -> None:
    tests = (
        "import sys, time; from pathlib import Path; from tests import forked_clouds;"
        "from soundstage.simulator.testing import simulated_cloud\n"
        "with forked_clouds.forking() as address:\n"
        "    forked_clouds.by_fork(lambda: address)\n"
        "    with simulated_cloud(Path(sys.argv[1])):\n"
        "        print('up', flush=True)\n"
        "        time.sleep(600)\n"
    )
    folder = Path(__file__).resolve().parents[1]
    with subprocess.Popen(
        [sys.executable, "-c", tests, str(tmp_path)], cwd=folder, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout
        said = running.stdout.readline()
        running.kill()
    assert said == "up\n"
    deadline = time.monotonic() + 60
    with next(tmp_path.rglob("serving")).open("w") as held:
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                assert time.monotonic() < deadline, "the simulated cloud goes on"
                time.sleep(0.1)
