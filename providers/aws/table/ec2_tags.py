"""How everything in EC2 is tagged after it was made."""

from typing import Any, Final

from soundstage.providers.aws.mapping import Field, Tags
from soundstage.providers.aws.paths import ONLY_IF
from soundstage.providers.aws.table.entry import Call, Update
from soundstage.providers.aws.table.tagging import retag

TAGS: Final = Field("tags", form=Tags(keyed=True))


def retagged(id: str, field: str = "tags") -> Update:
    """Change the tags of what has this id."""
    return retag({"Resources": [id]}, tag="CreateTags", untag="DeleteTags", keys="Tags", field=field)


RETAG: Final = retagged("{id}")


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
