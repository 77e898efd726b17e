"""What machines are sent is what stands in the repository, less what only people read."""

import ast

import pytest

from soundstage.components.boot.sources import half_indented, program, source

PROGRAMS = ("idle_decision.py", "idle_watch.py", "probe.py", "ship.py")


class _WithoutWhatPeopleRead(ast.NodeTransformer):
    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.generic_visit(node)
        node.returns = None
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def generic_visit(self, node: ast.AST) -> ast.AST:
        body = getattr(node, "body", None)
        if isinstance(body, list):
            kept = [
                each
                for each in body
                if not (
                    isinstance(each, ast.Expr)
                    and isinstance(each.value, ast.Constant)
                    and isinstance(each.value.value, str)
                )
            ]
            node.body = kept or [ast.Pass()]  # type: ignore[attr-defined]
        return super().generic_visit(node)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_does_what_its_source_does(name: str) -> None:
    bare = _WithoutWhatPeopleRead().visit(ast.parse(source(name)))
    assert ast.dump(ast.parse(program(name))) == ast.dump(bare)
    assert len(program(name)) < 0.9 * len(source(name))


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_runs_on_the_oldest_python_of_the_systems(name: str) -> None:
    """Red Hat Enterprise Linux 9 and Amazon Linux 2023 have 3.9. What it does not know besides syntax: unions that are evaluated."""
    tree = ast.parse(program(name), feature_version=(3, 9))
    assert not [
        node for node in ast.walk(tree) if isinstance(node, ast.AnnAssign) and isinstance(node.annotation, ast.BinOp)
    ]
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Match)]


def test_an_indent_is_halved_and_nothing_else() -> None:
    assert [half_indented(line) for line in ("a  b", "  a", "    a  b ", "")] == ["a  b", " a", "  a  b ", ""]
