"""How tags are read and changed after a create: one place for what every service words in its own way."""

from collections.abc import Mapping
from typing import Any

from soundstage.providers.entry import Call, Update, sets


def retag(
    where: Mapping[str, Any],
    *,
    tag: str = "TagResource",
    untag: str = "UntagResource",
    keys: str = "TagKeys",
    tags: str = "Tags",
    field: str = "tags",
) -> Update:
    """Take the tags away that the program no longer names, and set those that it names anew. `where` says what is tagged;
    `keys` and `tags` are the parameters of the two calls."""
    removed, added = f"{{removed.{field}}}", f"{{added.{field}}}"
    return sets(
        field, Call(untag, {**where, keys: removed}, when=removed), Call(tag, {**where, tags: added}, when=added)
    )


def put_tags(kind: str, where: Mapping[str, Any]) -> Update:
    """Like `retag`, where a call sets all tags at once (S3)."""
    return sets(
        "tags",
        Call(f"Put{kind}Tagging", {**where, "Tagging": {"TagSet": "{api.tags}"}}, when="{api.tags}"),
        Call(f"Delete{kind}Tagging", where, when="{off.tags}"),
        on_create=True,
    )


def tags_of(where: Mapping[str, Any], gives: str = "Tags", into: str = "Tags", *, drift: bool = True) -> Call:
    """The call that adds its tags to a description."""
    return Call("ListTagsForResource", where, gives, into=into, drift=drift)
