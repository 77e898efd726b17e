"""The facts about prices: their form, where they are from, and laws that a typing error breaks."""

import json
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from soundstage.components.lifecycle import LEAST_BILLED_DAYS
from soundstage.components.sizes import known_types
from soundstage.pricing import facts
from soundstage.pricing.facts import MachinePrice

DATA = Path(facts.__file__).parent / "data"
GPU_FAMILIES = ("g4dn", "g5", "g6", "g6e", "gr6", "g6f", "g7", "g7e")
FACTOR = 0.0005
"""How far a price may be off the law of its family: what a source rounds."""


def machines(cloud: str = "aws") -> list[MachinePrice]:
    return [one for one in facts.machine_prices() if one.cloud == cloud]


def family(type: str) -> str:
    return type.partition(".")[0] if "." in type else type.rpartition("-")[0]


def test_every_source_has_a_title_a_day_that_is_past_and_an_address() -> None:
    for source in facts.sources().values():
        assert source.title
        assert source.day <= date(2026, 11, 30)
        assert source.url.startswith("https://") or source.key == "unknown"


def test_every_price_is_of_an_item_with_a_unit_and_every_item_has_a_row() -> None:
    priced = {(row["cloud"], row["item"]) for row in facts.rows("prices.csv")}
    assert priced == set(facts.items())
    assert all(item.unit and item.what and item.per >= 1 for item in facts.items().values())


def test_a_price_is_a_number_above_zero_or_named_as_unknown() -> None:
    for row in facts.rows("prices.csv"):
        assert set(row) == {"cloud", "item", "region", "from", "usd", "source"}
        assert row["source"] in facts.sources()
        assert (row["source"] == "unknown") == (not row["usd"]), row
        assert not row["usd"] or float(row["usd"]) > 0, row
        assert float(row["from"]) >= 0


def test_no_price_is_there_twice() -> None:
    keys = [(row["cloud"], row["item"], row["region"], row["from"]) for row in facts.rows("prices.csv")]
    assert len(keys) == len(set(keys))
    types = [(row["cloud"], row["type"], row["region"]) for row in facts.rows("machines.csv")]
    assert len(types) == len(set(types))


def test_the_rows_are_sorted_so_that_a_change_reads_well() -> None:
    keys = [(row["cloud"], row["item"]) for row in facts.rows("prices.csv")]
    assert keys == sorted(keys)
    assert list(facts.items()) == sorted(facts.items())


def test_bands_begin_at_nothing_and_get_cheaper() -> None:
    for cloud, item in facts.items():
        for region in {row["region"] for row in facts.rows("prices.csv") if row["item"] == item}:
            found = facts.price(cloud, item, region)
            if found is None:
                continue
            assert found.bands[0][0] == 0, (item, region)
            falling = [after < before for (_, before), (_, after) in pairwise(found.bands)]
            assert all(falling), (item, region, found.bands)


def test_every_item_has_a_price_where_others_stand_in_or_is_named_as_unknown() -> None:
    unknown = {(row["cloud"], row["item"]) for row in facts.rows("prices.csv") if not row["usd"]}
    for cloud, item in facts.items():
        known = facts.price(cloud, item, facts.STANDS_IN[cloud])
        assert (known is None) == ((cloud, item) in unknown), item


@pytest.mark.parametrize("name", GPU_FAMILIES)
def test_each_family_that_creative_work_uses_has_every_size_in_us_east_1(name: str) -> None:
    sizes = {type for type in known_types() if family(type) == name}
    priced = {one.type for one in machines() if one.region == "us-east-1" and one.linux}
    assert sizes <= priced
    assert any(family(one) == name for one in priced)


@pytest.mark.parametrize("name", ["g4dn", "g5", "g6", "gr6", "g6e", "g6f"])
def test_the_common_families_are_priced_in_at_least_eight_regions(name: str) -> None:
    regions = {one.region for one in machines() if family(one.type) == name and one.linux}
    assert len(regions) >= 8


def test_the_newest_family_is_priced_where_a_source_has_it() -> None:
    """The source lists g7e in six regions, of the eleven that offer it."""
    assert len({one.region for one in machines() if family(one.type) == "g7e" and one.linux}) >= 6


def test_buckets_of_google_get_cheaper_with_each_class_in_every_region() -> None:
    for region in [row["region"] for row in facts.rows("prices.csv") if row["item"] == "gcs.standard.storage"]:
        prices = [
            facts.price("gcp", f"gcs.{name}.storage", region)
            for name in ("standard", "nearline", "coldline", "archive")
        ]
        figures = [one.usd for one in prices if one and one.instead_of is None]
        assert len(figures) == 4
        assert figures == sorted(figures, reverse=True)


