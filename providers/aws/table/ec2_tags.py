"""How everything in EC2 is tagged after it was made."""

from typing import Any, Final

from soundstage.providers.aws.mapping import Field, Tags
from soundstage.providers.aws.paths import ONLY_IF
from soundstage.providers.aws.table.entry import Call, Update

TAGS: Final = Field("tags", form=Tags(keyed=True))
RETAG: Final = Update(
    ("tags",),
    (
        Call("CreateTags", {"Resources": ["{id}"], "Tags": "{added.tags}"}, when="{added.tags}"),
        Call("DeleteTags", {"Resources": ["{id}"], "Tags": "{removed.tags}"}, when="{removed.tags}"),
    ),
)


def by_mark(operation: str, gives: str) -> Call:
    """Find by the tag that a create leaves."""
    return Call(operation, filters(**{"tag:soundstage:creation": "{token}"}), gives=gives)


def filters(**named: str) -> dict[str, Any]:
    """EC2 filters; underscores in names stand for hyphens. One whose value is missing is left out."""
    return {
        "Filters": [
            {ONLY_IF: value, "Name": name.replace("_", "-"), "Values": [value]} for name, value in named.items()
        ]
    }
