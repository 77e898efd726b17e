"""Google's discovery documents, trimmed to what we use (`tests/provider/google_documents.py` writes them, with the revision and the day
they were read). `methods()` is every method by its id, `method(ID)` one of them, `document(API).schema(NAME)` a schema.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

_FOLDER: Final = Path(__file__).parent / "documents"


@dataclass(frozen=True, slots=True)
class Value:
    """A parameter, a property, or what a list or a map holds."""

    type: str = "any"
    """`string`, `integer`, `number`, `boolean`, `array`, `object`, `any`; empty where `ref` names a schema."""
    ref: str = ""
    format: str = ""
    """`int64` and `uint64` come as strings; `date-time`, `byte`, `google-fieldmask` …"""
    enum: tuple[str, ...] = ()
    pattern: str = ""
    read_only: bool = False
    immutable: bool = False
    required: bool = False
    """Of a parameter, whether each call needs it; of a property, whether the document marks it so for every method."""
    required_for: tuple[str, ...] = ()
    """The ids of the methods that need this property."""
    repeated: bool = False
    location: str = ""
    """Of a parameter: `path` or `query`."""
    default: str | None = None
    items: "Value | None" = None
    """What a list holds."""
    values: "Value | None" = None
    """What a map holds, whose keys are free."""
    properties: "Mapping[str, Value] | None" = None
    """Of an object that is described in place."""


@dataclass(frozen=True, slots=True)
class Method:
    """One method. Paths begin with a slash and are those of the API's own address."""

    id: str
    """Such as `compute.instances.insert`."""
    api: str
    """Such as `compute.v1`."""
    collection: str
    """Such as `instances` or `projects.locations.keyRings`."""
    name: str
    """Such as `insert`."""
    verb: str
    """`GET`, `POST`, `PUT`, `PATCH` or `DELETE`."""
    path: str
    """As clients fill it: `/v1/{+parent}/keyRings`, where `+` means that the value holds slashes."""
    flat_path: str
    """With each part on its own: `/v1/projects/{projectsId}/locations/{locationsId}/keyRings`."""
    parameters: Mapping[str, Value]
    order: tuple[str, ...]
    """The names of the parameters that a call must have, in the document's order."""
    request: str
    """The schema of the body; empty for none."""
    response: str
    upload: Mapping[str, str]
    """Where a medium is sent: `simple` and `resumable` → path."""
    downloads: bool
    """Whether `alt=media` answers with the medium itself."""


@dataclass(frozen=True)
class Document:
    """One API."""

    name: str
    version: str
    revision: str
    """The day of Google's revision, such as `20261106`."""
    client: str
    """The package and version that carried it."""
    read: str
    """The day on which it was read."""
    root: str
    """The address of the real API, such as `https://compute.googleapis.com/`."""
    parameters: frozenset[str]
    """Query parameters that every method takes."""
    methods: Mapping[str, Method]
    raw: Mapping[str, Any]
    """The schemas as they stand in the document."""

    @property
    def api(self) -> str:
        return f"{self.name}.{self.version}"

    @cached_property
    def _schemas(self) -> dict[str, Value]:
        return {}

    def schema(self, name: str) -> Value:
        """A schema by its name. `KeyError` for one that the documents do not have."""
        if name not in self._schemas:
            self._schemas[name] = _value(self.raw[name])
        return self._schemas[name]

    def resolved(self, value: Value) -> Value:
        """The schema that a value names, or the value itself."""
        return self.schema(value.ref) if value.ref else value


@cache
def document(api: str) -> Document:
    """The document of an API, such as `compute.v1`. `KeyError` for one that we do not have."""
    try:
        told = json.loads((_FOLDER / f"{api}.json").read_text())
    except FileNotFoundError:
        raise KeyError(api) from None
    methods = {name: _method(api, told["servicePath"], about) for name, about in told["methods"].items()}
    head = {key: told[key] for key in ("name", "version", "revision", "client", "read")}
    return Document(
        **head, root=told["rootUrl"], parameters=frozenset(told["parameters"]), methods=methods, raw=told["schemas"]
    )


def apis() -> tuple[str, ...]:
    """The APIs that we have, such as `compute.v1`."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.json")))


@cache
def methods() -> Mapping[str, Method]:
    """Every method of every API, by its id. Reads all documents."""
    return {name: method for api in apis() for name, method in document(api).methods.items()}


def method(name: str) -> Method:
    """A method by its id. Reads the document of its API alone. `KeyError` for one that the documents do not have."""
    service = name.partition(".")[0]
    for api in apis():
        if api.rpartition(".")[0] == service:
            return document(api).methods[name]
    raise KeyError(name)


def _method(api: str, service: str, told: Mapping[str, Any]) -> Method:
    media = told.get("mediaUpload", {}).get("protocols", {})
    return Method(
        id=told["id"],
        api=api,
        collection=told["collection"],
        name=told["method"],
        verb=told["httpMethod"],
        path="/" + service + told["path"],
        flat_path="/" + service + told.get("flatPath", told["path"]),
        parameters={name: _value(about) for name, about in told["parameters"].items()},
        order=tuple(told.get("parameterOrder", ())),
        request=told.get("request", ""),
        response=told.get("response", ""),
        upload={name: about["path"] for name, about in media.items()},
        downloads=told.get("supportsMediaDownload", False),
    )


def _value(told: Mapping[str, Any]) -> Value:
    required = told.get("required", False)
    return Value(
        type="" if "$ref" in told else told.get("type", "any"),
        ref=told.get("$ref", ""),
        format=told.get("format", ""),
        enum=tuple(told.get("enum", ())),
        pattern=told.get("pattern", ""),
        read_only=told.get("readOnly", False),
        immutable=told.get("immutable", False),
        required=bool(required),
        required_for=tuple(told.get("annotations", {}).get("required", ())),
        repeated=told.get("repeated", False),
        location=told.get("location", ""),
        default=told.get("default"),
        items=_value(told["items"]) if "items" in told else None,
        values=_value(told["additionalProperties"]) if "additionalProperties" in told else None,
        properties={name: _value(about) for name, about in told["properties"].items()}
        if "properties" in told
        else None,
    )
