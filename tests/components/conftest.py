"""Runs components without an engine or a cloud and shows what they would create."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, cast

import pytest
from pulumi import Output, _utils
from pulumi.runtime import mocks, resource, settings
from pulumi.runtime.proto import resource_pb2, source_pb2
from pulumi.runtime.stack import run_pulumi_func

from soundstage.core.values import from_struct, reveal, to_struct
from soundstage.engines.embedded.lean import read_once
from soundstage.engines.embedded.program import AtOnce, settled

ACCOUNT = "123456789012"
REGION = "eu-west-1"
GOOGLE_PROJECT, GOOGLE_NUMBER, GOOGLE_REGION = "tinyorange-film", "123456789012", "europe-west4"


@dataclass(frozen=True)
class Created:
    """One resource as a component asked for it. `inputs` are in camelCase, as a provider receives them."""

    type: str
    name: str
    inputs: Mapping[str, Any]
    parent: str
    protect: bool
    aliases: tuple[str, ...] = ()
    """Names under which the engine would find it, too."""
    ignored: tuple[str, ...] = ()
    """Paths of inputs whose changes it does not mind."""
    urn: str = ""
    made_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Input → the URNs of the resources that it comes from."""
    waits_for: tuple[str, ...] = ()
    """The URNs of what must be there before."""

    @property
    def kind(self) -> str:
        """The last part of the type, for example `Bucket`."""
        return self.type.split(":")[-1]

    def policy(self, key: str = "policy") -> dict[str, dict[str, Any]]:
        """The statements of the policy document under `key`, by their sid, every value as a list."""
        return {statement["Sid"]: _listed(statement) for statement in json.loads(self.inputs[key])["Statement"]}


def _listed(statement: dict[str, Any]) -> dict[str, Any]:
    """IAM reads one value and a list of one alike; tests see the list."""

    def many(value: Any) -> list[Any]:
        return value if isinstance(value, list) else [value]

    listed = {
        key: many(statement[key]) for key in ("Action", "NotAction", "Resource", "NotResource") if key in statement
    }
    if "Principal" in statement:
        listed["Principal"] = {kind: many(ids) for kind, ids in statement["Principal"].items()}
    return {**statement, **listed}


class Deployment:
    """Everything that a program asked for, and the outputs of its components by type and name."""

    def __init__(self) -> None:
        self.resources: list[Created] = []
        self.outputs: dict[str, Any] = {}

    def all(self, kind: str) -> list[Created]:
        """The resources of a kind (`Bucket`) or of a full type, in no particular order."""
        return [each for each in self.resources if kind in (each.kind, each.type)]

    def one(self, kind: str, name: str | None = None) -> Created:
        """The only resource of that kind, or the one of that name."""
        found = [each for each in self.all(kind) if name in (None, each.name)]
        assert len(found) == 1, f"{kind} {name or ''}: {[each.name for each in found]}"
        return found[0]


