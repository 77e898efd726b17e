"""What a loaded project offers, how projects and studios fit together, and what `init` writes."""

import ast
import re
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from soundstage.components import sizes
from soundstage.components.cidr import studio_range
from soundstage.components.disks import LARGEST_DISK_GIB
from soundstage.components.lifecycle import PRESETS
from soundstage.components.tags import base_tags
from soundstage.core.errors import SpecError
from soundstage.projectfile import spec
from soundstage.projectfile.catalogues import every_region
from soundstage.projectfile.residency import COUNTRIES, regions_within, residencies

COMPONENTS = Path(__file__).resolve().parent.parent.parent / "components"


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def _uncommented(text: str) -> str:
    """The file with every suggestion taken up: a # directly before a key is taken away."""
    return re.sub(r"^( *)#(?=\S)", r"\1", text, flags=re.MULTILINE)


def test_defaults_of_the_shortest_project(tmp_path: Path) -> None:
    project = spec.load_project(_write(tmp_path / "a.yaml", "project: a\nworkstations:\n  edit-1: {for: editing}\n"))
    assert (project.cloud, project.region, project.profile) == ("simulated", "eu-west-1", "studio")
    assert (project.access.via, project.access.from_, project.network.zone, project.network.nat) == (
        "session",
        (),
        "content",
        False,
    )
    assert project.workstations["edit-1"].idle.stop_after_minutes == 30
    assert project.workstations["edit-1"].machine_type("eu-west-1") == sizes.instance_type("editing")
    assert (project.budget.monthly_usd, project.budget.at_limit) == (450, "notify")


def test_project_cannot_be_changed_afterwards(tmp_path: Path) -> None:
    project = spec.load_project(_write(tmp_path / "a.yaml", "project: a\n"))
    with pytest.raises(ValidationError):
        project.region = "us-east-1"  # type: ignore[misc]


def test_owner_is_told_about_the_bill_when_an_address() -> None:
    text = "project: a\nowner: ana@x.example\nbudget: {emails: [bo@x.example, ana@x.example]}\n"
    assert spec.Project.model_validate(spec.yamlfile.parse(text, "a.yaml").value).alert_emails == (
        "ana@x.example",
        "bo@x.example",
    )
    assert spec.Project.model_validate({"project": "a", "owner": "ana"}).alert_emails == ()


