"""Advice saves what its arithmetic says, and nothing is said that saves less than a dollar or that lacks a price."""

import re

import pytest
from tests.pricing.test_bills import BUCKET, RULES, VOLUME, machine, resource

from soundstage.plan.plan import Plan, PlannedResource
from soundstage.pricing.advice import LEAST_USD, advice, commitments
from soundstage.pricing.advised import Advice, Unused, Use, View
from soundstage.pricing.carbon import grid
from soundstage.pricing.cleaner import cleaner
from soundstage.pricing.estimate import estimate
from soundstage.pricing.facts import machine_price, rows
from soundstage.pricing.site import Site
from soundstage.pricing.usage import Usage
from soundstage.projectfile.residency import COUNTRIES

WEEKS = 730 / 168


def view(
    *resources: PlannedResource,
    regions: tuple[str, ...] = (),
    unattended: tuple[str, ...] = (),
    unused: tuple[Unused, ...] = (),
    uses: dict[str, Use] | None = None,
    **said: float,
) -> View:
    plan, usage = Plan("p", "s", resources), Usage(said)
    return View(Site(plan, usage), estimate(plan, usage), regions, frozenset(unattended), unused, uses or {})


def about(found: list[Advice], words: str) -> Advice | None:
    return next((one for one in found if words in one.what), None)


def test_a_cheaper_type_with_as_much_of_everything_is_named() -> None:
    """K: g5.2xlarge 1.212, g6.2xlarge 0.9776 in us-east-1, both with 8 processors, 32 GiB and 24 GB of video memory."""
    one = about(advice(view(machine("g5.2xlarge"), hours_per_week=40)), "instance_type")
    assert one is not None
    assert "`instance_type: g6.2xlarge`" in one.what
    assert "L4 instead of A10G" in one.what
    assert one.usd == pytest.approx(40 * WEEKS * (1.212 - 0.9776), rel=0.01)


def test_the_cheapest_type_is_left_alone() -> None:
    assert about(advice(view(machine("g6.2xlarge"), hours_per_week=40)), "instance_type") is None


def test_a_region_is_advised_only_where_the_project_may_live() -> None:
    dear = machine("g5.2xlarge", region="eu-central-1")
    assert about(advice(view(dear, regions=("eu-central-1",), hours_per_week=40)), "region:") is None
    one = about(advice(view(dear, regions=("eu-central-1", "eu-west-1"), hours_per_week=40)), "region:")
    assert one is not None
    assert "`region: eu-west-1`" in one.what
    here, there = (machine_price("aws", "g5.2xlarge", region) for region in ("eu-central-1", "eu-west-1"))
    assert here is not None
    assert there is not None
    assert one.usd == pytest.approx(40 * WEEKS * ((here.linux or 0) - (there.linux or 0)))


def test_a_region_that_lacks_one_of_the_machines_is_not_advised() -> None:
    """eu-west-1 has no g6e."""
    both = (machine("g5.2xlarge", region="eu-central-1"), resource(
        "aws:ec2/instance:Instance", "two", "eu-central-1", instanceType="g6e.xlarge", tags={"soundstage:workstation": "edit-2"},
    ))  # fmt: skip
    assert about(advice(view(*both, regions=("eu-west-1",), hours_per_week=40)), "region:") is None


def test_spot_is_for_machines_at_which_nobody_sits_and_by_the_dearest_zone() -> None:
    """S: g6e.xlarge in us-east-1 1.861 on demand, spot in the dearest zone 1.1975."""
    assert about(advice(view(machine("g6e.xlarge"), hours_per_week=40)), "purchase: spot") is None
    one = about(advice(view(machine("g6e.xlarge"), unattended=("edit-1",), hours_per_week=40)), "purchase: spot")
    assert one is not None
    assert one.usd == pytest.approx(40 * WEEKS * (1.861 - 1.1975), rel=0.01)


def test_long_weeks_are_named_with_the_sum() -> None:
    one = about(advice(view(machine("g6.xlarge"), hours_per_week=100)), "50 h a week instead of 100")
    assert one is not None
    assert one.usd == pytest.approx(50 * WEEKS * 0.8048, rel=0.01)
    assert about(advice(view(machine("g6.xlarge"), hours_per_week=55)), "a week instead") is None


def test_a_disk_that_nothing_is_attached_to_costs_what_it_costs() -> None:
    """I: gp3 0.08."""
    found = advice(view(unused=(Unused("ebs.gp3.storage", "disk", "vol-1", 500, "us-east-1"),)))
    assert [(one.subject, one.usd) for one in found] == [("vol-1", pytest.approx(40.0))]


