"""What AWS allows an account one of: where it is there already, from whomever, the studio uses it and makes none."""

from collections.abc import Iterable, Mapping
from typing import Any

from soundstage.components.naming import analyser_name, cost_monitor_name
from soundstage.components.tags import STUDIO
from soundstage.stacks.clouds.aws.calls import Clients, read
from soundstage.stacks.clouds.base import Singletons


def singletons(cloud: Clients, studio: str, regions: Iterable[str]) -> Singletons:
    """Ask the account what it has. Raises `OperationError` and `PreflightRefused` as `call` does.

    Sources: AWS Billing and Cost Management user guide, "Quotas and restrictions"; IAM Access Analyzer quotas (2026-11).
    """
    found = {region: _analyser(cloud, studio, region) for region in sorted(regions)}
    others = {region: analyser for region, analyser in found.items() if analyser}
    named = {str((analyser.get("tags") or {}).get(STUDIO, "")) for analyser in others.values()}
    return Singletons(
        _cost_monitor(cloud, studio),
        {region: str(analyser["arn"]) for region, analyser in others.items()},
        tuple(sorted(named - {"", studio})),
    )


def _analyser(cloud: Clients, studio: str, region: str) -> Mapping[str, Any] | None:
    # At most one of this type is there, so there is no second page.
    what = f"access analyser in {region}"
    found = read(cloud, "accessanalyzer", "ListAnalyzers", what, region, type="ACCOUNT")["analyzers"]
    return next((each for each in found if each["name"] != analyser_name(studio)), None)


def _cost_monitor(cloud: Clients, studio: str) -> str | None:
    arguments: dict[str, Any] = {}
    while True:
        answer = read(cloud, "ce", "GetAnomalyMonitors", "cost monitors", **arguments)
        for monitor in answer["AnomalyMonitors"]:
            if monitor.get("MonitorDimension") == "SERVICE" and monitor["MonitorName"] != cost_monitor_name(studio):
                return str(monitor["MonitorArn"])
        if not answer.get("NextPageToken"):
            return None
        arguments["NextPageToken"] = answer["NextPageToken"]
