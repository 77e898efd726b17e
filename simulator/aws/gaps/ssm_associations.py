"""State Manager: associations are kept, with their tags. Nothing is run on a machine.

Source: AWS Systems Manager API Reference; AWS General Reference, "AWS Systems Manager endpoints and quotas" (2026-11).
"""

import re
from dataclasses import dataclass, field
from typing import Any, Final

from moto.moto_api._internal import mock_random

from soundstage.simulator.answer import Refusal
from soundstage.simulator.aws.gaps import Call, Shape, held
from soundstage.simulator.aws.gaps.tagging import given, handlers

MOST_ASSOCIATIONS: Final = 2000
"""Associations of an account in a region."""
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{3,128}", re.ASCII)
_SCHEDULE: Final = re.compile(r"(cron|rate|at)\([^()]+\)", re.ASCII)
_KEPT: Final = (
    "ApplyOnlyAtCronInterval", "AssociationName", "ComplianceSeverity", "DocumentVersion", "MaxConcurrency", "MaxErrors", "Name",
    "Parameters", "ScheduleExpression", "ScheduleOffset", "Targets",
)  # fmt: skip
_LISTED: Final = (
    "AssociationId", "AssociationName", "AssociationVersion", "DocumentVersion", "Name", "Overview", "ScheduleExpression", "Targets",
)  # fmt: skip


@dataclass
class Associations:
    """Associations of a region by id, as the API shows them, and the tags of each."""

    known: dict[str, dict[str, Any]] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)


def create_association(call: Call) -> Shape:
    kept, params = call.own(Associations), call.params
    _check(params)
    if len(kept.known) >= MOST_ASSOCIATIONS:
        raise Refusal("AssociationLimitExceeded", f"There can be {MOST_ASSOCIATIONS} associations in a region.", 400)
    id = str(mock_random.uuid4())
    overview = {"Status": "Pending", "DetailedStatus": "Creating"}
    about = {"AssociationId": id, "AssociationVersion": "1", "Date": call.time, "Overview": overview}
    kept.known[id] = {**about, **_said(params)}
    kept.tags[id] = given(call)
    return {"AssociationDescription": kept.known[id]}


def describe_association(call: Call) -> Shape:
    return {"AssociationDescription": _find(call)}


def update_association(call: Call) -> Shape:
    """What the call leaves out is taken away, but the document."""
    before = _find(call)
    params = {"Name": before["Name"], **call.params}
    _check(params)
    after = {name: value for name, value in before.items() if name not in _KEPT} | _said(params)
    after |= {"AssociationVersion": str(int(before["AssociationVersion"]) + 1), "LastUpdateAssociationDate": call.time}
    call.own(Associations).known[before["AssociationId"]] = after
    return {"AssociationDescription": after}


def delete_association(call: Call) -> Shape:
    id = _find(call)["AssociationId"]
    del call.own(Associations).known[id], call.own(Associations).tags[id]
    return {}


def list_associations(call: Call) -> Shape:
    found = list(call.own(Associations).known.values())
    for each in call.params.get("AssociationFilterList") or ():
        found = [one for one in found if one.get(each["key"]) == each["value"]]
    return {"Associations": [{name: one[name] for name in _LISTED if name in one} for one in found]}


def _tags(call: Call) -> dict[str, str] | None:
    """The tags of the association that is meant; None for another kind of resource, which moto knows."""
    if call.params.get("ResourceType") != "Association":
        return None
    id = str(call.params.get("ResourceId", ""))
    return held(call.own(Associations).tags, id, "InvalidResourceId", "The resource ID is not valid.")


HANDLERS = handlers(
    _tags, listed="TagList", verbs=("AddTagsToResource", "RemoveTagsFromResource", "ListTagsForResource")
)


def _find(call: Call) -> dict[str, Any]:
    known, id = call.own(Associations).known, str(call.params.get("AssociationId", ""))
    return held(known, id, "AssociationDoesNotExist", "The specified association does not exist.")


def _said(params: Any) -> dict[str, Any]:
    said = {name: params[name] for name in _KEPT if params.get(name) is not None}
    return {"DocumentVersion": "$DEFAULT", "ApplyOnlyAtCronInterval": False, **said}


def _check(params: Any) -> None:
    name, schedule = params.get("AssociationName"), params.get("ScheduleExpression")
    if name is not None and not _NAME.fullmatch(str(name)):
        raise Refusal("ValidationException", f"Value '{name}' at 'associationName' failed to satisfy constraint", 400)
    if schedule is not None and not _SCHEDULE.fullmatch(str(schedule)):
        raise Refusal("InvalidSchedule", f"The schedule is invalid: {schedule}", 400)
    if not params.get("Targets"):
        raise Refusal("InvalidTarget", "An association names the machines that it is for.", 400)
