"""What the type checker reads of the providers' packages: all that we use. What it skips has no type, and no fault is found in its use."""

import ast
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

PROVIDERS = ("pulumi_aws", "pulumi_gcp")


def _used(repository: Path, provider: str) -> Iterator[tuple[Path, str]]:
    """Where which name of a provider's package is taken."""
    for file in sorted((repository / ".namespace" / "soundstage").glob("*/**/*.py")):
        text = file.read_text(encoding="utf-8")
        if provider not in text:
            continue
        names: set[str] = set()
        nodes = list(ast.walk(ast.parse(text)))
        for node in nodes:
            if isinstance(node, ast.Import):
                for name in node.names:
                    if name.name == provider:
                        names.add(name.asname or name.name)
                    elif name.name.startswith(f"{provider}."):
                        yield file, name.name.split(".")[1]
            elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == provider:
                assert node.module is not None
                below = node.module.split(".")[1:2]
                yield from ((file, one) for one in (below or [name.name for name in node.names]))
        for node in nodes:
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in names:
                yield file, node.attr


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_service_that_is_used_was_not_read_by_the_type_checker(provider: str, repository: Path) -> None:
    overrides = tomllib.loads((repository / "pyproject.toml").read_text())["tool"]["mypy"]["overrides"]
    (read,) = (each["module"] for each in overrides if provider in each["module"])
    used = set(_used(repository, provider))
    assert used, "nothing is used"
    package = Path(pytest.importorskip(provider).__file__ or "").parent
    for file, name in sorted(used):
        module = name.removesuffix("_output") if name.startswith("get_") else "provider" if name == "Provider" else name
        assert (package / module).is_dir() or (package / f"{module}.py").is_file(), f"{file}: {name}"
        assert any(fnmatchcase(f"{provider}.{module}", one.removesuffix(".*")) for one in read), f"{file}: {name}"
