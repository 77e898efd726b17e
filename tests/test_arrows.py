"""The rooms import each other one way only (docs/design.md), and the light doors stay light."""

import ast
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

BELOW_STACKS = {
    *("engines", "simulator", "sessions", "providers", "policies", "pricing"),
    *("projectfile", "images", "plan", "components", "core"),
}
# Which rooms a room may import from: the map of docs/design.md.
ALLOWED = {
    "core": {"core"},
    "components": {"components", "core"},
    "plan": {"plan", "core"},
    "images": {"images", "components", "core"},
    "pricing": {"pricing", "plan", "components", "core"},
    "projectfile": {"projectfile", "pricing", "images", "components", "core"},
    "providers": {"providers", "core"},
    "sessions": {"sessions", "core"},
    "simulator": {"simulator", "sessions", "providers", "images", "pricing", "components", "core"},
    "engines": {"engines", "providers", "plan", "components", "core"},
    "policies": {"policies", "plan", "components", "core"},
    "stacks": {"stacks"} | BELOW_STACKS,
    "cli": {"cli", "stacks"} | BELOW_STACKS,
}
# Of these only the pure modules of the library are needed: values in, values out, no Pulumi program.
PURE_COMPONENTS_ONLY = ("images", "projectfile", "simulator", "engines", "policies", "pricing")
# Only what chooses a cloud, and what starts and empties the simulated one, may know that one of them is simulated.
SIMULATOR_DOORS = {"stacks/target.py", "stacks/clouds/aws/account.py", "stacks/clouds/gcp/account.py"}
# Where engines and clouds are chosen; the harness of the engines' tests is about one of them.
CHOOSERS = {"stacks/target.py", "stacks/clouds/aws/account.py", "stacks/clouds/gcp/account.py", "engines/testing.py"}
# `up` holds a plan to the policies; nothing else in `stacks` knows them.
POLICY_DOORS = {"stacks/verdict.py"}
LARGEST_SHARE = 0.25
"""How much of the code one room may hold."""


def _modules(repository: Path) -> list[Path]:
    return [path for room in ALLOWED for path in sorted((repository / room).rglob("*.py"))]


@cache
def _nodes(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text())))


@cache
def _imports(path: Path) -> set[str]:
    return _imported(_nodes(path))


def _imported(nodes: Iterable[ast.AST]) -> set[str]:
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name for name in names if name.startswith("soundstage.")}


def test_rooms_import_only_downwards(repository: Path) -> None:
    wrong = [
        f"{path.relative_to(repository)} imports {name}"
        for path in _modules(repository)
        for name in sorted(_imports(path))
        if name.split(".")[1] not in ALLOWED[path.relative_to(repository).parts[0]]
    ]
    assert wrong == []


def test_only_the_choice_of_a_cloud_knows_the_simulated_one(repository: Path) -> None:
    wrong = [
        f"{path.relative_to(repository)} imports {name}"
        for path in sorted((repository / "stacks").rglob("*.py"))
        if str(path.relative_to(repository)) not in SIMULATOR_DOORS
        for name in sorted(_imports(path))
        if name.startswith("soundstage.simulator")
    ]
    assert wrong == []


def test_what_is_done_with_a_stack_imports_no_part_of_one_engine(repository: Path) -> None:
    """Where engines are chosen, and where the genuine one's command is asked for before anything is changed, are the two exceptions."""
    wrong = [
        f"{name} imports {imported}"
        for path in sorted((repository / "stacks").rglob("*.py"))
        for name in [str(path.relative_to(repository))]
        for imported in sorted(_run_imports(path))
        if imported.startswith(("soundstage.engines.pulumi", "soundstage.engines.embedded"))
        if name not in CHOOSERS and (name, imported) != ("stacks/state/shared.py", "soundstage.engines.pulumi.command")
    ]
    assert wrong == []


def _run_imports(path: Path) -> set[str]:
    """What a module imports when it runs, which what only a type checker reads does not."""
    tree = ast.parse(path.read_text())  # changed below
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = [ast.Pass()]
    return _imported(ast.walk(tree))


def _classes(repository: Path, *roots: str) -> set[str]:
    """The names of the classes that are engines or clouds: those below `Engine` and `Cloud`."""
    below = set(roots)
    parents = {
        node.name: {ast.unparse(base) for base in node.bases}
        for room in ("engines", "stacks")
        for path in (repository / room).rglob("*.py")
        for node in _nodes(path)
        if isinstance(node, ast.ClassDef)
    }
    while more := {name for name, bases in parents.items() if bases & below} - below:
        below |= more
    return below


