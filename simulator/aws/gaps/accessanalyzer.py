"""IAM Access Analyzer: analyzers are kept. Nothing is analysed and there are never findings.

Source: IAM Access Analyzer API Reference (2026-11).
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from soundstage.simulator.aws.answer import Answer, Refusal, success
from soundstage.simulator.aws.gaps import Call


@dataclass
class Analyzers:
    """Analyzers of a region by name, as the API shows them."""

    known: dict[str, dict[str, Any]] = field(default_factory=dict)


def _find(call: Call) -> dict[str, Any]:
    name = call.params.get("analyzerName", "")
    try:
        return call.own(Analyzers).known[name]
    except KeyError:
        raise Refusal("ResourceNotFoundException", f"The analyzer {name} does not exist.", 404) from None


def _create(call: Call) -> Answer:
    name, kind = call.params.get("analyzerName", ""), call.params.get("type", "")
    known = call.own(Analyzers).known
    if name in known:
        raise Refusal("ConflictException", f"The analyzer {name} exists already.", 409)
    if any(analyzer["type"] == kind for analyzer in known.values()):
        raise Refusal("ServiceQuotaExceededException", f"There can be one analyzer of type {kind} in a region.", 402)
    arn = f"arn:aws:access-analyzer:{call.request.region}:{call.caller.account_id}:analyzer/{name}"
    known[name] = {
        "arn": arn,
        "name": name,
        "type": kind,
        "createdAt": datetime.fromtimestamp(call.time, UTC).isoformat(),
        "status": "ACTIVE",
        "tags": dict(call.params.get("tags") or {}),
        **({"configuration": call.params["configuration"]} if call.params.get("configuration") else {}),
    }
    return success(call.request, {"arn": arn})


def _get(call: Call) -> Answer:
    return success(call.request, {"analyzer": _find(call)})


def _list(call: Call) -> Answer:
    kind = call.params.get("type")
    found = [analyzer for analyzer in call.own(Analyzers).known.values() if kind in (None, analyzer["type"])]
    return success(call.request, {"analyzers": found})


def _delete(call: Call) -> Answer:
    del call.own(Analyzers).known[_find(call)["name"]]
    return success(call.request)


def _of_arn(call: Call) -> dict[str, Any]:
    arn = call.params.get("resourceArn", "")
    for analyzer in call.own(Analyzers).known.values():
        if analyzer["arn"] == arn:
            return analyzer
    raise Refusal("ResourceNotFoundException", f"The resource {arn} does not exist.", 404)


def _tag(call: Call) -> Answer:
    _of_arn(call)["tags"].update(call.params.get("tags") or {})
    return success(call.request)


def _untag(call: Call) -> Answer:
    tags = _of_arn(call)["tags"]
    for key in call.repeated("tagKeys"):
        tags.pop(key, None)
    return success(call.request)


def _tags(call: Call) -> Answer:
    return success(call.request, {"tags": _of_arn(call)["tags"]})


def _findings(call: Call) -> Answer:
    return success(call.request, {"findings": []})


HANDLERS = {
    "CreateAnalyzer": _create,
    "GetAnalyzer": _get,
    "ListAnalyzers": _list,
    "DeleteAnalyzer": _delete,
    "TagResource": _tag,
    "UntagResource": _untag,
    "ListTagsForResource": _tags,
    "ListFindings": _findings,
    "ListFindingsV2": _findings,
}
