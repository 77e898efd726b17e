"""What resources of a plan need."""

from collections.abc import Collection

from soundstage.core.errors import UsageError
from soundstage.plan.plan import Plan


def provider_urn(reference: str) -> str:
    """The URN inside a provider reference `URN::ID`."""
    return reference.rpartition("::")[0]


def with_needs(plan: Plan, targets: Collection[str]) -> set[str]:
    """`targets` and the URNs of all that they need. Raises `UsageError` for a target that the plan does not have."""
    if unknown := [urn for urn in targets if urn not in plan.by_urn]:
        raise UsageError(f"There is no such resource: {', '.join(unknown)}.", "Take a URN from the preview.")
    found: set[str] = set()
    trail = list(targets)
    while trail:
        urn = trail.pop()
        if urn in found or urn not in plan.by_urn:
            continue
        found.add(urn)
        resource = plan.by_urn[urn]
        trail.extend(resource.dependencies)
        if resource.parent:
            trail.append(resource.parent)
        if resource.provider:
            trail.append(provider_urn(resource.provider))
    return found
