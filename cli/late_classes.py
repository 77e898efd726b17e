"""Modules of `pulumi_aws` that make a class when it is asked for.

`pulumi_aws.ec2._inputs` defines some 550 classes and `outputs` as many more, of which a project uses a dozen: making them all
takes a fifth of a preview's processor time (pulumi-aws 7.51, measured 2026-11). Here such a module runs as it is written, but a
class statement is only noted, together with its decorators, and carried out when somebody asks for the class.

Two things make a class be asked for: an attribute (`aws.ec2.InstanceRootBlockDeviceArgs`, `outputs.InstanceRootBlockDevice`), and its
name in an annotation of a class that is made, because the SDK looks such names up among the globals of that class's module.
Functions inside these modules name no class of `_inputs` or `_enums`; `tests/cli/test_late_classes.py` holds that, and that every
class comes out as without this.
"""

import builtins
import functools
import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final

LATE: Final = ("_enums", "_inputs", "outputs")
"""The modules of each service that hold nothing but classes."""
STARRED: Final = ("_enums", "_inputs")
"""Those of them that the service's other modules import all names from."""
_DECORATORS: Final = ("input_type", "output_type")
TRIED: Final = "7.51."
"""The versions of pulumi-aws that the tests have seen. Others are imported as they are."""
_lock: Final = threading.RLock()


@functools.cache
def is_tried(service: str) -> bool:
    """Whether the package that has this folder is of a version that was tried."""
    told = Path(service).parent / "pulumi-plugin.json"
    try:
        return str(json.loads(told.read_bytes())["version"]).startswith(TRIED)
    except (OSError, ValueError, KeyError):
        return False


class _Statement:
    """A class statement that is not carried out yet."""

    def __init__(self, body: FunctionType, name: str, *bases: Any, **keywords: Any) -> None:
        self.body, self.name, self.bases, self.keywords = body.__code__, name, bases, keywords
        self.decorators: list[Callable[[type], type]] = []

    def carry_out(self, module: ModuleType) -> type:
        body = FunctionType(self.body, module.__dict__)
        made: type = builtins.__build_class__(body, self.name, *self.bases, **self.keywords)
        for decorator in self.decorators:
            made = decorator(made)
        return made


class _Pulumi:
    """The SDK as a module of classes sees it while it runs: what decorates a class only notes that."""

    def __init__(self, sdk: ModuleType) -> None:
        self._sdk = sdk

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._sdk, name)
        if name == "type_token":
            return lambda token: _noting(value(token))
        return _noting(value) if name in _DECORATORS else value


def _noting(decorator: Callable[[type], type]) -> Callable[[Any], Any]:
    def note(statement: Any) -> Any:
        statement.decorators.append(decorator)
        return statement

    return note


class LateClasses(ModuleType):
    """A module whose classes are made when they are asked for."""

    _statements: dict[str, _Statement]

    def __getattr__(self, name: str) -> Any:
        with _lock:
            if name in self.__dict__:
                return self.__dict__[name]
            statement = self.__dict__.get("_statements", {}).get(name)
            if statement is None:
                raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
            made = self.__dict__[name] = statement.carry_out(self)
            _bring(self, statement.body)
            return made

    def all(self) -> dict[str, type]:
        """Every class of the module, by name."""
        return {name: getattr(self, name) for name in self._statements}


class LateLoader(Loader):
    """Runs a module of classes without its class statements."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        created: ModuleType | None = self._real.create_module(spec)
        return created

    def exec_module(self, module: ModuleType) -> None:
        names = module.__dict__
        names["__builtins__"] = builtins.__dict__ | {"__build_class__": _Statement, "__import__": _import}
        exec(self._real.get_code(module.__name__), names)  # noqa: S102 - what every loader does
        names["__builtins__"] = builtins.__dict__
        statements = {name: value for name, value in names.items() if isinstance(value, _Statement)}
        for name in statements:
            del names[name]
        sdk = names.get("pulumi")
        if isinstance(sdk, _Pulumi):
            names["pulumi"] = sdk._sdk
        # `from ._inputs import *` would ask for all of them.
        names |= {"_statements": statements, "__all__": []}
        module.__class__ = LateClasses


class UserLoader(Loader):
    """Runs another module of a service as it is, and brings the classes that its annotations name."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        created: ModuleType | None = self._real.create_module(spec)
        return created

    def exec_module(self, module: ModuleType) -> None:
        code = self._real.get_code(module.__name__)
        exec(code, module.__dict__)  # noqa: S102 - what every loader does
        _bring(module, code)


def _import(name: str, globals: Mapping[str, object] | None = None, *rest: Any) -> Any:
    found = builtins.__import__(name, globals, *rest)
    return _Pulumi(found) if name.partition(".")[0] == "pulumi" and not (rest[1:2] and rest[1]) else found


def _bring(module: ModuleType, code: CodeType) -> None:
    """Give `module` the classes that `code` of it names in annotations, as importing all names would have."""
    service = module.__name__.rpartition(".")[0]
    late = [found for name in STARRED if isinstance(found := sys.modules.get(f"{service}.{name}"), LateClasses)]
    for name in _named(code):
        for place in late:
            if name in place._statements:
                module.__dict__.setdefault(name, getattr(place, name))


def _named(code: CodeType) -> Iterator[str]:
    """The text constants of a module or a class: what annotations between quotes become."""
    for constant in code.co_consts:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, CodeType):
            yield from (inner for inner in constant.co_consts if isinstance(inner, str))
