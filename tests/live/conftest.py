"""One life of a project: on the simulated cloud always, on a real account where `make live` was agreed to."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

HERE = Path(__file__).parent
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

import consent
import cost
from outside_view import Outside
from short_life import MACHINE_TYPE, PROJECT, REGION, STUDIO, Life

from soundstage.simulator import process

PERSON = dict(os.environ)
"""The environment of whoever runs the tests, with their credentials; other tests do not see it."""


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Life, Outside]]:
    """The life and the view of it, on the simulated cloud."""
    folder = tmp_path_factory.mktemp("live")
    home = folder / "home"
    endpoint = process.ensure(home)
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(folder), "SOUNDSTAGE_HOME": str(home), "NO_COLOR": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }  # fmt: skip
    life = Life(folder, environment, "simulated", endpoint.account_id, "you@example.com")
    yield life, Outside(endpoint.client, endpoint.account_id, REGION, STUDIO, PROJECT, MACHINE_TYPE)
    process.stop(home)


@pytest.fixture(scope="module")
def real() -> Iterator[tuple[Life, Outside]]:
    """The same on a real account. Whatever happens, it is taken down at the end."""
    if PERSON.get(consent.AGREED) != PERSON.get(consent.ACCOUNT, "nobody"):
        pytest.skip("`make live` was not agreed to")
    given = consent.first(PERSON)
    session = boto3.Session(region_name=REGION)
    # Not a temporary folder: whoever is cut off in the middle must find the state again.
    folder = Path(PERSON["HOME"]) / ".local" / "state" / "soundstage-live"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    environment = {**PERSON, "SOUNDSTAGE_HOME": str(folder / "home")}
    print(
        f"\nEverything is kept in {folder}. If this is cut off, run `make live` again: it goes on and takes all down."
    )

    def client(service: str, region: str) -> object:
        return session.client(service, region_name=region)

    life = Life(folder, environment, "aws", given.account, given.email)
    yield life, Outside(client, given.account, REGION, STUDIO, PROJECT, MACHINE_TYPE)
    counted = cost.usd(cost.MOST, life.seconds_up / 3600)
    print(
        f"\nUp for {life.seconds_up / 60:.0f} minutes: at most ${counted:.2f} by list prices. What AWS bills is there within a "
        "day: aws ce get-cost-and-usage --granularity DAILY --metrics UnblendedCost --time-period Start=…,End=…"
    )
