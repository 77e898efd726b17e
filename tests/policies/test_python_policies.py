"""A studio's policies in Python: tried by their examples, and run only from a folder that a person trusts."""

import re
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from soundstage import policies
from soundstage.core.errors import SpecError
from soundstage.policies import own
from soundstage.policies.example import plan_of
from soundstage.policies.policy_file import PolicyFile, read_policy_file
from soundstage.policies.programs import TRUSTED
from soundstage.policies.report import Report, names
from soundstage.policies.selection import Selection

PROGRAM = '''"""Ours."""
from soundstage.policies.own import StudioPolicy, breach


class WorkDisksAreSmall(StudioPolicy):
    id = "ACME-2"
    title = "Work disks are at most 4 TiB"
    types = ["aws:ebs/volume:Volume"]
    severity = "high"
    why = "Larger ones do not come back from a snapshot within a night."
    fix = "Take two disks."
    good = [{"size": 4096}]
    bad = [{"size": 8192}]

    def check(self, resource, stack):
        size = resource.get("size")
        yield from breach(size.is_(lambda gib: gib is not None and gib > 4096), resource, f"has {size.text} GiB", size)
'''
TOUCHED = "ran.txt"


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the studio's security lead."""
    folder = tmp_path / "trusted"
    folder.mkdir()
    monkeypatch.setenv(TRUSTED, str(folder))
    return folder


def written(folder: Path, program: str = PROGRAM, more: str = "") -> Path:
    (folder / "acme.py").write_text(program)
    (folder / "policy.yaml").write_text(f"policies: [acme.py]\n{more}")
    return folder / "policy.yaml"


def leaves_a_trace(place: Path) -> str:
    return f"{PROGRAM}\nopen({str(place / TOUCHED)!r}, 'w').close()\n"


def judged(file: PolicyFile, **sizes: object) -> Report:
    plan = plan_of(
        {name: {"type": "aws:ebs/volume:Volume", "properties": {"size": size}} for name, size in sizes.items()}
    )
    return policies.run(plan, selection=Selection(ids=("ACME-2",), own=file.own), waivers=file.waivers)


def test_a_class_judges_like_any_policy(trusted: Path) -> None:
    report = judged(read_policy_file(written(trusted)), small=200, large=9000, later="${?}")
    assert names(report.violations(mandatory=True)) == {("ACME-2", "large")}
    assert [(spot.policy.id, spot.name) for spot in report.blind] == [("ACME-2", "later")]
    assert "Take two disks." in report.render("html")


def test_a_class_can_be_waived(trusted: Path) -> None:
    waiver = (
        "waivers: [{policy: ACME-2, resource: large, reason: Until the move is over., owner: ana, expires: 2099-01-01}]"
    )
    assert [item.name for item in judged(read_policy_file(written(trusted, more=waiver)), large=9000).waived] == [
        "large"
    ]


def test_the_example_in_the_documentation_of_the_module_is_one(trusted: Path) -> None:
    text = dedent((own.__doc__ or "").partition("\n\n")[2])
    assert [policy.id for policy in read_policy_file(written(trusted, text)).own] == ["ACME-2"]


def test_a_pull_request_could_run_its_own_program_on_the_machine_that_judges_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(TRUSTED, raising=False)
    with pytest.raises(SpecError, match="runs only from a folder that you trust") as refused:
        read_policy_file(written(tmp_path, leaves_a_trace(tmp_path)))
    assert TRUSTED in refused.value.hint
    assert not (tmp_path / TOUCHED).exists()


