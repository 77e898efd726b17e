"""A bill from a file, in the place of one that the cloud is asked for."""

import os
from datetime import date
from pathlib import Path

import pytest

from soundstage.core.errors import UsageError
from soundstage.pricing.google_export import COLUMNS
from soundstage.stacks.billing.exported import ExportedBills

ROW = "2026-11-03,home,teaser,northlight,edit-1,Nvidia L4 GPU running in Frankfurt,8,5.6,0,USD,1"
START, END = date(2026, 11, 1), date(2026, 11, 30)


def test_the_bill_of_a_project_and_of_all_say_which_file_they_are_from(tmp_path: Path) -> None:
    file = tmp_path / "november.csv"
    file.write_text(f"{','.join(COLUMNS)}\n{ROW}\n{ROW.replace('teaser', 'trailer')}\n")
    bills = ExportedBills(file, "home")
    one, every = bills.of_project("teaser", START, END), bills.of_studio(START, END)
    assert (one.usd, every.usd) == (5.6, 11.2)
    assert one.read_from == every.read_from == str(file)
    assert one.asked == 0
    assert ExportedBills(file, "away").of_studio(START, END).entries == ()


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00", b""])
def test_a_file_that_cannot_be_read_is_refused_by_its_name(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "november.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError) as refused:
        ExportedBills(file, "home")
    assert "november.csv" in refused.value.message


def test_a_pipe_and_a_device_in_the_place_of_a_file_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "november.csv")
    for file in (tmp_path / "november.csv", Path("/dev/zero")):
        with pytest.raises(UsageError) as refused:
            ExportedBills(file, "home")
        assert "not an ordinary file" in refused.value.message


def test_lines_may_end_as_any_system_ends_them(tmp_path: Path) -> None:
    for end in ("\n", "\r\n", "\r"):
        file = tmp_path / "november.csv"
        file.write_bytes(end.join((",".join(COLUMNS), ROW, "")).encode())
        assert ExportedBills(file, "home").of_project("teaser", START, END).usd == 5.6
