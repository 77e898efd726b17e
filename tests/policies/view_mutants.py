"""Mutants of `policies/views`.

A mutant changes one decision of one function. Its code takes the place of that function's own while a plan is judged, so that
everything that uses the function meets the mutant, and nothing need be loaded again.
"""

import ast
import importlib
import inspect
import pkgutil
import signal
import types
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from tests.policies.judged_plans import Case
from tests.policies.mutation import Operator, compared, mutated

from soundstage.policies import views

MODULES: Final = [
    importlib.import_module(f"soundstage.policies.views.{found.name}") for found in pkgutil.iter_modules(views.__path__)
]
_OTHER_NAME: Final = {"all_of": "any_of", "any_of": "all_of", "any": "all", "all": "any"}


def _denied(node: ast.AST) -> ast.AST | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return node.operand
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "no":
        return node.args[0]
    return None


def _joined(node: ast.AST) -> ast.AST | None:
    if isinstance(node, ast.BoolOp):
        return ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _OTHER_NAME:
        return ast.Call(ast.Name(_OTHER_NAME[node.func.id], ast.Load()), node.args, node.keywords)
    return None


def _answered(node: ast.AST) -> ast.AST | None:
    if isinstance(node, ast.Return) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, bool):
        return ast.Return(ast.Constant(not node.value.value))
    return None


OPERATORS: Final[tuple[Operator, ...]] = (compared, _denied, _joined, _answered)


@dataclass(frozen=True)
class Mutant:
    """One changed function of a view. `name` says which, by the text of its line and not by its number."""

    name: str
    function: types.FunctionType
    code: types.CodeType

    @contextmanager
    def at_work(self) -> Iterator[None]:
        own = self.function.__code__
        self.function.__code__ = self.code
        forget()
        try:
            yield
        finally:
            self.function.__code__ = own
            forget()

    def is_noticed(self, case: Case, said: object) -> bool:
        """Whether a plan is judged differently while this mutant is at work, or without an end. Before, `said` was said of it."""
        signal.signal(signal.SIGVTALRM, _ends)
        signal.setitimer(signal.ITIMER_VIRTUAL, _LONGEST)
        try:
            return case.said() != said
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)


_LONGEST: Final = 10
"""Seconds of processor time after which the judging of one plan is said to have no end; it takes a hundredth of one."""


def _ends(_signal: int, _frame: object) -> None:
    raise TimeoutError("judging does not end")


def mutants() -> Iterator[Mutant]:
    """Every mutant of every view, in the order of the code."""
    for module in MODULES:
        source = inspect.getsource(module)
        functions, seen = _functions(module), dict[str, int]()
        owners = _owners(ast.parse(source))
        for operator, line, changed in mutated(source, OPERATORS):
            owner = next((name for name, first, last in owners if first <= line <= last), None)
            if owner not in functions:
                continue  # a table, which `test_no_spelling_of_a_resource_can_be_dropped` holds
            text = source.splitlines()[line - 1].strip()
            name = f"{module.__name__.rpartition('.')[2]}.{owner} {operator.__name__}: {text}"
            seen[name] = seen.get(name, 0) + 1
            code = _code(compile(changed, str(module.__file__), "exec"), str(owner))
            yield Mutant(f"{name} #{seen[name]}", functions[str(owner)], code)


def _owners(tree: ast.Module) -> list[tuple[str, int, int]]:
    """Each function and method with the lines that it takes."""
    found = []
    for node in tree.body:
        inner = [(f"{node.name}.", item) for item in node.body] if isinstance(node, ast.ClassDef) else [("", node)]
        found += [
            (f"{prefix}{item.name}", item.lineno, item.end_lineno or item.lineno)
            for prefix, item in inner
            if isinstance(item, ast.FunctionDef)
        ]
    return found


def _functions(module: types.ModuleType) -> Mapping[str, types.FunctionType]:
    """The functions that a module defines, methods and what decorators wrap included."""
    found: dict[str, types.FunctionType] = {}
    for holder in (module, *(item for item in vars(module).values() if isinstance(item, type))):
        for item in tuple(vars(holder).values()):
            plain = (
                item.fget if isinstance(item, property) else item.func if isinstance(item, cached_property) else item
            )
            plain = getattr(plain, "__wrapped__", plain)
            if isinstance(plain, types.FunctionType) and plain.__module__ == module.__name__:
                found[plain.__qualname__] = plain
    return found


def _code(whole: types.CodeType, name: str) -> types.CodeType:
    for item in whole.co_consts:
        if isinstance(item, types.CodeType):
            if item.co_qualname == name:
                return item
            if name.startswith(f"{item.co_qualname}."):
                return _code(item, name)
    raise LookupError(name)


_CACHES: Final = [
    item
    for module in MODULES
    for item in vars(module).values()
    if hasattr(item, "cache_clear") and getattr(item, "__module__", "").startswith("soundstage.policies.views")
]


def forget() -> None:
    """Empty every cache of the views, so that each plan is judged anew."""
    for item in _CACHES:
        item.cache_clear()