def test_what_saves_less_than_a_dollar_is_not_said() -> None:
    assert advice(view(unused=(Unused("ebs.gp3.storage", "disk", "vol-1", 12, "us-east-1"),))) == []
    for one in advice(view(machine("g5.2xlarge"), hours_per_week=1)):
        assert one.usd >= LEAST_USD


def test_media_that_stay_in_standard_for_ever_are_named() -> None:
    bucket = resource(BUCKET, "media", bucket="media")
    one = about(
        advice(view(bucket, ingest_gib_per_month=2000, mean_file_mib=50, retrieve_gib_per_month=0)), "storage.lifecycle"
    )
    assert one is not None
    assert one.usd > 20
    assert "proxies" not in one.what, "what was replaced is kept for long enough"


def test_small_files_are_not_moved_where_that_costs_more() -> None:
    bucket = resource(BUCKET, "media", bucket="media")
    assert (
        about(
            advice(view(bucket, ingest_gib_per_month=10, mean_file_mib=0.01, retrieve_gib_per_month=0)),
            "storage.lifecycle",
        )
        is None
    )


def test_a_commitment_is_held_to_its_break_even() -> None:
    (told,) = commitments(view(machine("g6.xlarge"), hours_per_week=40))
    assert "no commitment pays" in told
    assert "24%" in told
    (told,) = commitments(view(machine("g6.xlarge"), hours_per_week=120))
    assert "more than 29%" in told


def test_every_saving_is_what_its_arithmetic_says() -> None:
    found = advice(
        view(
            machine("g5.2xlarge", region="eu-central-1"), resource(VOLUME, "data", "eu-central-1", type="gp3", size=500),
            resource(BUCKET, "media", "eu-central-1", bucket="m"), regions=("eu-west-1", "us-east-1"), unattended=("edit-1",), hours_per_week=90,
        )
    )  # fmt: skip
    assert len(found) >= 4
    for one in found:
        sums = re.sub(
            r" (GiB|h(?= / 730)|h|weeks|a year|stopped)\b|, the dearest zone of that day| after `down`| for the same hours",
            "",
            one.arithmetic,
        )
        assert re.fullmatch(r"[0-9.() x/-]+", sums), one.arithmetic
        assert one.usd == pytest.approx(eval(sums.replace("x", "*")), rel=0.01)


def test_rules_of_ageing_that_a_bucket_has_are_what_it_is_compared_with() -> None:
    rules = [
        {
            "id": "a",
            "status": "Enabled",
            "transitions": [{"days": 30, "storageClass": "STANDARD_IA"}, {"days": 365, "storageClass": "GLACIER"}],
        }
    ]
    bucket = resource(BUCKET, "media", bucket="media")
    aged = resource(RULES, "rules", bucket="media", rules=rules, depends={"bucket": [f"{BUCKET}::media"]})
    plain = about(advice(view(bucket, ingest_gib_per_month=2000)), "storage.lifecycle")
    ruled = about(advice(view(bucket, aged, ingest_gib_per_month=2000)), "storage.lifecycle")
    assert plain is not None
    assert ruled is None or ruled.usd < plain.usd


USED = Use(days=12, cores=2.4, memory_gib=9.0, vram_gib=4.0, gpu_percent=31.0)


def test_a_machine_larger_than_its_use_is_named_with_what_was_used() -> None:
    """K: g6.4xlarge 1.3232, g6.xlarge 0.8048 in us-east-1, both with one L4. 2.4 cores and 9 GiB fit into 4 and 16 with a quarter more."""
    one = about(advice(view(machine("g6.4xlarge"), uses={"edit-1": USED}, hours_per_week=40)), "large enough")
    assert one is not None
    assert "`instance_type: g6.xlarge`" in one.what
    assert "12 days: 2.4 cores, 9 GiB of memory, 4 GiB of video memory, 31 % of the GPU" in one.what
    assert one.usd == pytest.approx(40 * WEEKS * (1.3232 - 0.8048), rel=0.01)


