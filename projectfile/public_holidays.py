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
    from holidays import list_supported_countries

    if not isinstance(name, str):
        raise refuse(f"has holidays {shown(name)}", _ALLOWED)
    known = {country: parts for country, parts in list_supported_countries().items() if len(country) == 2}
    country, _, part = name.partition("-")
    if not _FORM.fullmatch(name) or country not in known:
        meant = _MEANT.get(name.upper(), _MEANT.get(country.upper(), country.upper()))
        raise refuse(f"has holidays {shown(name)}", _ALLOWED, meant if meant in known or "-" in meant else "")
    if part and part not in known[country]:
        parts = ", ".join(known[country]) or "none: the whole country has the same"
        near = nearest(part, known[country])
        raise refuse(
            f"has holidays {shown(name)}", f"{country}, or a part of it: {parts}", f"{country}-{near}" if near else ""
        )


def public_holidays(name: str, years: Sequence[int]) -> list[date]:
    """The days in these years on which public offices of a country, or of a part of it, are closed; a day off in lieu included."""
    from holidays import country_holidays

    country, _, part = name.partition("-")
    return sorted(country_holidays(country, subdiv=part or None, years=years))
