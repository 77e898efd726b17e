"""What `workstation prices --refresh` does first."""

from soundstage.cli.notice import notice
from soundstage.components.sizes import regions
from soundstage.core.errors import UsageError
from soundstage.core.words import nearest, shown
from soundstage.pricing import facts
from soundstage.pricing.refreshed import keep
from soundstage.stacks.target import ask_prices


def refresh_prices(region: str | None) -> None:
    """Ask AWS for the prices of a region and keep them. Raises `UsageError` without a region that there is, and what asking raises."""
    if region is None or region not in regions():
        near = nearest(region, regions())
        said = f"There is no AWS region {shown(region)}" if region else "--refresh needs a --region"
        raise UsageError(
            f"{said}{f'; did you mean {shown(near)}?' if near else '.'}",
            "Name one: `workstation prices --refresh --region eu-west-1`.",
        )
    found = ask_prices(region)
    path = keep(found)
    facts.clear()
    notice(
        f"{len(found.machines)} machine types, {len(found.spot)} spot prices and {len(found.items)} other prices of {region} are kept in {path}."
    )
