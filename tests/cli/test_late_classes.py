"""Classes of pulumi_aws that are made when they are asked for are those that it makes itself."""

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from soundstage.cli import late_classes
from soundstage.cli.late_classes import LATE, TRIED, is_tried
from soundstage.cli.main import main

_found = importlib.util.find_spec("pulumi_aws")
assert _found is not None
assert _found.origin is not None
PACKAGE = Path(_found.origin).parent

_SHAPES = """
import enum, importlib, inspect, json, sys
{start}
shapes = {{}}
for module in {modules!r}:
    loaded = importlib.import_module(module)
    states = [name for name in {states!r}.get(module, ()) if hasattr(loaded, name)]
    late = loaded.all() if hasattr(loaded, "_statements") and not states else {{}}
    names = late or {{name: getattr(loaded, name) for name in [*loaded.__all__, *states]}}
    for name, made in names.items():
        properties = {{key: value for key, value in vars(made).items() if isinstance(value, property)}}
        shapes[f"{{module}}.{{name}}"] = [
            made.__module__, made.__qualname__, [base.__name__ for base in made.__mro__], made.__doc__,
            repr(vars(made).get("__annotations__")),
            sorted(key for key in vars(made) if key != "__annotations_cache__"),
            {{key: [repr(value.fget.__annotations__), getattr(value.fget, "_pulumi_name", ""), value.fset is None]
              for key, value in properties.items()}},
            str(inspect.signature(made.__init__)) if "__init__" in vars(made) else "",
            [[key, member.value] for key, member in made.__members__.items()] if issubclass(made, enum.Enum) else [],
            sorted(key for key in ("_pulumi_input_type", "_pulumi_output_type", "pulumi_type") if hasattr(made, key)),
        ]
print(json.dumps(shapes))
"""

_HINTS = """
import importlib, json
{start}
from pulumi import _types
hints = {{}}
for module in {modules!r}:
    loaded = importlib.import_module(module)
    late = loaded.all() if hasattr(loaded, "_statements") else {{}}
    for name, made in (dict(vars(loaded)) | late).items():
        if isinstance(made, type) and made.__module__ == module:
            hints[f"{{module}}.{{name}}"] = repr(_types._types_from_py_properties(made))
print(json.dumps(hints, sort_keys=True))
"""


def _printed(script: str) -> str:
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout


def _used() -> list[str]:
    """The modules of the services that our components use."""
    text = "".join(path.read_text() for path in (Path(__file__).parents[2] / "components").rglob("*.py"))
    services = {name for name in re.findall(r"\baws\.([a-z0-9]+)\b", text) if (PACKAGE / name / "__init__.py").exists()}
    return sorted(
        f"pulumi_aws.{service}.{path.stem}"
        for service in services
        for path in (PACKAGE / service).glob("*.py")
        if path.stem != "__init__"
    )


USED = _used()


def _text_of(module: str) -> str:
    return (PACKAGE / f"{module.partition('.')[2].replace('.', '/')}.py").read_text()


def test_the_version_that_is_installed_is_one_that_was_tried() -> None:
    assert is_tried(PACKAGE), f"read this file, try the new version, and change {TRIED} in late_classes.py"


def test_another_version_is_imported_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "pulumi-plugin.json").write_text('{"resource": true, "name": "aws", "version": "8.0.0"}')
    assert not is_tried(tmp_path)


def test_version_says_that_another_one_makes_previews_slower(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["version"])
    assert "slower" not in capsys.readouterr().out
    monkeypatch.setattr(late_classes, "TRIED", "7.50.")
    is_tried.cache_clear()
    try:
        main(["version"])
    finally:
        is_tried.cache_clear()
    said = " ".join(capsys.readouterr().out.split())
    assert "(not tried with this version of Soundstage, which knows 7.50: previews are slower)" in said


def test_a_class_that_was_made_late_is_the_one_that_the_package_makes() -> None:
    modules = [name for name in USED if name.rpartition(".")[2] in LATE]
    assert len(modules) > 10
    start = "from soundstage.cli.imports import quicken; quicken()"
    late = json.loads(_printed(_SHAPES.format(start=start, modules=modules, states={})))
    plain = json.loads(_printed(_SHAPES.format(start="", modules=modules, states={})))
    assert len(plain) > 1000
    assert late.keys() == plain.keys()
    assert [name for name, shape in plain.items() if late[name] != shape] == []


