"""Entries of the table, made of what Google's documents say of a collection.

An entry names the collection, how an id is made, and the properties: those that a change replaces (`fixed`), those that `patch` changes
(`patch`), and those that have a way of their own (`own`). `routingMode=routingConfig.routingMode` is a property that the API calls
otherwise. Methods, their parameters, the forms of values and what hides in blocks come from the documents.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from soundstage.providers.entry import AutoName, Call, Entry, Update, sets
from soundstage.providers.gcp.discovery import Document, Method, document, method, methods
from soundstage.providers.gcp.fields import field
from soundstage.providers.gcp.forms import Labels, Map
from soundstage.providers.mapping import Field

NAMED: Final = AutoName("name", "", longest=63, lower=True)
ZONAL: Final = ("project", "zone")
REGIONAL: Final = ("project", "region")
_VERSION: Final = re.compile(r"^/(?:[a-z]+/)*v\d\w*/")
_WHOSE: Final = ("labels", "userLabels", "description", "displayName", "title")


def ours(name: str, **how: Any) -> Field:
    """A property that Google never hears of, or that it takes in another way than as a property."""
    return Field(name, read=None, **{"computed": True, **how})


KEPT: Final = ours("deletionPolicy")
"""What a delete does, in words of Pulumi's; here a delete deletes."""


def resource(
    token: str,
    collection: str,
    id: str,
    *,
    fixed: str = "",
    patch: str = "",
    own: tuple[Field, ...] = (),
    forms: Mapping[str, Mapping[str, Any]] | None = None,
    places: tuple[str, ...] = ("project",),
    labels: str = "",
    keys: Mapping[str, Any] | None = None,
    sends: Mapping[str, Any] | None = None,
    wrapped: str = "",
    schema: str = "",
    outputs: str = "",
    updates: tuple[Update, ...] = (),
    **more: Any,
) -> Entry:
    """An entry. `labels`: `set` by a call of their own, `patch`ed or `merge`d with what is there. `keys` are the parameters of calls
    about what exists, where they do not follow from the id; `sends` further ones of the create, whose body `wrapped` holds.
    """
    service, _, path = collection.partition(".")
    about = _api_of(f"{collection}.get")
    schema = schema or method(f"{collection}.get").response
    how = forms or {}
    fixed_fields = [
        _made(about, schema, told, {"replaces": True, **how.get(_name(told), {})}) for told in fixed.split()
    ]
    patched = [_made(about, schema, told, how.get(_name(told), {})) for told in patch.split()]
    patched_too = [Field("labels", "labels", form=Labels(merges=labels == "merge"))] if labels else []
    fields = (*fixed_fields, *patched, *patched_too, *own, *(ours(place) for place in places), KEPT)
    names = [one.name for one in (*patched, *(patched_too if labels != "set" else ()))]
    made = next(f"{collection}.{verb}" for verb in ("insert", "create") if f"{collection}.{verb}" in methods())
    kept = {"read": None, "delete": None, **more}
    unsent = {*places, KEPT.name, *(one.name for one in own if one.shown is None and not one.api)}
    unsent |= set(more.get("unsent", ()))
    sent = [one.name for one in fields if one.name not in unsent]
    claimed = {name for update in updates if update.on_create for name in update.fields}
    body = "{body." + "|".join(name for name in sent if name not in claimed) + "}"

    def where(verb: str, *, exists: bool = True) -> Mapping[str, Any]:
        return keys if keys is not None else keys_of(method(f"{collection}.{verb}"), id, exists=exists)

    creating = {**where(made.rpartition(".")[2], exists=False), **_token(made), **(sends or {})}
    changing = (
        *_patches(collection, names, where),
        *(_relabel(collection, where("setLabels")) if labels == "set" else ()),
    )
    shown: dict[str, Any] = {_name(told): "@" + _path(told) for told in outputs.split()}
    if labels:
        shown |= {"pulumiLabels": "{in.labels}", "effectiveLabels": Field("effectiveLabels", "labels", form=Map())}
    kept["read"] = more.get("read") or Call(f"{path}.get", where("get"))
    if "delete" not in more and f"{collection}.delete" in methods():
        kept["delete"] = Call(f"{path}.delete", where("delete"))
    after = (*changing, *updates)
    return Entry(
        token,
        service,
        fields,
        id,
        create=more.get("create")
        or Call(made.partition(".")[2], {**creating, "body": {wrapped: body} if wrapped else body}),
        updates=after,
        outputs={**shown, **more.get("shown", {})},
        regional=False,
        places=places,
        settle=True,
        looks=bool(after) or bool(more.get("looks")),
        known_by=tuple(name for name in _WHOSE if name in {one.name for one in fields}),
        **{key: value for key, value in kept.items() if key not in ("create", "unsent", "looks", "shown")},
        unsent=tuple(one.name for one in fields),
    )


def _api_of(name: str) -> Document:
    return document(method(name).api)


def _name(told: str) -> str:
    return told.partition("=")[0]


def _path(told: str) -> str:
    return told.partition("=")[2] or told


def _made(about: Document, schema: str, told: str, how: Mapping[str, Any]) -> Field:
    return field(about, schema, _path(told), _name(told), **how)


def _token(made: str) -> dict[str, str]:
    return {"requestId": "{token}"} if "requestId" in method(made).parameters else {}


def keys_of(about: Method, id: str, *, exists: bool) -> dict[str, str]:
    """The parameters in the path of a method, as parts of the id: of the one that exists, or of that which the inputs make."""
    path = _VERSION.sub("", about.path)
    if found := re.match(r"\{\+([\w.]+)\}(?:/(\w+))?$", path):
        below = id.rpartition(f"/{found[2]}/")[0] if found[2] else id
        return {found[1]: "{id}" if exists else below}
    parts = id.split("/")
    return {
        step.strip("{}"): "{seg." + str(number) + "}" if exists else parts[number]
        for number, step in enumerate(path.split("/"))
        if step.startswith("{") and number < len(parts)
    }


def _patches(collection: str, names: list[str], where: Callable[[str], Mapping[str, Any]]) -> tuple[Update, ...]:
    if not names:
        return ()
    verb = "patch" if f"{collection}.patch" in methods() else "update"
    about = method(f"{collection}.{verb}")
    listed = "|".join(names)
    request = document(about.api).schema(about.request).properties or {}
    asked: dict[str, Any] = {**where(verb), "body": "{patch." + listed + "}"}
    inside = next((name for name, value in request.items() if value.ref == method(f"{collection}.get").response), "")
    if inside:  # the body holds the resource, and the mask beside it
        asked["body"] = {inside: "{patch." + listed + "}"}
    if "updateMask" in about.parameters or inside:
        asked["updateMask"] = "{mask." + listed + "}"
    if "fingerprint" in request:
        asked["fingerprint"] = "{seen.fingerprint}"
    return (sets(tuple(names), Call(f"{collection.partition('.')[2]}.{verb}", asked, when="{mask." + listed + "}")),)


def _relabel(collection: str, where: Mapping[str, Any]) -> tuple[Update, ...]:
    """Labels by a call of their own, which says what it has seen. Without a label left, the body says so itself."""
    asked = {**where, "labelFingerprint": "{seen.labelFingerprint}", "labels": {}, "body": "{patch.labels}"}
    return (sets("labels", Call(f"{collection.partition('.')[2]}.setLabels", asked, when="{mask.labels}")),)


__all__ = ["KEPT", "NAMED", "REGIONAL", "ZONAL", "keys_of", "ours", "resource"]
