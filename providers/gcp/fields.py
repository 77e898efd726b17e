"""Properties of resources, read off Google's own schemas.

Most of Pulumi's names are the API's own. Where one differs, `_PULUMI` says so for a property inside a block, and a type's entry for one at
its top. Facts about what Google chooses by itself are Terraform's (`Optional` and `Computed` in terraform-provider-google), as far as
it takes them from no schema.
"""

from collections.abc import Iterable
from typing import Final

from soundstage.providers.gcp.discovery import Document, Value
from soundstage.providers.gcp.forms import Age, Flag, Lists, Map, Names, Number, NumberText, Only, Part, Parts, Text
from soundstage.providers.mapping import PLAIN, Field, Form

_PULUMI: Final = {
    "AcceleratorConfig.acceleratorCount": "count",
    "AcceleratorConfig.acceleratorType": "type",
    "AccessConfig.natIP": "natIp",
    "AlertStrategy.notificationChannelStrategy": "notificationChannelStrategies",
    "Bucket.cors.method": "methods",
    "Bucket.cors.origin": "origins",
    "Bucket.cors.responseHeader": "responseHeaders",
    "Bucket.lifecycle.rule.condition.matchesPrefix": "matchesPrefixes",
    "Bucket.lifecycle.rule.condition.matchesStorageClass": "matchesStorageClasses",
    "Bucket.lifecycle.rule.condition.matchesSuffix": "matchesSuffixes",
    "Bucket.lifecycle.rule.condition.isLive": "withState",
    "CustomerEncryptionKey.kmsKeyName": "kmsKeySelfLink",
    "NetworkInterface.networkIP": "networkIp",
    "RouterNatSubnetworkToNat.sourceIpRangesToNat": "sourceIpRangesToNats",
}
"""Schema and path within it → Pulumi's name."""
_ONE: Final = {
    "Instance.resourcePolicies",
    "ResourcePolicySnapshotSchedulePolicySnapshotProperties.storageLocations",
}
"""Lists of which Pulumi takes one element."""
_TEXTS: Final = {"units", "retentionPeriod"}
"""Numbers that Pulumi writes as text."""
_FLAGS: Final = {"allowAll", "denyAll", "enforce"}
"""Truths that Pulumi writes as text."""
_SAID: Final = {
    "action", "content", "description", "destination", "displayName", "expression", "filter", "mimeType", "pubsubTopic", "subject",
    "title", "kmsKeyName",
}  # fmt: skip
"""Texts that Google never chooses: their absence is a wish."""
_HIDDEN: Final = {"etag", "fingerprint", "kind", "labelFingerprint"}
_DEEPEST: Final = 7


def field(document: Document, schema: str, path: str, name: str = "", *, whole: bool = False, **how: object) -> Field:
    """The property at a dotted `path` of a schema, by Pulumi's `name` where that differs; `how` as the attributes of `Field`. With
    `whole`, also what is only shown and never taken."""
    value, where, prefix = Value(ref=schema), "", schema
    for step in path.split("."):
        prefix, where, value = _into(document, prefix, where, value, step)
    name = name or path.rpartition(".")[2]
    return _field(document, f"{prefix}.{where}", name, path, value, 0, whole=whole, **how)


def _into(document: Document, prefix: str, where: str, value: Value, step: str) -> tuple[str, str, Value]:
    inner = value.items if value.type == "array" and value.items else value
    if inner.ref:
        prefix, where, inner = inner.ref, "", document.schema(inner.ref)
    found = (inner.properties or {}).get(step)
    if found is None:
        raise KeyError(f"{prefix}.{where}.{step} is not in {document.api}")
    return prefix, f"{where}.{step}" if where else step, found


def _field(
    document: Document, key: str, name: str, path: str, value: Value, depth: int, *, whole: bool = False, **how: object
) -> Field:
    form = how.pop("form", None) or _form(document, key, value, depth, whole)
    kind = document.resolved(value)
    chosen = kind.type in ("string", "integer", "number") and path.rpartition(".")[2] not in _SAID
    settings: dict[str, object] = {"computed": chosen, **how}
    if kind.type == "boolean" and path != "isLive":
        settings.setdefault("quiet", (False, "FALSE"))
    return Field(name, path, form=form, **settings)  # type: ignore[arg-type]


def _form(document: Document, key: str, value: Value, depth: int, whole: bool) -> Form:
    """How a value of this schema is written. `key` is schema and path within it."""
    last = key.rpartition(".")[2]
    if value.type == "array" and value.items:
        if key in _ONE:
            return Only(_form(document, key + ".", value.items, depth, whole))
        inner = document.resolved(value.items)
        if inner.properties is not None and depth < _DEEPEST:
            return Parts(*_inside(document, value.items.ref or key, inner, depth, whole))
        return Names() if inner.type == "string" else PLAIN
    kind = document.resolved(value)
    if kind.properties is not None and depth < _DEEPEST:
        return Part(*_inside(document, value.ref or key, kind, depth, whole))
    if kind.values is not None:
        return Lists() if kind.values.type == "array" else Map()
    if kind.type == "boolean":
        return Flag() if last in _FLAGS else Age() if last == "isLive" else PLAIN
    if kind.type == "string":
        if kind.format in ("int64", "uint64"):
            return NumberText() if last in _TEXTS else Number()
        return Text()
    return PLAIN


def _inside(document: Document, key: str, kind: Value, depth: int, whole: bool) -> Iterable[Field]:
    for api, value in (kind.properties or {}).items():
        if (value.read_only and not whole) or api in _HIDDEN:
            continue
        where = f"{key}.{api}"
        yield _field(document, where, _PULUMI.get(where, api), api, value, depth + 1, whole=whole)
