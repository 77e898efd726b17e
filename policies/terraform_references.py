"""What a configuration of Terraform refers to: through variables and outputs of modules down to the resources."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

_DEEPEST: Final = 20
"""Modules within modules; what lies deeper is not followed."""
_INDEX: Final = re.compile(r"\[(?:\"[^\"]*\"|[^\]\"]*)\]")


def plain(address: str) -> str:
    """An address without the indexes that `count` and `for_each` give."""
    return _INDEX.sub("", address)


@dataclass(frozen=True)
class Configured:
    """What a configuration says of one resource."""

    expressions: Mapping[str, Any]
    provider: str
    _module: str
    _index: str
    _references: "References"

    def targets(self, name: str) -> tuple[str, ...]:
        """The addresses of the resources and data sources that an argument is made of."""
        found = self._references.resolved(self.expressions.get(name), self._module, _DEEPEST)
        return tuple(dict.fromkeys(at for one in found for at in self._references.instances(one, self._index)))


class References:
    """The configuration of a plan. `addresses` are those of everything that the plan names."""

    def __init__(self, configuration: Mapping[str, Any], addresses: Sequence[str]) -> None:
        self._modules: dict[str, Mapping[str, Any]] = {}
        self._calls: dict[str, Mapping[str, Any]] = {}
        self._resources: dict[str, tuple[Mapping[str, Any], str]] = {}
        self._there: dict[str, list[str]] = defaultdict(list)
        for address in addresses:
            self._there[plain(address)].append(address)
        self._read(configuration.get("root_module") or {}, "", _DEEPEST)

    def _read(self, module: Mapping[str, Any], path: str, depth: int) -> None:
        self._modules[path] = module
        for resource in module.get("resources") or []:
            self._resources[f"{path}{resource['address']}"] = (resource, path)
        for name, call in (module.get("module_calls") or {}).items() if depth else ():
            below = f"{path}module.{name}."
            self._calls[below] = call
            self._read(call.get("module") or {}, below, depth - 1)

    def of(self, address: str) -> Configured | None:
        """What is said of the resource at an address; None where the configuration does not tell of it."""
        found = self._resources.get(plain(address))
        if found is None:
            return None
        resource, path = found
        provider = str(resource.get("provider_config_key") or "").rpartition(":")[2]
        index = _INDEX.findall(address)
        return Configured(resource.get("expressions") or {}, provider, path, index[-1] if index else "", self)

    def resolved(self, expression: Any, module: str, depth: int) -> Iterator[str]:
        """The resources, without indexes, that an expression refers to."""
        for text in _references(expression):
            yield from self._followed(text, module, depth)

    def _followed(self, text: str, module: str, depth: int) -> Iterator[str]:
        parts = plain(text).split(".")
        if not depth or len(parts) < 2:
            return
        if parts[0] == "var":
            call = self._calls.get(module)
            if call is not None:
                outside = re.sub(r"module\.[^.]+\.$", "", module)
                yield from self.resolved((call.get("expressions") or {}).get(parts[1]), outside, depth - 1)
        elif parts[0] == "module":
            below = f"{module}module.{parts[1]}."
            outputs = (self._modules.get(below) or {}).get("outputs") or {}
            wanted = [parts[2]] if len(parts) > 2 else list(outputs)
            for name in wanted:
                yield from self.resolved((outputs.get(name) or {}).get("expression"), below, depth - 1)
        elif parts[0] == "data" and len(parts) > 2:
            yield f"{module}{'.'.join(parts[:3])}"
        elif parts[0] not in ("local", "each", "count", "path", "terraform", "self"):
            yield f"{module}{'.'.join(parts[:2])}"

    def instances(self, address: str, index: str) -> list[str]:
        """The things at an address without indexes: the one with the same index where there are several."""
        found = self._there.get(address, [])
        same = [each for each in found if index and each.endswith(index)]
        return same or found


def _references(expression: Any) -> Iterator[str]:
    if isinstance(expression, Mapping):
        listed = expression.get("references")
        if isinstance(listed, list):
            yield from (str(text) for text in listed)
        for key, item in expression.items():
            if key not in ("references", "constant_value"):
                yield from _references(item)
    elif isinstance(expression, list):
        for item in expression:
            yield from _references(item)
