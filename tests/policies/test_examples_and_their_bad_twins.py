"""Our own examples keep the profile they name; the bad twin of each is found out, exactly."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from soundstage import policies
from soundstage.policies.example import plan_of
from soundstage.policies.policy_file import read_policy_file
from soundstage.policies.report import Report
from soundstage.policies.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
TODAY = Settings.model_validate({"today": "2026-11-21"})


@pytest.mark.parametrize("path", sorted((ROOT / "examples" / "bad").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_bad_twin_yields_exactly_its_listed_findings(path: Path) -> None:
    program: dict[str, Any] = yaml.safe_load(path.read_text())
    report = policies.run(plan_of(program["resources"]), "studio", TODAY)
    found: dict[str, set[str]] = {}
    for item in report.findings:
        found.setdefault(item.name or "stack", set()).add(item.policy.id)
    assert {name: sorted(ids) for name, ids in found.items()} == program["findings"]
    assert report.refuses()


@pytest.mark.parametrize("good", ["teaser", "feature", "studio"])
def test_every_example_has_its_bad_twin(good: str) -> None:
    assert (ROOT / "examples" / f"{good}.yaml").is_file()
    assert (ROOT / "examples" / "bad" / f"{good}.yaml").is_file()


@pytest.mark.parametrize("profile", ["baseline", "studio", "content"])
def test_a_project_keeps_the_profile_that_it_names(profile: str, tmp_path: Path) -> None:
    from soundstage.stacks.deployment import open_project

    path = tmp_path / "teaser.yaml"
    path.write_text(f"project: teaser\nprofile: {profile}\nworkstations:\n  edit-1: {{for: editing}}\n")
    preview = open_project(str(path)).preview()
    for plan in (preview.plan, preview.studio_plan):
        assert plan is not None
        report = policies.run(plan, profile, TODAY)
        assert [(item.policy.id, item.name, item.message) for item in report.violations(mandatory=True)] == []
        assert report.unjudged == ()


@pytest.mark.parametrize("profile", ["baseline", "studio"])
def test_a_project_on_google_passes_a_strict_run_of_the_profile_that_it_names(profile: str, tmp_path: Path) -> None:
    from soundstage.stacks.deployment import open_project

    written = (ROOT / "examples" / "gcp" / "teaser.yaml").read_text()
    (tmp_path / "teaser.yaml").write_text(f"{written}\nprofile: {profile}\n")
    shutil.copy(ROOT / "examples" / "gcp" / "studio.yaml", tmp_path)
    preview = open_project(str(tmp_path / "teaser.yaml")).preview()
    for plan in (preview.plan, preview.studio_plan):
        assert plan is not None
        report = policies.run(plan, profile, TODAY)
        assert [(item.policy.id, item.name, item.message) for item in report.violations(mandatory=True)] == []
        assert [(item.policy.id, item.name, item.path, item.reason) for item in report.blind] == []
        assert report.unjudged == ()


def test_a_studio_that_makes_the_bucket_of_its_state_keeps_every_profile(tmp_path: Path) -> None:
    from soundstage.stacks.studio_deployment import open_studio

    path = tmp_path / "studio.yaml"
    path.write_text("studio: acme\nstate: {backend: 's3://acme-state?region=eu-west-1', managed: true}\n")
    plan = open_studio(str(path)).preview()
    for profile in ("studio", "content"):
        report = policies.run(plan, profile, TODAY)
        assert [(item.policy.id, item.name, item.message) for item in report.violations(mandatory=True)] == []
        assert report.unjudged == ()


@pytest.fixture(scope="module")
def full_example() -> Report:
    from soundstage.stacks.deployment import open_project

    preview = open_project(str(ROOT / "examples" / "feature.yaml")).preview()
    file = read_policy_file(ROOT / "examples" / "feature.policy.yaml")
    return policies.run(preview.plan, "studio", TODAY, file.waivers)


def test_the_full_example_needs_its_argued_waivers_and_no_other(full_example: Report) -> None:
    assert [(item.policy.id, item.name) for item in full_example.violations(mandatory=True)] == []
    assert {item.policy.id for item in full_example.waived} == {"NET-11", "WS-12"}


@pytest.mark.skipif(not BROWSER, reason="needs chromium on PATH")
def test_the_report_of_the_full_example_filled_five_pages_before_its_appendix(
    full_example: Report, tmp_path: Path
) -> None:
    page = full_example.render("html")
    (tmp_path / "report.html").write_text(page[: page.index('<h1 id="appendix">')] + "</body></html>")
    command = [
        str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/browser",
        "--no-pdf-header-footer", f"--print-to-pdf={tmp_path}/report.pdf", (tmp_path / "report.html").as_uri(),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert len(re.findall(rb"/Type\s*/Page\b", (tmp_path / "report.pdf").read_bytes())) == 2
