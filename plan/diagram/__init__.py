"""A picture of a plan, for people who do not read clouds: who gets in, what they reach, where media lie, what it may cost.

`picture(plan)` is a pure function of the plan: the same plan gives the same bytes. Secrets and values that only the cloud will
decide are never in it, and neither are mail addresses, account numbers and what machines execute at boot.

Importing this loads nothing heavy, so that a command can offer the formats; what draws comes with the first picture.
"""

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from soundstage.plan.diagram.outline import Outline
    from soundstage.plan.plan import Plan


class Format(StrEnum):
    """What a picture is written as."""

    SVG = "svg"
    MERMAID = "mermaid"
    HTML = "html"


def picture(plan: "Plan") -> "Outline":
    """What the picture of a plan says."""
    from soundstage.plan.diagram import aws, gcp
    from soundstage.plan.diagram.outline import outline

    return outline(gcp.facts(plan) if any(one.type.startswith("gcp:") for one in plan) else aws.facts(plan))


def drawing(plan: "Plan", format: Format) -> str:
    """The picture of a plan as the text of a file."""
    from soundstage.plan.diagram.mermaid import mermaid
    from soundstage.plan.diagram.page import page
    from soundstage.plan.diagram.svg import svg

    writers = {Format.SVG: svg, Format.MERMAID: mermaid, Format.HTML: page}
    return writers[format](picture(plan))
