"""Plans from files: our own saved plans, `pulumi preview --json`, `pulumi stack export`, and `terraform show -json`."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from soundstage.core import files
from soundstage.core.errors import UsageError
from soundstage.core.values import Properties, from_json
from soundstage.plan.plan import PLAN_FORMAT, Operation, Options, Plan, PlannedResource, Source
from soundstage.policies.terraform import is_terraform, plan_of_terraform
from soundstage.policies.terraform_state import as_plan, is_state

MOST_BYTES: Final = 256 << 20
"""The largest file that is read."""

_POSITION: Final = re.compile(r"project:///([^#]+)#([0-9]{1,7})(?:,[0-9]+)?")
"""`project:///index.ts#12,3`, as Pulumi 3.260 writes where a resource was made: line, and column where the language tells."""

_OPERATIONS: Final = {
    "create": Operation.CREATE,
    "create-replacement": Operation.REPLACE,
    "replace": Operation.REPLACE,
    "update": Operation.UPDATE,
    "same": Operation.SAME,
    "read": Operation.READ,
    "read-replacement": Operation.READ,
    "refresh": Operation.SAME,
    "import": Operation.IMPORT,
    "import-replacement": Operation.IMPORT,
}
"""Steps of `pulumi preview --json` after which a resource exists. All others leave nothing to judge."""


def read_plan(path: Path) -> Plan:
    """The plan in a file, whichever of the formats it has. `UsageError` says why a file cannot be judged."""
    return plan_of_bytes(_content(path), str(path))


def _content(path: Path) -> bytes:
    try:
        return files.read(path, MOST_BYTES)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}.", "Give a plan, a preview or an export as JSON."
        ) from error


def plan_of_bytes(content: bytes, name: str) -> Plan:
    """The plan in what a command printed. `name` is for messages."""
    if len(content) > MOST_BYTES:
        raise UsageError(f"{name} has more than {MOST_BYTES >> 20} MiB, the most that is read.")
    try:
        text = content.decode("utf-8-sig")
        del content  # a plan may be large, and nobody needs it three times
        document = decoded(text)
        del text
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{name} is not JSON: {error}.",
            "Write one with `pulumi preview --json --show-sames` or `workstation preview --json`.",
        ) from error
    return plan_from(document, name)


def decoded(text: str) -> Any:
    """The document in what a command printed: JSON, with or without lines of text around it, or one event a line."""
    try:
        return json.loads(text)
    except ValueError:
        lines = text.splitlines(keepends=True)
        events = [line for line in map(str.strip, lines) if line.startswith('{"') and line.endswith("}")]
        if len(events) > 1:
            return {"events": [json.loads(line) for line in events]}
        for number, line in enumerate(lines):
            if line.startswith("{"):
                return json.JSONDecoder().raw_decode("".join(lines[number:]))[0]
        raise


def plan_from(document: Any, name: str = "the document") -> Plan:
    """The plan in a decoded document. `name` is for messages."""
    if isinstance(document, Mapping):
        if document.get("format") == PLAN_FORMAT:
            return Plan.from_json(document)
        if isinstance(document.get("plan"), Mapping):
            return plan_from(document["plan"], name)
        try:
            if is_terraform(document):
                return plan_of_terraform(document)
            if is_state(document):
                return plan_of_terraform(as_plan(document))
            if isinstance(document.get("steps"), list):
                return _preview(document, name)
            if isinstance(document.get("events"), list):
                return _events(document["events"], name)
            if isinstance(document.get("deployment"), Mapping):
                return _export(document["deployment"])
            checkpoint = document.get("checkpoint")
            if isinstance(checkpoint, Mapping) and isinstance(checkpoint.get("latest"), Mapping):
                return _export(checkpoint["latest"])
        except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
            raise UsageError(f"{name} is damaged: {type(error).__name__}: {error}.", "Write it again.") from error
    raise UsageError(
        f"{name} is neither a Soundstage plan, nor `pulumi preview --json`, `pulumi stack export` or `terraform show -json`.",
        f"Soundstage plans say format {PLAN_FORMAT}; previews have `steps`; exports `deployment`; Terraform's plans `resource_changes`, its states `values`.",
    )


def _preview(document: Mapping[str, Any], name: str) -> Plan:
    resources = {}
    said = document.get("changeSummary") or {}
    left_out = said.get("same", 0) - sum(step["op"] == "same" for step in document["steps"])
    if left_out > 0:  # what Pulumi does without being told otherwise
        raise UsageError(
            f"{name} leaves out {left_out} resources that stay as they are, so that nothing could be said of them.",
            "Write it with `pulumi preview --json --show-sames`.",
        )
    for step in document["steps"]:
        operation = _OPERATIONS.get(step["op"])
        state = step.get("newState")
        if operation is not None and isinstance(state, Mapping):
            read = state.get("external") is True
            resources[state["urn"]] = _resource(state, Operation.READ if read else operation)
    return _plan(resources)


def _events(events: list[Any], name: str) -> Plan:
    """The plan in the events that an engine printed (`--json` of `up`, or an event log), which name every resource once."""
    steps = []
    said: Mapping[str, Any] = {}
    for event in events:
        told = (event.get("resourcePreEvent") or {}).get("metadata")
        if told:
            steps.append({"op": told["op"], "newState": told.get("new") or told.get("old")})
        said = (event.get("summaryEvent") or {}).get("resourceChanges") or said
    return _preview({"steps": steps, "changeSummary": said}, name)


def _export(deployment: Mapping[str, Any]) -> Plan:
    listed = [item for item in deployment.get("resources") or [] if not item.get("delete")]
    return _plan(
        {item["urn"]: _resource(item, Operation.READ if item.get("external") else Operation.SAME) for item in listed}
    )


def _plan(resources: Mapping[str, PlannedResource]) -> Plan:
    """Project and stack are read off the first URN: `urn:pulumi:STACK::PROJECT::TYPE::NAME`."""
    first = next(iter(resources), "")
    parts = first.removeprefix("urn:pulumi:").split("::")
    stack, project = (parts[0], parts[1]) if len(parts) > 2 else ("", "")
    clouds = {item.type.partition(":")[0] for item in resources.values()}
    return Plan(project, stack, tuple(resources.values()), cloud="gcp" if clouds & {"gcp"} - {"aws"} else "aws")


def _resource(state: Mapping[str, Any], operation: Operation) -> PlannedResource:
    urn: str = state["urn"]
    inputs: Properties = from_json(dict(state.get("inputs") or {}))
    outputs: Properties = from_json(dict(state.get("outputs") or {}))
    return PlannedResource(
        urn=urn,
        type=state["type"],
        name=urn.rpartition("::")[2],
        operation=operation,
        custom=bool(state.get("custom")),
        parent=state.get("parent") or None,
        id=state.get("id") or None,
        inputs=inputs,
        outputs=outputs,
        dependencies=tuple(state.get("dependencies") or ()),
        property_dependencies={
            key: tuple(urns) for key, urns in (state.get("propertyDependencies") or {}).items() if urns
        },
        provider=state.get("provider") or None,
        options=Options(protect=bool(state.get("protect")), retain_on_delete=bool(state.get("retainOnDelete"))),
        source=_source(state),
    )


def _source(state: Mapping[str, Any]) -> Source | None:
    """The innermost line of the person's own program; what was called from there lies outside the program's folder, as `..` tells."""
    for frame in (state, *(state.get("stackTrace") or ())):
        found = _POSITION.fullmatch(str(frame.get("sourcePosition") or ""))
        if found and ".." not in (file := unquote(found[1])).split("/"):
            return Source(file, int(found[2]))
    return None
