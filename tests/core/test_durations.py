"""Lengths of time as people type them."""

import pytest

from soundstage.core.durations import seconds_of
from soundstage.core.errors import UsageError


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("2h", 7200), ("1h30m", 5400), ("1d", 86400), ("1d2h3m4s", 93784)]
)
def test_a_length_of_time_is_read(text: str, seconds: float) -> None:
    assert seconds_of(text, "--retry-for", 1e6) == seconds


@pytest.mark.parametrize(
    "text", ["", "30", "m", "-5m", "1.5h", "30 m", "30min", "m30", "٣m", "1m1h", "9999999m", "0s", "13d"]
)
def test_what_is_no_length_of_time_or_too_long_is_refused_with_its_option(text: str) -> None:
    with pytest.raises(UsageError, match="--retry-for"):
        seconds_of(text, "--retry-for", 1e6)