def test_a_disk_of_google_that_is_faster_costs_more_in_every_region() -> None:
    for region in [row["region"] for row in facts.rows("prices.csv") if row["item"] == "disk.pd-balanced"]:
        balanced, ssd = (facts.price("gcp", f"disk.{name}", region) for name in ("pd-balanced", "pd-ssd"))
        assert balanced is not None
        assert ssd is not None
        assert balanced.usd == pytest.approx(ssd.usd * 10 / 17, rel=0.01), (
            "the ratio of the two in every region of the source"
        )


def google_regions(item: str) -> set[str]:
    return {row["region"] for row in facts.rows("prices.csv") if (row["cloud"], row["item"]) == ("gcp", item)}


def google(item: str, region: str) -> float:
    found = facts.price("gcp", item, region)
    assert found is not None
    assert found.instead_of is None
    return found.usd


def test_disks_of_google_cost_by_one_factor_for_each_region() -> None:
    """pd-standard, pd-balanced and pd-ssd are 0.04, 0.1 and 0.17 times one factor for the region."""
    for region in google_regions("disk.pd-standard"):
        factor = google("disk.pd-standard", region) / 0.04
        assert google("disk.pd-balanced", region) == pytest.approx(0.1 * factor, rel=0.01), region
        assert google("disk.pd-ssd", region) == pytest.approx(0.17 * factor, rel=0.03), region


def test_google_n2_machines_double_with_each_size() -> None:
    for region in {one.region for one in machines("gcp") if one.type == "n2-standard-8"}:
        found = [facts.machine_price("gcp", f"n2-standard-{vcpus}", region) for vcpus in (4, 8, 16, 32)]
        prices = [one.linux for one in found if one and one.linux]
        assert [after / before for before, after in pairwise(prices)] == pytest.approx([2, 2, 2], rel=1e-4)


@pytest.mark.parametrize(
    "item", ["snapshot", "disk.pd-standard", "disk.local", "disk.local.spot", "ipv4.unused", "egress.internet"]
)
def test_what_google_asks_by_region_is_known_in_at_least_eight_regions(item: str) -> None:
    regions = google_regions(item)
    assert len(regions) >= 8
    cheapest = min(google(item, region) for region in regions)
    assert all(google(item, region) <= cheapest * 3 for region in regions), "a typing error"


def test_an_address_of_google_that_nothing_uses_costs_more_than_one_in_use() -> None:
    for region in google_regions("ipv4.unused"):
        assert google("ipv4.unused", region) > google("ipv4", region)


def test_a_local_disk_of_a_spot_machine_of_google_costs_less() -> None:
    for region in google_regions("disk.local.spot"):
        assert google("disk.local.spot", region) < google("disk.local", region)


def test_traffic_out_of_google_costs_the_same_within_a_continent() -> None:
    for name in ("europe-", "us-"):
        found = [
            facts.price("gcp", "egress.internet", one)
            for one in google_regions("egress.internet")
            if one.startswith(name)
        ]
        assert len({one.bands for one in found if one}) == 1, name


@pytest.mark.parametrize("name", ["g2-standard", "n1-standard", "g4-standard", "n2-standard"])
def test_google_machines_are_priced_in_at_least_eight_regions(name: str) -> None:
    regions = {one.region for one in machines("gcp") if family(one.type) == name and one.linux}
    assert len(regions) >= 8


def test_a_family_costs_more_in_a_region_by_one_factor_for_all_its_sizes() -> None:
    """AWS: price(type, region) = price(type, us-east-1) x factor(family, region), found on eleven pairs of sizes."""
    base = {one.type: one.linux for one in machines() if one.region == "us-east-1"}
    factors: dict[tuple[str, str], list[float]] = {}
    for one in machines():
        if one.linux and one.region != "us-east-1" and base.get(one.type):
            factors.setdefault((family(one.type), one.region), []).append(one.linux / (base[one.type] or 1))
    assert len(factors) >= 30
    for where, found in factors.items():
        assert max(found) - min(found) < FACTOR, (where, found)
        assert 0.9 < min(found) < 1.6, where


def test_google_g2_machines_cost_by_their_processors_and_their_gpus() -> None:
    """Google: g2 = (vCPU x 0.036698 + L4 x 0.560040) x factor(region); us-central1 = 1."""
    facts_of = facts.machine_facts()
    factors: dict[str, list[float]] = {}
    for one in machines("gcp"):
        if one.type.startswith("g2-") and one.linux:
            has = facts_of["gcp", one.type]
            factors.setdefault(one.region, []).append(one.linux / (has.vcpus * 0.036698 + has.gpus * 0.560040))
    assert factors["us-central1"][0] == pytest.approx(1, abs=1e-4)
    for region, found in factors.items():
        assert max(found) - min(found) < FACTOR, region


