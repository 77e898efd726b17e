"""An estimate of any plan: what it counts, what it names as unknown, and that others count the same."""

import cProfile
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.pricing.test_bills import BUCKET, EIP, INSTANCE, RULES, VOLUME, bill, machine, resource

from soundstage.core.values import UNKNOWN, Secret
from soundstage.plan.plan import Operation, Plan, PlannedResource
from soundstage.pricing.difference import Difference
from soundstage.pricing.estimate import PRICERS, estimate, free
from soundstage.pricing.site import Site
from soundstage.pricing.usage import ASSUMPTIONS, NAMES, Usage
from soundstage.projectfile import project_file
from soundstage.projectfile.cost_assumptions import Cost
from soundstage.projectfile.hours import parse_hours
from soundstage.providers.aws.table import TYPES

GOOGLE = "gcp:compute/instance:Instance"
GOLDEN = yaml.safe_load((Path(__file__).parent / "infracost.yaml").read_text())
DIFFERS = yaml.safe_load((Path(__file__).parent / "infracost_differs.yaml").read_text())

ALONE = yaml.safe_load((Path(__file__).parent / "infracost_alone.yaml").read_text())
# What the estimate prices and no golden file of Infracost says an amount of (as of the commit that infracost_alone.yaml names).
NO_GOLDEN_AMOUNT = {
    "aws:budgets/budgetAction:BudgetAction": "Infracost does not price it",
    "aws:dlm/lifecyclePolicy:LifecyclePolicy": "Infracost prices snapshots that are declared, not those that a policy makes",
    "aws:ec2/ami:Ami": "Infracost does not price it",
    "aws:ec2/spotInstanceRequest:SpotInstanceRequest": "a spot price changes from day to day",
    "aws:kms/replicaKey:ReplicaKey": "Infracost does not price it",
    "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList": "Infracost does not price it",
    "aws:route53/resolverFirewallRuleGroupAssociation:ResolverFirewallRuleGroupAssociation": "Infracost does not price it",
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": "Infracost does not price it",
    "aws:s3/bucketV2:BucketV2": "priced as aws:s3/bucket:Bucket",
    "gcp:compute/resourcePolicy:ResourcePolicy": "Infracost does not price it",
    "gcp:monitoring/alertPolicy:AlertPolicy": "Infracost prices metrics, not conditions",
    "gcp:storage/bucket:Bucket": "its golden file has buckets over several regions alone, without amounts",
}


@pytest.mark.parametrize("case", GOLDEN, ids=[case["golden"] for case in GOLDEN])
def test_infracost_says_the_same_within_one_per_cent(case: dict[str, Any]) -> None:
    usd, unpriced = _ours(case)
    assert unpriced == []
    assert usd == pytest.approx(case["usd"], rel=0.01, abs=0.005)


@pytest.mark.parametrize("case", DIFFERS, ids=[case["golden"] for case in DIFFERS])
def test_where_infracost_says_something_else_the_reason_is_written_down(case: dict[str, Any]) -> None:
    usd, _ = _ours(case)
    assert usd == pytest.approx(case["ours"], rel=0.01, abs=0.005)
    assert usd != pytest.approx(case["usd"], rel=0.01), "it agrees by now: move it to infracost.yaml"
    assert len(case["why"]) > 30


@pytest.mark.parametrize("case", ALONE, ids=[case["golden"] for case in ALONE])
def test_what_infracost_alone_prices_is_named_as_without_a_price(case: dict[str, Any]) -> None:
    _, unpriced = _ours(case)
    assert [why[: len(case["told"])] for why in unpriced] == [case["told"]]


def test_a_type_that_is_priced_was_never_held_to_infracost() -> None:
    held = {case["type"] for case in (*GOLDEN, *DIFFERS, *ALONE)}
    assert held | NO_GOLDEN_AMOUNT.keys() == set(PRICERS)
    assert not held & NO_GOLDEN_AMOUNT.keys()