def test_expired_project_can_still_be_taken_down(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.yaml", "project: a\nexpires: 2026-11-20\n")
    project = spec.load_project(path, today=date(2026, 11, 21), allow_expired=True)
    assert project.expired(date(2026, 11, 21))
    assert not project.expired(date(2026, 11, 20))


def test_studio_file_is_found_beside_the_project_or_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = _write(tmp_path / "projects" / "a.yaml", "project: a\n")
    assert spec.find_studio(project) is None
    above = _write(tmp_path / "studio.yaml", "studio: a\n")
    assert spec.find_studio(project) == above
    beside = _write(tmp_path / "projects" / "studio.yaml", "studio: b\n")
    assert spec.find_studio(project) == beside
    monkeypatch.chdir(tmp_path / "projects")
    assert spec.find_studio(Path("a.yaml")) == beside


def test_dangling_studio_file_is_found_and_then_refused(tmp_path: Path) -> None:
    project = _write(tmp_path / "a.yaml", "project: a\n")
    (tmp_path / "studio.yaml").symlink_to("gone.yaml")
    found = spec.find_studio(project)
    assert found is not None
    with pytest.raises(SpecError, match="does not exist"):
        spec.load_studio(found)


def test_newcomers_studio() -> None:
    assert spec.default_studio().studio == "home"


def test_region_outside_the_studio_is_refused(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.yaml", "project: a\nregion: us-east-1\nstorage:\n  backup_region: us-west-2\n")
    studio = spec.Studio(studio="s", regions=("eu-west-1",))
    with pytest.raises(SpecError) as refused:
        spec.check_together(spec.load_project(path), studio, path)
    assert [(fault.line, fault.key) for fault in refused.value.faults] == [(2, "region"), (4, "storage.backup_region")]


def test_real_account_needs_somebody_to_tell_about_the_bill(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.yaml", "project: a\ncloud: aws\n")
    project = spec.load_project(path)
    with pytest.raises(SpecError, match="nobody would be told"):
        spec.check_together(project, spec.default_studio(), path)
    spec.check_together(project, spec.Studio(studio="s", alert_emails=("ana@x.example",)), path)


@pytest.mark.parametrize(
    ("cloud", "region", "most"), [("simulated", "eu-west-1", 10), ("simulated-gcp", "europe-west4", 5)]
)
def test_a_budget_tells_as_many_people_as_its_cloud_allows(tmp_path: Path, cloud: str, region: str, most: int) -> None:
    """Google tells five, and its component refused what was valid."""
    people = [f"p{number}@x.example" for number in range(most)]
    path = _write(tmp_path / "a.yaml", f"project: a\ncloud: {cloud}\nbudget: {{emails: {people}}}\n")
    project = spec.load_project(path)
    spec.check_together(project, spec.Studio(studio="s", home_region=region), path)
    studio = spec.Studio(studio="s", home_region=region, alert_emails=("ana@x.example",))
    with pytest.raises(SpecError) as refused:
        spec.check_together(project, studio, path)
    assert f"{most + 1} addresses would be told" in str(refused.value)
    assert f"at most {most} different ones" in str(refused.value)


def test_project_named_like_another_is_refused(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.yaml", "project: teaser\n")
    _write(tmp_path / "b.yml", "project: teaser\n")
    with pytest.raises(SpecError, match=r"a\.yaml:1: project: .*b\.yml"):
        spec.check_neighbours(spec.load_project(path), path, "home")


def test_networks_of_neighbours_must_not_overlap(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.yaml", "project: a\nnetwork: {cidr: 10.1.0.0/20}\n")
    _write(tmp_path / "b.yaml", "project: b\nnetwork:\n  cidr: 10.1.0.0/16\n")
    with pytest.raises(SpecError, match=r"network\.cidr: 10\.1\.0\.0/20 overlaps 10\.1\.0\.0/16"):
        spec.check_neighbours(spec.load_project(path), path, "home")


def test_a_range_that_is_derived_overlaps_as_well(tmp_path: Path) -> None:
    derived = studio_range("home", "b")
    path = _write(tmp_path / "a.yaml", f"project: a\nnetwork: {{cidr: {derived}}}\n")
    other = _write(tmp_path / "b.yaml", "project: b\n")
    with pytest.raises(SpecError, match=f"{derived} overlaps {derived}, derived from its name, of project"):
        spec.check_neighbours(spec.load_project(path), path, "home")
    with pytest.raises(SpecError, match=f"is absent, and the derived {derived} overlaps"):
        spec.check_neighbours(spec.load_project(other), other, "home")
    spec.check_neighbours(spec.load_project(other), other, "another")


def test_neighbours_that_cannot_be_read_are_no_hindrance(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.yaml", "project: a\nnetwork: {cidr: 10.1.0.0/20}\n")
    _write(tmp_path / "broken.yaml", "project: [\n")
    _write(tmp_path / "odd.yaml", "project: 7\nnetwork: {cidr: nonsense}\n")
    _write(tmp_path / "studio.yaml", "studio: a\n")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "gone.yaml").symlink_to("nowhere")
    spec.check_neighbours(spec.load_project(path), path, "home")


@pytest.mark.parametrize("role", sizes.roles())
def test_new_project_file_loads_as_it_is_and_with_every_suggestion(tmp_path: Path, role: str) -> None:
    text = spec.new_project_file("teaser", role, owner="Ana: lead", client="no")
    project = spec.load_project(_write(tmp_path / "a.yaml", text))
    assert (project.project, project.owner, project.client) == ("teaser", "Ana: lead", "no")
    assert {machine.for_ for machine in project.workstations.values()} == {role}
    full = spec.load_project(_write(tmp_path / "b.yaml", _uncommented(text)))
    assert full.access.via == "vpn"
    assert full.budget.at_limit == "stop"
    assert full.storage.object_lock_days


@pytest.mark.parametrize(
    ("cloud", "region"), [("simulated-gcp", "europe-west4"), ("simulated-gcp", "us-east1"), ("simulated", "us-east-1")]
)
def test_a_new_file_offered_what_its_cloud_or_its_region_refuses(tmp_path: Path, cloud: str, region: str) -> None:
    text = spec.new_project_file("teaser", cloud=cloud, region=region)
    full = spec.load_project(_write(tmp_path / "b.yaml", _uncommented(text)))
    assert full.budget.at_limit == "stop"
    assert full.network.nat
    assert full.storage.lifecycle == "footage"
    told = re.findall(r"^ *# (.*)", text, flags=re.MULTILINE)
    assert ("allowlist" in " ".join(told)) == (full.access.via == "vpn")
    assert "\n\n\n" not in text


def test_new_project_file_may_have_a_name_that_yaml_takes_for_something_else() -> None:
    assert 'project: "no"\n' in spec.new_project_file("no")


@pytest.mark.parametrize(
    ("name", "role"), [("A", "editing"), ("../x", "editing"), ("a\nregion: x", "editing"), ("a", "colour"), ("a", "$x")]
)
def test_new_project_file_with_a_wrong_value_is_refused(name: str, role: str) -> None:
    with pytest.raises(SpecError):
        spec.new_project_file(name, role)


def test_new_studio_file_loads_as_it_is_and_with_every_suggestion(tmp_path: Path) -> None:
    text = spec.new_studio_file("home", account="012345678901", alert_email="ana@x.example")
    studio = spec.load_studio(_write(tmp_path / "a.yaml", text))
    assert (studio.account, studio.alert_emails) == ("012345678901", ("ana@x.example",))
    full = spec.load_studio(_write(tmp_path / "b.yaml", _uncommented(spec.new_studio_file("home"))))
    assert full.state.backend == "s3://example-state"
    assert full.billing_account is None


def test_a_new_studio_file_offered_each_cloud_what_the_other_has(tmp_path: Path) -> None:
    text = spec.new_studio_file("home", home_region="europe-west4")
    full = spec.load_studio(_write(tmp_path / "a.yaml", _uncommented(text)))
    assert (full.account, full.billing_account) == ("tinyorange-film", "012345-6789AB-CDEF01")
    assert full.state.backend is None
    assert not re.search(r"s3|aws|123456789012", text)
    assert "Google" not in spec.new_studio_file("home")


def test_examples_say_everything_that_can_be_said(repository: Path) -> None:
    project = spec.yamlfile.read(repository / "examples" / "feature.yaml").value
    assert set(project) == set(spec.project_schema()["properties"])
    said = {key for machine in project["workstations"].values() for key in machine}
    assert said | {"secure_boot"} == set(
        spec.project_schema()["$defs"]["Workstation"]["properties"]
    )  # Google Cloud's alone
    studio = spec.yamlfile.read(repository / "examples" / "studio.yaml").value
    assert set(studio) == set(spec.studio_schema()["properties"])


def test_every_key_is_described() -> None:
    for schema in (spec.project_schema(), spec.studio_schema()):
        parts = {schema["title"]: schema, **schema["$defs"]}
        missing = [
            f"{part}.{key}"
            for part, within in parts.items()
            for key, field in within["properties"].items()
            if not field.get("description") and "$ref" not in field
        ]
        assert missing == []


def test_every_region_lies_in_a_country() -> None:
    assert set(COUNTRIES) == set(every_region())
    assert all(regions_within(word) for word in residencies())
    assert "eu-west-2" not in regions_within("eu")


def test_every_lifecycle_preset_may_be_chosen() -> None:
    for name in PRESETS:
        assert spec.Storage(lifecycle=name).lifecycle == name


def test_whatever_becomes_a_tag_is_accepted_as_one() -> None:
    project = spec.Project(project="a", client="x y", owner="ana@x.example", cost_centre="4:2/b=+-_.")
    assert base_tags("s", project.project, client=project.client, owner=project.owner, cost_centre=project.cost_centre)


def test_limits_are_those_of_the_workstation_component() -> None:
    """Read from its source: importing it would import Pulumi."""
    tree = ast.parse((COMPONENTS / "idle.py").read_text("utf-8"))
    numbers = {
        node.target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and isinstance(node.value, ast.Constant)
    }
    parts = spec.project_schema()["$defs"]
    minutes = parts["Idle"]["properties"]["stop_after_minutes"]
    assert (minutes["minimum"], minutes["maximum"]) == (
        numbers["SHORTEST_IDLE_MINUTES"],
        numbers["LONGEST_IDLE_MINUTES"],
    )
    for disk in ("disk_gib", "data_gib", "scratch_gib"):
        assert parts["Workstation"]["properties"][disk]["maximum"] == LARGEST_DISK_GIB
