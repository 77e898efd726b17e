"""What a recipe says now that it did not say when an image was baked, in sentences.

A recipe is kept in brief beside the bill of materials of each image (`brief`): names, versions and checksums, and nothing that it runs.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from soundstage.images.recipes import Composed


def brief(recipe: Composed) -> dict[str, Any]:
    """What is kept: JSON in which a diff can be read."""
    return {
        "recipe": recipe.name,
        "digest": recipe.digest,
        "base": recipe.base.name,
        "disk_gib": recipe.builder.disk_gib,
        "carries": list(recipe.carries),
        "downloads": {name: source.version for name, source in sorted(recipe.downloads.items())},
        "steps": [[entry.title, _sum(entry)] for entry in recipe.steps],
        "verify": [[check.name, _sum(check)] for check in recipe.checks],
    }


def text_of(kept: Mapping[str, Any]) -> str:
    """The brief as it is written."""
    return json.dumps(kept, indent=1) + "\n"


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """What differs between two briefs, a sentence each; nothing where their digests are one."""
    return () if before.get("digest") == now["digest"] else tuple(_changes(before, now)) or ("The recipe has changed.",)


def _changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for key, words in (("base", "It starts from"), ("disk_gib", "GiB of its system disk:")):
        if before.get(key) != now[key]:
            yield f"{words} {now[key]}; before, {before.get(key, 'nothing')}."
    then, carried = set(before.get("carries", ())), set(now["carries"])
    yield from (f"It brings along as well: {one}." for one in sorted(carried - then))
    yield from (f"It does not bring along any more: {one}." for one in sorted(then - carried))
    was, downloads = dict(before.get("downloads", {})), dict(now["downloads"])
    for name in sorted({*was, *downloads}):
        if was.get(name) != downloads.get(name):
            yield f"The download {name}: {was.get(name, 'none')} before, {downloads.get(name, 'none')} now."
    for key, word in (("steps", "step"), ("verify", "check")):
        yield from _listed(before.get(key, ()), now[key], word)


def _listed(before: Any, now: Any, word: str) -> Iterator[str]:
    """Steps or checks that came, went, or do something else. Two may have one name."""
    was, there = _by_name(before), _by_name(now)
    yield from (f"New {word}: {name}." for name in there if name not in was)
    yield from (f"Changed {word}: {name}." for name in there if name in was and was[name] != there[name])
    yield from (f"{word.capitalize()} that is gone: {name}." for name in was if name not in there)
    both = [[name for name in names if name in was and name in there] for names in (was, there)]
    if both[0] != both[1]:
        yield f"The {word}s have another order."


def _by_name(rows: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, sum in rows:
        found.setdefault(str(name), []).append(str(sum))
    return found


def _sum(said: BaseModel) -> str:
    text = json.dumps(said.model_dump(mode="json", exclude_none=True), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
