"""Where data live, and where copies of them go."""

from collections.abc import Iterator

from soundstage.policies.policy import HIGH, MANDATORY, Blind, Verdict, breach, policy
from soundstage.policies.views.buckets import REPLICATION
from soundstage.policies.views.node import Node, Resource
from soundstage.policies.views.stack import Stack


def _placed(stack: Stack) -> list[tuple[Resource, Node]]:
    """Every place where data may live: regions of resources, copies, replicas and distribution settings."""
    found: list[tuple[Resource, Node]] = []
    for resource in stack.resources:
        if resource.cloud not in ("aws", "gcp", "pulumi"):
            continue
        if resource.cloud == "pulumi" and not resource.type.startswith(
            ("pulumi:providers:aws", "pulumi:providers:gcp")
        ):
            continue
        for key in ("region", "location", "destinationRegion", "replicaRegion", "snapshotRegion"):
            node = resource.get(key)
            if node.value is not None:
                found.append((resource, node))
        for path in (
            "replicas",
            "replicaRegions",
            "distributions",
            "customPlacementConfig.dataLocations",
            "storageLocations",
        ):
            for item in resource.get(path).each():
                region = item.get("region") if isinstance(item.value, dict) and "region" in item.value else item
                region = (
                    item.get("regionName") if isinstance(item.value, dict) and "regionName" in item.value else region
                )
                if not isinstance(region.value, dict):
                    found.append((resource, region))
    for part in stack.of(*REPLICATION):
        for rule in part.get("rules").each():
            bucket = rule.get("destination.bucket")
            targets = stack.targets(bucket)
            found += [(part, stack.region(target)) for target in targets] or [(part, bucket)]
    return found


_EVERYWHERE = ("global", "aws-global", "us-east-1-global")


@policy(
    "STO-11",
    "Data stay in the agreed regions",
    severity=HIGH,
    level=MANDATORY,
    why="A copy in another part of the world breaks the client's contract and, for personal data, the law.",
    fix="Move the resource, replica or copy into a region of `residency`, or agree the region with the client.",
    references="gdpr:44 gdpr:46 mpa-5.1:OP5",
    over=_placed,
)
def residency(place: tuple[Resource, Node], stack: Stack) -> Iterator[Verdict]:
    settings = stack.settings
    if not settings.residency:
        return
    resource, region = place
    if region.path.endswith("destination.bucket"):
        yield Blind(resource, region.path, "in which region that bucket is does not show")
        return
    outside = region.is_(
        lambda value: (
            str(value).lower() not in _EVERYWHERE
            and not str(value).lower().startswith(tuple(item.lower() for item in settings.residency))
        )
    )
    yield from breach(outside, resource, f"lives in {region.text}, outside {', '.join(settings.residency)}", region)