def _ours(case: dict[str, Any]) -> tuple[float, list[str]]:
    """What a case costs a month without the other resources that it takes, and what is not priced."""
    region = case.get("region", "us-east-1")
    made = resource(case["type"], "one", region, **case["inputs"])
    also = [resource(one["token"], one["name"], region, **one["inputs"]) for one in case.get("also", ())]
    found = bill(made, *also, **case.get("said", {}))
    others = {one["name"] for one in case.get("also", ())}
    usd = sum(line.month(0).typical for line in found.lines if line.resource not in others)
    return usd, [one.why for one in found.unpriced if one.resource not in others]


def test_what_has_no_price_is_listed_and_never_counted_as_nothing() -> None:
    found = bill(
        machine("g5.2xlarge", region="sa-east-1"),
        resource("aws:rds/instance:Instance", "database"),
        resource(VOLUME, "disk"),
    )
    assert {(one.resource, one.why) for one in found.unpriced} == {
        ("one", "no price is known of g5.2xlarge with Linux, on demand, in sa-east-1"),
        ("database", "resources of this type are not priced"),
        ("disk", "its size is not in the plan"),
    }


def test_a_part_of_a_machine_that_has_no_price_was_counted_as_nothing() -> None:
    """A disk of unknown size, a machine of its own host; on Google a licence and a disk that come on top and have no price."""
    google = {"machineType": "g4-standard-48", "zone": "us-central1-a", "region": "us-central1"}
    card = {"type": "nvidia-rtx-pro-6000-vws", "count": 1}
    hyper = {"initializeParams": {"size": 50, "type": "hyperdisk-balanced"}}
    asked = {"initializeParams": {"size": 50, "type": "pd-balanced", "provisionedIops": 9000}}
    found = bill(
        machine(ebsBlockDevices=[{"deviceName": "/dev/sdf", "snapshotId": "snap-1"}]),
        resource(INSTANCE, "host", instanceType="m7i.large", tenancy="dedicated"),
        resource(GOOGLE, "desk", guestAccelerators=[card], bootDisk=hyper, **google),
        resource(GOOGLE, "fast", bootDisk=asked, **google),
    )
    assert {(one.resource, one.why) for one in found.unpriced} == {
        ("one", "the size of one of its disks is not in the plan"),
        ("host", "no price is known of machines of tenancy dedicated"),
        ("desk", "no price is known of licence NVIDIA RTX Virtual Workstation of an RTX PRO 6000 and disk hyperdisk-balanced in us-central1"),
        ("fast", "no price is known of operations a second that are asked of a disk pd-balanced"),
    }  # fmt: skip
    kinds = {(line.resource, line.kind) for line in found.lines}
    assert kinds >= {("one", "machine"), ("one", "disk"), ("desk", "machine"), ("fast", "machine"), ("fast", "disk")}


