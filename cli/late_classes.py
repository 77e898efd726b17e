"""Modules of `pulumi_aws` that make a class when it is asked for.

`pulumi_aws.ec2._inputs` defines some 550 classes and `outputs` as many more, of which a project uses a dozen: making them all
takes a fifth of a preview's processor time (pulumi-aws 7.51, measured 2026-11). Here such a module runs as it is written, but a
class statement is only noted, together with its decorators, and carried out when somebody asks for the class.

A class is asked for as an attribute (`aws.ec2.InstanceRootBlockDeviceArgs`, `outputs.InstanceRootBlockDevice`), or by its name in a
module of the service, mostly when the SDK reads an annotation there. A name that is none of a module's own is looked for in its
`__builtins__`, as in any module of Python; those of these modules know the late classes too.
`tests/cli/test_late_classes.py` holds that every class comes out as without this.
"""

import builtins
import functools
import json
import sys
import threading
from collections.abc import Callable, Mapping
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, Final

LATE: Final = ("_enums", "_inputs", "outputs")
"""The modules of the package and of each service that hold nothing but classes."""
STARRED: Final = ("_enums", "_inputs")
"""Those of them that the service's other modules import all names from."""
_DECORATORS: Final = ("input_type", "output_type")
_GENERIC: Final = ("Input", "Output")
TRIED: Final = "7.51."
"""The versions of pulumi-aws that the tests have seen. Others are imported as they are."""
_lock: Final = threading.RLock()


@functools.cache
def is_tried(package: Path) -> bool:
    """Whether the package in this folder is of a version that was tried."""
    told = package / "pulumi-plugin.json"
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
        made = _noting(value) if name in _DECORATORS else _Generic(value) if name in _GENERIC else value
        self.__dict__[name] = made
        return made


class _Generic:
    """A generic type that knows what it made by the identity of the parameter. Modules write `pulumi.Input[str]` thousands of times, and
    Python finds its own by a hash that it works out anew from all parts each time."""

    def __init__(self, form: Any) -> None:
        self._form = form
        self._made: dict[int, tuple[Any, Any]] = {}

    def __getitem__(self, parameter: Any) -> Any:
        found = self._made.get(id(parameter))
        if found is None:
            # The parameter is kept, so that nothing else gets its identity.
            found = self._made[id(parameter)] = parameter, self._form[parameter]
        return found[1]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._form, name)


def _noting(decorator: Callable[[type], type]) -> Callable[[Any], Any]:
    def note(statement: Any) -> Any:
        if not isinstance(statement, _Statement):
            return decorator(statement)
        statement.decorators.append(decorator)
        return statement

    return note


class LateClasses(ModuleType):
    """A module that runs when it is first asked for something, and whose classes are each made when they are asked for."""

    _statements: dict[str, _Statement]

    def __getattr__(self, name: str) -> Any:
        with _lock:
            if "_statements" not in self.__dict__ and not name.startswith("__"):
                self.__dict__["_statements"] = {}  # whoever asks while it runs gets what there is
                self.__spec__.loader.run(self)  # type: ignore[union-attr]  # a `LateLoader`
            if name in self.__dict__:
                return self.__dict__[name]
            statement = self.__dict__.get("_statements", {}).get(name)
            if statement is None:
                raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
            made = self.__dict__[name] = statement.carry_out(self)
            return made

    def all(self) -> dict[str, type]:
        """Every class of the module, by name."""
        return {name: getattr(self, name) for name in self._statements}


class LateLoader(Loader):
    """Leaves a module of classes to be run, without its class statements, when something of it is asked for: every module of a service
    imports all three, and few look into them."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        created: ModuleType | None = self._real.create_module(spec)
        return created

    def exec_module(self, module: ModuleType) -> None:
        # `from ._inputs import *` would ask for all of them.
        module.__dict__["__all__"] = []
        module.__class__ = LateClasses

    def run(self, module: ModuleType) -> None:
        _run(self._real, module, _Statement)
        module.__dict__["__all__"] = []


class UserLoader(Loader):
    """Runs another module of a service, with the late classes within its reach. Only what it keeps for `get`, which looks a resource
    up, is late there too."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        created: ModuleType | None = self._real.create_module(spec)
        return created

    def exec_module(self, module: ModuleType) -> None:
        _run(self._real, module, _late_if_state)


def _late_if_state(body: FunctionType, name: str, *bases: Any, **keywords: Any) -> Any:
    late = name.startswith("_") and name.endswith("State")
    return (_Statement if late else builtins.__build_class__)(body, name, *bases, **keywords)


def _run(real: Any, module: ModuleType, build: Callable[..., Any]) -> None:
    """Run a module whose class statements `build` carries out or notes."""
    names = module.__dict__
    # What a function knows is settled when it is made, so that this has to be the very thing that stays.
    known = names["__builtins__"] = _Names(module)
    known.update(__build_class__=build, __import__=_import)
    exec(real.get_code(module.__name__), names)  # noqa: S102 - what every loader does
    known.update(__build_class__=builtins.__build_class__, __import__=builtins.__import__)
    statements = {name: value for name, value in names.items() if isinstance(value, _Statement)}
    for name in statements:
        del names[name]
    if isinstance(sdk := names.get("pulumi"), _Pulumi):
        names["pulumi"] = sdk._sdk
    names["_statements"] = statements
    module.__class__ = LateClasses


class _Names(dict[str, Any]):
    """Python's own names, and those of a module's and its service's late classes, as importing all of them would have brought."""

    def __init__(self, module: ModuleType) -> None:
        super().__init__(builtins.__dict__)
        service = module.__name__.rpartition(".")[0]
        self._places = [module.__name__, *(f"{service}.{name}" for name in reversed(STARRED))]

    def __missing__(self, name: str) -> Any:
        for place in map(sys.modules.get, self._places):
            if isinstance(place, LateClasses) and name in place._statements:
                return getattr(place, name)
        raise KeyError(name)


def _import(name: str, globals: Mapping[str, object] | None = None, *rest: Any) -> Any:
    found = builtins.__import__(name, globals, *rest)
    return _seen(found) if name.partition(".")[0] == "pulumi" and not (rest[1:2] and rest[1]) else found


_seen: Final = functools.cache(_Pulumi)
