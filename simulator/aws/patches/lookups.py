"""Two look-ups that moto does anew for every request and whose answers never change. They took half of its time."""

from functools import cache
from typing import Any

import moto.backends
import moto.core.responses
import moto.core.utils

_modules = tuple(moto.backends.list_of_moto_modules())


def apply() -> None:
    """Remember which services moto has and which methods their classes have."""
    backends: Any = moto.backends
    backends.list_of_moto_modules = lambda: _modules
    remembered = cache(moto.core.utils.method_names_from_class)
    for module in (moto.core.utils, moto.core.responses):
        vars(module)["method_names_from_class"] = remembered
