"""Time zones by the name of a place, as the IANA database has them: `Europe/Lisbon`, or `UTC`.

An abbreviation is refused although the database holds some of them: `EST` is New York's winter all year round, and `IST` and `BST`
mean several countries. `Etc/GMT+2` is two hours *behind* UTC, and has no summer time.
"""

import re
import zoneinfo
from difflib import get_close_matches
from functools import cache
from typing import Final

FORM: Final = "the name of a place, such as Europe/Lisbon or America/New_York, or UTC"
_PLACE: Final = re.compile(r"[A-Z][A-Za-z]+(?:/[A-Za-z0-9_+-]+)+", re.ASCII)
_MEANT: Final = {
    "America/Los_Angeles": "PST PDT PT PST8PDT",
    "America/Denver": "MST MDT MT MST7MDT NAVAJO",
    "America/Chicago": "CST CDT CT CST6CDT",
    "America/New_York": "EST EDT ET EST5EDT",
    "America/Halifax": "AST ADT",
    "America/St_Johns": "NST NDT",
    "America/Anchorage": "AKST AKDT",
    "Pacific/Honolulu": "HST",
    "America/Sao_Paulo": "BRT BRST",
    "America/Argentina/Buenos_Aires": "ART",
    "America/Bogota": "COT",
    "America/Havana": "CUBA",
    "America/Jamaica": "JAMAICA",
    "Europe/London": "BST GMT GB GB-EIRE",
    "Europe/Dublin": "EIRE",
    "Europe/Lisbon": "WET WEST PORTUGAL",
    "Europe/Berlin": "CET CEST MET MEST MEZ MESZ",
    "Europe/Athens": "EET EEST",
    "Europe/Warsaw": "POLAND",
    "Europe/Istanbul": "TRT TURKEY",
    "Europe/Moscow": "MSK W-SU",
    "Atlantic/Reykjavik": "ICELAND",
    "Africa/Cairo": "EGYPT",
    "Africa/Tripoli": "LIBYA",
    "Africa/Johannesburg": "SAST",
    "Africa/Lagos": "WAT",
    "Africa/Nairobi": "EAT",
    "Asia/Jerusalem": "IDT ISRAEL",
    "Asia/Tehran": "IRST IRAN",
    "Asia/Dubai": "GST",
    "Asia/Karachi": "PKT",
    "Asia/Kolkata": "IST",
    "Asia/Bangkok": "ICT",
    "Asia/Jakarta": "WIB",
    "Asia/Manila": "PHT PHST",
    "Asia/Singapore": "SGT SINGAPORE",
    "Asia/Hong_Kong": "HKT HONGKONG",
    "Asia/Shanghai": "PRC",
    "Asia/Taipei": "ROC",
    "Asia/Seoul": "KST ROK",
    "Asia/Tokyo": "JST JAPAN",
    "Australia/Perth": "AWST",
    "Australia/Adelaide": "ACST ACDT",
    "Australia/Sydney": "AEST AEDT",
    "Pacific/Auckland": "NZST NZDT NZ",
    "Pacific/Chatham": "NZ-CHAT",
    "Pacific/Kwajalein": "KWAJALEIN",
    "UTC": "UCT Z ZULU GMT0 GMT+0 GMT-0 GREENWICH UNIVERSAL ETC/UTC ETC/UCT ETC/ZULU ETC/UNIVERSAL ETC/GREENWICH ETC/GMT "
    "ETC/GMT0 ETC/GMT+0 ETC/GMT-0",
}
"""The zone that is likely meant by what is no place. Sources: IANA time zone database, files `backward` and `etcetera`; the
abbreviations of its zones (2026-11). Where several countries use one, the one with the most people that uses it in English."""


def is_zone(name: object) -> bool:
    """Whether a value names a place's time zone, or UTC. Where no database is at hand, the form must do."""
    if name == "UTC":
        return True
    well_formed = isinstance(name, str) and _PLACE.fullmatch(name) and not name.startswith("Etc/")
    return bool(well_formed) and (not zones() or name in zones())


def zone_meant(name: object) -> str:
    """The zone that was likely meant by what is none; empty when nothing is likely."""
    if not isinstance(name, str) or len(name) > 60:
        return ""
    by_word = {word: zone for zone, words in _MEANT.items() for word in words.split()}
    if found := by_word.get(name.upper()):
        return found
    if name.upper().startswith("ETC/"):
        return ""
    places = {zone.casefold(): zone for zone in zones() if is_zone(zone)}
    cities: dict[str, str] = {}
    for folded, zone in sorted(places.items()):
        cities.setdefault(folded.rpartition("/")[2], zone)
    word = name.casefold().replace(" ", "_")
    if word in cities:
        return cities[word]
    near = get_close_matches(word, places if "/" in word else cities, n=1, cutoff=0.7)
    return (places.get(near[0]) or cities[near[0]]) if near else ""


@cache
def zones() -> frozenset[str]:
    """The names in this machine's database; empty where there is none."""
    return frozenset(zoneinfo.available_timezones())
