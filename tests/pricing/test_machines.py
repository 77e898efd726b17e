"""Choosing a machine by what it has and what it costs."""

import pytest

from soundstage.components.sizes import instance_type, roles, sizes
from soundstage.core.errors import UsageError
from soundstage.pricing.comparing import NEAR, pairs, regions_of
from soundstage.pricing.machines import ORDERS, Wanted, checked, gpu_names, offers, ordered, priced_words


def test_the_machine_of_a_role_and_size_says_so_where_the_region_offers_it() -> None:
    for role in roles():
        for size in sizes():
            type = instance_type(role, size, "eu-central-1")
            found = [one for one in offers(Wanted(region="eu-central-1", role=role)) if one.has.type == type]
            assert [f"{role} {size}" in one.named for one in found] == [True], (role, size, type)


def test_no_machine_is_shown_where_its_region_does_not_offer_it() -> None:
    assert checked(Wanted(region="eu-west-1", gpu="L4", cloud="aws")) == []


def test_a_machine_that_is_offered_and_has_no_price_is_shown_with_none() -> None:
    found = [one for one in checked(Wanted(region="sa-east-1")) if one.has.type == "g5.xlarge"]
    assert [(one.low, one.source) for one in found] == [(None, None)]


def test_what_has_no_price_is_last_and_never_within_a_limit() -> None:
    every = ordered(checked(Wanted(region="ap-south-1", gpu="any")), "price")
    priced = [one.low for one in every if one.low is not None]
    assert [one.low for one in every][: len(priced)] == sorted(priced)
    assert all(one.low is not None and one.low <= 2 for one in offers(Wanted(most_usd=2)))


@pytest.mark.parametrize("by", ORDERS)
def test_every_order_sorts_everything(by: str) -> None:
    found = checked(Wanted(region="all"))
    assert len(ordered(found, by)) == len(found)


def test_windows_and_spot_cost_what_they_cost() -> None:
    windows = {one.region: one.low for one in checked(Wanted(type="g5.2xlarge", os="windows", region="eu-west-1"))}
    assert windows["eu-west-1"] == pytest.approx(1.353 + 8 * 0.046, abs=1e-4)
    spot = checked(Wanted(type="g6e.xlarge", purchase="spot", region="us-east-1"))
    assert [(one.low, one.high) for one in spot] == [(0.9154, 1.1975)]


def test_the_licence_of_a_google_machine_was_never_counted() -> None:
    """Google: 0.2 an hour for each L4 and T4; of the RTX PRO 6000 it is not known and said so."""
    found = {one.has.type: one for one in checked(Wanted(cloud="gcp", gpu="any"))}
    assert found["g2-standard-8"].low == pytest.approx(0.85362 + 0.2, abs=1e-4)
    assert found["g2-standard-24"].low == pytest.approx(2.00083 + 2 * 0.2, abs=1e-3)
    assert found["n1-standard-8"].low == pytest.approx(0.38 + 0.35 + 0.2, abs=1e-3), (
        "with the T4 that a project file means"
    )
    assert {one.has.gpu for one in found.values() if one.licence_missing} == {"RTX PRO 6000"}
    assert not any(one.licence_missing for one in checked(Wanted(cloud="aws")))


def test_a_google_machine_names_its_role_and_size_where_the_region_offers_it() -> None:
    found = {one.has.type: one for one in checked(Wanted(cloud="gcp", region="europe-west3"))}
    assert "editing medium" in found["g2-standard-8"].named
    assert "audio small" in found["n2-standard-4"].named
    assert "g2-standard-8" not in {one.has.type for one in checked(Wanted(cloud="gcp", region="us-west2"))}


def test_the_same_role_and_size_are_side_by_side_on_both_clouds() -> None:
    """K: g6.2xlarge in us-east-1 0.9776. C: g2-standard-8 0.85362 and its licence 0.2."""
    found = {(one.role, one.size): one for one in pairs(Wanted(region="us-west-2", role="editing"))}
    assert set(found) == {("editing", size) for size in sizes()}
    medium = found["editing", "medium"]
    assert medium.aws is not None
    assert medium.gcp is not None
    assert (medium.aws.region, medium.gcp.region) == ("us-west-2", "us-west1")
    assert medium.gcp.low == pytest.approx(1.05362, abs=1e-4)


def test_every_role_and_size_has_a_price_on_both_clouds_where_prices_stand_in_for_others() -> None:
    for one in pairs(Wanted()):
        assert one.aws is not None, one
        assert one.gcp is not None, one
        assert one.aws.low is not None, one
        assert one.gcp.low is not None, one


@pytest.mark.parametrize("region", sorted({*NEAR, *NEAR.values()}))
def test_a_region_is_compared_with_one_of_the_other_cloud_whose_prices_are_known(region: str) -> None:
    aws, google = regions_of(region)
    assert region in (aws, google)
    assert offers(Wanted(region=aws, cloud="aws"))
    assert offers(Wanted(region=google, cloud="gcp"))


def test_a_region_with_none_near_by_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UsageError) as refused:
        regions_of("af-south-1")
    assert "eu-central-1" in (refused.value.hint or "")


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Wanted(region="eu-weast-1"), 'did you mean "eu-west-1"'),
        (Wanted(role="editting"), 'did you mean "editing"'),
        (Wanted(gpu="H900"), "There is no GPU"),
        (Wanted(type="g5.3xlarge"), 'did you mean "g5.xlarge"'),
    ],
)
def test_a_word_that_means_nothing_is_refused_with_what_there_is(wanted: Wanted, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        checked(wanted)
    assert said in refused.value.message


def test_gpus_have_names() -> None:
    assert {"L4", "T4", "A10G", "L40S"} <= set(gpu_names())


def test_a_machine_is_said_with_its_price_and_its_month() -> None:
    """S: g5.2xlarge in eu-west-1 1.353; Windows 8 x 0.046 an hour."""
    assert (
        priced_words("g5.2xlarge", "eu-west-1")
        == "g5.2xlarge in eu-west-1, 1.35 USD an hour with Linux (price of 2026-02)"
    )
    assert "1.72 USD an hour with Windows" in priced_words("g5.2xlarge", "eu-west-1", "windows")
    assert " to " in priced_words("g6e.xlarge", "us-east-1", purchase="spot")
    assert priced_words("g6e.xlarge", "sa-east-1") == "g6e.xlarge in sa-east-1, whose price is not known"
