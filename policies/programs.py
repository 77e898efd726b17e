"""A studio's own policies in Python. Reading such a file runs it, so that only those in a folder that a person trusts are read.

A policy file comes with the change that it judges, and names files beside it. Whoever may propose a change could so have any program
run on the machine that judges it. Which folder is trusted is therefore never said by a file: only the environment says it.
"""

import ast
import os
import sys
import traceback
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from pydantic import ValidationError

from soundstage.core import files
from soundstage.core.errors import Fault, SpecError
from soundstage.policies.own import Described, Judge, StudioPolicy
from soundstage.policies.policy import Blind, Policy, Verdict
from soundstage.policies.views.node import Resource
from soundstage.policies.views.stack import Stack

TRUSTED: Final = "SOUNDSTAGE_POLICY_CODE"
"""The environment variable that names trusted folders, with `:` between them (`;` on Windows)."""
MOST_BYTES: Final = 1 << 20


def policies_in(path: Path) -> list[Policy]:
    """The policies that a file defines, each tried by its examples. `SpecError` names every fault with its line, and refuses a
    file that lies in no trusted folder before a line of it runs."""
    file = path.resolve()
    if not any(file.is_relative_to(folder) for folder in _trusted()):
        raise SpecError(
            [Fault(str(path), 0, "", "is a program, which runs only from a folder that you trust")],
            f"Set {TRUSTED} to its folder, if nobody can change that folder whose changes are judged by it.",
        )
    text = _text(file)
    lines = _Lines(text, path)
    classes = [
        item
        for item in vars(_run(text, file, path)).values()
        if isinstance(item, type) and issubclass(item, StudioPolicy) and item.__module__ == _name(file)
    ]
    if not classes:
        raise SpecError([Fault(str(path), 0, "", "holds no policy: no class in it is a StudioPolicy")])
    made: list[Policy] = []
    faults: list[Fault] = []
    for one in classes:
        try:
            made.append(_policy(one, lines))
        except SpecError as error:
            faults += error.faults
    if faults:
        raise SpecError(faults)
    return made


def _trusted() -> list[Path]:
    return [Path(folder).resolve() for folder in os.environ.get(TRUSTED, "").split(os.pathsep) if folder]


def _text(file: Path) -> str:
    try:
        return files.read(file, MOST_BYTES).decode("utf-8")
    except OSError as error:
        raise SpecError([Fault(str(file), 0, "", f"cannot be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        raise SpecError([Fault(str(file), 0, "", "is not UTF-8")]) from error


class _Lines:
    """Where a class and what it sets stand in a program."""

    def __init__(self, text: str, path: Path) -> None:
        self.path = path
        try:
            self._classes = {node.name: node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ClassDef)}
        except (SyntaxError, ValueError, RecursionError) as error:
            line = getattr(error, "lineno", None) or 0
            raise SpecError([Fault(str(path), line, "", f"is not Python: {error}")]) from error

    def fault(self, owner: str, key: str, problem: str) -> Fault:
        found = self._classes.get(owner)
        line = found.lineno if found else 0
        for node in found.body if found else ():
            if isinstance(node, ast.FunctionDef) and node.name == key:
                line = node.lineno
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            if any(isinstance(target, ast.Name) and target.id == key for target in targets):
                line = node.lineno
        return Fault(str(self.path), line, f"{owner}.{key}".rstrip("."), problem)


def _run(text: str, file: Path, path: Path) -> ModuleType:
    """The program's module. It is compiled here, not imported: an import would run a compiled copy that lies beside it."""
    module = ModuleType(_name(file))
    module.__file__ = str(file)
    sys.modules[module.__name__] = module
    try:
        exec(compile(text, str(file), "exec"), vars(module))  # noqa: S102 - a file of a folder that a person trusts
    except (Exception, SystemExit) as error:  # whatever a program may do, its author must be told where
        raise SpecError([Fault(str(path), _last_line(error, file), "", _told(error))]) from error
    return module


def _name(file: Path) -> str:
    return f"soundstage_own_{file.stem}_{sha256(str(file).encode()).hexdigest()[:8]}"


def _last_line(error: BaseException, file: Path) -> int:
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
    return (lines[-1] if lines else 0) or 0


def _told(error: BaseException) -> str:
    return f"raises {type(error).__name__}: {error}"


def _policy(one: type[StudioPolicy], lines: _Lines) -> Policy:
    """The class as a policy. What is wrong with it raises `SpecError`."""
    said: dict[str, Any] = {
        key: list(value) if isinstance(value := getattr(one, key), tuple) else value
        for key in Described.model_fields
        if hasattr(one, key)
    }
    try:
        described = Described.model_validate(said)
    except ValidationError as error:
        raise SpecError(
            [
                lines.fault(one.__name__, str(item["loc"][0]), item["msg"].removeprefix("Value error, "))
                for item in error.errors()
            ]
        ) from error
    if getattr(one, "__abstractmethods__", None):
        raise SpecError([lines.fault(one.__name__, "check", "is missing")])
    try:
        check = one().check
        wrong = [lines.fault(one.__name__, kind, fault) for kind, _, fault in described.faults(check)]
    except Exception as error:  # whatever it is, its author must be told where
        fault = lines.fault(one.__name__, "check", f"cannot be tried by its examples: {_told(error)}")
        raise SpecError([replace(fault, line=_last_line(error, lines.path.resolve()) or fault.line)]) from error
    if wrong:
        raise SpecError(wrong)
    return described.policy(_careful(check))


def _careful(check: Judge) -> Judge:
    """What a check raises becomes a blind spot: it must neither hide other findings nor pass for a good one."""

    def judge(resource: Resource, stack: Stack) -> Iterator[Verdict]:
        try:
            yield from check(resource, stack)
        except Exception as error:  # noqa: BLE001 - no finding of another policy may be lost
            yield Blind(resource, "", f"the policy's own check {_told(error)}")

    return judge
