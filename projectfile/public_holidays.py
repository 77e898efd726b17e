"""Public holidays by country, from the package `holidays`, which is imported only by a file that names some."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from soundstage.core.strict import refuse
from soundstage.core.words import nearest, shown

HOLIDAYS_PATTERN: Final = r"^[A-Z]{2}(-.{1,60})?$"
_FORM: Final = re.compile(HOLIDAYS_PATTERN, re.ASCII)
_ALLOWED: Final = "a country by its two letters, such as PT, alone or with a part of it that has holidays of its own, such as PT-11 or US-CA"
_MEANT: Final = {"EN": "GB", "EL": "GR", "ENGLAND": "GB-ENG", "SCOTLAND": "GB-SCT", "USA": "US"}


def check_holidays(name: object) -> None:
    """Refuse what names no country, or no part of one, whose holidays are known."""
    if not isinstance(name, str):
        raise refuse(f"has holidays {shown(name)}", _ALLOWED)
    country, _, part = name.partition("-")
    parts = _parts(country) if _FORM.fullmatch(name) else None
    if parts is None:
        meant = _MEANT.get(name.upper(), _MEANT.get(country.upper(), country.upper()))
        known = "-" in meant or _parts(meant) is not None
        raise refuse(f"has holidays {shown(name)}", _ALLOWED, meant if known else "")
    if part and part not in parts:
        allowed = ", ".join(parts) or "none: the whole country has the same"
        near = nearest(part, parts)
        raise refuse(
            f"has holidays {shown(name)}", f"{country}, or a part of it: {allowed}", f"{country}-{near}" if near else ""
        )


def _parts(country: str) -> list[str] | None:
    """The parts of a country that have holidays of their own; None of one that is not known. Only its own module is imported: all of
    the package's are 250."""
    import holidays

    if not _FORM.fullmatch(country) or not hasattr(holidays, country):
        return None
    return list(getattr(holidays, country).subdivisions)


def public_holidays(name: str, years: Sequence[int]) -> list[date]:
    """The days in these years on which public offices of a country, or of a part of it, are closed; a day off in lieu included."""
    from holidays import country_holidays

    country, _, part = name.partition("-")
    return sorted(country_holidays(country, subdiv=part or None, years=years))
