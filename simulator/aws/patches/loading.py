"""moto makes botocore sessions freely, and each reads the same large JSON files again. Here each file is read once.

Unlike the other patches this one is applied before moto is imported.
"""

from functools import cache
from typing import Any

from botocore.loaders import JSONFileLoader

_load = JSONFileLoader.load_file


@cache
def _load_once(path: str) -> Any:
    return _load(JSONFileLoader(), path)


def apply() -> None:
    """Share what botocore reads between its sessions."""
    loader: Any = JSONFileLoader
    loader.load_file = lambda _self, path: _load_once(path)
