"""Where data may live: which country each cloud region lies in, and which countries a word such as `eu` covers."""

from types import MappingProxyType
from typing import Final

# AWS Global Infrastructure, "Regions and Availability Zones"; Compute Engine, "Regions and zones"; both read 2026-11.
COUNTRIES: Final = MappingProxyType(
    {
        "af-south-1": "za",
        "ap-east-1": "hk",
        "ap-northeast-1": "jp",
        "ap-northeast-2": "kr",
        "ap-northeast-3": "jp",
        "ap-south-1": "in",
        "ap-south-2": "in",
        "ap-southeast-1": "sg",
        "ap-southeast-2": "au",
        "ap-southeast-3": "id",
        "ap-southeast-4": "au",
        "ap-southeast-5": "my",
        "ca-central-1": "ca",
        "ca-west-1": "ca",
        "eu-central-1": "de",
        "eu-central-2": "ch",
        "eu-north-1": "se",
        "eu-south-1": "it",
        "eu-south-2": "es",
        "eu-west-1": "ie",
        "eu-west-2": "uk",
        "eu-west-3": "fr",
        "il-central-1": "il",
        "me-central-1": "ae",
        "me-south-1": "bh",
        "sa-east-1": "br",
        "us-east-1": "us",
        "us-east-2": "us",
        "us-west-1": "us",
        "us-west-2": "us",
        "asia-east1": "tw",
        "asia-east2": "hk",
        "asia-northeast1": "jp",
        "asia-northeast3": "kr",
        "asia-south1": "in",
        "asia-south2": "in",
        "asia-southeast1": "sg",
        "asia-southeast2": "id",
        "australia-southeast1": "au",
        "europe-central2": "pl",
        "europe-north1": "fi",
        "europe-west1": "be",
        "europe-west10": "de",
        "europe-west2": "uk",
        "europe-west3": "de",
        "europe-west4": "nl",
        "europe-west6": "ch",
        "europe-west8": "it",
        "me-central2": "sa",
        "me-west1": "il",
        "northamerica-northeast1": "ca",
        "northamerica-northeast2": "ca",
        "southamerica-east1": "br",
        "us-central1": "us",
        "us-east1": "us",
        "us-east4": "us",
        "us-east5": "us",
        "us-south1": "us",
        "us-west1": "us",
        "us-west2": "us",
        "us-west3": "us",
        "us-west4": "us",
    }
)
"""The country of each region, by two-letter code (`uk` for the United Kingdom)."""

# Members of the European Union among the countries above. London and Zurich carry "eu" in their regions' names only.
EUROPEAN_UNION: Final = frozenset({"be", "de", "es", "fi", "fr", "ie", "it", "nl", "pl", "se"})


def residencies() -> tuple[str, ...]:
    """The words that `residency` may be: `eu`, and the code of every country with a region."""
    return ("eu", *sorted(set(COUNTRIES.values())))


def regions_within(residency: str) -> tuple[str, ...]:
    """The regions that lie inside; empty for a word that is none of `residencies()`."""
    countries = EUROPEAN_UNION if residency == "eu" else {residency}
    return tuple(region for region, country in COUNTRIES.items() if country in countries)
