"""What both ends agree on before data flows: pure, JSON in and JSON out.

The agent asks first (`HANDSHAKE_REQUEST`), the client answers what it did, and the agent says that it is complete. Both ends then
choose by each other's version how a forwarded port is spoken: an agent newer than 3.0.196.0 and a client of at least 1.1.70 carry
many connections at once, and need no frames to keep them alive above 3.1.1511.0 and 1.2.331.0.

Source: aws/amazon-ssm-agent at 1c217c8, `agent/session/datachannel/datachannel.go`, and aws/session-manager-plugin at 61cf128,
`src/message/handshakemessage.go` and `src/config/config.go`, read 2026-11.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from soundstage.core.errors import SessionError
from soundstage.sessions.channel import read_json

CLIENT_VERSION: Final = "1.2.650.0"
"""As which plugin's equal the client passes: agents compare it."""
FORWARDING: Final = "LocalPortForwarding"
_LAST_SINGLE: Final = (3, 0, 196, 0)
_FIRST_MANY: Final = (1, 1, 70)
_SUCCESS: Final = 1
_UNSUPPORTED: Final = 3
_TYPES: Final = ("Port", "NonInteractiveCommands")


@dataclass(frozen=True)
class Wanted:
    """What an agent asks for: the type of the session and its properties."""

    agent: str
    type: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    """What it asks for besides that this client cannot do, in words, by the type of the action."""

    @property
    def many(self) -> bool:
        """Whether this end and that agent carry many connections at once."""
        return self.properties.get("type") == FORWARDING and version(self.agent) > _LAST_SINGLE


def version(text: str) -> tuple[int, ...]:
    """`3.3.0.0` as numbers; what is no number counts as 0."""
    return tuple(int(part) if part.isdecimal() else 0 for part in text.split("."))


def many_for(client: str, agent: str, type: str) -> bool:
    """Whether an agent carries many connections at once, as it judges by the client's version."""
    return type == FORWARDING and version(agent) > _LAST_SINGLE and version(client) >= _FIRST_MANY


def request(agent: str, type: str, properties: Mapping[str, Any]) -> bytes:
    """What an agent asks first."""
    action = {"ActionType": "SessionType", "ActionParameters": {"SessionType": type, "Properties": dict(properties)}}
    return json.dumps({"AgentVersion": agent, "RequestedClientActions": [action]}).encode()


def read_request(payload: bytes) -> Wanted:
    """What the agent asks for. `Malformed` when it cannot be read."""
    asked = read_json(payload)
    wanted, properties = "", dict[str, Any]()
    refused: dict[str, str] = {}
    for action in asked.get("RequestedClientActions") or ():
        kind, details = str(action.get("ActionType")), action.get("ActionParameters") or {}
        if kind == "SessionType" and details.get("SessionType") in _TYPES:
            wanted, properties = str(details["SessionType"]), details.get("Properties") or {}
        elif kind == "SessionType":
            refused[kind] = f"sessions of type {details.get('SessionType')}"
        elif kind == "KMSEncryption":
            refused[kind] = "encryption of sessions with a key of KMS (`kmsKeyId` of the session document)"
        else:
            refused[kind] = kind
    return Wanted(str(asked.get("AgentVersion", "")), wanted, properties, refused)


def answer(wanted: Wanted) -> bytes:
    """What the client says that it did."""
    done = []
    if wanted.type:
        done.append({"ActionType": "SessionType", "ActionStatus": _SUCCESS, "ActionResult": None, "Error": ""})
    errors = [f"This client does not know {what}." for what in wanted.refused.values()]
    done += [
        {"ActionType": kind, "ActionStatus": _UNSUPPORTED, "ActionResult": None, "Error": error}
        for kind, error in zip(wanted.refused, errors, strict=True)
    ]
    told = {"ClientVersion": CLIENT_VERSION, "ProcessedClientActions": done, "Errors": errors}
    return json.dumps(told).encode()


def read_answer(payload: bytes) -> str:
    """The client's version. `SessionError` when it refused."""
    told = read_json(payload)
    if any(action.get("ActionStatus") != _SUCCESS for action in told.get("ProcessedClientActions") or ()):
        raise SessionError(f"The client refused the session: {'; '.join(map(str, told.get('Errors') or ()))}")
    return str(told.get("ClientVersion", ""))


def complete(nanoseconds: int, text: str = "") -> bytes:
    """What an agent says when both agree. `text` is for people."""
    return json.dumps({"HandshakeTimeToComplete": nanoseconds, "CustomerMessage": text}).encode()


def read_complete(payload: bytes) -> str:
    """What the agent has for people, mostly nothing."""
    return str(read_json(payload).get("CustomerMessage") or "")


def opening(token: str, client: str, request_id: str) -> str:
    """The first frame on a websocket, the only one of text: it shows the token. `client` is the same UUID for all of a session."""
    return json.dumps(
        {
            "MessageSchemaVersion": "1.0",
            "RequestId": request_id,
            "TokenValue": token,
            "ClientId": client,
            "ClientVersion": CLIENT_VERSION,
        }
    )
