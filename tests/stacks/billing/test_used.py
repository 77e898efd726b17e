"""What idle guards told of the use of their machines."""

import json
from typing import Any

import pytest

from soundstage.pricing.advised import Use
from soundstage.stacks.billing.used import use_in


def report(day: int, **most: Any) -> str:
    return json.dumps({"format": 1, "at": f"2026-11-{day:02}T10:00:00Z", "verdict": "keep", "most": most})


def test_the_most_of_all_reports_counts_and_the_days_of_them() -> None:
    reports = [
        report(3, gpu=62, cores=1.5, memory_gib=9.3, vram_gib=3.0),
        report(3, gpu=5, cores=6.1, memory_gib=4.0, vram_gib=8.0),
        report(4, gpu=1, cores=0.1),
    ]
    assert use_in(reports) == Use(2, 6.1, 9.3, 8.0, 62)


def test_reports_of_guards_that_told_no_use_are_no_use() -> None:
    assert use_in([json.dumps({"format": 1, "at": "2026-11-03T10:00:00Z", "verdict": "keep"})]) is None
    assert use_in([]) is None


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", '{"most": 3, "at": "2026-11-03T10:00:00Z"}', '{"most": {"cores": 1}, "at": "soon"}',
        '{"most": {"cores": "many"}, "at": "2026-11-03T10:00:00Z"}', '{"most": {"cores": true}, "at": "2026-11-03T10:00:00Z"}',
        '{"most": {"cores": NaN}, "at": "2026-11-03T10:00:00Z"}', '{"most": {"cores": 1e99}, "at": "2026-11-03T10:00:00Z"}',
        '{"most": {"cores": -1}, "at": "2026-11-03T10:00:00Z"}', "[" * 100_000,
    ],
)  # fmt: skip
def test_what_somebody_wrote_into_the_log_of_a_machine_is_no_use(text: str) -> None:
    assert use_in([text]) is None
