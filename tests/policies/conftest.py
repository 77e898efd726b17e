"""Plans and reports that several tests look at."""

from typing import Any

import pytest

from soundstage import policies
from soundstage.plan.plan import Plan
from soundstage.policies.example import plan_of
from soundstage.policies.report import Report
from soundstage.policies.settings import Settings
from soundstage.policies.waivers import Waiver

OPEN: dict[str, Any] = {
    "ssh": {
        "type": "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        "properties": {
            "cidrIpv4": "0.0.0.0/0", "fromPort": 22, "toPort": 22, "ipProtocol": "tcp", "securityGroupId": "${?}",
        },
    },
    "edit-1": {
        "type": "aws:ec2/instance:Instance",
        "properties": {"instanceType": "g5.xlarge", "ami": "${?}", "metadataOptions": {"httpTokens": "optional"}},
    },
    "odd": {"type": "aws:quantum/cat:Cat", "properties": {"alive": "${?}"}},
}  # fmt: skip


@pytest.fixture
def open_plan() -> Plan:
    """A stack with open ports, an unsafe machine, unknown values and a type that nobody knows."""
    return plan_of(OPEN)


@pytest.fixture
def settings() -> Settings:
    return Settings.model_validate({"today": "2026-11-21"})


@pytest.fixture
def waiver() -> Waiver:
    return Waiver.model_validate(
        {
            "policy": "NET-01",
            "resource": "ssh",
            "reason": "The port is closed at the office <b>firewall</b> until the move.",
            "owner": "ana@example.com",
            "expires": "2026-12-31",
        }
    )


@pytest.fixture
def open_report(open_plan: Plan, settings: Settings, waiver: Waiver) -> Report:
    return policies.run(open_plan, "studio", settings, [waiver])
