"""What `workstation prices` shows: a list to choose from, or the machines of both clouds side by side."""

from datetime import UTC, datetime

from soundstage.cli.answer import Answer
from soundstage.cli.display.compared_prices import Compared, compared_document, compared_text
from soundstage.cli.display.prices import Listed, prices_document, prices_text
from soundstage.core.errors import UsageError
from soundstage.core.words import listed as together
from soundstage.pricing.comparing import pairs, regions_of
from soundstage.pricing.machines import ORDERS, Wanted, checked, ordered


def choice(wanted: Wanted, sort: str, hours: float) -> Answer:
    """Raises `UsageError` for a region, GPU, role or type that there is not."""
    listed = Listed(wanted, ordered(checked(wanted), sort), hours, datetime.now(UTC).date())
    return Answer(lambda: prices_document(listed), lambda screen: prices_text(listed, screen))


def comparison(wanted: Wanted, sort: str, hours: float) -> Answer:
    """Raises `UsageError` for a role that there is not, a region that has none near by, and options that choose among machines."""
    other = {
        "--cloud": wanted.cloud,
        "--gpu": wanted.gpu,
        "--vram": wanted.least_vram_gib,
        "--most": wanted.most_usd,
        "--type": wanted.type,
        "--sort": None if sort == ORDERS[0] else sort,
    }
    if given := [name for name, value in other.items() if value is not None]:
        raise UsageError(
            f"{together(given)} {'do' if len(given) > 1 else 'does'} not go with --compare.",
            "--for, --region, --os, --purchase and --hours do.",
        )
    aws, google = regions_of(wanted.region)
    found = Compared(wanted, aws, google, tuple(pairs(wanted)), hours, datetime.now(UTC).date())
    return Answer(lambda: compared_document(found), lambda screen: compared_text(found, screen))