def test_what_a_resource_keeps_for_looking_one_up_is_made_late_and_is_what_the_package_makes() -> None:
    found = {name: re.findall(r"^class (_\w+State)\b", _text_of(name), re.MULTILINE) for name in USED}
    states = {name: classes for name, classes in found.items() if classes}
    assert len(states) > 100
    start = "from soundstage.cli.imports import quicken; quicken()"
    late, plain = (
        json.loads(_printed(_SHAPES.format(start=how, modules=[*states], states=states))) for how in (start, "")
    )
    assert len([name for name in plain if name.endswith("State")]) > 100
    assert late.keys() == plain.keys()
    assert [name for name, shape in plain.items() if late[name] != shape] == []


def test_a_resource_is_looked_up_with_what_was_late() -> None:
    script = """
import pulumi
class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args): return args.name, args.inputs
    def call(self, args): return {}
pulumi.runtime.set_mocks(Mocks())
from soundstage.cli.imports import quicken
quicken()
import pulumi_aws as aws
print(type(aws.ec2.Eip.get("one", "eipalloc-1", tags={"a": "b"})).__name__)
"""
    assert _printed(script).split() == ["Eip"]


@pytest.mark.parametrize("service", ["budgets", "iam", "s3", "scheduler"])
def test_what_the_annotations_of_a_service_name_is_found(service: str) -> None:
    modules = [name for name in USED if name.startswith(f"pulumi_aws.{service}.")]
    start = "from soundstage.cli.imports import quicken; quicken()"
    late, plain = (_printed(_HINTS.format(start=how, modules=modules)) for how in (start, ""))
    assert late == plain
    assert len(json.loads(plain)) > 20


def test_a_name_that_cannot_be_placed_brings_the_whole_service_with_every_class() -> None:
    script = """
from soundstage.cli.imports import quicken
quicken()
import pulumi_aws as aws
aws.scheduler.ScheduleTargetArgs
aws.scheduler.{name}
print(sorted(name for name in dir(aws.scheduler) if name.endswith("Args")))
"""
    plain = "import pulumi_aws.scheduler as it; it.Schedule; print(sorted(name for name in dir(it) if name.endswith('Args')))"
    whole = script.format(name="_utilities")
    assert _printed(whole) == _printed(plain)


def test_a_function_is_found_also_after_its_module_was_imported_for_another_one() -> None:
    script = """
from soundstage.cli.imports import quicken
quicken()
import pulumi_aws as aws
aws.get_region_output, aws.ec2.get_ami_output
print(callable(aws.get_region), callable(aws.ec2.get_ami), callable(aws.ec2))
"""
    assert _printed(script).split() == ["True", "True", "False"]


def test_a_preview_is_the_same_document_however_its_packages_are_imported(repository: Path) -> None:
    """As a version that was tried, as another one, and as Python itself does."""
    script = """
import sys
from soundstage.cli import imports, main
if {how!r} == "plain":
    imports.quicken = main.quicken = lambda: None
if {how!r} == "other":
    imports.is_tried = lambda package: False
sys.argv = ["workstation", "preview", "examples/feature.yaml", "--json"]
sys.exit(main.main())
"""
    ways = (
        subprocess.run([sys.executable, "-c", script.format(how=how)], cwd=repository, capture_output=True, text=True, check=True)
        for how in ("tried", "other", "plain")
    )  # fmt: skip
    made_up = re.compile(r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{32}\b|-[0-9a-f]{7}(?=")')
    shown, other, expected = (json.loads(made_up.sub("", one.stdout)) for one in ways)
    assert shown == other == expected
    assert len(shown["resources"]) > 100


def test_a_preview_of_a_new_project_loads_no_client_of_a_cloud_and_the_holidays_of_one_country(
    repository: Path,
) -> None:
    script = """
import sys
from soundstage.cli import main
sys.argv = ["workstation", "preview", "examples/feature.yaml", "--json"]
code = main.main()
unused = ("boto3", "botocore", "moto", "paramiko", "cryptography", "rich", "jinja2", "matplotlib", "dill")
others = ("holidays.countries.spain", "holidays.groups.hindu", "holidays.calendars.islamic")
print(code, "holidays.countries.portugal" in sys.modules, [name for name in (*unused, *others) if name in sys.modules], file=sys.stderr)
"""
    ran = subprocess.run([sys.executable, "-c", script], cwd=repository, capture_output=True, text=True, check=True)
    assert ran.stderr.splitlines()[-1] == "0 True []"