@pytest.mark.parametrize("named", ["acme.py", "../trusted/../acme.py", "link.py", "folder/acme.py"])
def test_a_trusted_folder_elsewhere_lends_no_trust(named: str, tmp_path: Path, trusted: Path) -> None:
    change = tmp_path / "change"
    change.mkdir()
    (tmp_path / "acme.py").write_text(leaves_a_trace(tmp_path))
    written(change, leaves_a_trace(tmp_path))
    (change / "link.py").symlink_to(change / "acme.py")
    (change / "folder").symlink_to(change)
    (change / "policy.yaml").write_text(f"policies: ['{named}']\n")
    with pytest.raises(SpecError, match="runs only from a folder that you trust"):
        read_policy_file(change / "policy.yaml")
    assert not (tmp_path / TOUCHED).exists()


def test_a_link_in_a_trusted_folder_leads_out_of_it(tmp_path: Path, trusted: Path) -> None:
    (tmp_path / "change.py").write_text(leaves_a_trace(tmp_path))
    (trusted / "acme.py").symlink_to(tmp_path / "change.py")
    (trusted / "policy.yaml").write_text("policies: [acme.py]\n")
    with pytest.raises(SpecError, match="runs only from a folder that you trust"):
        read_policy_file(trusted / "policy.yaml")
    assert not (tmp_path / TOUCHED).exists()


def test_a_folder_whose_name_begins_like_the_trusted_one_is_another(tmp_path: Path, trusted: Path) -> None:
    (tmp_path / "trusted-not").mkdir()
    with pytest.raises(SpecError, match="runs only from a folder that you trust"):
        read_policy_file(written(tmp_path / "trusted-not", leaves_a_trace(tmp_path)))
    assert not (tmp_path / TOUCHED).exists()


def test_an_empty_variable_trusts_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`Path("")` is the current folder, which is that of the change."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(TRUSTED, ":")
    with pytest.raises(SpecError, match="runs only from a folder that you trust"):
        read_policy_file(written(tmp_path))


def test_a_compiled_copy_beside_the_program_is_not_run(trusted: Path) -> None:
    path = written(trusted)
    (trusted / "__pycache__").mkdir()
    copy = trusted / "__pycache__" / f"acme.{sys.implementation.cache_tag}.pyc"
    copy.write_bytes(b"not Python's")
    assert len(read_policy_file(path).own) == 1
    assert copy.read_bytes() == b"not Python's"


@pytest.mark.parametrize(
    ("before", "after", "line", "told"),
    [
        ('id = "ACME-2"', 'id = "NET-99"', 6, "letters of your own"),
        ('    why = "Larger ones do not come back from a snapshot within a night."\n', "", 5, "Field required"),
        ('severity = "high"', 'severity = "dire"', 9, "critical"),
        ('good = [{"size": 4096}]', 'good = [{"size": 5000}]', 12, "good[0] breaks the policy"),
        ('bad = [{"size": 8192}]', 'bad = [{"size": 8}]', 13, "bad[0] keeps the policy"),
        ("    def check(", "    def cheque(", 5, "check is missing"),
        ("size = resource.get", "size = resource.gte", 16, "raises AttributeError"),
        ("    title", "  title", 7, "is not Python"),
        ('"""Ours."""', "import nothing_of_this_name", 1, "raises ModuleNotFoundError"),
        ('"""Ours."""', "raise SystemExit(0)", 1, "raises SystemExit"),
        ("(StudioPolicy)", "", 0, "holds no policy"),
        ("yield from breach", "breach", 15, "raises TypeError"),
    ],
)
def test_a_wrong_class_is_refused_with_its_line(trusted: Path, before: str, after: str, line: int, told: str) -> None:
    assert before in PROGRAM
    with pytest.raises(SpecError) as refused:
        read_policy_file(written(trusted, PROGRAM.replace(before, after)))
    assert any(
        told in f"{fault.key.rpartition('.')[2]} {fault.problem}" and fault.line == line
        for fault in refused.value.faults
    ), refused.value.faults


