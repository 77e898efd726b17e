"""Entries of what stands in IAM policies: one member with one role."""

import re
from collections.abc import Mapping
from typing import Any, Final

from soundstage.providers.entry import Call, Entry
from soundstage.providers.gcp.forms import Part, Text
from soundstage.providers.gcp.resources import ours
from soundstage.providers.mapping import Field
from soundstage.providers.paths import parts

_ID: Final = re.compile(
    r"(?P<target>.+?)[/ ](?P<role>(?:(?:projects|organizations)/[^/ ]+/)?roles/[^/ ]+)[/ ](?P<member>[^/ ]+)(?:[/ ](?P<title>.+))?"
)
_CONDITION: Final = Part(
    Field("expression", "expression", replaces=True),
    Field("title", "title", replaces=True),
    Field("description", "description", replaces=True),
)


def member(
    token: str, collection: str, target: str, where: Mapping[str, Any], *, places: tuple[str, ...] = (), **named: str
) -> Entry:
    """An entry for the members of one kind of thing. `target` makes the first part of the id of the inputs, `where` the parameters of
    the calls; `named` are the inputs that say what it is about, with the form of an id that means the same."""
    service, _, path = collection.partition(".")
    asked = {**where, "role": "{in.role}", "member": "{in.member}", "condition": "{api.condition}"}
    inputs = [Field(name, read=None, replaces=True, required=True, form=Text()) for name in named]

    def told(id: str) -> Mapping[str, Any] | None:
        found = _ID.fullmatch(id)
        if found is None:
            return None
        condition = {"in.condition": {"title": found["title"]}} if found["title"] else {}
        own = {name.replace("last.", "in."): value for name, value in (parts(target, found["target"]) or {}).items()}
        return {**own, "in.role": found["role"], "in.member": found["member"], **condition}

    return Entry(
        token,
        service,
        (
            *inputs,
            Field("role", "role", replaces=True, required=True, form=Text()),
            Field("member", "member", replaces=True, required=True),
            Field("condition", "condition", replaces=True, form=_CONDITION),
            *(ours(place) for place in places),
        ),
        id=f"{target}/{{in.role}}/{{in.member}}{{tail.condition.title}}",
        create=Call(f"{path}.addMember", asked),
        read=Call(f"{path}.getMember", asked),
        delete=Call(f"{path}.removeMember", asked),
        unsent=(*named, "role", "member", "condition", *places),
        outputs={"etag": "@etag"},
        proof="role",
        settle=True,
        regional=False,
        places=places,
        named=told,
    )
