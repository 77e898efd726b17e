"""What AWS allows an account one of: where it is there already, from whomever, the studio uses it and makes none."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from soundstage.components.naming import analyser_name, cost_monitor_name
from soundstage.components.tags import STUDIO
from soundstage.engines.base import Event, EventKind, OnEvent
from soundstage.stacks.account.cloud_calls import call
from soundstage.stacks.machines import Clients


@dataclass(frozen=True)
class Singletons:
    """What is in an account, and is not the studio's own."""

    anomaly_monitor_arn: str | None = None
    """ARN of the monitor of all services' cost: one per account. AWS gives new accounts one."""
    analyser_arns: Mapping[str, str] = field(default_factory=dict)
    """ARN of the analyser of access from outside the account, by region: one per region."""
    other_studios: tuple[str, ...] = ()
    """Studios that have set the account up before, as far as the tags of their analysers tell."""

    def warn(self, on_event: OnEvent) -> None:
        """Say that another studio has set up this account, when one has."""
        if self.other_studios:
            whose = ", ".join(self.other_studios)
            message = (
                f"Another studio uses this account too: {whose}. Settings that an account has only once (disk encryption and "
                "its key, public access, sharing of images and snapshots, password rules) follow the studio that came up "
                "last. To avoid that, give all projects of an account the same studio.yaml."
            )
            on_event(Event(EventKind.WARNING, message=message))


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
    client = cloud.client("accessanalyzer", region)
    # At most one of this type is there, so there is no second page.
    found = call(client, "ListAnalyzers", f"access analyser in {region}", type="ACCOUNT")["analyzers"]
    return next((each for each in found if each["name"] != analyser_name(studio)), None)


def _cost_monitor(cloud: Clients, studio: str) -> str | None:
    client = cloud.client("ce")
    arguments: dict[str, Any] = {}
    while True:
        answer = call(client, "GetAnomalyMonitors", "cost monitors", **arguments)
        for monitor in answer["AnomalyMonitors"]:
            if monitor.get("MonitorDimension") == "SERVICE" and monitor["MonitorName"] != cost_monitor_name(studio):
                return str(monitor["MonitorArn"])
        if not answer.get("NextPageToken"):
            return None
        arguments["NextPageToken"] = answer["NextPageToken"]
