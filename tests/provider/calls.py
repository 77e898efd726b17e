"""Which IAM actions the genuine provider's calls take, by the type of resource that they are made for: read off its debug log.

The log writes one record for each request: the service and the method as AWS's Go SDK names them, and the type of resource.
"""

import datetime
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from soundstage.simulator.aws.iam import s3_names
from soundstage.simulator.aws.iam.need import action_of
from soundstage.simulator.aws.request import AwsRequest

RECORDED: Final = Path(__file__).resolve().parents[2] / "providers" / "aws" / "data" / "provider-calls.json"
PHASES: Final = ("create", "read", "update", "delete")
_RECORD: Final = re.compile(r"^(?=\d{4}-\d\d-\d\dT)", re.MULTILINE)
_EVERYBODYS: Final = frozenset({"sts:GetCallerIdentity"})
"""What takes no permission (Service Authorization Reference, "AWS STS", 2026-11)."""

Calls = dict[str, dict[str, set[str]]]
"""Terraform type → phase → actions."""


def made(log: Path, phase: str) -> Calls:
    """The actions of the calls that a log tells. `phase` is what the command did with its resources: an apply makes,
    changes or deletes, and a plan reads; what it read first is told as read."""
    found: Calls = {}
    for record in _RECORD.split(log.read_text(errors="replace")):
        if "HTTP Request Sent" not in record:
            continue
        said = dict(re.findall(r'\b([\w.]+)=("(?:[^"\\]|\\.)*"|\S+)', record))
        type_of, service, method = (
            said.get(name, "").strip('"') for name in ("tf_resource_type", "rpc.service", "rpc.method")
        )
        action = _action(service, method)
        if type_of and action not in _EVERYBODYS:
            applies = said.get("tf_rpc", "").strip('"') == "ApplyResourceChange"
            found.setdefault(type_of, {}).setdefault(phase if applies else "read", set()).add(action)
    return found


@cache
def _action(service: str, method: str) -> str:
    """The IAM action of a method of a service."""
    name = _services()[service]
    request = AwsRequest(name, method, "", "", "", "GET", "/", "", {}, b"", {})
    return s3_names.permission(request) if name == "s3" else action_of(request)


@cache
def _services() -> Mapping[str, str]:
    """botocore's name for each service id; the SDK for Go takes its ids from the same models."""
    from botocore.loaders import Loader

    loader = Loader()
    wanted = [
        "accessanalyzer",
        "budgets",
        "ce",
        "cloudtrail",
        "cloudwatch",
        "dlm",
        "ec2",
        "events",
        "iam",
        "kms",
        "logs",
        "resourcegroupstaggingapi",
        "route53resolver",
        "s3",
        "s3control",
        "scheduler",
        "sns",
        "ssm",
        "sts",
    ]
    return {str(loader.load_service_model(name, "service-2")["metadata"]["serviceId"]): name for name in wanted}


def merged(*several: Calls) -> Calls:
    """All of them together."""
    found: Calls = {}
    for each in several:
        for type_of, phases in each.items():
            for phase, actions in phases.items():
                found.setdefault(type_of, {}).setdefault(phase, set()).update(actions)
    return found


def lived(types: Iterable[str]) -> Calls:
    """What is on record of types that were created, read and deleted, at the least: that some of it takes no call at all, such as
    the end of a setting that the provider only forgets."""
    return {name: {phase: set() for phase in PHASES if phase != "update"} for name in types if name.startswith("aws_")}


def recorded() -> Calls:
    """What is on record."""
    if not RECORDED.exists():
        return {}
    known = json.loads(RECORDED.read_text())["types"]
    return {name: {phase: set(actions) for phase, actions in phases.items()} for name, phases in known.items()}


def missing(calls: Calls) -> list[str]:
    """Calls that are not on record, one line each."""
    return sorted(_missing(calls, recorded()))


def _missing(calls: Calls, known: Calls) -> Iterator[str]:
    for type_of, phases in calls.items():
        for phase, actions in phases.items():
            for each in actions - known.get(type_of, {}).get(phase, set()):
                yield f"{type_of} {phase} {each}"


def record(calls: Calls, version: str) -> None:
    """Add calls to what is on record, with the provider's version and today's date."""
    together = merged(recorded(), calls)
    lines = []
    for name in sorted(together):
        phases = {phase: sorted(together[name][phase]) for phase in PHASES if phase in together[name]}
        lines.append(f"{json.dumps(name)}: {json.dumps(phases)}")
    head = {
        "provider": "hashicorp/aws",
        "version": version,
        "recorded": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }
    RECORDED.write_text(f'{json.dumps(head)[:-1]}, "types": {{\n' + ",\n".join(lines) + "\n}}\n")
