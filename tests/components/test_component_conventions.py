"""Arguments down to the nested ones are documented, components come through one door, and all can be served as plugins."""

import ast
import inspect
from pathlib import Path

import pytest

from soundstage.components import aws
from soundstage.components.component import Component, token

COMPONENTS = sorted(
    (each for each in vars(aws).values() if inspect.isclass(each) and issubclass(each, Component)),
    key=lambda each: each.__name__,
)


def classes(folder: Path) -> list[tuple[str, ast.ClassDef]]:
    return [
        (f"{path.name}:{node.name}", node)
        for path in sorted(folder.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    ]


def bases(node: ast.ClassDef) -> set[str]:
    return {ast.unparse(base) for base in node.bases}


def undocumented(node: ast.ClassDef) -> list[str]:
    """Annotated fields that are not followed by a string."""
    following = [*node.body[1:], None]
    return [
        ast.unparse(field.target)
        for field, after in zip(node.body, following, strict=True)
        if isinstance(field, ast.AnnAssign)
        and not (
            isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and isinstance(after.value.value, str)
        )
    ]


def test_every_argument_is_documented(repository: Path) -> None:
    found = {
        name: undocumented(node) for name, node in classes(repository / "components") if "TypedDict" in bases(node)
    }
    assert len(found) >= 8
    assert {name: fields for name, fields in found.items() if fields} == {}


def test_every_component_is_exported_with_its_arguments(repository: Path) -> None:
    written = {node.name for _, node in classes(repository / "components" / "aws") if "Component" in bases(node)}
    assert written == {each.__name__ for each in COMPONENTS}
    assert set(aws.__all__) >= written | {f"{name}Args" for name in written}


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda each: each.__name__)
def test_a_component_has_its_own_token(component: type[Component]) -> None:
    assert token(component) == f"soundstage:aws:{component.__name__}"


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda each: each.__name__)
def test_a_component_can_be_served_as_a_plugin(component: type) -> None:
    from pulumi.provider.experimental.analyzer import Analyzer

    definition = Analyzer("soundstage").analyze([component])["component_definitions"][component.__name__]
    shape = getattr(aws, f"{component.__name__}Args")
    required = {name for name in definition.inputs if not definition.inputs[name].optional}
    assert {definition.inputs_mapping[name] for name in required} == shape.__required_keys__
