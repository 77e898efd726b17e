"""Makes importing `pulumi`, `pulumi_aws` and `holidays` cost what is used of them.

`pulumi_aws.ec2` is a package of some 300 modules, all of which its `__init__` imports: 0.4 s for the twenty that a project
uses, and as much again for the other services (pulumi-aws 7.51, measured 2026-11). While this finder is in place a package
starts empty and fetches `Vpc` from `vpc.py` when it is first asked for. A name that cannot be placed so makes the
package run its own `__init__` after all, so nothing can be missing. Inside a service, classes are late (`late_classes`). The countries
of `holidays` are 250 such modules, of which a project names one, and its calendars and groups of feasts 36, of which a country names two.

Only the command does this, because the process is its own. The library never touches how others import.
"""

import atexit
import gc
import importlib
import importlib.util
import os
import re
import sys
from collections.abc import Iterable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from soundstage.cli.late_classes import LATE, STARRED, LateClasses, LateLoader, UserLoader, is_tried
from soundstage.cli.late_methods import write_methods_late

_PACKAGE: Final = "pulumi_aws"
_HOLIDAYS: Final = ("holidays.countries", "holidays.groups", "holidays.calendars")
_UNUSED: Final = {"pulumi.automation", "pulumi.dynamic"}
"""Parts that `import pulumi` imports, though few commands use them; they are loaded when something of theirs is asked for."""
if "TRACEPARENT" not in os.environ:
    _UNUSED.add("pulumi.runtime._instrumentation")  # it traces what somebody else began to trace, and nothing otherwise
_CAPITAL: Final = re.compile(r"(?<=.)(?=[A-Z])")
_GROUP: Final = re.compile(r"(_calendar)?_holidays$")


def quicken() -> None:
    """Put the finder in place, and keep the garbage collector out of the way: the process ends before its work would pay.

    When Python ends it collects once more, even so: a fifth of the time of a large preview, unless nothing is left for it.
    """
    # Nothing here plugs into pydantic, which would look through everything that is installed for what does.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    gc.disable()
    atexit.register(gc.freeze)
    write_methods_late()
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    """Finds the parts of these packages that are loaded otherwise than they would be, and nothing else."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname in _UNUSED:
            spec = PathFinder.find_spec(fullname, path, target)
            if spec is not None and spec.loader is not None:
                spec.loader = importlib.util.LazyLoader(spec.loader)
            return spec
        service, _, module = fullname.rpartition(".")
        if fullname in _HOLIDAYS:
            spec = PathFinder.find_spec(fullname, path, target)
            if spec is not None and spec.loader is not None:
                spec.loader = _Loader(spec.loader)
            return spec
        if _PACKAGE not in (fullname, service, service.rpartition(".")[0]):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.loader is None:
            return spec
        if spec.submodule_search_locations is not None:
            spec.loader = _Loader(spec.loader)
        elif path and is_tried(Path(path[0]).parent if "." in service else Path(path[0])):
            spec.loader = LateLoader(spec.loader) if module in LATE else UserLoader(spec.loader)
        return spec


class _Loader(Loader):
    """Leaves a service's package empty; `whole` fills it as its own loader would have."""

    def __init__(self, real: Loader) -> None:
        self._real = real

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._real.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__class__ = _Service

    def whole(self, module: ModuleType) -> None:
        module.__class__ = ModuleType
        self._real.exec_module(module)
        for name in LATE:
            late = sys.modules.get(f"{module.__name__}.{name}")
            if name in STARRED and isinstance(late, LateClasses):
                module.__dict__.update(late.all())


def _places(name: str) -> Iterable[str]:
    """The modules that may define a name: `Vpc` is in `vpc`, `get_ami_output` in `get_ami`, nested arguments in `_inputs`,
    `HebrewCalendarHolidays` in `hebrew`."""
    places = ["_inputs"] if name.endswith(("Args", "ArgsDict")) else []
    snake = _CAPITAL.sub("_", name).lower()
    return dict.fromkeys((*places, snake, name.removesuffix("_output"), _GROUP.sub("", snake)))


class _Service(ModuleType):
    """A service's package that fetches what it is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        for module in _places(name):
            try:
                found = importlib.import_module(f"{self.__name__}.{module}")
            except ModuleNotFoundError:
                continue
            if not isinstance(found, _Service):
                # Importing it has put the module where its function of the same name belongs (`get_ami`).
                setattr(self, module, getattr(found, module, found))
            value = self.__dict__[module] if name == module else getattr(found, name, None)
            if value is not None:
                setattr(self, name, value)
                return value
        loader = self.__spec__.loader if self.__spec__ else None
        if not isinstance(loader, _Loader):
            raise AttributeError(name)  # noqa: TRY004 - what a module says of a name it does not have
        loader.whole(self)
        return getattr(self, name)
