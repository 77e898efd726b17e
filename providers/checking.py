"""Checking a resource's inputs against its entry of the table: defaults, a physical name, and what cannot be right."""

import difflib
import hashlib
import os
from typing import Final

from soundstage.core.values import UNKNOWN, Properties, Secret, Value
from soundstage.providers.base import CheckFailure
from soundstage.providers.entry import AutoName, Entry
from soundstage.providers.mapping import Block, Blocks, Field
from soundstage.providers.scope import TOKEN

DEFAULTED: Final = "__defaults"
"""The hidden input that lists which inputs no program gave (as bridged Pulumi providers keep it)."""
_NAME_DIGITS: Final = 7
_TOKEN_DIGITS: Final = 32


def checked(entry: Entry, urn: str, olds: Properties, news: Properties, seed: bytes) -> Properties:
    """The inputs with defaults filled in, a generated name and a token for the create where the type needs them.

    A generated name or token in `olds` is kept, so that a resource does not change its name from run to run.
    """
    inputs = {key: value for key, value in news.items() if value is not None}
    defaulted = []
    for field in entry.fields:
        if field.default is not None and field.name not in inputs:
            inputs[field.name] = field.default
            defaulted.append(field.name)
    rule = entry.name
    if rule and rule.field not in inputs:
        if rule.field in olds and rule.field in olds.get(DEFAULTED, ()):
            inputs[rule.field] = olds[rule.field]
        else:
            inputs[rule.field] = _physical(rule, urn, inputs.get(rule.prefix) if rule.prefix else None, seed)
        defaulted.append(rule.field)
    if entry.tokened:
        inputs[TOKEN] = olds.get(TOKEN) or _digits(seed, TOKEN, _TOKEN_DIGITS)
    inputs[DEFAULTED] = sorted(defaulted)
    return inputs


def failures(entry: Entry, news: Properties) -> tuple[CheckFailure, ...]:
    """What is missing or unknown, at any depth."""
    given = {key: value for key, value in news.items() if key not in ("region", "__defaults", TOKEN)}
    if not entry.regional and "region" in news:
        given["region"] = news["region"]
    return tuple(_block_failures(entry.block, given, "", entry))


def _block_failures(block: Block, value: Properties, path: str, entry: Entry | None = None) -> list[CheckFailure]:
    found = []
    for name, item in value.items():
        field = block.by_name.get(name)
        if field is None:
            if entry and entry.name and name == entry.name.prefix:
                continue
            if not name.startswith("__"):
                near = difflib.get_close_matches(name, block.by_name, 1)
                hint = f'; did you mean "{near[0]}"?' if near else ""
                found.append(CheckFailure(path + name, f"the simulated cloud does not know this property{hint}"))
        elif item is not None:
            found += _field_failures(field, item, path)
    named = entry.name.field if entry and entry.name else None
    found += [
        CheckFailure(path + field.name, "this property is required")
        for field in block.fields
        if field.required and value.get(field.name) is None and field.name != named
    ]
    return found


def _field_failures(field: Field, value: Value, path: str) -> list[CheckFailure]:
    while isinstance(value, Secret):
        value = value.value
    if value is UNKNOWN:
        return []
    here = path + field.name
    if isinstance(field.form, Block):
        if not isinstance(value, dict):
            return [CheckFailure(here, f"expected an object, found {type(value).__name__}")]
        return _block_failures(field.form, value, f"{here}.")
    if isinstance(field.form, Blocks):
        if not isinstance(value, list):
            return [CheckFailure(here, f"expected a list, found {type(value).__name__}")]
        found = []
        for index, item in enumerate(value):
            if isinstance(item, dict):
                found += _block_failures(field.form.item, item, f"{here}[{index}].")
        return found
    return []


def _physical(rule: AutoName, urn: str, prefix: Value, seed: bytes) -> str:
    """A name that no other resource has: the logical name, shortened where it must be, and digits from the seed."""
    digits = _digits(seed, urn, _NAME_DIGITS)
    logical = urn.rsplit("::", 1)[-1]
    if isinstance(prefix, str):
        start, digits = prefix, _digits(seed, urn, _TOKEN_DIGITS)[: max(_NAME_DIGITS, rule.longest - len(prefix))]
    else:
        start = f"{rule.start}{logical}-"
    name = start[: rule.longest - len(digits)] + digits
    return name.lower() if rule.lower else name


def _digits(seed: bytes, salt: str, count: int) -> str:
    return hashlib.sha256((seed or os.urandom(16)) + salt.encode()).hexdigest()[:count]
