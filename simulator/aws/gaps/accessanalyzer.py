"""IAM Access Analyzer: analyzers are kept. Nothing is analysed and there are never findings.

Source: IAM Access Analyzer API Reference (2026-11).
"""

from dataclasses import dataclass, field
from typing import Any

from soundstage.simulator.answer import Refusal
from soundstage.simulator.aws.gaps import Call, Shape, held
from soundstage.simulator.aws.gaps.tagging import given, handlers


@dataclass
class Analyzers:
    """Analyzers of a region by name, as the API shows them."""

    known: dict[str, dict[str, Any]] = field(default_factory=dict)


def _find(call: Call) -> dict[str, Any]:
    name = call.params.get("analyzerName", "")
    known = call.own(Analyzers).known
    return held(known, name, "ResourceNotFoundException", f"The analyzer {name} does not exist.", 404)


def create_analyzer(call: Call) -> Shape:
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
        "createdAt": call.now.isoformat(),
        "status": "ACTIVE",
        "tags": given(call, "tags"),
        **({"configuration": call.params["configuration"]} if call.params.get("configuration") else {}),
    }
    return {"arn": arn}


def get_analyzer(call: Call) -> Shape:
    return {"analyzer": _find(call)}


def list_analyzers(call: Call) -> Shape:
    kind = call.params.get("type")
    found = [analyzer for analyzer in call.own(Analyzers).known.values() if kind in (None, analyzer["type"])]
    return {"analyzers": found}


def delete_analyzer(call: Call) -> None:
    del call.own(Analyzers).known[_find(call)["name"]]


def _tags(call: Call) -> dict[str, str]:
    arn = call.params.get("resourceArn", "")
    known = {analyzer["arn"]: analyzer["tags"] for analyzer in call.own(Analyzers).known.values()}
    return held(known, arn, "ResourceNotFoundException", f"The resource {arn} does not exist.", 404)


def _findings(_call: Call) -> Shape:
    return {"findings": []}


HANDLERS = {
    "ListFindings": _findings,
    "ListFindingsV2": _findings,
    **handlers(_tags, tags="tags", keys="tagKeys", pairs=False),
}