class _Monitor(mocks.MockMonitor):
    """Answers every creation with its inputs, an id and an ARN, and every look-up with one account and region.

    It answers the SDK's calls itself and not through `Mocks`, which are not told about parents and protection, and
    whose decoding leaves an event loop open in every thread.
    """

    _LOOKUPS: ClassVar[dict[str, dict[str, Any]]] = {
        "aws:index/getAvailabilityZones:getAvailabilityZones": {
            "id": REGION,
            "names": [f"{REGION}{zone}" for zone in "abc"],
            "zoneIds": [f"euw1-az{number}" for number in (1, 2, 3)],
            "groupNames": [REGION],
            "region": REGION,
        },
        "aws:ec2/getAmi:getAmi": {"id": "ami-0123456789abcdef0", "imageId": "ami-0123456789abcdef0", "region": REGION},
        "aws:ec2/getInstances:getInstances": {"id": REGION, "ids": [], "region": REGION},
        "aws:ec2/getPrefixList:getPrefixList": {"id": "pl-looked-up", "prefixListId": "pl-looked-up", "region": REGION},
        "aws:ec2/getVpcs:getVpcs": {"id": REGION, "ids": ["vpc-default"], "region": REGION},
        "aws:index/getCallerIdentity:getCallerIdentity": {
            "accountId": ACCOUNT,
            "arn": f"arn:aws:iam::{ACCOUNT}:user/operator",
            "id": ACCOUNT,
            "userId": "AIDA",
        },
        "aws:index/getRegion:getRegion": {
            "id": REGION,
            "region": REGION,
            "name": REGION,
            "description": "",
            "endpoint": "",
        },
        "gcp:organizations/getProject:getProject": {
            "id": "projects/tinyorange-film",
            "projectId": GOOGLE_PROJECT,
            "number": GOOGLE_NUMBER,
            "name": "Film",
        },
        "gcp:organizations/getClientConfig:getClientConfig": {
            "id": "config",
            "project": GOOGLE_PROJECT,
            "region": GOOGLE_REGION,
            "zone": f"{GOOGLE_REGION}-a",
            "accessToken": "",
        },
    }

    def __init__(self) -> None:
        super().__init__(cast("mocks.Mocks", None))
        self.seen = Deployment()
        self._regions: dict[str, str] = {}

    def RegisterResource(self, request: Any) -> Any:
        urn = self.make_urn(request.parent, request.type, request.name)
        if not request.custom:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        inputs = from_struct(request.object)
        if request.type == "pulumi:providers:aws":
            self._regions[urn] = inputs["region"]
        self.seen.resources.append(
            Created(
                request.type,
                request.name,
                reveal(inputs),
                request.parent,
                bool(request.protect),
                tuple(alias.spec.name or alias.urn for alias in request.aliases),
                tuple(request.ignoreChanges),
                urn,
                {key: tuple(found.urns) for key, found in request.propertyDependencies.items() if found.urns},
                tuple(request.dependencies),
            )
        )
        service = request.type.split(":")[1].split("/")[0]
        state = {
            "arn": f"arn:aws:{service}:{REGION}:{ACCOUNT}:{request.name}",
            "keyId": request.name,
            "name": f"{request.name}-1234567",
            **(_google(request.name, inputs) if request.type.startswith("gcp:") else {}),
            **inputs,
        }
        id = f"{request.name}-id"
        if request.type == "gcp:compute/instance:Instance":
            id = f"projects/tinyorange-film/zones/{inputs['zone']}/instances/{id}"
        return resource_pb2.RegisterResourceResponse(urn=urn, id=id, object=to_struct(state))

    def RegisterResourceOutputs(self, request: Any) -> Any:
        self.seen.outputs[request.urn.split("::")[-1]] = reveal(from_struct(request.outputs))
        return super().RegisterResourceOutputs(request)

    def Invoke(self, request: Any) -> Any:
        answer = self._LOOKUPS[request.tok]
        if request.tok == "aws:index/getRegion:getRegion":
            answer = {**answer, "region": self._regions.get(request.provider.rpartition("::")[0], REGION)}
        return resource_pb2.ResourceInvokeResponse(**{"return": to_struct(answer)})


def _google(name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What Google adds to a resource."""
    return {
        "selfLink": f"https://www.googleapis.com/compute/v1/projects/{GOOGLE_PROJECT}/{name}",
        "email": f"{inputs.get('accountId', name)}@{GOOGLE_PROJECT}.iam.gserviceaccount.com",
        "address": "203.0.113.40",
        "writerIdentity": f"serviceAccount:{name}@logging.example",
        "instanceId": "1234567890123456789",
    }


@pytest.fixture
def deploy() -> Iterator[Callable[..., Deployment]]:
    """Run a program and return what it created: `deploy(lambda: MediaBucket("teaser", {...}))`, also `preview=True`."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.set_default_executor(AtOnce())

    def run(program: Callable[[], object], *, preview: bool = False) -> Deployment:
        monitor = _Monitor()
        mocks.set_mocks(monitor.mocks, project="soundstage", stack="teaser", preview=preview, monitor=monitor)

        async def main() -> None:
            program()
            await settled()

        loop.run_until_complete(run_pulumi_func(main))
        return monitor.seen

    # The SDK reads for each resource where in the program it is made, from the stack and the disk: a third of the time that one takes.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resource, "_get_stack_trace", source_pb2.StackTrace)
        # Nor is it shown here that each setting is read twice, and that each output has a task that ends the waiting for it.
        patch.setattr(_utils.ContextProperty, "__get__", read_once)
        patch.setattr(Output, "_track", lambda made: settings.SETTINGS.outputs.add(made._data))
        yield run
    settings.reset_options()
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    asyncio.set_event_loop(None)