def test_a_network_that_is_billed_by_the_hour_was_taken_for_a_rule() -> None:
    """An endpoint of a route server (Amazon VPC) costs by the hour, as a rule of a security group does not."""
    found = bill(
        resource("aws:vpc/routeServerEndpoint:RouteServerEndpoint", "route"),
        resource("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "rule"),
    )
    assert [one.resource for one in found.unpriced] == ["route"]


def test_a_value_that_only_the_cloud_decides_is_named_and_no_fault() -> None:
    found = bill(
        resource(INSTANCE, instanceType=UNKNOWN), resource(VOLUME, "disk", size=Secret(5)), resource(VOLUME, "other", size="many")
    )  # fmt: skip
    assert [one.resource for one in found.unpriced] == ["one", "disk", "other"]


def test_what_goes_costs_nothing_and_what_is_only_read_is_not_ours() -> None:
    gone = [
        PlannedResource(f"urn:pulumi:s::p::{VOLUME}::{op}", VOLUME, op, op, inputs={"size": 100, "region": "us-east-1"})
        for op in (Operation.DELETE, Operation.FORGET, Operation.READ)
    ]
    assert bill(*gone).lines == ()


def test_the_region_comes_from_the_resource_its_zone_its_provider_or_whoever_asks() -> None:
    provider = PlannedResource(
        "urn:pulumi:s::p::pulumi:providers:aws::there", "pulumi:providers:aws", "there", Operation.CREATE, inputs={"region": "eu-west-1"}
    )  # fmt: skip
    by_provider = PlannedResource(
        "urn:1", VOLUME, "a", Operation.CREATE, inputs={"size": 10, "type": "gp3"}, provider=f"{provider.urn}::id"
    )  # fmt: skip
    by_zone = PlannedResource(
        "urn:2", VOLUME, "b", Operation.CREATE, inputs={"size": 10, "type": "gp3", "availabilityZone": "ap-northeast-1c"}
    )  # fmt: skip
    found = estimate(Plan("p", "s", (provider, by_provider, by_zone)))
    assert [line.region for line in found.lines] == ["eu-west-1", "ap-northeast-1"]
    nowhere = estimate(Plan("p", "s", (PlannedResource("urn:3", VOLUME, "c", Operation.CREATE, inputs={"size": 10}),)))
    assert [one.why for one in nowhere.unpriced] == ["its region is not in the plan"]


@pytest.mark.parametrize(
    ("zone", "region"),
    [
        ("eu-west-1b", "eu-west-1"),
        ("us-gov-east-1a", "us-gov-east-1"),
        ("europe-west4-a", "europe-west4"),
        ("northamerica-northeast1-c", "northamerica-northeast1"),
        ("b", None),
        ("nowhere", None),
    ],
)
def test_a_zone_of_one_letter_in_a_plan_of_others_broke_the_estimate(zone: str, region: str | None) -> None:
    made = PlannedResource("urn:1", EIP, "a", Operation.CREATE, inputs={"availabilityZone": zone})
    site = Site(Plan("p", "s", (made,)), Usage(), "us-east-1")
    assert site.region_of(made) == (region or "us-east-1")


def test_every_type_that_our_programs_make_is_priced_or_known_to_be_free() -> None:
    ours = {type for type in TYPES if type.startswith("aws:")}
    assert {type for type in ours if type not in PRICERS and not free(type)} == set()
    assert {type for type in PRICERS if free(type)} == set()


def test_every_type_that_our_components_make_on_google_is_priced_or_known_to_be_free() -> None:
    children = Path(__file__).parents[1] / "components" / "gcp" / "children"
    made = {
        line.split()[0].rpartition("$")[2] for file in children.glob("*.txt") for line in file.read_text().splitlines()
    }
    made = {type for type in made if type.startswith("gcp:")}
    assert len(made) > 25
    assert {type for type in made if type not in PRICERS and not free(type)} == set()


def test_every_assumption_can_be_said_in_a_project_file() -> None:
    assert tuple(Cost.model_fields) == NAMES
    schema = json.loads((Path(project_file.__file__).parent / "schema" / "project.json").read_text())
    for one in ASSUMPTIONS:
        assert one.default.low <= one.default.typical <= one.default.high or one.name == "mean_file_mib"
        written = schema["$defs"]["Cost"]["properties"][one.name]["description"]
        if one.default.typical:
            assert f"typically {one.default.typical:g}" in written, one.name


def test_hours_by_the_clock_are_taken_as_they_are() -> None:
    assert parse_hours("Mon-Fri 09:00-19:00 Europe/Lisbon").per_week == 50
    assert parse_hours("Fri,Sat 22:00-06:30 UTC").per_week == 17
    found = estimate(Plan("p", "s", (machine(),)), Usage(said={"stream_mbit_per_second": 0}, hours={"edit-1": 50}))
    assert found.month().low == found.month().high


def test_a_picture_through_session_manager_may_cost_the_way_out_too() -> None:
    found = bill(machine(), hours_per_week=40, stream_mbit_per_second=15)
    picture = next(line for line in found.lines if line.kind == "stream")
    assert picture.what == "picture, through Session Manager"
    assert picture.month(0).low == picture.month(0).typical < picture.month(0).high


def test_a_foreign_machine_says_what_was_taken_for_granted() -> None:
    found = bill(resource(INSTANCE, "web", instanceType="t3.medium", ami="ami-1"))
    assert found.month().typical == pytest.approx(730 * 0.0416 + 8 * 0.10, rel=0.01)
    assert found.told == (
        "web: taken to run all month, because nothing in the plan stops a machine; `hours_per_week` says otherwise.",
        "web: the size of its system disk is not in the plan; taken: 8 GiB.",
        "web: its operating system is not in the plan; taken: Linux.",
    )


def test_a_machine_on_google_says_what_was_taken_for_its_system_disk() -> None:
    found = bill(resource(GOOGLE, "web", "us-central1", machineType="n1-standard-8"), hours_per_week=40)
    assert found.told == ("web: the size of its system disk is not in the plan; taken: 10 GiB.",)


def test_media_are_shared_out_over_the_buckets_and_logs_are_none() -> None:
    one = bill(resource(BUCKET), ingest_gib_per_month=600, deliver_gib_per_month=0).month(11).typical
    logs = resource("aws:s3/bucketLogging:BucketLogging", "logging", depends={"targetBucket": [f"{BUCKET}::logs"]})
    both = bill(resource(BUCKET, "a"), resource(BUCKET, "b"), ingest_gib_per_month=600, deliver_gib_per_month=0)
    with_logs = bill(
        resource(BUCKET, "a"), resource(BUCKET, "logs"), logs, ingest_gib_per_month=600, deliver_gib_per_month=0
    )
    assert both.month(11).typical == pytest.approx(one)
    assert [line.what for line in with_logs.lines if line.resource == "logs"] == ["logs that are kept"]


def test_media_that_are_fetched_or_copied_were_counted_once_for_each_bucket() -> None:
    made = "aws:s3/bucketReplicationConfig:BucketReplicationConfig"
    rules = [{"status": "Enabled", "transitions": [{"days": 30, "storageClass": "STANDARD_IA"}]}]

    def moved(*names: str) -> float:
        buckets = [resource(BUCKET, name, bucket=name) for name in names]
        aged = [resource(RULES, f"{name}-rules", bucket=name, rules=rules) for name in names]
        there = resource(BUCKET, "copy", region="eu-central-1")
        copies = [resource(made, f"{name}-copy", rules=[{}], depends={"rules": [f"{BUCKET}::copy"]}) for name in names]
        found = bill(*buckets, *aged, there, *copies, deliver_gib_per_month=100, retrieve_gib_per_month=100)
        return sum(line.month(5).typical for line in found.lines if line.what != "media that are kept")

    assert moved("a") == pytest.approx(100 * 0.09 + 100 * 0.01 + 500 * 0.02)
    assert moved("a", "b") == pytest.approx(moved("a"))


def test_what_a_month_of_a_bucket_is_made_of_lacked_the_moves_of_all_but_its_last_class() -> None:
    moves = [{"days": 30, "storageClass": "STANDARD_IA"}, {"days": 90, "storageClass": "GLACIER"}]
    found = bill(
        resource(BUCKET, bucket="media"),
        resource(RULES, "rules", bucket="media", rules=[{"status": "Enabled", "transitions": moves}]),
        deliver_gib_per_month=0,
    )
    kept = next(line for line in found.lines if line.parts)
    assert [sum(part.values()) for part in kept.parts] == pytest.approx([month.typical for month in kept.months])


@pytest.mark.parametrize(("days", "first"), [(90, 2), (10**15, None)])
def test_media_were_read_from_an_archive_before_any_was_in_it(days: int, first: int | None) -> None:
    """Intelligent-Tiering after 30 days, which may be read for nothing; an archive later, or never within the year."""
    moves = [{"days": 30, "storageClass": "INTELLIGENT_TIERING"}, {"days": days, "storageClass": "GLACIER"}]
    found = bill(
        resource(BUCKET, bucket="media"),
        resource(RULES, "rules", bucket="media", rules=[{"status": "Enabled", "transitions": moves}]),
        retrieve_gib_per_month=100,
    )
    read = next(line for line in found.lines if "retrieve_gib_per_month" in line.assumes)
    billed = [number for number in range(12) if read.month(number).typical]
    assert billed == ([] if first is None else list(range(first, 12)))


def test_a_difference_names_what_changed_the_largest_first() -> None:
    before = bill(machine("g5.2xlarge"), resource(EIP, "old"), hours_per_week=40, stream_mbit_per_second=0)
    after = bill(machine("g5.4xlarge"), resource(VOLUME, "new", size=100), hours_per_week=40, stream_mbit_per_second=0)
    found = Difference(before, after)
    assert [(one.resource, one.before is None, one.after is None) for one in found.changed] == [
        ("one", False, False), ("new", True, False), ("old", False, True)
    ]  # fmt: skip
    assert found.monthly_usd == pytest.approx(sum(one.usd for one in found.changed))


def test_a_plan_that_was_written_and_read_costs_the_same() -> None:
    plan = Plan("p", "s", (machine(), resource(VOLUME, "disk", size=10), resource(BUCKET, "media")))
    again = Plan.from_json(json.loads(json.dumps(plan.to_json())))
    assert estimate(again).year == estimate(plan).year


@given(
    hours=st.floats(0, 168), ingest=st.floats(0, 1e6), stored=st.floats(0, 1e6), file=st.floats(0.001, 1e5),
    tiers=st.lists(st.tuples(st.integers(0, 400), st.sampled_from(["STANDARD_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"])), max_size=3),
)  # fmt: skip
def test_no_price_is_negative_and_all_media_are_somewhere(
    hours: float, ingest: float, stored: float, file: float, tiers: list[tuple[int, str]]
) -> None:
    from soundstage.pricing.storage_year import Flow, year

    found = year(Flow(ingest, stored, file, tuple(sorted(dict(tiers).items()))), "us-east-1")
    for number, month in enumerate(found):
        assert all(part.usd >= -1e-9 for part in month)
        held = sum(part.gib for part in month)
        assert held == pytest.approx(stored + ingest * (number + 0.5), rel=1e-6, abs=1e-6)
    said = bill(machine(), hours_per_week=hours)
    assert said.stopped.typical <= said.month().typical + 1e-9


def test_five_hundred_machines_cost_five_hundred_times_one() -> None:
    one = bill(machine(), hours_per_week=40, stream_mbit_per_second=0)
    many = [
        PlannedResource(
            f"urn:pulumi:s::p::{INSTANCE}::m{number}", INSTANCE, f"m{number}", Operation.CREATE, inputs=machine().inputs
        )
        for number in range(500)
    ]
    all_of_them = bill(*many, hours_per_week=40, stream_mbit_per_second=0)
    assert all_of_them.month().typical == pytest.approx(500 * one.month().typical)


def _calls(machines: int) -> int:
    """How many functions an estimate calls for so many machines on each cloud, with their disks, addresses and snapshots."""
    address, policy = "gcp:compute/address:Address", "gcp:compute/resourcePolicy:ResourcePolicy"
    attachment, disk = "gcp:compute/diskResourcePolicyAttachment:DiskResourcePolicyAttachment", "gcp:compute/disk:Disk"
    made: list[PlannedResource] = [resource("gcp:compute/routerNat:RouterNat", "nat", "us-central1")]
    for number in range(machines):
        mine = {"soundstage:workstation": f"m{number}"}
        made += [
            resource(INSTANCE, f"m{number}", instanceType="g5.xlarge", tags=mine, rootBlockDevice={"volumeSize": 50}),
            resource(VOLUME, f"v{number}", size=100, type="gp3", tags=mine),
            resource(EIP, f"e{number}", depends={"instance": [f"{INSTANCE}::m{number}"]}),
            resource(GOOGLE, f"g{number}", "us-central1", machineType="g2-standard-8", depends={"networkInterfaces": [f"{address}::a{number}"]}),
            resource(address, f"a{number}", "us-central1"),
            resource(disk, f"d{number}", "us-central1", size=100),
            resource(policy, f"p{number}", "us-central1", snapshotSchedulePolicy={"retentionPolicy": {"maxRetentionDays": 7}}),
            resource(
                attachment, f"t{number}", "us-central1", depends={"name": [f"{policy}::p{number}"], "disk": [f"{disk}::d{number}"]}
            ),
        ]  # fmt: skip
    profile = cProfile.Profile()
    profile.runcall(estimate, Plan("p", "s", tuple(made)), Usage())
    return sum(entry.callcount for entry in profile.getstats())


def test_an_estimate_of_twice_as_many_machines_takes_twice_as_many_calls() -> None:
    _calls(1)  # tables are read once
    few, many = _calls(40), _calls(80)
    assert many < 2.1 * few
