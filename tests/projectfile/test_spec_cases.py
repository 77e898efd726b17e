"""Every case is a file under `spec_cases/`; its name says what it is. Beside a refused one stands what must be said."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from soundstage.core.errors import SpecError
from soundstage.projectfile.spec import Project, Studio, load_project, load_studio, project_schema, studio_schema

ROOT = Path(__file__).resolve().parent.parent.parent
CASES = Path(__file__).resolve().parent / "spec_cases"
TODAY = date(2026, 11, 21)
EXAMPLES = [path for path in sorted((ROOT / "examples").glob("*.yaml")) if "$schema=" in path.read_text("utf-8")]

# What a JSON Schema cannot say: it sees no YAML, no other field, no calendar, no width of a range, no NaN.
BEYOND_A_SCHEMA = {
    "idle-warns-before-it-is-idle",
    "hours-that-overlap",
    "hours-that-overlap-by-their-margins",
    "access-from-everyone",
    "access-from-many-narrow-ranges",
    "access-from-missing",
    "access-from-private",
    "access-from-two-halves-of-everyone",
    "access-session-with-addresses",
    "access-vpn-public",
    "access-vpn-without-range",
    "backup-in-own-region",
    "budget-alerts",
    "budget-nan",
    "cidr-host-bits",
    "disk-smaller-than-image",
    "earlier-names",
    "expired",
    "fallback-to-what-is-none",
    "google-cloud-cannot",
    "home-region-outside-regions",
    "image-of-another-system",
    "image-unknown",
    "image-without-a-display-where-none-can-be-fetched",
    "image-of-a-render-node",
    "machine-of-the-other-cloud",
    "machine-type-not-offered-in-region",
    "network-firewall-of-the-profile-with-nat",
    "network-firewall-that-names-nothing-on-the-internet",
    "network-names-without-firewall",
    "network-nat-in-content",
    "network-open-zone-for-content",
    "network-public",
    "network-too-large",
    "network-too-small",
    "region-of-the-other-cloud",
    "reserved-name",
    "residency-left-by-backup",
    "residency-left-by-london",
    "restored-too-slowly",
    "role-not-offered-in-region",
    "secure-boot-that-keeps-the-gpu-driver-out",
    "selkies-on-aws",
    "spot-not-allowed-by-name",
    "zone-id-of-another-region",
    "zone-of-another-region",
    "zones-that-are-too-many",
    "patched-without-a-way-to-packages",
    "people-on-aws",
}


def _load(path: Path) -> Project | Studio:
    if "studio" in (path.stem, path.parent.name.partition("_")[0]):
        return load_studio(path)
    return load_project(path, today=TODAY)


def _schema(path: Path) -> dict[str, Any]:
    return studio_schema() if "studio" in (path.stem, path.parent.name.partition("_")[0]) else project_schema()


def _agrees(path: Path) -> bool:
    checker = jsonschema.Draft202012Validator(_schema(path), format_checker=jsonschema.FormatChecker())
    # BaseLoader would make everything text; dates must stay text as they do in the file.
    loader = type(
        "Loader", (yaml.SafeLoader,), {"yaml_implicit_resolvers": yaml.SafeLoader.yaml_implicit_resolvers.copy()}
    )
    for letter in "0123456789":
        kept = [pair for pair in loader.yaml_implicit_resolvers.get(letter, []) if not pair[0].endswith("timestamp")]
        loader.yaml_implicit_resolvers[letter] = kept
    return bool(checker.is_valid(yaml.load(path.read_text("utf-8"), loader)))


def _named(kind: str) -> list[Any]:
    return [pytest.param(path, id=path.stem) for path in sorted(CASES.glob(f"{kind}/*.yaml"))]


@pytest.mark.parametrize("path", [*_named("accepted"), *_named("studio_accepted"), *EXAMPLES])
def test_accepted_file_loads_and_fits_the_schema(path: Path) -> None:
    assert _load(path)
    assert _agrees(path)


@pytest.mark.parametrize("path", [*_named("refused"), *_named("studio_refused")])
def test_refused_file_says_exactly_what_is_wrong(path: Path) -> None:
    with pytest.raises(SpecError) as refused:
        _load(path)
    said = [str(fault).removeprefix(str(path)).removeprefix(":") for fault in refused.value.faults]
    assert said == path.with_suffix(".txt").read_text("utf-8").splitlines()


@pytest.mark.parametrize("path", [*_named("refused"), *_named("studio_refused")])
def test_every_fault_is_one_printable_line(path: Path) -> None:
    with pytest.raises(SpecError) as refused:
        _load(path)
    assert all(str(fault).isprintable() for fault in refused.value.faults)
    assert json.dumps([fault.value for fault in refused.value.faults])


def test_schema_refuses_whatever_a_schema_can_see() -> None:
    paths = [path for path in sorted(CASES.glob("*refused/*.yaml")) if not path.stem.startswith("yaml-")]
    assert {path.stem for path in paths if _agrees(path)} == BEYOND_A_SCHEMA


def test_credentials_in_a_state_address_are_not_repeated() -> None:
    with pytest.raises(SpecError) as refused:
        load_studio(CASES / "studio_refused" / "state-with-credentials.yaml")
    assert "secret" not in repr(refused.value.faults)
