"""The texts that machines execute, as they are sent to them: without what only readers of this repository need.

User data has 16 KiB. What is cut is found by the places of statements, so that every version of Python gives the same text.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Final, TypeAlias

Place: TypeAlias = tuple[int, int]
"""A line, from 1, and a byte of it."""
_INCLUDE: Final = re.compile(r"^ *# include (\S+)\n", re.MULTILINE)


@cache
def source(name: str) -> str:
    """A file of this folder as it stands."""
    return (files("soundstage.components.boot") / name).read_text("utf-8")


@cache
def script(name: str) -> str:
    """A shell script of this folder, with each line `# include NAME` replaced by the file of that name, which others have in them too."""
    return _INCLUDE.sub(lambda line: source(line[1]), source(name))


@cache
def program(name: str) -> str:
    """A Python file of this folder, which must be ASCII, without docstrings, annotations of functions, comments on lines of their own
    and empty lines, and with an indent of one space."""
    text = source(name)
    lines = text.encode("ascii").decode().splitlines()
    for (first, start), (last, end), instead in sorted(_cuts(ast.parse(text), lines), reverse=True):
        lines[first - 1 : last] = [lines[first - 1][:start] + instead + lines[last - 1][end:]]
    kept = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return "\n".join([*(half_indented(half_indented(line)) for line in kept), ""])


def bare(text: str) -> str:
    """A shell script without comments on lines of their own and empty lines."""
    lines = [
        line for line in text.splitlines() if line and (line.startswith("#!") or not line.lstrip().startswith("#"))
    ]
    return "\n".join([*map(half_indented, lines), ""])


def half_indented(line: str) -> str:
    """A line that begins with half as many spaces."""
    bare = line.lstrip(" ")
    return " " * ((len(line) - len(bare)) // 2) + bare


def _cuts(tree: ast.AST, lines: list[str]) -> Iterator[tuple[Place, Place, str]]:
    """Where what only people read begins and ends, and what stands there instead."""
    for node in _blocks(tree):
        body: list[ast.stmt] = getattr(node, "body", [])
        for each in body:
            if (
                isinstance(each, ast.Expr)
                and isinstance(each.value, ast.Constant)
                and isinstance(each.value.value, str)
            ):
                yield _start(each), _end(each), "pass" if body == [each] else ""
        for argument in _arguments(node):
            if argument.annotation:
                yield (argument.lineno, argument.col_offset + len(argument.arg)), _end(argument.annotation), ""
        if isinstance(node, ast.FunctionDef) and node.returns:
            line, at = _start(node.returns)
            yield (line, lines[line - 1].rindex("->", 0, at) - 1), _end(node.returns), ""


def _blocks(node: ast.AST) -> Iterator[ast.AST]:
    """The node and every one in it that may hold statements. Of the ten times as many expressions none is of interest here."""
    yield node
    for held in ("body", "handlers", "orelse", "finalbody", "cases"):
        for each in getattr(node, held, ()):
            yield from _blocks(each)


def _arguments(node: ast.AST) -> list[ast.arg]:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return []
    given = node.args
    return [*given.posonlyargs, *given.args, *given.kwonlyargs, *filter(None, (given.vararg, given.kwarg))]


def _start(node: ast.stmt | ast.expr) -> Place:
    return node.lineno, node.col_offset


def _end(node: ast.stmt | ast.expr) -> Place:
    return node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
