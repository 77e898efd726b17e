"""One call brings a project up: preview, policies, preflight, the question, and only then a change."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from soundstage.core.errors import Interrupted, PolicyRefused, PreflightRefused, UsageError
from soundstage.plan.plan import Change, Operation, Plan, PlannedResource
from soundstage.simulator.testing import simulated_cloud
from soundstage.stacks.clouds.aws.quotas import wanted_vcpus
from soundstage.stacks.deployment import Deployment, open_project

OPEN = "network: {zone: io}\naccess: {via: allowlist, from: [203.0.113.7/32]}\n"
WAIVER = """\
waivers:
  - policy: NET-11
    resource: "*"
    reason: The client's reviewers come from listed addresses.
    owner: ana@tinyorange.example
    expires: 2099-12-31
"""
Write = Callable[..., Deployment]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("asks") / "home"


@pytest.fixture(scope="module")
def cloud(home: Path) -> Iterator[Any]:
    with simulated_cloud(home) as cloud:
        yield cloud


@pytest.fixture
def write(cloud: Any, home: Path, soundstage_home: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(home))

    def opened(text: str, waiver: str = "") -> Deployment:
        file = home.parent / "asks.yaml"
        file.with_name("asks.policy.yaml").write_text(waiver or "{}")
        file.write_text("project: asks\n" + text)
        return open_project(str(file))

    return opened


def nothing_is_made(deployment: Deployment, cloud: Any) -> bool:
    buckets = cloud.client("s3").list_buckets()["Buckets"]
    return not deployment.engine.exists() and not deployment.home.engine.exists() and not buckets


def test_the_librarys_up_refuses_what_a_mandatory_policy_forbids(write: Write, cloud: Any) -> None:
    deployment = write(OPEN + "workstations:\n  edit-1: {for: editing}\n")
    with pytest.raises(PolicyRefused, match="NET-11") as refused:
        deployment.up()
    assert "workstation check" in refused.value.hint
    assert nothing_is_made(deployment, cloud)


def test_a_quota_is_asked_before_the_question(write: Write, cloud: Any) -> None:
    """200 machines of 64 vCPUs are more than the account's 8,192."""
    rows = "".join(f"  r-{number}: {{for: vfx, instance_type: g5.16xlarge, data_gib: 0}}\n" for number in range(200))
    deployment = write("workstations:\n" + rows)
    asked: list[object] = []
    with pytest.raises(PreflightRefused) as refused:
        deployment.up(lambda preview: bool(asked.append(preview)))  # type: ignore[func-returns-value]
    assert "12800 needed, 8192 allowed (quota L-DB2E81BA)" in refused.value.message
    assert "request-service-quota-increase --service-code ec2 --quota-code L-DB2E81BA" in refused.value.hint
    assert asked == []
    assert nothing_is_made(deployment, cloud)


def test_more_addresses_than_a_group_takes_are_counted_before_anything_is_made(write: Write, cloud: Any) -> None:
    addresses = ", ".join(f"203.0.113.{number}/32" for number in range(1, 63, 2))
    deployment = write(
        f"network: {{zone: io}}\naccess: {{via: allowlist, from: [{addresses}]}}\n"
        "workstations:\n  edit-1: {for: editing}\n",
        WAIVER,
    )
    with pytest.raises(PreflightRefused) as refused:
        deployment.up()
    assert "inbound rules of edit-1: 62 needed, 60 allowed (quota L-0EA8095F)" in refused.value.message
    assert "join neighbouring addresses to ranges" in refused.value.hint
    assert nothing_is_made(deployment, cloud)


@pytest.mark.parametrize(("type", "code"), [("vpc", "L-F678F1CE"), ("ec2", "L-0263D0A3")])
def test_networks_and_elastic_addresses_are_held_to_the_accounts_quotas(
    type: str, code: str, write: Write, cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {
        "vpc": "VPCs in the region: 1 needed besides the 1 in use, 1 allowed",
        "ec2": "elastic addresses in the region: 2 needed",
    }
    deployment = write(
        "network: {zone: io}\naccess: {via: allowlist, from: [203.0.113.7/32]}\n"
        "workstations:\n  edit-1: {for: editing}\n  edit-2: {for: editing}\n",
        WAIVER,
    )
    quotas = deployment.cloud.client("service-quotas")
    whole = quotas.get_service_quota

    def one_of_them(**asked: str) -> Any:
        return {"Quota": {"Value": 1.0}} if asked["QuotaCode"] == code else whole(**asked)

    monkeypatch.setattr(quotas, "get_service_quota", one_of_them)
    with pytest.raises(PreflightRefused) as refused:
        deployment.up()
    assert said[type] in refused.value.message
    assert f"--service-code {type} --quota-code {code}" in refused.value.hint


def test_a_no_changes_nothing(write: Write, cloud: Any) -> None:
    deployment = write("workstations:\n  edit-1: {for: editing}\n")

    def no(_preview: object) -> bool:
        raise Interrupted("Nothing was changed.")

    with pytest.raises(Interrupted):
        deployment.up(no)
    assert nothing_is_made(deployment, cloud)


@pytest.mark.slow
def test_the_librarys_up_refuses_a_smaller_disk_before_anything_changes(write: Write) -> None:
    write("workstations:\n  edit-1: {for: editing, data_gib: 50}\n").up()
    edited = write("budget: {monthly_usd: 7}\nworkstations:\n  edit-1: {for: editing, data_gib: 49}\n")
    with pytest.raises(UsageError, match="data_gib is 50 now and cannot become 49"):
        edited.up()
    kept = write("workstations:\n  edit-1: {for: editing, data_gib: 50}\n")
    assert not kept.preview().plan.changes_anything
    kept.down(delete_media=True)


def machine(operation: Operation, *changed: str, type: str = "g5.2xlarge", spot: bool = False) -> PlannedResource:
    inputs: dict[str, Any] = {"instanceType": type}
    if spot:
        inputs["instanceMarketOptions"] = {"marketType": "spot"}
    return PlannedResource(
        "urn", "aws:ec2/instance:Instance", "m", operation, id="i-1", inputs=inputs,
        changes=tuple(Change(path, None, None) for path in changed),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("planned", "wanted", "there"),
    [
        (machine(Operation.CREATE), {"L-DB2E81BA": 8}, set()),
        (machine(Operation.CREATE, spot=True), {"L-3819A6DF": 8}, set()),
        (machine(Operation.UPDATE, "instanceType", type="g5.16xlarge"), {"L-DB2E81BA": 64}, {"i-1"}),
        (machine(Operation.UPDATE, "tags.soundstage:owner"), {}, set()),
        (machine(Operation.SAME), {}, set()),
        (machine(Operation.DELETE), {}, set()),
    ],
)
def test_a_resize_counts_as_what_it_becomes(planned: PlannedResource, wanted: dict[str, int], there: set[str]) -> None:
    assert wanted_vcpus(Plan("p", "s", (planned,))) == (wanted, there)
