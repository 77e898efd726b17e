"""A refusal because this machine's clock is wrong, told as such.

AWS refuses a request whose signature is more than five to fifteen minutes away from its own time, and every service says so in
another way. Sources: AWS IAM user guide, "Troubleshoot AWS SigV4 requests"; Amazon S3, "Error responses" (`RequestTimeTooSkewed`);
Amazon EC2, "Error codes" (`RequestExpired`), read 2026-11.
"""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

WRONG_CLOCK: Final = "RequestTimeTooSkewed"
"""The code under which such a refusal is passed on, whatever the service called it."""
HINT: Final = (
    "Set the clock (Linux: `sudo timedatectl set-ntp true`; macOS: `sudo sntp -sS time.apple.com`), then run the same command "
    "again; it continues."
)
_SAID: Final = re.compile(
    r"RequestTimeTooSkewed|Signature (expired|not yet current)|request time and the (current|server)"
)
_TIMES: Final = re.compile(r"(\d{8}T\d{6}Z) is (?:now earlier|still later) than \S+ \((\d{8}T\d{6}Z)")
_MAYBE: Final = frozenset({"RequestExpired", "SignatureDoesNotMatch", "InvalidSignatureException"})
_NOTABLE: Final = timedelta(minutes=4)
"""The smallest difference that any service refuses is five minutes."""


def wrong_clock(code: str, message: str, date: str = "") -> str:
    """What a person is told when a refusal is about the time, such as `This machine's clock is 12 minutes behind AWS's.`;
    empty when it is not. `date` is the HTTP header `Date` of the answer."""
    away = _away(message, date)
    said = code == WRONG_CLOCK or bool(_SAID.search(message))
    if not said and not (code in _MAYBE and away is not None and abs(away) > _NOTABLE):
        return ""
    if away is None or abs(away) < timedelta(minutes=1):
        return "This machine's clock differs from AWS's by more than AWS allows."
    return f"This machine's clock is {_words(abs(away))} {'behind' if away < timedelta() else 'ahead of'} AWS's."


def _away(message: str, date: str) -> timedelta | None:
    """How far this machine's clock is ahead of AWS's; None where nothing tells."""
    if found := _TIMES.search(message):
        mine, theirs = (datetime.strptime(each, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) for each in found.groups())
        return mine - theirs
    try:
        return _now() - parsedate_to_datetime(date)
    except (TypeError, ValueError):  # no header, or none that can be read; one without a zone
        return None


def _now() -> datetime:
    return datetime.now(UTC)


def _words(away: timedelta) -> str:
    minutes = round(away / timedelta(minutes=1))
    if minutes < 120:
        return f"{minutes} minutes" if minutes != 1 else "1 minute"
    hours = round(minutes / 60)
    return f"{hours} hours" if hours < 48 else f"{round(hours / 24)} days"
