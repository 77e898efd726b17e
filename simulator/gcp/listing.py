"""Lists: one collection page by page, or of every zone and region, with the filters of compute."""

import re
from typing import Any, Final

from soundstage.simulator.gcp import seeds
from soundstage.simulator.gcp.refusals import invalid, wrong
from soundstage.simulator.gcp.work import Work, named
from soundstage.simulator.gcp.world import Thing

_MOST: Final = 1000
_EVERYWHERE: Final = "/locations/-/"


def all_below(work: Work, collection: str) -> list[Thing]:
    """What is in a collection, made or always there; in those of every location for `-` (Logging API, "buckets.list", read 2026-11)."""
    if _EVERYWHERE in collection:
        first, _, rest = collection.partition(_EVERYWHERE)
        own = re.compile(f"{re.escape(first)}/locations/[^/]+/{re.escape(rest)}/[^/]+")
        made = [work.world.things[key] for key in sorted(work.world.things) if own.fullmatch(key)]
        return [*made, *seeds.below(f"{first}/locations/global/{rest}", work.call.base)]
    return [*work.world.below(collection, ""), *seeds.below(collection, work.call.base)]


def listed(work: Work, items: list[Thing] | None = None) -> Thing:
    """One page of a collection."""
    if "perations" in work.method.collection:
        items = [each for key, each in work.world.operations.items() if key.startswith(work.call.path + "/")]
    found = all_below(work, work.call.path) if items is None else items
    if work.is_compute:
        check_place(work)
        found = [each for each in found if _fits(each, work.call.one("filter"))]
    properties = work.document.schema(work.method.response).properties or {}
    field = next(name for name, value in properties.items() if value.type == "array" and name != "unreachable")
    asked = work.call.one("maxResults") or work.call.one("pageSize") or str(_MOST)
    if not asked.isdecimal():
        invalid(f"Invalid value for the size of a page: '{asked}'.")
    token = work.call.one("pageToken")
    begin = int(token) if token.isdecimal() else 0
    size = min(int(asked) or _MOST, _MOST)
    page: Thing = {field: found[begin : begin + size]} if found[begin : begin + size] else {}
    if begin + size < len(found):
        page["nextPageToken"] = str(begin + size)
    if "kind" in properties and properties["kind"].default:
        page["kind"] = properties["kind"].default
    if work.is_compute:
        page |= {"id": named(work.call.path), "selfLink": work.link(work.call.path)}
    return page


def check_place(work: Work) -> None:
    """Raise `Refused` where the path of a call names a zone or region that there is not."""
    path = work.call.path
    for found in re.finditer(r"/(zones|regions)/([^/]+)", path):
        if work.find(path[: found.end()]) is None:
            kind = found[1].removesuffix("s")
            wrong(kind, found[2], f"Unknown {kind}.")


def aggregated(work: Work) -> Thing:
    """What is in a collection of every zone and region."""
    found = re.fullmatch(r"(.*)/aggregated/(\w+)", work.call.path)
    assert found is not None  # noqa: S101 - the path of every such method
    start, collection = found.groups()
    scopes: dict[str, Thing] = {}
    for path, thing in work.world.things.items():
        placed = re.fullmatch(rf"{re.escape(start)}/((?:zones|regions)/[^/]+|global)/{collection}/[^/]+", path)
        if placed and _fits(thing, work.call.one("filter")):
            scopes.setdefault(placed[1], {}).setdefault(collection, []).append(thing)
    if collection in ("machineTypes", "acceleratorTypes", "diskTypes"):
        for zone in seeds.zones():
            rows = [
                each
                for each in all_below(work, f"{start}/zones/{zone}/{collection}")
                if _fits(each, work.call.one("filter"))
            ]
            if rows:
                scopes[f"zones/{zone}"] = {collection: rows}
    return {
        "kind": f"compute#{collection.removesuffix('s')}AggregatedList",
        "items": scopes,
        "id": named(work.call.path),
    }


_TERM: Final = re.compile(r"\(?\s*([\w.-]+)\s*(=|!=|:|eq|ne)\s*(?:\"([^\"]*)\"|([^\"()]*?))\s*\)?")


def _fits(thing: Thing, filter: str) -> bool:
    """Whether a thing is what a filter of compute asks for: `(name = x) (labels.a = b)`, also joined by AND."""
    for term in (filter and re.split(r"\s+AND\s+|(?<=\))\s+(?=\()", filter)) or ():
        found = _TERM.fullmatch(term.strip())
        if not found:
            wrong("filter", filter, "Invalid list filter expression.")
        value: Any = thing
        for part in found[1].split("."):
            value = value.get(part) if isinstance(value, dict) else None
        text = str(value).lower() if isinstance(value, bool) else str(value or "")
        wanted = found[4] if found[3] is None else found[3]
        if found[2] == ":":
            same = value is not None if wanted == "*" else wanted in text
        else:
            same = text == wanted or (found[2] in ("eq", "ne") and _matches(wanted, text))
        if same == (found[2] in ("!=", "ne")):
            return False
    return True


def _matches(pattern: str, text: str) -> bool:
    """Whether a text is what a regular expression of a filter asks for, as gcloud writes them: `name eq ".*(g2).*"`."""
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error:
        wrong("filter", pattern, "Invalid regular expression.")
