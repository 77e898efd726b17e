"""Names of Google Cloud taken apart: an address of one of its things says where it is."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from soundstage.components.labels import label_key, tags_of


def last(address: object) -> str:
    """`europe-west4-a` of `https://…/zones/europe-west4-a`."""
    return str(address or "").rpartition("/")[2]


def relative(address: object) -> str:
    """`projects/p/zones/z/instances/n`, as Pulumi's ids are, of an address or of such an id."""
    text = str(address or "")
    return text[text.find("projects/") :] if "projects/" in text else text


def instance_id(project: str, zone: str, name: str) -> str:
    """The id of a machine, as Pulumi has it."""
    return f"projects/{project}/zones/{zone}/instances/{name}"


def zone_and_name(id: str) -> dict[str, str]:
    """The parameters of a call about a machine, by its id."""
    parts = id.split("/")
    return {"zone": parts[-3], "instance": parts[-1]}


def tags_in(thing: Mapping[str, Any]) -> dict[str, str]:
    """What the labels of a thing say, by the names of tags."""
    return tags_of(thing.get("labels") or {})


def labelled(tags: Mapping[str, str]) -> str:
    """The filter of a list that takes what carries these tags."""
    from soundstage.components.labels import labels_of

    terms = [f"(labels.{key} = {value})" for key, value in sorted(labels_of(tags).items())]
    return " AND ".join(terms)


def metadata_of(instance: Mapping[str, Any]) -> dict[str, str]:
    """The metadata of a machine, by key."""
    items = (instance.get("metadata") or {}).get("items") or ()
    return {str(one["key"]): str(one.get("value", "")) for one in items}


def moment(text: object) -> datetime | None:
    """A time as Google writes it, in UTC; None for none."""
    return datetime.fromisoformat(str(text)).astimezone(UTC) if text else None


def metadata_key(tag: str) -> str:
    """The key of metadata that says what a tag says on AWS."""
    return label_key(tag)