@pytest.mark.parametrize(
    "use",
    [
        Use(4, 2.4, 9.0, 4.0, 31.0),
        Use(12, None, 9.0, 4.0, 31.0),
        Use(12, 2.4, None, 4.0, 31.0),
        Use(12, 2.4, 9.0, None, 31.0),
        Use(12, 13.0, 9.0, 4.0, 31.0),
        Use(12, 2.4, 60.0, 4.0, 31.0),
        Use(12, 2.4, 9.0, 22.0, 100.0),
    ],
    ids=["few days", "no cores", "no memory", "no video memory", "busy", "full", "full GPU"],
)
def test_no_smaller_machine_is_advised_of_one_that_is_used_or_too_little_known(use: Use) -> None:
    found = about(advice(view(machine("g6.4xlarge"), uses={"edit-1": use}, hours_per_week=40)), "large enough")
    assert found is None or "g6.2xlarge" in found.what or "g6.xlarge" in found.what
    if use != Use(12, 2.4, 9.0, 22.0, 100.0):
        assert found is None


@pytest.mark.parametrize(
    ("vram", "percent", "said"),
    [(3.0, 15.0, True), (3.0, 60.0, False), (10.0, 15.0, False)],
    ids=["idle", "busy", "full"],
)
def test_fewer_gpus_are_advised_only_where_all_that_several_may_hold_and_do_fits(
    vram: float, percent: float, said: bool
) -> None:
    """K: g5.12xlarge has four A10G, g5.8xlarge one and as many processors less 16: 5.672 and 2.448 an hour in us-east-1. A guard tells
    of the GPU that holds most: 10 GiB may be 40 GiB on four, and one A10G has 24."""
    use = {"edit-1": Use(12, 20.0, 90.0, vram, percent)}
    one = about(advice(view(machine("g5.12xlarge"), uses=use, hours_per_week=40)), "large enough")
    assert (one is not None) == said


def test_park_is_advised_with_the_hours_in_which_nobody_works() -> None:
    """I: gp3 0.08, snapshot 0.05. 600 GiB of disks are 48; 60 per cent written are 360 GiB, 18. 40 h a week leave 556.19 of 730 hours."""
    tags = {"soundstage:workstation": "edit-1"}
    found = view(
        machine(), resource(VOLUME, "work", type="gp3", size=500, tags=tags), hours_per_week=40, disk_used_percent=60
    )
    one = about(advice(found), "`workstation park`")
    assert one is not None
    assert one.usd == pytest.approx((48 - 18) * 556.19 / 730, rel=0.01)
    assert "0.99 USD" in one.what


def test_a_machine_with_hours_is_not_advised_to_be_parked_by_itself_on_a_weekend_after_which_nothing_starts_it() -> (
    None
):
    plan, usage = Plan("p", "s", (machine(),)), Usage({}, {"edit-1": 50.0})
    one = about(advice(View(Site(plan, usage), estimate(plan, usage))), "`workstation park`")
    assert one is not None
    assert "park_after_days" not in one.what
    assert "`hours` do not start it then: `workstation start` brings it back" in one.what


def test_a_disk_of_another_machine_is_not_parked_with_it() -> None:
    other = resource(VOLUME, "work", type="gp3", size=5000, tags={"soundstage:workstation": "edit-10"})
    one = about(advice(view(machine(), other, hours_per_week=40)), "`workstation park`")
    assert one is not None
    assert one.usd < 10


def test_a_cleaner_region_is_told_with_its_difference_in_money() -> None:
    """Google, 2024: Frankfurt 275.82 g for a kWh, London 105.94, Tokyo 452.85."""
    dear = machine("g5.2xlarge", region="eu-central-1")
    [told] = cleaner(view(dear, regions=("eu-central-1", "eu-west-2", "ap-northeast-1"), hours_per_week=40))
    assert "`region: eu-west-2`" in told
    assert "106 g of CO2 for a kWh instead of 276 (2024" in told
    assert "USD a month more" in told
    assert list(cleaner(view(dear, regions=("ap-northeast-1",), hours_per_week=40))) == []
    assert list(cleaner(view(machine(region="eu-west-1"), regions=("eu-west-2",), hours_per_week=40))) == [], (
        "not known of Ireland"
    )


def test_every_figure_of_carbon_is_positive_and_of_a_region_that_is_known() -> None:
    found = [(row["cloud"], row["region"]) for row in rows("carbon.csv")]
    assert len(found) == len(set(found))
    for cloud, region in found:
        one = grid(cloud, region)
        assert one is not None
        assert 0 < one.grams_per_kwh < 1000
        if one.as_in:
            there = grid("gcp", one.as_in)
            assert cloud == "aws"
            assert region in COUNTRIES
            assert there is not None
            assert there.grams_per_kwh == one.grams_per_kwh
