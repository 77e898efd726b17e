"""What the life of the live test costs by list prices: an upper bound beforehand, an account of it afterwards."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from outside_view import Outside

HOURS_A_MONTH = 730


@dataclass(frozen=True)
class Things:
    """What is billed while the project is up."""

    machines: int
    disk_gib: int
    endpoint_zones: int
    """Interface endpoints, each counted once for every zone that it stands in."""
    keys: int


MOST = Things(machines=1, disk_gib=400, endpoint_zones=16, keys=4)
"""More than the live test makes, for the figure that is agreed to beforehand."""

MOST_HOURS = 2.0
"""Up, asked and down again, with every wait at its longest."""


def things(outside: Outside) -> Things:
    """Count what is there."""
    interface = [one for one in outside.endpoints() if one["VpcEndpointType"] == "Interface"]
    return Things(
        machines=len(outside.machines()),
        disk_gib=sum(volume["Size"] for volume in outside.volumes()),
        endpoint_zones=sum(len(one["SubnetIds"]) for one in interface),
        keys=len({volume.get("KmsKeyId") for volume in outside.volumes()}) + 3,  # the studio's: trail, logs, disks
    )


def usd(counted: Things, hours: float) -> float:
    """US dollars for so many hours."""
    price = prices()
    month = hours / HOURS_A_MONTH
    return float(
        counted.machines * hours * price["m7i.xlarge"]["usd"]
        + counted.disk_gib * month * price["volume"]["usd"]
        + counted.endpoint_zones * hours * price["endpoint"]["usd"]
        + counted.keys * month * price["key"]["usd"]
        + price["rest"]["usd"]
    )


def prices() -> dict[str, Any]:
    """`prices.yaml`."""
    found: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "prices.yaml").read_text(encoding="utf-8"))
    return found
