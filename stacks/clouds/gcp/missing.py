"""Ports that Google Cloud does not have yet. Whatever is asked of one is refused in a sentence, and nothing is done."""

from collections.abc import Callable
from typing import Any

from soundstage.core.errors import UsageError


class Missing:
    """In the place of a port. `about` is what it would be for, in a sentence that ends in `yet`."""

    def __init__(self, about: str, instead: str = "") -> None:
        self._about, self._instead = about, instead

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)

        def refuse(*_arguments: object, **_more: object) -> Any:
            raise UsageError(
                f"{self._about} Nothing was done.",
                self._instead or "On AWS (`cloud: aws` or `cloud: simulated`) this works.",
            )

        return refuse
