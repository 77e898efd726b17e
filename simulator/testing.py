"""A simulated cloud for tests: a real server process of its own, ended with the test."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from soundstage.simulator import process
from soundstage.simulator.process import Endpoint


@contextmanager
def simulated_cloud(home: Path) -> Iterator[Endpoint]:
    """The simulated cloud of the state folder `home`, ended at the end. Use a temporary folder.

    >>> with simulated_cloud(tmp_path) as cloud:
    ...     cloud.client("ec2").describe_vpcs()
    """
    try:
        yield process.ensure(home)
    finally:
        process.stop(home, save=False)