def test_google_g4_machines_double_with_each_size() -> None:
    for region in {one.region for one in machines("gcp") if one.type == "g4-standard-48"}:
        found = [facts.machine_price("gcp", f"g4-standard-{vcpus}", region) for vcpus in (48, 96, 192, 384)]
        prices = [one.linux for one in found if one and one.linux]
        assert [after / before for before, after in pairwise(prices)] == pytest.approx([2, 2, 2], rel=1e-4)


def test_a_larger_machine_of_a_family_costs_more() -> None:
    has = facts.machine_facts()
    groups: dict[tuple[str, str, str], list[tuple[int, float]]] = {}
    for one in facts.machine_prices():
        known = has.get((one.cloud, one.type))
        if (
            one.linux
            and known
            and family(one.type) in (*GPU_FAMILIES, "g2-standard", "n1-standard", "n2-standard", "g4-standard")
        ):
            # Of two machines with as many processors the one with more GPUs costs more.
            groups.setdefault((one.cloud, family(one.type), one.region), []).append((known.vcpus, one.linux))
    for where, sizes in groups.items():
        if where[1] in ("g4dn", "g5", "g6", "g6e", "g2-standard"):
            continue  # 12xlarge has four GPUs and 16xlarge has one
        ordered = sorted(sizes)
        assert [usd for _, usd in ordered] == sorted(usd for _, usd in ordered), where
    for where, sizes in groups.items():
        if where[1] in ("g4dn", "g5", "g6", "g6e"):
            one_gpu = [usd for vcpus, usd in sorted(sizes) if vcpus <= 32]
            assert one_gpu == sorted(one_gpu), where


def test_windows_costs_its_licence_more_than_linux() -> None:
    """Amazon asks 0.046 US dollars an hour for each vCPU in every region (m8a.xlarge: 0.243 and 0.427 in us-east-1, 0.314 and 0.498 in
    Tokyo)."""
    has = facts.machine_facts()
    seen = 0
    for one in machines():
        if one.linux and one.windows:
            seen += 1
            assert one.windows - one.linux == pytest.approx(0.046 * has["aws", one.type].vcpus, abs=2e-4), one
    assert seen > 200


def test_spot_is_a_range_with_its_day_and_not_above_on_demand() -> None:
    for one in facts.machine_prices():
        assert (one.spot is None) == (one.spot_source is None)
        if one.spot and one.linux:
            low, high = one.spot
            assert 0 < low <= high <= one.linux * 1.001, one


def test_what_a_machine_has_agrees_with_the_library() -> None:
    for type, known in known_types().items():
        found = facts.machine_facts().get(("aws", type))
        if found is not None:
            assert (found.vcpus, found.memory_gib, found.gpu) == (known.vcpus, known.memory_gib, known.gpu), type
            assert found.vram_gib == known.vram_gib


def test_the_rules_of_storage_classes_name_items_that_there_are() -> None:
    document = json.loads((DATA / "storage_classes.json").read_text())
    assert set(LEAST_BILLED_DAYS) | {"STANDARD", "ONEZONE_IA"} == set(document["classes"])
    for rules in document["google"]["classes"].values():
        assert ("gcp", f"{rules['item']}.storage") in facts.items()
    for rules in document["classes"].values():
        assert ("aws", f"{rules['item']}.storage") in facts.items()


def test_the_price_of_another_region_says_so_and_a_machine_has_none() -> None:
    stands_in = facts.price("aws", "ebs.snapshot", "eu-west-1")
    assert stands_in is not None
    assert (stands_in.region, stands_in.instead_of) == ("us-east-1", "eu-west-1")
    own = facts.price("aws", "ebs.gp3.storage", "eu-west-1")
    assert own is not None
    assert (own.usd, own.region, own.instead_of) == (0.088, "eu-west-1", None)
    assert facts.machine_price("aws", "g6e.xlarge", "sa-east-1") is None


def test_prices_older_than_ninety_days_say_so() -> None:
    source = facts.sources()["infracost"]
    assert facts.as_of([source], date(2026, 8, 1)) == "prices of 2026-05-03"
    assert facts.as_of([source], date(2026, 8, 2)) == "prices of 2026-05-03, more than 90 days old"


def test_an_amount_is_counted_band_by_band() -> None:
    found = facts.price("aws", "egress.internet", "us-east-1")
    assert found is not None
    assert found.amount(10_240 + 40_960 + 1_000) == pytest.approx(10_240 * 0.09 + 40_960 * 0.085 + 1_000 * 0.07)
