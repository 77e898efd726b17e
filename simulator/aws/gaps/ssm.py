"""Systems Manager: which machines its agent answers on, sessions, and the documents that AWS provides.

A session leads to what stands for the machine (`gateway`), and its port, program and parameters are those of its document.
Source: AWS Systems Manager API Reference (2026-11).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final

from moto.moto_api._internal import mock_random

from soundstage.components.tags import USER
from soundstage.simulator.answer import Answer, Refusal
from soundstage.simulator.aws.gaps import Call, Reply, Shape, held
from soundstage.simulator.aws.gaps.agents import online
from soundstage.simulator.aws.tables import table

_AGENT: Final = "3.3.3050.0"
_DOCUMENTS: Final[Mapping[str, tuple[str, str]]] = table("ssm_documents")["known"]
"""AWS's own documents: the kind of each, and its description."""
_SESSION_TYPES: Final = ("Port", "NonInteractiveCommands", "InteractiveCommands", "Standard_Stream")
_OF_AWS: Final[Mapping[str, Mapping[str, Any]]] = table("ssm_documents")["content"]
"""What those say that a simulated machine follows."""
_STOPS: Final = ("AWS-StopEC2Instance", "AWS-StopEC2Instances")


@dataclass
class Sessions:
    """Sessions and automations of a region."""

    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    automations: dict[str, dict[str, Any]] = field(default_factory=dict)


def _information(call: Call, machine: Any) -> dict[str, Any]:
    windows = machine.platform == "windows"
    return {
        "InstanceId": machine.id,
        "PingStatus": "Online",
        "LastPingDateTime": call.time,
        "AgentVersion": _AGENT,
        "IsLatestVersion": True,
        "PlatformType": "Windows" if windows else "Linux",
        "PlatformName": "Microsoft Windows Server 2022 Datacenter" if windows else "Ubuntu",
        "PlatformVersion": "10.0.20348" if windows else "24.04",
        "ResourceType": "EC2Instance",
        "IPAddress": machine.private_ip,
        "ComputerName": machine.private_dns_name,
        "SourceId": machine.id,
        "SourceType": "AWS::EC2::Instance",
    }


def describe_instance_information(call: Call) -> Shape:
    found = [(machine, _information(call, machine)) for machine in online(call).values()]
    filters = [(each["key"], each["valueSet"]) for each in call.params.get("InstanceInformationFilterList") or ()]
    filters += [(each["Key"], each["Values"]) for each in call.params.get("Filters") or ()]
    for key, values in filters:
        found = [(machine, told) for machine, told in found if _matches(machine, told, key, values)]
    return {"InstanceInformationList": [told for _, told in found]}


def _matches(machine: Any, told: dict[str, Any], key: str, values: list[str]) -> bool:
    if key.startswith("tag:"):
        tags = {tag["key"]: tag["value"] for tag in machine.get_tags()}
        return tags.get(key.removeprefix("tag:")) in values
    member = {"InstanceIds": "InstanceId", "PlatformTypes": "PlatformType"}.get(key, key)
    if member not in told:
        raise Refusal("InvalidFilterKey", f"The filter key {key} is not valid.")
    return any(fnmatchcase(str(told[member]), value) for value in values)


def start_session(call: Call) -> Shape:
    target = call.params.get("Target", "")
    document = call.params.get("DocumentName") or "SSM-SessionManagerRunShell"
    machine = online(call).get(target)
    if machine is None:
        raise Refusal("TargetNotConnected", f"{target} is not connected.")
    if document not in _DOCUMENTS and document not in call.moto("ssm")._documents:
        raise Refusal("InvalidDocument", f"Document with name {document} does not exist.")
    content = _content(call, document)
    parameters = _parameters(call, document, content)
    name = call.caller.session.name if call.caller.session else call.caller.arn.rpartition("/")[2]
    identity = f"{name}-{mock_random.get_random_hex(17)}"
    call.own(Sessions).sessions[identity] = {
        "SessionId": identity,
        "Target": target,
        "Status": "Connected",
        "StartDate": call.time,
        "DocumentName": document,
        "Owner": call.caller.arn,
        "OwnerId": call.caller.user_id,
        "Reason": call.params.get("Reason", ""),
    }
    if call.door is None:
        return {"SessionId": identity}
    tags = {tag["key"]: tag["value"] for tag in machine.get_tags()}
    from soundstage.simulator.aws.gateway.gateway import Opening

    opening = Opening(
        identity,
        target,
        tags.get(USER, ""),
        content,
        parameters,
        machine.platform == "windows",
        lambda: bool(machine.state == "running"),
    )
    return _granted(identity, call.door.admit(opening))


def _granted(identity: str, way: tuple[str, str]) -> Shape:
    return {"SessionId": identity, "TokenValue": way[0], "StreamUrl": way[1]}


