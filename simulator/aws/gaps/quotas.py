"""Service Quotas, and the vCPU quotas that EC2 launches are held to.

moto knows 25 quotas of VPC and none of EC2. A request to raise a quota is granted at once, unless the account was told otherwise
(`simulator.account_quotas`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from functools import cache
from typing import Any, Final

from soundstage.simulator.account_quotas import PARAMETER, AccountQuotas, quotas_of, table
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
    """The requests for larger quotas, in the order in which they were made."""

    requests: list[dict[str, Any]] = field(default_factory=list)


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


def _told(call: Call) -> tuple[AccountQuotas, float]:
    """How the account was told to be in the call's region, and when, in seconds since the epoch."""
    kept = call.moto("ssm").get_parameter(PARAMETER)
    return (
        (quotas_of(kept.value), kept.last_modified_date.replace(tzinfo=UTC).timestamp())
        if kept
        else (AccountQuotas(), 0.0)
    )


def applied(call: Call, service: str, code: str) -> float:
    """The value that a quota has now in the call's region: what was said last, by a request that was granted or to the account."""
    account, since = _told(call)
    requests = [one for one in call.own(Raised).requests if _of(one, service, code) and one["Created"] >= since]
    granted = [one for one in requests if _status(call, one) == "APPROVED"]
    if granted:
        return float(granted[-1]["DesiredValue"])
    row = table()[service][code]
    return float(account.values.get(code, row["default" if account.new_account else "value"]))


def _of(request: Mapping[str, Any], service: str, code: str) -> bool:
    return (request["ServiceCode"], request["QuotaCode"]) == (service, code)


def _status(call: Call, request: Mapping[str, Any]) -> str:
    """How a request stands now. One is decided at the moment that was told when it was made."""
    if call.time < request.get("Decided", 0.0):
        return "CASE_OPENED"
    return str(request.get("Becomes", "APPROVED"))


def _shown(call: Call, service: str, code: str, *, default: bool) -> dict[str, Any]:
    row = table()[service][code]
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
    if service not in ("ec2", "vpc") or code not in table()[service]:
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
    quotas = [_shown(call, service, code, default=default) for code in table()[service]]
    return {"Quotas": quotas}


def request_service_quota_increase(call: Call) -> Shape:
    service, code = _find(call)
    wanted = float(call.params.get("DesiredValue", 0))
    if wanted <= applied(call, service, code):
        raise Refusal(
            "IllegalArgumentException", "You must provide a quota value greater than the current quota value."
        )
    raised, (account, _) = call.own(Raised), _told(call)
    if any(_of(one, service, code) and _status(call, one) == "CASE_OPENED" for one in raised.requests):
        raise Refusal("ResourceAlreadyExistsException", "A request for this quota is open already.")
    request = {
        "Id": f"{len(raised.requests) + 1:032x}",
        "ServiceCode": service,
        "QuotaCode": code,
        "QuotaName": table()[service][code]["name"],
        "DesiredValue": wanted,
        "Decided": call.time + account.granted_after,
        "Becomes": "DENIED" if account.refusing else "APPROVED",
        "Created": call.time,
        "LastUpdated": call.time,
        "GlobalQuota": False,
        "Unit": "None",
    }
    raised.requests.append(request)
    return {"RequestedQuota": _requested(call, request)}


def _requested(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    shown = {key: value for key, value in request.items() if key not in ("Decided", "Becomes")}
    return {**shown, "Status": _status(call, request)}


def list_requested_service_quota_change_history(call: Call) -> Shape:
    return {"RequestedQuotas": [_requested(call, one) for one in call.own(Raised).requests]}


def list_requested_service_quota_change_history_by_quota(call: Call) -> Shape:
    service, code = _find(call)
    mine = [one for one in call.own(Raised).requests if _of(one, service, code)]
    return {"RequestedQuotas": [_requested(call, one) for one in mine]}


HANDLERS = {
    "GetServiceQuota": _get,
    "GetAWSDefaultServiceQuota": _get,
    "ListServiceQuotas": _list,
    "ListAWSDefaultServiceQuotas": _list,
}
