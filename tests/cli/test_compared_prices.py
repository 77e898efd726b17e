"""The machines of both clouds side by side, on a narrow screen and on a wide one."""

from datetime import date

import pytest

from soundstage.cli.display.compared_prices import Compared, compared_text
from soundstage.cli.display.screen import Screen
from soundstage.pricing.comparing import pairs, regions_of
from soundstage.pricing.machines import Wanted


def text(width: int, wanted: Wanted | None = None) -> str:
    wanted = wanted or Wanted()
    aws, google = regions_of(wanted.region)
    found = Compared(wanted, aws, google, tuple(pairs(wanted)), 40.0, date(2026, 11, 27))
    return compared_text(found, Screen(width=width))


@pytest.mark.parametrize("width", [80, 100, 112, 120])
def test_no_machine_and_no_gpu_is_cut(width: int) -> None:
    shown = text(width)
    assert "…" not in shown
    assert all(len(line) <= width for line in shown.splitlines())
    for words in ("g6e.16xlarge, L40S", "g4-standard-48, RTX PRO 6000", "4.50*"):
        assert words in shown


@pytest.mark.parametrize(("width", "told"), [(80, False), (120, True)])
def test_what_a_week_costs_is_shown_where_it_has_room_and_otherwise_said(width: int, told: bool) -> None:
    shown = text(width)
    assert ("40 h a week" in shown) == told
    assert ("What 40 hours a week cost is shown on a screen of 112 columns" in shown) != told


@pytest.mark.parametrize(("width", "cells"), [(80, "? not offered -"), (120, "? ? not offered - -")])
def test_what_a_region_does_not_offer_and_what_has_no_price_are_shown_as_that(width: int, cells: str) -> None:
    shown = text(width, Wanted(region="us-west-1", role="vfx"))
    [large] = [" ".join(line.split()) for line in shown.splitlines() if line.startswith("vfx   large")]
    assert large == f"vfx large g4dn.16xlarge, T4 {cells}"
    assert "? stands for a price that is not known." in shown
    assert "? stands for" not in text(width)
