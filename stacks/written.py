"""Where in a project file or studio file what made a resource stands: our programs declare components, and each is about some keys."""

from collections.abc import Iterator
from typing import Final

from soundstage.core.yamlfile import Document, Place
from soundstage.plan.plan import Plan, PlannedResource

NAME: Final[Place] = ("project",)
STUDIO_NAME: Final[Place] = ("studio",)
ANY: Final = "*"
"""Stands for the name of the workstation that a component is."""
COMPONENTS: Final[dict[str, Place]] = {
    "soundstage:aws:Workstation": ("workstations", ANY),
    "soundstage:aws:MediaBucket": ("storage",),
    "soundstage:aws:StudioNetwork": ("network",),
    "soundstage:aws:WorkDiskSnapshots": ("snapshots",),
    "soundstage:aws:MonthlyPatching": ("patching",),
    "soundstage:aws:ProjectBudget": ("budget",),
    "soundstage:aws:AccessLogBucket": ("log_retention_days",),
    "soundstage:aws:AuditTrail": ("alert_emails",),
    "soundstage:aws:AccountGuardrails": ("budget",),
    "soundstage:aws:StateBucket": ("state",),
    "soundstage:gcp:Workstation": ("workstations", ANY),
    "soundstage:gcp:MediaBucket": ("storage",),
    "soundstage:gcp:TransferBucket": ("storage",),
    "soundstage:gcp:StudioNetwork": ("network",),
    "soundstage:gcp:AccessRoles": ("access", "people"),
    "soundstage:gcp:ProjectBudget": ("budget",),
    "soundstage:gcp:AccessLogBucket": ("log_retention_days",),
    "soundstage:gcp:AuditTrail": ("alert_emails",),
}
"""Component → the keys that it is made of. Of what is not here, the name of the project or studio is the place."""
PROPERTIES: Final[dict[str, tuple[Place, ...]]] = {
    "tags.soundstage:client": (("client",),),
    "tags.soundstage:owner": (("owner",),),
    "tags.soundstage:cost-centre": (("cost_centre",),),
    "tags.soundstage:expires": (("expires",),),
    "tags.soundstage:zone": (("network", "zone"),),
    "tags.soundstage:image": (("workstations", ANY, "image"),),
    "ami": (("workstations", ANY, "image"),),
    "instanceType": (("workstations", ANY, "instance_type"), ("workstations", ANY, "size")),
    "instanceMarketOptions": (("workstations", ANY, "purchase"),),
    "cidrBlock": (("network", "cidr"),),
    "limitAmount": (("budget", "monthly_usd"),),
    "amount": (("budget", "monthly_usd"),),
}
"""Property of a resource → the keys that set it, the first that is written."""


def line_of(document: Document, plan: Plan, urn: str, path: str = "", key: Place = ()) -> int:
    """The line of `document` that a resource comes from; of its property `path`, or of `key`, where these are written there.

    `key` may hold `ANY` for the name of the workstation. An empty `urn` is the stack itself."""
    name = STUDIO_NAME if STUDIO_NAME in document.lines else NAME
    component = _component(plan, urn)
    label = _label(plan, component)
    told = next((places for start, places in PROPERTIES.items() if path == start or path.startswith(f"{start}.")), ())
    whole = COMPONENTS.get(component.type, name) if component else name
    for place in (key, *told, whole, name):
        found = tuple(label if step == ANY else step for step in place)
        if found and found in document.lines:
            return document.lines[found]
    return 1


def _component(plan: Plan, urn: str) -> PlannedResource | None:
    """The component that our program declared, in which a resource stands."""
    inside = list(_upwards(plan, urn))
    return next((one for one in reversed(inside) if not one.custom and one.type.startswith("soundstage:")), None)


def _upwards(plan: Plan, urn: str | None) -> Iterator[PlannedResource]:
    seen: set[str] = set()
    while urn and urn in plan.by_urn and urn not in seen:
        seen.add(urn)
        yield plan.by_urn[urn]
        urn = plan.by_urn[urn].parent


def _label(plan: Plan, component: PlannedResource | None) -> str:
    """`edit-1` of the component `teaser-edit-1`."""
    return component.name.removeprefix(f"{plan.stack}-") if component else ""
