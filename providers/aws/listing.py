"""Lists what an account holds: every item of a paged answer, and the tags of everything of a type."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from soundstage.providers.aws.paths import pick
from soundstage.providers.aws.table.entry import Entry
from soundstage.providers.aws.work import Hand

_OTHER_WORDS: Final = {
    "elastic-ip": ("vpc-elastic-ip",),
    "natgateway": ("nat-gateway",),
    "vpc-flow-log": ("flow-logs",),
}
"""What moto calls a type of resource in a filter where AWS calls it otherwise (moto 5 `ec2/utils.py`, read 2026-11)."""
_PAGES: Final = (
    ("NextToken", "NextToken"),
    ("nextToken", "nextToken"),
    ("Marker", "Marker"),
    ("NextMarker", "Marker"),
    ("PaginationToken", "PaginationToken"),
)
"""Where an answer says how it goes on, and the parameter that asks for that."""


def tags_by_id(hand: Hand, entry: Entry) -> dict[str, dict[str, str]]:
    """The tags of everything of a type, by id."""
    found: dict[str, dict[str, str]] = {}
    if not entry.tagged:
        for id in listed(hand, "kms", "ListKeys", {}, "Keys[].KeyId"):
            for tag in hand.call("kms", "ListResourceTags", {"KeyId": id})["Tags"]:
                found.setdefault(id, {})[tag["TagKey"]] = tag["TagValue"]
        return found
    words = [entry.tagged, *_OTHER_WORDS.get(entry.tagged, ())]
    only = {"Filters": [{"Name": "resource-type", "Values": words}]}
    for tag in listed(hand, "ec2", "DescribeTags", only, "Tags"):
        found.setdefault(tag["ResourceId"], {})[tag["Key"]] = tag["Value"]
    return found


def listed(hand: Hand, service: str, operation: str, params: Mapping[str, Any], gives: str) -> Iterator[Any]:
    """Every item of a paged answer."""
    asked = dict(params)
    while True:
        answer = hand.call(service, operation, asked, missing_ok=True)
        if answer is None:
            return
        yield from pick(answer, gives) or ()
        following = next(((name, answer[token]) for token, name in _PAGES if answer.get(token)), None)
        if following is None:
            return
        asked[following[0]] = following[1]
