"""A refusal because of the time says how wrong this machine's clock is; any other refusal stays what it is."""

from datetime import UTC, datetime

import pytest

from soundstage.core import wrong_clock as clock
from soundstage.core.wrong_clock import wrong_clock

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("code", "message", "date", "said"),
    [
        ("RequestTimeTooSkewed", "The difference …", "Thu, 26 Nov 2026 12:12:00 GMT", "12 minutes behind AWS's"),
        ("RequestTimeTooSkewed", "The difference …", "Thu, 26 Nov 2026 07:00:00 GMT", "5 hours ahead of AWS's"),
        ("RequestExpired", "Request has expired.", "Fri, 27 Nov 2026 13:00:00 GMT", "25 hours behind AWS's"),
        ("RequestExpired", "Request has expired.", "Thu, 26 Nov 2026 12:00:10 GMT", ""),
        ("RequestExpired", "Request has expired.", "", ""),
        ("RequestTimeTooSkewed", "", "", "differs from AWS's by more than AWS allows"),
        ("InvalidSignatureException",
         "Signature expired: 20261126T114800Z is now earlier than 20261126T115500Z (20261126T120000Z - 5 min.)", "",
         "12 minutes behind AWS's"),
        ("", ("api error SignatureDoesNotMatch: Signature not yet current: 20261126T121200Z is still later than "
         "20261126T120500Z (20261126T120000Z + 5 min.)"), "", "12 minutes ahead of AWS's"),
        ("SignatureDoesNotMatch", "The request signature we calculated does not match", "Thu, 26 Nov 2026 12:00:00 GMT", ""),
        ("AccessDenied", "no", "Thu, 26 Nov 2026 14:00:00 GMT", ""),
    ],
)  # fmt: skip
def test_a_wrong_clock_is_told_in_minutes(
    code: str, message: str, date: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "_now", lambda: NOW)
    found = wrong_clock(code, message, date)
    assert said in found
    assert bool(found) == bool(said)
