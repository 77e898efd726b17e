"""Managed services: what one property of each says, by rows of data (`data/services.yaml`)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from pydantic import Field

from soundstage.core import yamlfile
from soundstage.core.values import UNKNOWN
from soundstage.policies.settings import Settings, Strict
from soundstage.policies.views.addresses import union_size, wide
from soundstage.policies.views.documents import covers, identity_documents
from soundstage.policies.views.node import Node, Resource, Truth, all_of, any_of, no
from soundstage.policies.views.rights import commitments, data_rights
from soundstage.policies.views.stack import Stack

_MOST: Final = 1 << 24
"""Ranges that together hold more addresses than a /8 are the internet."""


class Row(Strict):
    """What a property of some types must not be."""

    types: tuple[str, ...]
    told: str
    property: str = ""
    wrong: tuple[str, ...] = ()
    wide: bool = False
    above: float | None = None
    below: float | None = None
    any: bool = False
    pair: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    unless: tuple[str, ...] = ()
    good: dict[str, Any]
    bad: dict[str, Any]

    def places(self, resource: Resource) -> Iterator[Node]:
        """Where the value stands, or would; all items of a list of ranges count together."""
        found = list(resource.root.all(self.property)) if self.property else [resource.root]
        if found or "absent" not in self.wrong:
            yield from found
        else:
            yield Node(resource, self.property, None)

    def breaks(self, node: Node, settings: Settings) -> Truth:
        """Whether a value is wrong."""
        if self.any:
            return True
        if self.pair:
            return all_of(*(_among(node.get(key), texts) for key, texts in self.pair.items()))
        return node.is_(lambda value: self._is_wrong(value, settings))

    def _is_wrong(self, value: Any, settings: Settings) -> bool:
        number = _number(value)
        above = self.above is not None and number is not None and number > self.above
        below = self.below is not None and number is not None and number < self.below
        return above or below or _text(value) in _folded(self.wrong) or (self.wide and _admits_all(value, settings))


def _among(node: Node, texts: tuple[str, ...]) -> Truth:
    return node.is_(lambda value: _text(value) in _folded(texts))


def _folded(texts: tuple[str, ...]) -> frozenset[str]:
    return frozenset(text.lower() for text in texts)


def _text(value: Any) -> str:
    """A value as rows write it: in lower case, a whole number without its point, `absent` where there is none."""
    return "absent" if value in (None, "", [], {}) else str(value).lower().removesuffix(".0")


def _number(value: Any) -> float | None:
    try:
        return None if value is None or isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


def _admits_all(value: Any, settings: Settings) -> bool:
    """Whether ranges, one or a list, also several in one text, admit the internet."""
    listed = value if isinstance(value, list) else [value]
    ranges = [text.strip() for item in listed for text in str(item or "").split(",") if text.strip()]
    try:
        many = union_size(ranges) > _MOST
        return many or any(wide(text, settings.wide_prefix_v4, settings.wide_prefix_v6) for text in ranges)
    except ValueError:
        return False


@dataclass(frozen=True, eq=False)
class Said:
    """What one resource says by one property, and whether that is wrong."""

    resource: Resource
    node: Node
    told: str
    wrong: Truth
    spared: tuple[Node, ...]
    """What makes it not count."""


@cache
def rows() -> dict[str, tuple[Row, ...]]:
    """The rows of each policy."""
    text = (files("soundstage.policies") / "data" / "services.yaml").read_text(encoding="utf-8")
    return {id: tuple(Row.model_validate(row) for row in listed) for id, listed in yamlfile.data(text).items()}


def _said(stack: Stack, policy: str) -> Sequence[Said]:
    return [
        Said(resource, node, row.told, _counts(row, node, spared, stack.settings), spared)
        for row in rows()[policy]
        for resource in stack.glimpse(*row.types)
        for spared in [tuple(resource.get(key) for key in row.unless)]
        for node in row.places(resource)
    ]


def _counts(row: Row, node: Node, spared: tuple[Node, ...], settings: Settings) -> Truth:
    said = (no(any_of(other.absent, other.false)) for other in spared)
    return all_of(row.breaks(node, settings), no(any_of(False, *said)))


def exposed(stack: Stack) -> Sequence[Said]:
    """What says that everybody reaches a service."""
    return _said(stack, "NET-25")


def unkept(stack: Stack) -> Sequence[Said]:
    """What says that the data of a service are not encrypted, or not kept."""
    return _said(stack, "STO-21")


def unsaid(stack: Stack) -> Sequence[Said]:
    """What says nothing of how the data of a service are kept."""
    return _said(stack, "STO-22")


def costly(stack: Stack) -> Sequence[Said]:
    """What says that a service costs like a fleet, and who may buy what is paid for by the year."""
    return [*_said(stack, "COST-07"), *_buyers(stack)]


def _buyers(stack: Stack) -> Iterator[Said]:
    """Statements that give such a right. Who may do everything is found by IAM-01, who may do everything of a service that holds data by
    IAM-11; of any other service, it says so with every resource, as what is bought is none that stands."""
    held = {right.partition(":")[0] for right in data_rights()}
    for document in stack.view(identity_documents):
        if not document.readable:
            yield Said(document.resource, document.node, "", UNKNOWN, ())
            continue
        for statement in document.statements:
            whole = [pattern for pattern in statement.actions if pattern.endswith(":*")]
            named = [pattern for pattern in statement.actions if pattern not in whole and pattern != "*"]
            if "*" in statement.resources:
                named += [pattern for pattern in whole if pattern.lower().removesuffix(":*") not in held]
            bought = [right for right in commitments() if any(covers(pattern, right) for pattern in named)]
            if bought and statement.allows:
                told = f"may bind the account to pay for months ({', '.join(bought[:3])})"
                yield Said(document.resource, statement.node, told, True, ())
