"""Roles, sizes and machine types: the tables agree with each other and with what a region offers."""

import json
from itertools import product
from pathlib import Path

import pytest

from soundstage.components import sizes
from soundstage.core.errors import ArgumentError

# No GPU at all is offered here (Amazon EC2 offerings, 2026-11), so only sound work has machines.
WITHOUT_GPU = {"ap-southeast-4", "ca-west-1"}


@pytest.mark.parametrize(("role", "size"), list(product(sizes.roles(), sizes.sizes())))
def test_every_role_has_every_size_in_the_default_region(role: str, size: str) -> None:
    assert sizes.offered(sizes.instance_type(role, size), sizes.DEFAULT_REGION)


@pytest.mark.parametrize("role", sizes.roles())
def test_a_larger_size_is_never_a_smaller_machine(role: str) -> None:
    for region in sorted(sizes.regions()):
        try:
            machines = [sizes.known_types()[sizes.instance_type(role, size, region)] for size in sizes.sizes()]
        except ArgumentError:
            continue
        vcpus = [machine.vcpus for machine in machines]
        power = [machine.vcpus + machine.gpus * machine.vram_gib for machine in machines]
        assert power == sorted(power), (region, vcpus)


def test_every_candidate_is_a_known_type(repository: Path) -> None:
    table = json.loads((repository / "components/data/roles.json").read_text())["roles"]
    named = {candidate for row in table.values() for size in row["sizes"].values() for candidate in size}
    assert named - set(sizes.known_types()) == set()
    assert {tuple(row["sizes"]) for row in table.values()} == {sizes.sizes()}


def test_only_sound_work_has_no_gpu() -> None:
    gpus = {role: sizes.known_types()[sizes.instance_type(role)].gpu for role in sizes.roles()}
    assert {role for role, gpu in gpus.items() if gpu is None} == {"audio"}


def test_regions_without_a_gpu_are_known() -> None:
    gpu_types = [name for name, machine in sizes.known_types().items() if machine.gpu]
    assert {r for r in sizes.regions() if not any(sizes.offered(t, r) for t in gpu_types)} == WITHOUT_GPU


def test_the_first_candidate_that_the_region_offers_is_taken() -> None:
    assert sizes.instance_type("editing", "medium", "eu-central-1") == "g6.2xlarge"
    assert sizes.instance_type("editing", "medium", "eu-west-1") == "g5.2xlarge"
    assert sizes.instance_type("editing", "medium", "ap-southeast-1") == "g4dn.2xlarge"


@pytest.mark.parametrize(
    ("role", "size", "region", "message"),
    [
        ("cooking", "medium", "eu-west-1", 'no role "cooking"'),
        ("editing", "huge", "eu-west-1", 'no size "huge"'),
        ("editing", "medium", "eu-nowhere-1", '"eu-nowhere-1" is not known'),
        ("editing", "medium", "ca-west-1", "ca-west-1 offers none"),
    ],
)
def test_a_machine_that_cannot_be_is_refused(role: str, size: str, region: str, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        sizes.instance_type(role, size, region)


def test_an_unknown_type_or_region_is_offered_nowhere() -> None:
    assert not sizes.offered("g4ad.xlarge", "eu-west-1")
    assert not sizes.offered("g5.xlarge", "eu-nowhere-1")


def test_facts_of_a_machine_carry_their_units() -> None:
    machine = sizes.known_types()["g5.12xlarge"]
    assert (machine.vcpus, machine.memory_gib, machine.gpu, machine.gpus) == (48, 192, "A10G", 4)
    assert (machine.vram_gib, machine.nvme_gb, machine.nvme_gib) == (22.4, 3800, 3539)
    assert machine.encoder
    assert (machine.quota, machine.spot_quota) == ("L-DB2E81BA", "L-3819A6DF")
    assert not sizes.known_types()["m7i.xlarge"].encoder


def test_every_table_says_where_it_comes_from_and_when(repository: Path) -> None:
    for path in sorted((repository / "components/data").glob("*.json")):
        if path.name == "squeezed.json":  # generated of our own scripts; it holds no facts
            continue
        table = json.loads(path.read_text())
        assert table.get("about"), path.name
        assert table.get("read") or table.get("decided"), path.name