def test_what_an_engine_or_a_cloud_can_do_is_asked_of_it_and_never_its_class(repository: Path) -> None:
    """Only the choosers import a class of an engine or a cloud, and nobody asks whether something is of one."""
    classes = _classes(repository, "Engine", "Cloud")
    assert {"EmbeddedEngine", "PulumiEngine", "RealAws", "SimulatedAws"} <= classes
    wrong = []
    for path in _modules(repository):
        name = str(path.relative_to(repository))
        for node in _nodes(path):
            if isinstance(node, ast.ImportFrom) and name not in CHOOSERS:
                wrong += [
                    f"{name} imports {one.name}" for one in node.names if one.name in classes - {"Engine", "Cloud"}
                ]
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("isinstance", "issubclass"):
                named = {one.id for one in ast.walk(node.args[1]) if isinstance(one, ast.Name)}
                wrong += [f"{name}: {ast.unparse(node)}"] * bool(named & classes)
    assert wrong == []


def test_only_aws_own_side_makes_clients_of_aws(repository: Path) -> None:
    wrong = [
        f"{path.relative_to(repository)}: {ast.unparse(node)}"
        for room in ("stacks", "cli")
        for path in sorted((repository / room).rglob("*.py"))
        if not path.is_relative_to(repository / "stacks" / "clouds" / "aws")
        for node in _nodes(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "client"
    ]
    # A store that speaks S3 and is not AWS is asked by boto3 too.
    assert [one for one in wrong if not one.startswith("stacks/state/compatible_store.py")] == []


def test_rooms_that_need_facts_of_the_library_import_no_components(repository: Path) -> None:
    wrong = [
        f"{path.relative_to(repository)} imports {name}"
        for room in PURE_COMPONENTS_ONLY
        for path in sorted((repository / room).rglob("*.py"))
        for name in sorted(_imports(path))
        if name.startswith(("soundstage.components.aws", "soundstage.components.package"))
    ]
    assert wrong == []


def test_no_room_holds_more_than_a_quarter_of_the_code(repository: Path) -> None:
    lines = {
        room: sum(len(path.read_text().splitlines()) for path in (repository / room).rglob("*.py")) for room in ALLOWED
    }
    assert {room: count for room, count in lines.items() if count > LARGEST_SHARE * sum(lines.values())} == {}


def test_only_the_verdict_knows_the_policies(repository: Path) -> None:
    wrong = [
        f"{path.relative_to(repository)} imports {name}"
        for path in sorted((repository / "stacks").rglob("*.py"))
        if str(path.relative_to(repository)) not in POLICY_DOORS
        for name in sorted(_imports(path))
        if name.startswith("soundstage.policies")
    ]
    assert wrong == []


def test_components_do_not_postpone_annotations(repository: Path) -> None:
    """Pulumi's component analyser reads annotations as objects (pulumi 3.272, `provider/experimental/analyzer.py`)."""
    wrong = [path for path in (repository / "components").rglob("*.py") if "import annotations" in path.read_text()]
    assert wrong == []


@pytest.mark.parametrize(
    ("door", "heavy"),
    [
        ("soundstage.components.aws", ("typer", "moto", "boto3", "pydantic", "rich")),
        ("soundstage.cli.main", ("pulumi", "pulumi_aws", "boto3", "moto", "pydantic", "rich", "yaml")),
        ("soundstage.pricing.facts", ("pulumi", "boto3", "moto", "typer", "yaml", "pydantic")),
        ("soundstage.policies", ("pulumi", "boto3", "moto", "typer")),
        ("soundstage.projectfile.spec", ("pulumi", "boto3", "moto", "typer")),
        ("soundstage.stacks.deployment", ("pulumi", "boto3", "moto", "websockets", "paramiko")),
    ],
)
def test_light_doors_stay_light(door: str, heavy: tuple[str, ...]) -> None:
    program = f"import {door}, sys; print(*sorted(set({heavy!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_no_file_grows_past_four_hundred_lines(repository: Path) -> None:
    long = {
        str(path.relative_to(repository)): count
        for path in _modules(repository)
        if (count := len(path.read_text().splitlines())) > 400
    }
    assert long == {}


def test_the_engines_know_nothing_of_each_other(repository: Path) -> None:
    rooms = {"embedded": "pulumi", "pulumi": "embedded"}
    wrong = [
        f"{path.relative_to(repository)} imports {name}"
        for room, other in rooms.items()
        for path in sorted((repository / "engines" / room).rglob("*.py"))
        for name in sorted(_imports(path))
        if name.startswith(f"soundstage.engines.{other}")
    ]
    assert wrong == []


def test_of_the_embedded_engine_others_know_its_front_and_what_looks_after_its_files(repository: Path) -> None:
    """The chooser makes it; `state verify`, `restore` and `repair` are about its file."""
    doors = {"engines/kept.py", "engines/testing.py", "stacks/target.py"}
    wrong = [
        f"{name} imports {imported}"
        for path in _modules(repository)
        if (name := str(path.relative_to(repository))) not in doors and not name.startswith("engines/embedded/")
        for imported in sorted(_imports(path))
        if imported.startswith("soundstage.engines.embedded") and imported != "soundstage.engines.embedded.repair"
    ]
    assert wrong == []
