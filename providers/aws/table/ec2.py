"""What is alike for everything in EC2: how it is named, tagged and found by its tags, and how one attribute of it is set."""

from typing import Any, Final

from soundstage.providers.aws.table.tagging import retag
from soundstage.providers.entry import Call, Entry, Update, sets
from soundstage.providers.mapping import Field, Tags
from soundstage.providers.paths import ONLY_IF

ARN: Final = "arn:{partition}:ec2:{region}:{account}:"
TAGGING: Final = ("ec2:CreateTags",)
"""What a create takes besides that tags what it makes."""
TAGS: Final = Field("tags", form=Tags(keyed=True))


def retagged(id: str, field: str = "tags") -> Update:
    """Change the tags of what has this id."""
    return retag({"Resources": [id]}, tag="CreateTags", untag="DeleteTags", keys="Tags", field=field)


RETAG: Final = retagged("{id}")


def resource(
    token: str, word: str, *, kind: str = "", fields: tuple[Field, ...], updates: tuple[Update, ...] = (), **more: Any
) -> Entry:
    """A type that EC2 makes, shows and deletes by calls that are named after it, and that is tagged and found by the tag that a create
    leaves. `word` is what ARNs and tag specifications call it, `kind` what its calls do; `more` is what is otherwise or besides."""
    kind = kind or token.rpartition(":")[2]
    id = f"{kind}Id"
    common = {
        "id": f"@{id}",
        "create": Call(f"Create{kind}", gives=kind, needs=TAGGING),
        "read": Call(f"Describe{kind}s", {f"{id}s": ["{id}"]}, f"{kind}s.0"),
        "delete": Call(f"Delete{kind}", {id: "{id}"}),
        "arn": f"{ARN}{word}/{{id}}",
        "tagged": word,
        "marked": True,
        "finder": by_mark(f"Describe{kind}s", f"{kind}s[].{id}"),
    }
    return Entry(token, "ec2", fields=(*fields, TAGS), updates=(*updates, RETAG), **{**common, **more})


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


def attribute(operation: str, whose: str, field: str, *, on_create: bool = False) -> Update:
    """Set one attribute by the call for attributes, which takes one at a time. `whose` is its parameter for the id."""
    name = f"{field[0].upper()}{field[1:]}"
    call = Call(operation, {whose: "{id}", name: {"Value": f"{{in.{field}}}"}})
    return sets(field, call, on_create=on_create)
