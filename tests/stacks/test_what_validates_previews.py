"""What `validate` accepts, `preview` accepts: no component refuses, in its own words, a value of a file."""

import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from soundstage.components.arguments import LONGEST_EMAIL, MOST_EMAILS
from soundstage.components.boot.facts import BootFacts
from soundstage.components.boot.script import boot_script
from soundstage.components.google_sizes import google_machines
from soundstage.components.sizes import known_types, roles, sizes
from soundstage.core.errors import ArgumentError, SpecError, UsageError
from soundstage.projectfile.spec import load_project, load_studio
from soundstage.simulator import process
from soundstage.stacks.deployment import open_project

pytestmark = [pytest.mark.slow]

REGIONS = ("eu-west-1", "us-east-1", "eu-south-2")
GOOGLE_REGIONS = ("europe-west4", "us-central1", "europe-north1")
LONG = "a" * 64 + "@" + "b" * (LONGEST_EMAIL - 73) + ".example"
emails = st.sampled_from([*(f"p{number}@tinyorange.example" for number in range(12)), LONG])
names = st.sampled_from(["a", "edit-1", "x" * 20, "a-b-c-d"])
programs = st.sampled_from(
    ["render", "transcode", "upload", "Maya.exe", "p" * 64, "DaVinci Resolve", "a'b".replace("'", "_")]
)
HOURS = ("Mon-Fri 09:00-19:00 Europe/Lisbon", "Sun 23:59-00:00 UTC", "Sat,Mon 00:00-23:59 America/New_York")


def optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