def test_every_fault_of_two_classes_is_told_at_once(trusted: Path) -> None:
    broken = PROGRAM.replace('"ACME-2"', '"acme"').replace('"high"', '"dire"')
    second = broken.partition("\n\n\n")[2].replace("WorkDisksAreSmall", "Second")
    with pytest.raises(SpecError) as refused:
        read_policy_file(written(trusted, f"{broken}\n\n{second}"))
    assert [(fault.key, fault.line) for fault in refused.value.faults] == [
        ("WorkDisksAreSmall.id", 6), ("WorkDisksAreSmall.severity", 9), ("Second.id", 21), ("Second.severity", 24),
    ]  # fmt: skip


def test_the_example_in_the_guide_is_one(trusted: Path, repository: Path) -> None:
    (text,) = re.findall(r"```python\n(.*?)```", (repository / "docs/policies/using.md").read_text(), re.DOTALL)
    assert [policy.id for policy in read_policy_file(written(trusted, text)).own] == ["ACME-2"]


def test_the_faults_of_two_files_are_told_at_once(trusted: Path) -> None:
    written(trusted, PROGRAM.replace('"ACME-2"', '"acme"'))
    (trusted / "rows.yaml").write_text("- id: acme\n")
    (trusted / "policy.yaml").write_text("policies: [acme.py, rows.yaml]\n")
    with pytest.raises(SpecError) as refused:
        read_policy_file(trusted / "policy.yaml")
    assert {Path(fault.file).name for fault in refused.value.faults} == {"acme.py", "rows.yaml"}


def test_a_class_and_a_row_of_one_id_are_refused(trusted: Path) -> None:
    from tests.policies.test_own_policies import ROW

    (trusted / "rows.yaml").write_text(ROW.replace("ACME-1", "ACME-2"))
    written(trusted)
    (trusted / "policy.yaml").write_text("policies: [acme.py, rows.yaml]\n")
    with pytest.raises(SpecError, match="stands twice"):
        read_policy_file(trusted / "policy.yaml")


def test_a_check_that_fails_on_a_plan_passes_for_no_good_one(trusted: Path) -> None:
    crash = PROGRAM.replace(
        "        size =", '        if resource.name == "odd":\n            raise RuntimeError("no")\n        size ='
    )
    report = judged(read_policy_file(written(trusted, crash)), odd=1, large=9000)
    assert names(report.findings) == {("ACME-2", "large")}
    assert [(spot.name, spot.reason) for spot in report.blind] == [
        ("odd", "the policy's own check raises RuntimeError: no")
    ]
    assert report.refuses(strict=True)


WHOLE = """from soundstage.policies.own import StudioPolicy, Violation


class SnapshotsOfEach(StudioPolicy):
    id = "ACME-3"
    title = "Each disk has a snapshot"
    types = ["aws:ebs/volume:Volume"]
    why = "What is not copied is lost with its disk."
    fix = "Add an aws.ebs.Snapshot."
    good = [{"resources": {
        "disk": {"type": "aws:ebs/volume:Volume", "properties": {}},
        "copy": {"type": "aws:ebs/snapshot:Snapshot", "properties": {"volumeId": "${disk}"}},
    }}]
    bad = [{"resources": {
        "disk": {"type": "aws:ebs/volume:Volume", "properties": {}},
        "bad-disk": {"type": "aws:ebs/volume:Volume", "properties": {}},
        "copy": {"type": "aws:ebs/snapshot:Snapshot", "properties": {"volumeId": "${disk}"}},
    }}]

    def check(self, resource, stack):
        copies = stack.of("aws:ebs/snapshot:Snapshot")
        if not any(resource in stack.targets(copy.get("volumeId")) for copy in copies):
            yield Violation(resource, "has no snapshot")
"""


def test_an_example_may_be_a_stack_in_which_one_resource_breaks_the_policy(trusted: Path) -> None:
    assert [policy.id for policy in read_policy_file(written(trusted, WHOLE)).own] == ["ACME-3"]
    with pytest.raises(SpecError, match=r"found: bad-disk"):
        read_policy_file(
            written(trusted, WHOLE.replace('        "disk"', '        "bad-one"').replace("${disk}", "${bad-one}"))
        )
