"""Cost Explorer's `GetCostAndUsage`, answered from the simulated account's own bill.

A tag that is not active for cost allocation splits and filters nothing: what carries it counts as without it. Source: AWS Billing and Cost
Management API Reference, `GetCostAndUsage` and `Expression` (2026-11).
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from soundstage.pricing.usage_types import machine_type
from soundstage.simulator.answer import Refusal
from soundstage.simulator.aws.billing.bill import Bill, Used, day_of, month_of
from soundstage.simulator.aws.billing.spending import CostTags
from soundstage.simulator.aws.gaps import Call, Shape
from soundstage.simulator.memory import GLOBAL

MOST_ROWS: Final = 2000
"""Groups on a page."""
_COSTS: Final = ("AmortizedCost", "BlendedCost", "NetAmortizedCost", "NetUnblendedCost", "UnblendedCost")
_METRICS: Final = (*_COSTS, "NormalizedUsageAmount", "UsageQuantity")
_DIMENSIONS: Final[Mapping[str, Callable[[Used], str]]] = {
    "SERVICE": lambda used: used.service,
    "USAGE_TYPE": lambda used: used.usage_type,
    "REGION": lambda used: used.region,
    "INSTANCE_TYPE": lambda used: machine_type(used.usage_type) or "NoInstanceType",
    "RECORD_TYPE": lambda _used: "Usage",
}
_LONGEST_DAYS: Final = 425
"""Fourteen months back (AWS Cost Management User Guide, "Analyzing your costs and usage with AWS Cost Explorer")."""


def get_cost_and_usage(call: Call) -> Shape:
    start, end = _period(call)
    granularity, metrics = call.params["Granularity"], call.params["Metrics"]
    if granularity not in ("DAILY", "MONTHLY"):
        raise Refusal("DataUnavailableException", "Hourly data is available only after it was enabled.")
    if unknown := sorted(set(metrics) - set(_METRICS)):
        raise Refusal("ValidationException", f"Metrics {', '.join(unknown)} are not valid.")
    groups = call.params.get("GroupBy") or []
    if len(groups) > 2:
        raise Refusal("ValidationException", "GroupBy has at most two members.")
    keys = [_key(call, group) for group in groups]
    keep = _filter(call, call.params.get("Filter"))
    sums: dict[str, dict[tuple[str, ...], list[Any]]] = {first: {} for first, _ in _pieces(start, end, granularity)}
    for day, used, quantity in call.own(Bill, GLOBAL).between(start, end):
        if keep(used):
            piece = day if granularity == "DAILY" else max(start, f"{day[:7]}-01")
            sum_ = sums[piece].setdefault(tuple(key(used) for key in keys), [0.0, 0.0, set()])
            sum_[0] += quantity * used.rate
            sum_[1] += quantity
            sum_[2].add(used.unit)
    none: list[tuple[tuple[str, ...], Any]] = [((), None)]
    results = [
        (first, after, key, found)
        for first, after in _pieces(start, end, granularity)
        for key, found in (sorted(sums[first].items()) or none)
    ]
    return _page(call, results, metrics, grouped=bool(groups))


def _page(call: Call, results: list[Any], metrics: list[str], *, grouped: bool) -> Shape:
    token = call.params.get("NextPageToken") or "0"
    if not token.isdecimal() or int(token) >= max(1, len(results)):
        raise Refusal("InvalidNextTokenException", "The pagination token is invalid.")
    first = int(token)
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    this_month = month_of(call.time)[0]
    for start, end, key, found in results[first : first + MOST_ROWS]:
        row = rows.setdefault(
            (start, end),
            {"TimePeriod": {"Start": start, "End": end}, "Total": {}, "Groups": [], "Estimated": end > this_month},
        )
        if found is not None and grouped:
            row["Groups"].append({"Keys": list(key), "Metrics": _shown(found, metrics)})
        elif not grouped:
            row["Total"] = _shown(found or [0.0, 0.0, set()], metrics)
    more = first + MOST_ROWS
    return {
        "GroupDefinitions": list(call.params.get("GroupBy") or ()),
        "ResultsByTime": list(rows.values()),
        "DimensionValueAttributes": [],
        **({"NextPageToken": str(more)} if more < len(results) else {}),
    }


def _shown(found: list[Any], metrics: list[str]) -> dict[str, dict[str, str]]:
    usd, quantity, units = found
    unit = next(iter(units)) if len(units) == 1 else "N/A"
    return {
        metric: {"Amount": f"{usd:.10f}", "Unit": "USD"}
        if metric in _COSTS
        else {"Amount": f"{quantity:.10f}", "Unit": unit}
        for metric in metrics
    }


def _period(call: Call) -> tuple[str, str]:
    period = call.params["TimePeriod"]
    try:
        start, end = (date.fromisoformat(period[key]) for key in ("Start", "End"))
    except ValueError:
        raise Refusal("ValidationException", "Dates are written yyyy-MM-dd.") from None
    if start >= end:
        raise Refusal("ValidationException", "Start date (and hour) should be before end date (and hour)")
    today = date.fromisoformat(day_of(call.time))
    if start < today - timedelta(days=_LONGEST_DAYS):
        raise Refusal("ValidationException", "You haven't enabled historical data beyond 14 months")
    if start > today:
        raise Refusal("ValidationException", "Start date cannot be after current date")
    return start.isoformat(), end.isoformat()


def _pieces(start: str, end: str, granularity: str) -> list[tuple[str, str]]:
    """The days, or the months as far as they are asked for."""
    found, day, last = [], date.fromisoformat(start), date.fromisoformat(end)
    while day < last:
        after = day + timedelta(days=1)
        if granularity == "MONTHLY":
            after = min(last, (day.replace(day=1) + timedelta(days=32)).replace(day=1))
        found.append((day.isoformat(), after.isoformat()))
        day = after
    return found


def _key(call: Call, group: Mapping[str, str]) -> Callable[[Used], str]:
    kind, key = group.get("Type"), group.get("Key", "")
    if kind == "TAG":
        return lambda used: f"{key}${_tag(call, used, key)}"
    if kind == "DIMENSION" and key in _DIMENSIONS:
        return _DIMENSIONS[key]
    raise Refusal("ValidationException", f"GroupBy {kind} {key} is not valid here.")


def _tag(call: Call, used: Used, key: str) -> str:
    return used.tag(key) if key in call.own(CostTags, GLOBAL).active else ""


def _filter(call: Call, told: Mapping[str, Any] | None) -> Callable[[Used], bool]:
    """Whether something is asked for, by an `Expression`."""
    if not told:
        return lambda _used: True
    if len(told) != 1:
        raise Refusal("ValidationException", "An expression has exactly one root operator or dimension.")
    ((word, inner),) = told.items()
    if word in ("And", "Or"):
        parts = [_filter(call, one) for one in inner]
        join = all if word == "And" else any
        return lambda used: join(part(used) for part in parts)
    if word == "Not":
        part = _filter(call, inner)
        return lambda used: not part(used)
    absent = "ABSENT" in (inner.get("MatchOptions") or ())
    values, key = set(inner.get("Values") or ()), inner.get("Key", "")
    if word == "Tags":
        return lambda used: not _tag(call, used, key) if absent else _tag(call, used, key) in values
    if word == "Dimensions" and key in _DIMENSIONS:
        return lambda used: _DIMENSIONS[key](used) in values
    raise Refusal("ValidationException", f"A filter by {word} {key} is not valid here.")
