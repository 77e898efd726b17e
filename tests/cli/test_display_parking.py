"""What is said of parked machines before they go."""

from dataclasses import replace

from soundstage.cli.display.parking import parked_going, parked_lines, saving_line
from soundstage.cli.display.screen import Screen
from soundstage.stacks.parking.lost import Lost
from soundstage.stacks.parking.record import Parked
from soundstage.stacks.parking.saving import Saving

ONE = Parked("2026-11-20T19:00:00Z", "ana", "i-1", "ami-1", "", "vol-1")
WIDE = Screen(width=300)


def test_down_deleted_the_system_disks_of_parked_machines_without_a_word() -> None:
    assert parked_going({"edit-1": ONE}, WIDE, snapshots_stay=True) == (
        "edit-1 is parked: the image of its system disk is deleted too, with what was installed and set there. "
        "The last snapshot of its work disk stays."
    )
    two = {"edit-10": ONE, "edit-1": replace(ONE, disk="")}
    assert parked_going(two, WIDE, snapshots_stay=True) == (
        "edit-1 and edit-10 are parked: the images of their system disks are deleted too, with what was installed and set there. "
        "The last snapshot of each work disk stays."
    )
    assert "snapshot" not in parked_going(two, WIDE, snapshots_stay=False)
    assert "snapshot" not in parked_going({"edit-1": two["edit-1"]}, WIDE, snapshots_stay=True)


def test_a_machine_that_lost_what_kept_its_disks_hid_how_the_others_come_back() -> None:
    two = {"edit-1": ONE, "mix-1": ONE}
    head = "Parked: edit-1 since 2026-11-20 and mix-1 since 2026-11-20."
    for lost, then in (
        ([], " `workstation start teaser` brings them back as they were."),
        ([Lost("edit-1", "ami-1")], " `workstation start teaser mix-1` brings mix-1 back as it was."),
        ([Lost("edit-1", "ami-1"), Lost("mix-1", work=True)], ""),
    ):
        assert parked_lines(two, lost, (), "teaser", WIDE)[0] == f"{head}{then}"
    assert parked_lines({"edit-1": ONE}, [], (), "teaser", WIDE)[0].endswith(
        "`workstation start teaser` brings it back as it was."
    )


def test_a_month_of_which_not_all_has_a_price_costs_at_least_so_much_and_not_about() -> None:
    assert saving_line(Saving(stopped=44.8, parked=15.0, complete=False, dated="prices of 2026-08-20")) == (
        "A month of the project costs at least 15.00 USD so, and at least 44.80 USD with its machines stopped: 29.80 USD less "
        "(prices of 2026-08-20)."
    )
