"""The same policies as a Pulumi pack: asked over Pulumi's own analyzer interface they find what a plan's check finds."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime import proto
from pulumi.runtime.proto import analyzer_pb2_grpc
from pulumi_policy import proxy

from soundstage import policies
from soundstage.core.values import UNKNOWN, to_struct
from soundstage.plan.plan import Plan, PlannedResource
from soundstage.policies.catalogue import catalogue
from soundstage.policies.crossguard import REMEMBER, opened
from soundstage.policies.example import examples, plan_of

MIXED = {
    name: entry
    for id in ("NET-01", "NET-07", "WS-01", "WS-02", "STO-01", "STO-04", "IAM-01", "KMS-01", "COST-03")
    for number, example in enumerate(examples(id).bad[:2])
    for name, entry in example.resources.items()
}


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[analyzer_pb2_grpc.AnalyzerStub]:
    """The pack as the engine starts it: its folder is run, and it prints its port."""
    folder = Path(policies.__file__).parent
    process = subprocess.Popen(
        [sys.executable, "-u", str(folder)], stdout=subprocess.PIPE, text=True, cwd=tmp_path_factory.mktemp("pack")
    )
    assert process.stdout is not None
    channel = grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}")
    yield analyzer_pb2_grpc.AnalyzerStub(channel)
    channel.close()
    process.terminate()
    process.wait(10)
    process.stdout.close()


def asked(pack: analyzer_pb2_grpc.AnalyzerStub, plan: Plan) -> list[proto.AnalyzeDiagnostic]:
    """What the engine would be told: every resource's inputs, then the whole stack."""
    for resource in plan:
        pack.Analyze(
            proto.AnalyzeRequest(
                type=resource.type, name=resource.name, urn=resource.urn, properties=to_struct(resource.inputs)
            )
        )
    answer = pack.AnalyzeStack(proto.AnalyzeStackRequest(resources=[analyzed(resource) for resource in plan]))
    return list(answer.diagnostics)


def analyzed(resource: PlannedResource) -> proto.AnalyzerResource:
    return proto.AnalyzerResource(
        type=resource.type,
        name=resource.name,
        urn=resource.urn,
        # The engine shows outputs here, with what is not set still unknown: inputs must come from the first pass.
        properties=to_struct({**resource.inputs, "arn": UNKNOWN, "ingress": UNKNOWN}),
        dependencies=list(resource.dependencies),
        propertyDependencies={
            key: proto.AnalyzerPropertyDependencies(urns=list(urns))
            for key, urns in resource.property_dependencies.items()
        },
        options=proto.AnalyzerResourceOptions(protect=resource.options.protect),
    )


def test_the_pack_lists_every_policy(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    listed = {policy.name: policy for policy in pack.GetAnalyzerInfo(empty_pb2.Empty()).policies}
    assert {id.lower() for id in catalogue()} <= set(listed)
    assert REMEMBER in listed
    assert "cis-aws-5.0:5.3" in listed["net-01"].tags


def test_the_pack_finds_what_a_check_of_the_plan_finds(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    plan = plan_of(MIXED)
    report = policies.run(plan)
    told = {(item.policyName, item.urn, item.message.rpartition("\n")[2]) for item in asked(pack, plan)}
    expected = {
        (item.policy.id.lower(), item.urn, f"{item.where}: {item.message}. {item.policy.fix}")
        for item in (*report.violations(), *report.consequences)
        # The engine does not show a pack what is retained: there, it cannot be judged.
        if item.message != "is neither protected nor retained"
    }
    blind = {item for item in told if item[0] == "gov-05"}
    assert told - blind == expected
    assert len(blind) > 0
    assert not [item for item in told if "can't run policy" in item[2]]


def test_an_unknown_value_does_not_drop_the_policy(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    """Pulumi's own wrapper would skip the whole policy and only advise (measured with pulumi-policy 1.21.0)."""
    group = {
        "type": "aws:ec2/securityGroup:SecurityGroup",
        "properties": {
            "ingress": [
                {"protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlocks": ["${?}"], "description": "a"},
                {"protocol": "tcp", "fromPort": 3389, "toPort": 3389, "cidrBlocks": ["0.0.0.0/0"], "description": "b"},
            ]
        },
    }
    told = [(item.policyName, item.message) for item in asked(pack, plan_of({"edit": group}))]
    assert any(name == "net-01" and "0.0.0.0/0" in text for name, text in told)
    assert any(name == "gov-05" and "could not judge ingress[0].cidrBlocks[0]" in text for name, text in told)


def test_what_is_used_of_the_proxies_is_still_there() -> None:
    props = proxy.unknown_checking_proxy({"a": [{"b": proxy.UNKNOWN_STRING_VALUE, "c": 1.0}]})
    assert type(props).__name__ == "_DictProxy"
    assert type(props["a"]).__name__ == "_ListProxy"
    assert opened(props) == {"a": [{"b": UNKNOWN, "c": 1}]}


def test_a_policy_that_follows_from_another_was_silent_where_the_engine_does_not_enforce_that_one(
    pack: analyzer_pb2_grpc.AnalyzerStub,
) -> None:
    """The engine keeps levels of its own for each policy of a pack, which the pack is not told."""
    rule = {"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}
    door = {"type": "aws:ec2/securityGroup:SecurityGroup", "properties": {"ingress": [rule]}}
    told = {item.policyName for item in asked(pack, plan_of({"door": door}))}
    assert {"net-01", "net-02", "net-04", "net-05"} <= told
