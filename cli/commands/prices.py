"""List what machines cost, to choose one.

By GPU, its memory, region and price. Beside each stands which role and size of a project file names it there. Figures are list prices
without taxes, with their day; what is not known is left open. Disks, network and storage come on top: `workstation cost PROJECT`.

--compare shows what each role and size means on AWS and on Google Cloud instead, side by side, in one region of each that are near.
"""

from enum import StrEnum
from typing import Annotated

import typer

from soundstage.cli import completion
from soundstage.cli.answer import Answer


class PriceCloud(StrEnum):
    """The clouds whose prices are known."""

    AWS = "aws"
    GCP = "gcp"


class Purchase(StrEnum):
    """How a machine is bought."""

    ON_DEMAND = "on-demand"
    SPOT = "spot"


class System(StrEnum):
    """What runs on it."""

    LINUX = "linux"
    WINDOWS = "windows"


class Order(StrEnum):
    """What comes first."""

    PRICE = "price"
    VRAM = "vram"
    VCPUS = "vcpus"
    MEMORY = "memory"
    NAME = "name"


Cloud = Annotated[PriceCloud | None, typer.Option("--cloud", show_default=False, help="Only this cloud.")]
Region = Annotated[
    str | None,
    typer.Option("--region", metavar="REGION", show_default=False, help="Only this region. Left out: us-east-1, us-central1; `all`."),
]  # fmt: skip
Gpu = Annotated[
    str | None, typer.Option("--gpu", metavar="GPU", show_default=False, help="A GPU, such as L4; `any` for one at all.")
]  # fmt: skip
Vram = Annotated[
    float | None, typer.Option("--vram", metavar="GIB", min=0, show_default=False, help="At least so much memory of one GPU.")
]  # fmt: skip
Most = Annotated[
    float | None, typer.Option("--most", metavar="USD", min=0, show_default=False, help="At most so much an hour.")
]
Role = Annotated[
    str | None,
    typer.Option("--for", metavar="ROLE", autocompletion=completion.roles, show_default=False, help="Only what a size of this role means."),
]  # fmt: skip
Type = Annotated[
    str | None, typer.Option("--type", metavar="TYPE", show_default=False, help="A machine type or a family, such as g6.")
]  # fmt: skip
Os = Annotated[System, typer.Option("--os", help="With the licence of this system.")]
Buy = Annotated[Purchase, typer.Option("--purchase", help="On demand, or spot as the range of one day.")]
Hours = Annotated[float, typer.Option("--hours", metavar="HOURS", min=0, max=168, help="Hours of work in a week.")]
Refresh = Annotated[
    bool, typer.Option("--refresh", help="First ask AWS what --region costs now, with your credentials, and keep it here.")
]  # fmt: skip
Compare = Annotated[
    bool, typer.Option("--compare", help="Show the machines of both clouds side by side, by role and size.")
]
Sort = Annotated[Order, typer.Option("--sort", help="What comes first.")]


def command(
    cloud: Cloud = None,
    region: Region = None,
    gpu: Gpu = None,
    vram: Vram = None,
    most: Most = None,
    role: Role = None,
    type: Type = None,
    os: Os = System.LINUX,
    purchase: Buy = Purchase.ON_DEMAND,
    hours: Hours = 40.0,
    sort: Sort = Order.PRICE,
    compare: Compare = False,
    refresh: Refresh = False,
) -> Answer:
    from soundstage.cli.choosing import choice, comparison
    from soundstage.pricing.machines import Wanted

    if refresh:
        from soundstage.cli.refreshing import refresh_prices

        refresh_prices(region)
    wanted = Wanted(cloud, region, gpu, vram, most, role, type, os.value, purchase.value)
    return comparison(wanted, sort, hours) if compare else choice(wanted, sort, hours)
