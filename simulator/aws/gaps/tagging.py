"""Tags of what moto does not keep: set, taken away and listed, in the words of each API."""

from collections.abc import Callable, Mapping
from typing import Final

from soundstage.simulator.aws.gaps import Call, Handler, Reply

_VERBS: Final = ("TagResource", "UntagResource", "ListTagsForResource")


def given(call: Call, name: str = "Tags") -> dict[str, str]:
    """The tags that a call gives, which some APIs write as a mapping and others as a list of pairs."""
    tags = call.params.get(name) or {}
    return dict(tags) if isinstance(tags, Mapping) else {tag["Key"]: tag["Value"] for tag in tags}


def handlers(
    tags_of: Callable[[Call], dict[str, str] | None],
    *,
    tags: str = "Tags",
    keys: str = "TagKeys",
    listed: str = "",
    pairs: bool = True,
    verbs: tuple[str, str, str] = _VERBS,
) -> dict[str, Handler]:
    """What sets, takes away and lists tags, by operation. `tags_of` gives those of what a call is about, and None where moto keeps
    them; `tags`, `keys` and `listed` are the names of parameters and answer. Without `pairs` tags are a mapping, and the keys of
    those to be taken away stand in the query."""

    def tag(call: Call) -> Reply:
        kept = tags_of(call)
        if kept is None:
            return call.pass_on()
        kept.update(given(call, tags))
        return None

    def untag(call: Call) -> Reply:
        kept = tags_of(call)
        if kept is None:
            return call.pass_on()
        for key in (call.params.get(keys) or ()) if pairs else call.repeated(keys):
            kept.pop(key, None)
        return None

    def shown(call: Call) -> Reply:
        kept = tags_of(call)
        if kept is None:
            return call.pass_on()
        return {listed or tags: [{"Key": key, "Value": value} for key, value in kept.items()] if pairs else kept}

    return dict(zip(verbs, (tag, untag, shown), strict=True))
