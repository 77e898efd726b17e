"""The labels of a resource, from tags of which some may come from another resource."""

import pulumi

from soundstage.components.labels import label_key, labels_of
from soundstage.components.ownership import Tags


def labels(tags: Tags) -> dict[str, pulumi.Input[str]]:
    """The labels that carry these tags. A value that comes from another resource is refused as soon as it is known, where no label can
    carry it."""
    return {label_key(key): _value(key, value) for key, value in tags.items()}


def _value(key: str, value: pulumi.Input[str]) -> pulumi.Input[str]:
    def carried(text: str) -> str:
        return labels_of({key: text})[label_key(key)]

    if isinstance(value, str):
        return carried(value)
    known: pulumi.Output[str] = pulumi.Output.from_input(value)
    return known.apply(carried)
