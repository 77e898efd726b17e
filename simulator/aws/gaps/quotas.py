"""Service Quotas, and the vCPU quotas that EC2 launches are held to.

moto knows 25 quotas of VPC and none of EC2. A request to raise a quota is granted at once.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

from soundstage.simulator.answer import Refusal
from soundstage.simulator.aws.gaps import Call, Reply, Shape

ADDRESSES: Final = "L-0263D0A3"
_FAMILIES: Final = (
    (re.compile(r"(g|gr|vt)\d"), "L-DB2E81BA", "L-3819A6DF"),
    (re.compile(r"p\d"), "L-417A185B", "L-7212CCBC"),
    (re.compile(r"(a|c|d|h|i|im|is|m|r|t|z)\d"), "L-1216C47A", "L-34B43A08"),
)
"""Family of instance types, its on-demand quota and its spot quota."""


@dataclass
class Raised:
    """Quotas that were raised, by service and code, and the requests."""

    values: dict[tuple[str, str], float] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)


@cache
def _table() -> Mapping[str, Any]:
    table: Mapping[str, Any] = json.loads((files(__package__) / "quotas.json").read_text("utf-8"))
    return table


def quota_of(instance_type: str, *, spot: bool) -> str | None:
    """The code of the vCPU quota that a type counts against; None for families without one here."""
    for family, on_demand, of_spot in _FAMILIES:
        if family.match(instance_type):
            return of_spot if spot else on_demand
    return None


@cache
def vcpus(instance_type: str) -> int:
    """How many vCPUs a type has."""
    from moto.ec2.models.instance_types import INSTANCE_TYPES

    known = INSTANCE_TYPES.get(instance_type)
    return int(known["VCpuInfo"]["DefaultVCpus"]) if known else 1


def applied(call: Call, service: str, code: str) -> float:
    """The value that a quota has now in the call's region."""
    return call.own(Raised).values.get((service, code), float(_table()[service][code]["value"]))


def _shown(call: Call, service: str, code: str, *, default: bool) -> dict[str, Any]:
    row = _table()[service][code]
    region, account = call.request.region, call.caller.account_id
    return {
        "ServiceCode": service,
        "ServiceName": {"ec2": "Amazon Elastic Compute Cloud (Amazon EC2)", "vpc": "Amazon Virtual Private Cloud"}[
            service
        ],
        "QuotaArn": f"arn:aws:servicequotas:{region}:{account}:{service}/{code}",
        "QuotaCode": code,
        "QuotaName": row["name"],
        "Value": float(row["default"]) if default else applied(call, service, code),
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
        "QuotaAppliedAtLevel": "ACCOUNT",
    }


def _find(call: Call) -> tuple[str, str]:
    service, code = call.params.get("ServiceCode", ""), call.params.get("QuotaCode", "")
    if service not in ("ec2", "vpc") or code not in _table()[service]:
        raise Refusal("NoSuchResourceException", f"The quota {code} of {service} does not exist.")
    return service, code


def _get(call: Call) -> Shape:
    default = call.request.operation == "GetAWSDefaultServiceQuota"
    return {"Quota": _shown(call, *_find(call), default=default)}


def _list(call: Call) -> Reply:
    service = call.params.get("ServiceCode", "")
    if service not in ("ec2", "vpc"):
        return call.forward()
    default = call.request.operation == "ListAWSDefaultServiceQuotas"
    quotas = [_shown(call, service, code, default=default) for code in _table()[service]]
    return {"Quotas": quotas}


def request_service_quota_increase(call: Call) -> Shape:
    service, code = _find(call)
    wanted = float(call.params.get("DesiredValue", 0))
    if wanted <= applied(call, service, code):
        raise Refusal(
            "IllegalArgumentException", "You must provide a quota value greater than the current quota value."
        )
    raised = call.own(Raised)
    raised.values[service, code] = wanted
    request = {
        "Id": f"{len(raised.requests) + 1:032x}",
        "ServiceCode": service,
        "QuotaCode": code,
        "QuotaName": _table()[service][code]["name"],
        "DesiredValue": wanted,
        "Status": "APPROVED",
        "Created": call.time,
        "LastUpdated": call.time,
        "GlobalQuota": False,
        "Unit": "None",
    }
    raised.requests.append(request)
    return {"RequestedQuota": request}


def list_requested_service_quota_change_history(call: Call) -> Shape:
    return {"RequestedQuotas": call.own(Raised).requests}


HANDLERS = {
    "GetServiceQuota": _get,
    "GetAWSDefaultServiceQuota": _get,
    "ListServiceQuotas": _list,
    "ListAWSDefaultServiceQuotas": _list,
}