def _content(call: Call, document: str) -> Mapping[str, Any]:
    """What a document says; of AWS's own, as far as a simulated machine can do it."""
    kept = call.moto("ssm")._documents.get(document)
    content: Mapping[str, Any] = json.loads(kept.get_default_version().content) if kept else _OF_AWS.get(document, {})
    if kept and content.get("sessionType") not in _SESSION_TYPES:
        raise Refusal("InvalidDocument", f"Document {document} is no session document.")
    return content


def _parameters(call: Call, document: str, content: Mapping[str, Any]) -> dict[str, str]:
    """A session takes the parameters that its document declares, each as the document allows it."""
    declared = content.get("parameters", {})
    given = call.params.get("Parameters") or {}
    for name, values in given.items():
        if name not in declared:
            raise Refusal("InvalidParameters", f"Parameter {name} is not declared in document {document}.")
        pattern = declared[name].get("allowedPattern", ".*")
        if not all(re.fullmatch(pattern.removeprefix("^").removesuffix("$"), value) for value in values):
            raise Refusal("InvalidParameters", f"Parameter {name} does not match the pattern {pattern}.")
    missing = [name for name, about in declared.items() if name not in given and "default" not in about]
    if missing:
        raise Refusal("InvalidParameters", f"Parameter {missing[0]} of document {document} has no value.")
    return {name: str(given[name][0]) if given.get(name) else about["default"] for name, about in declared.items()}


def resume_session(call: Call) -> Shape:
    identity = call.params.get("SessionId", "")
    held(call.own(Sessions).sessions, identity, "DoesNotExistException", f"Session {identity} does not exist.")
    way = call.door.again(identity) if call.door else None
    # The service answers a session that is over with an empty token.
    return _granted(identity, way or ("", ""))


def terminate_session(call: Call) -> Shape:
    identity = call.params.get("SessionId", "")
    session = call.own(Sessions).sessions.get(identity)
    if session:
        session.update(Status="Terminated", EndDate=call.time)
    if call.door:
        call.door.end(identity)
    return {"SessionId": identity}


def describe_sessions(call: Call) -> Shape:
    ended = call.params.get("State") == "History"
    sessions = list(call.own(Sessions).sessions.values())
    for session in sessions:  # one that its machine or its person ended is told of by nobody else
        if call.door and session["Status"] == "Connected" and not call.door.is_open(session["SessionId"]):
            session.update(Status="Terminated", EndDate=call.time)
    shown = [session for session in sessions if (session["Status"] == "Terminated") == ended]
    for each in call.params.get("Filters") or ():
        shown = [session for session in shown if session.get(each["key"]) == each["value"]]
    told = [{name: value for name, value in session.items() if name != "OwnerId"} for session in shown]
    return {"Sessions": told}


def get_connection_status(call: Call) -> Shape:
    target = call.params.get("Target", "")
    connected = "connected" if target in online(call) else "notconnected"
    return {"Target": target, "Status": connected}


def describe_document(call: Call) -> Reply:
    name = call.params.get("Name", "")
    if name not in _DOCUMENTS:
        return call.forward()
    kind, about = _DOCUMENTS[name]
    document = {
        "Name": name,
        "Owner": "Amazon",
        "Status": "Active",
        "DocumentVersion": "1",
        "DefaultVersion": "1",
        "LatestVersion": "1",
        "Description": about,
        "DocumentType": kind,
        "DocumentFormat": "JSON",
        "SchemaVersion": "0.3" if kind == "Automation" else "1.0",
        "PlatformTypes": ["Windows", "Linux", "MacOS"],
        "Tags": [],
    }
    return {"Document": document}


def send_command(call: Call) -> Answer:
    reachable = online(call)
    for identity in call.params.get("InstanceIds") or ():
        if identity not in reachable:
            raise Refusal("InvalidInstanceId", f"Instance {identity} is not in a valid state for the account")
    return call.forward()


def start_automation_execution(call: Call) -> Shape:
    name = call.params.get("DocumentName", "")
    if name not in _STOPS:
        raise Refusal("AutomationDefinitionNotFoundException", f"The simulated cloud does not know automation {name}.")
    machines = call.params.get("Parameters", {}).get("InstanceId", [])
    ec2 = call.moto("ec2")
    for machine in map(ec2.get_instance_by_id, machines):
        if machine and machine.state == "running":
            machine.stop()
    identity = str(mock_random.uuid4())
    call.own(Sessions).automations[identity] = {
        "AutomationExecutionId": identity,
        "DocumentName": name,
        "AutomationExecutionStatus": "Success",
        "ExecutionStartTime": call.time,
        "ExecutionEndTime": call.time,
        "Parameters": call.params.get("Parameters", {}),
        "ExecutedBy": call.caller.arn,
    }
    return {"AutomationExecutionId": identity}


def get_automation_execution(call: Call) -> Shape:
    known, id = call.own(Sessions).automations, call.params.get("AutomationExecutionId", "")
    found = held(known, id, "AutomationExecutionNotFoundException", "The automation does not exist.")
    return {"AutomationExecution": found}
