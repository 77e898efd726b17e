"""What would save money, for a person and for programs."""

from collections.abc import Sequence
from typing import Any

from soundstage.cli.display.screen import Screen, filled
from soundstage.pricing.advice import LEAST_USD
from soundstage.pricing.advised import Advice
from soundstage.pricing.facts import OLD_DAYS
from soundstage.stacks.costs import Costs


def advice_document(
    found: Sequence[Advice], notes: Sequence[str], clean: Sequence[str], costs: Costs
) -> dict[str, Any]:
    """What `cost --advice --json` prints, without whom it is about."""
    return {
        "currency": "USD",
        "monthly_usd": round(costs.project.month().typical, 4),
        "advice": [
            {
                "subject": one.subject, "what": one.what, "arithmetic": one.arithmetic, "monthly_usd": round(one.usd, 4),
                "date": one.day.isoformat(),
            }
            for one in found
        ],
        "commitments": list(notes),
        "cleaner": list(clean),
    }  # fmt: skip


def advice_text(found: Sequence[Advice], notes: Sequence[str], costs: Costs, title: str, screen: Screen) -> str:
    """Each in a few lines, the one that saves most first."""
    month = costs.project.month().typical
    parts = [screen.paint(f"{title}: about {month:.0f} USD a month, typical", "bold")]
    for one in found:
        old = f", more than {OLD_DAYS} days old" if (costs.today - one.day).days > OLD_DAYS else ""
        parts.append(
            filled(
                screen, f"{one.usd:.0f} USD a month: {one.subject}. {one.what}",
                f"  {one.arithmetic} = {one.usd:.2f}; prices of {one.day}{old}.",
            )
        )  # fmt: skip
    if not found:
        parts.append(filled(screen, f"Nothing that is known here saves {LEAST_USD:g} USD a month."))
    if notes:
        parts.append(filled(screen, *notes))
    parts.append(filled(screen, "Savings are for what is typical and do not add up: one may take away another."))
    return "\n\n".join(parts)