def machines(types: Iterable[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda purpose, more: {"for": purpose, **more},
        st.sampled_from(sorted(roles())),
        optional(
            size=st.sampled_from(sizes()),
            os=st.sampled_from(["linux", "windows"]),
            user=names,
            disk_gib=st.sampled_from([8, 100, 16384]),
            data_gib=st.sampled_from([0, 1, 16384]),
            scratch_gib=st.sampled_from([0, 1, 16384]),
            purchase=st.sampled_from(["on-demand", "spot"]),
            idle=optional(
                stop_after_minutes=st.sampled_from([5, 480]), keep_while=st.lists(programs, max_size=20, unique=True)
            ),
            hours=st.sampled_from(HOURS),
            instance_type=st.sampled_from(sorted(types)),
        ),
    )


def projects(cloud: dict[str, str], types: Iterable[str], regions: Sequence[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
    lambda name, workstations, more: {"project": name, "workstations": workstations, **cloud, **more},
    names,
    st.dictionaries(names, machines(types), max_size=2),
    optional(
        client=st.sampled_from(["northlight", "c" * 128, "a b/c:d"]),
        owner=st.sampled_from(["ana", "ana@tinyorange.example", "ana@home", LONG, f"a{LONG}"]),
        cost_centre=st.just("42 _.:/=+@-z"),
        region=st.sampled_from(regions),
        expires=st.just("2099-12-31"),
        profile=st.sampled_from(["baseline", "studio", "content"]),
        network=optional(
            zone=st.sampled_from(["content", "io", "mgmt"]),
            nat=st.booleans(),
            cidr=st.sampled_from(["10.1.0.0/16", "172.16.0.0/22", "192.168.0.0/16", "100.64.0.0/20", "10.0.0.0/23"]),
        ),
        access=st.sampled_from(
            [{"via": "session"}, {"via": "vpn", "from": ["10.9.0.0/16"]},
             {"via": "allowlist", "from": ["203.0.113.7", "198.51.100.0/24"]}]
        ),
        storage=optional(
            backup_region=st.sampled_from(regions),
            object_lock_days=st.sampled_from([1, 3650]),
            lifecycle=st.sampled_from(["footage", "archive", "render"]),
        ),
        budget=optional(
            monthly_usd=st.sampled_from([0.001, 0.01, 1_000_000]),
            alert_at_percent=st.sampled_from([[1], [1, 2, 3, 4, 200]]),
            at_limit=st.sampled_from(["notify", "stop"]),
            emails=st.lists(emails, max_size=MOST_EMAILS, unique=True),
        ),
    ),
)  # fmt: skip


def studios(regions: Sequence[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
    lambda name, more: {"studio": name, **more},
    names,
    optional(
        alert_emails=st.lists(emails, max_size=MOST_EMAILS, unique=True),
        regions=st.just(list(regions)),
        log_retention_days=st.sampled_from([365, 3653]),
        budget=optional(monthly_usd=st.sampled_from([0.001, 0.01, 10_000_000]), alert_at_percent=st.just([1, 200])),
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("validates") / "home"
    with pytest.MonkeyPatch.context() as patch:
        for name in tuple(os.environ):
            if name.startswith(("AWS_", "PULUMI_", "XDG_")):
                patch.delenv(name)
        yield home
    process.stop(home, save=False)


def written(folder: Path, project: dict[str, Any], studio: dict[str, Any]) -> Path:
    folder.parent.mkdir(exist_ok=True)
    (folder.parent / "studio.yaml").write_text(yaml.safe_dump(studio))
    file = folder.parent / "it.yaml"
    file.write_text(yaml.safe_dump(project, sort_keys=False))
    return file


@settings(
    max_examples=25, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(project=projects({}, known_types(), REGIONS), studio=studios(REGIONS))
def test_a_file_that_validates_was_refused_by_a_component(
    project: dict[str, Any], studio: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    previewed(project, studio, folder, monkeypatch)


@settings(
    max_examples=25, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(project=projects({"cloud": "simulated-gcp"}, google_machines(), GOOGLE_REGIONS), studio=studios(GOOGLE_REGIONS))
def test_a_file_that_validates_was_refused_by_a_component_of_google_cloud(
    project: dict[str, Any], studio: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    previewed(project, studio, folder, monkeypatch)


def previewed(project: dict[str, Any], studio: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUNDSTAGE_HOME", str(folder))
    file = written(folder, project, studio)
    try:
        deployment = open_project(str(file))
    except SpecError:
        assume(False)
    deployment.preview()


def mails(count: int, whose: str) -> list[str]:
    return [f"{whose}{number}@tinyorange.example" for number in range(count)]


def test_twelve_addresses_over_two_files_are_counted_by_validate(folder: Path) -> None:
    studio = {"studio": "home", "alert_emails": mails(1, "s")}
    project = {"project": "mailx", "owner": "boss@tinyorange.example", "budget": {"emails": mails(10, "p")}}
    file = written(folder, project, studio)
    with pytest.raises(SpecError) as refused:
        open_project(str(file))
    [fault] = refused.value.faults
    assert (fault.key, fault.line) == ("budget.emails", 4)
    assert "12 addresses" in fault.problem
    assert "at most 10" in fault.allowed
    project["budget"] = {"emails": mails(8, "p")}
    assert open_project(str(written(folder, project, studio))).project.project == "mailx"


@pytest.mark.parametrize(
    ("project", "key"),
    [
        ({"budget": {"emails": [f"a{LONG}"]}}, "budget.emails[0]"),
        ({"owner": f"a{LONG}"}, "owner"),
        ({"owner": "ana@home"}, "owner"),
        ({"budget": {"monthly_usd": 0.001}}, "budget.monthly_usd"),
    ],
)
def test_what_a_component_refuses_is_refused_at_its_line(project: dict[str, Any], key: str, tmp_path: Path) -> None:
    file = tmp_path / "it.yaml"
    file.write_text(yaml.safe_dump({"project": "it", **project}, sort_keys=False))
    with pytest.raises(SpecError) as refused:
        load_project(file, today=date(2026, 11, 26))
    [fault] = refused.value.faults
    assert fault.key == key
    assert fault.line > 1
    assert not isinstance(refused.value, ArgumentError)


@pytest.mark.parametrize("os", ["linux", "windows"])
@pytest.mark.parametrize("profile", ["baseline", "studio", "content"])
def test_the_longest_boot_script_of_a_project_file_fits(os: str, profile: str) -> None:
    """It raises where EC2 would not take it; every part is as long as it gets. Programs that keep a machine up are tags."""
    facts = BootFacts(
        project="p" * 20, workstation="w" * 20, user="u" * 20, profile=profile, access="allowlist", bucket="b" * 63,
        log_group="g" * 120, scratch_volume=True, web=True,
    )  # fmt: skip
    assert boot_script(os, facts)


def test_a_studios_long_address_and_small_budget_are_refused_at_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "studio.yaml"
    file.write_text(f"studio: home\nalert_emails: ['a{LONG}']\nbudget: {{monthly_usd: 0.001}}\n")
    with pytest.raises(UsageError) as refused:
        load_studio(file)
    assert isinstance(refused.value, SpecError)
    assert [(fault.key, fault.line) for fault in refused.value.faults] == [
        ("alert_emails[0]", 2),
        ("budget.monthly_usd", 3),
    ]


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({"workstations": {"edit-1": {"for": "editing", "scratch_gib": 800}}}, "workstations.edit-1.scratch_gib"),
        ({"workstations": {"edit-1": {"for": "editing", "data_gib": 9}}}, "workstations.edit-1.data_gib"),
        ({"workstations": {"edit-1": {"for": "editing", "disk_gib": 9}}}, "workstations.edit-1.disk_gib"),
        ({"client": "Tiny Orange Pictures (International) GmbH & Co. KG"}, "client"),
    ],
)
def test_what_a_component_of_google_cloud_refuses_passed_validate(
    more: dict[str, Any], key: str, tmp_path: Path
) -> None:
    file = tmp_path / "it.yaml"
    file.write_text(yaml.safe_dump({"project": "it", "cloud": "simulated-gcp", **more}, sort_keys=False))
    with pytest.raises(SpecError) as refused:
        load_project(file, today=date(2026, 11, 26))
    assert {fault.key for fault in refused.value.faults} == {key}
