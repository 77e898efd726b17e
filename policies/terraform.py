"""Plans of Terraform, as `terraform show -json` prints them (“JSON output format”, version 1, read 2026-11).

Pulumi's AWS and Google providers are made from Terraform's, so that a resource has the same properties under other names: camelCase for
snake_case, a plural for a repeated block, an object for a block that stands once. `data/terraform.json` says which are which; a type that
is not there keeps its name and counts as not judged. What a plan leaves to `after_unknown` is not known only where the configuration says
something of it: the rest is for the cloud to decide, as in a plan of Pulumi, which leaves it out.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from soundstage.core.errors import UsageError
from soundstage.core.values import UNKNOWN, Properties, Secret, Value, has_unknown
from soundstage.plan.plan import Operation, Options, Plan, PlannedResource
from soundstage.policies.terraform_references import References

_OPERATIONS: Final = {
    ("no-op",): Operation.SAME,
    ("create",): Operation.CREATE,
    ("update",): Operation.UPDATE,
    ("delete", "create"): Operation.REPLACE,
    ("create", "delete"): Operation.REPLACE,
    ("read",): Operation.READ,
    ("delete",): Operation.DELETE,
    ("forget",): Operation.FORGET,
}
_IAM: Final = re.compile(r"google_(.+)_iam_(member|binding|policy|audit_config)")
_WHOLE: Final = {"project": "projects", "folder": "folder", "organization": "organizations"}
_CLOUDS: Final = {"google": "gcp", "google-beta": "gcp"}
"""Pulumi's name of a provider, where Terraform's is another."""
_COMPUTED: Final = frozenset({"id", "arn", "self_link", "tags_all"})
_WRITERS: Final = ("aws_iam_policy_document", "google_iam_policy")
_DEEPEST: Final = 20
"""Documents within documents; what lies deeper is not followed."""


def is_terraform(document: Mapping[str, Any]) -> bool:
    """Whether a decoded document is a plan of Terraform."""
    return isinstance(document.get("resource_changes"), list) and "format_version" in document


def plan_of_terraform(document: Mapping[str, Any]) -> Plan:
    """The plan in what `terraform show -json` printed. A plan that failed leaves resources out: `UsageError`."""
    if document.get("errored") is True:
        raise UsageError(
            "Terraform did not finish this plan, which leaves resources out.", "Mend what `terraform plan` says first."
        )
    changes = [item for item in document["resource_changes"] if isinstance(item.get("change"), Mapping)]
    urns = {str(item["address"]): _urn(str(item["type"]), str(item["address"])) for item in changes}
    references = References(document.get("configuration") or {}, list(urns))
    data = {str(item["address"]): item for item in changes if item.get("mode") == "data"}
    documents = _Documents(data, references)
    read = [_resource(item, urns, references, documents) for item in changes if item.get("mode") != "data"]
    around = [*_stack(document), *_providers(document)]
    clouds = {item.type.partition(":")[0] for item in read}
    return Plan("terraform", "terraform", (*around, *read), cloud="gcp" if clouds & {"gcp"} - {"aws"} else "aws")


@cache
def _table() -> Mapping[str, tuple[str, Mapping[str, Any]]]:
    text = (files("soundstage.policies") / "data" / "terraform.json").read_text(encoding="utf-8")
    return {name: (token, fields) for name, (token, fields) in json.loads(text)["types"].items()}


def token_of(type: str) -> str:
    """What Pulumi calls a type of Terraform. Roles of Google are given by types of one pattern; what is not known keeps its name."""
    if type in _table():
        return _table()[type][0]
    given = _IAM.fullmatch(type)
    if given:
        kind = "IAM" + camel(f"_{given[2]}")
        place = _WHOLE.get(given[1])
        name = kind if place else camel(f"_{given[1]}") + kind
        return f"gcp:{place or given[1].partition('_')[0]}/{name[0].lower()}{name[1:]}:{name}"
    return f"{_cloud(type.partition('_')[0])}:{type}"


def _cloud(provider: str) -> str:
    return _CLOUDS.get(provider, provider)


def camel(name: str) -> str:
    """`instance_type` → `instanceType`."""
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), name)


def _urn(type: str, address: str) -> str:
    return f"urn:pulumi:terraform::terraform::{token_of(type)}::{address}"


def _resource(
    item: Mapping[str, Any], urns: Mapping[str, str], references: References, documents: "_Documents"
) -> PlannedResource:
    address, change = str(item["address"]), item["change"]
    fields = _table()[item["type"]][1] if item["type"] in _table() else {}
    after, before = change.get("after"), change.get("before")
    said = references.of(address)
    expressions = said.expressions if said is not None else None
    values = _merged(after or {}, change.get("after_unknown") or {}, change.get("after_sensitive") or {}, expressions)
    inputs: Properties = {}
    depends: dict[str, tuple[str, ...]] = {}
    for name, value in values.items():
        if name in _COMPUTED and name not in (expressions or {}):
            continue
        targets = said.targets(name) if said is not None else ()
        written = next((found for at in targets if value is UNKNOWN and (found := documents.at(at)) is not None), value)
        key, turned = _property(name, written, fields)
        if turned is not None:
            inputs[key] = turned
        linked = tuple(urns[at] for at in targets if at in urns and at not in documents.items)
        if linked:
            depends[key] = linked
    if "tags_all" in values and isinstance(values["tags_all"], Mapping):
        inputs["tags"] = dict(values["tags_all"])
    outputs: Properties = {camel(name): value for name, value in values.items() if value is not UNKNOWN}
    known = before if isinstance(before, Mapping) else {}
    return PlannedResource(
        urn=urns[address],
        type=token_of(str(item["type"])),
        name=address,
        operation=_OPERATIONS.get(tuple(change.get("actions") or ()), Operation.UPDATE),
        id=str(known["id"]) if known.get("id") else None,
        inputs=inputs,
        outputs=outputs,
        dependencies=tuple(dict.fromkeys(urn for listed in depends.values() for urn in listed)),
        property_dependencies=depends,
        provider=f"{_provider_urn(said.provider)}::id" if said is not None and said.provider else None,
        options=Options(protect=True),  # a plan does not say `prevent_destroy`
    )


def _merged(after: Any, unknown: Any, sensitive: Any, said: Any = None) -> Any:
    """A value with what is not known yet and what is sensitive marked in it. `said` are the expressions of a configuration, where they are
    known: what they leave out is for the cloud to decide, and of a text that is shown as its digest they hold the text itself."""
    if unknown is True:
        return UNKNOWN
    if sensitive is True:
        return None if after is None else Secret(after)
    if isinstance(said, Mapping) and isinstance(said.get("constant_value"), str) and isinstance(after, str):
        return said["constant_value"]
    if isinstance(after, Mapping) or (isinstance(unknown, Mapping) and after is None):
        own, marks, hides, told = after or {}, _map(unknown), _map(sensitive), _map(said)
        keys = [*own, *(key for key in marks if key not in own and marks[key] is True)]
        asked = [key for key in keys if marks.get(key) is not True or said is None or key in told]
        return {str(key): _merged(own.get(key), marks.get(key), hides.get(key), told.get(key)) for key in asked}
    if isinstance(after, list):
        unseen, secret = _list(unknown, len(after)), _list(sensitive, len(after))
        blocks = said if isinstance(said, list) and len(said) == len(after) else [None] * len(after)
        return [_merged(item, unseen[at], secret[at], blocks[at]) for at, item in enumerate(after)]
    return after


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any, length: int) -> list[Any]:
    return [*value, *[None] * length] if isinstance(value, list) else [None] * length


def _property(name: str, value: Value, fields: Mapping[str, Any]) -> tuple[str, Value]:
    """A property as Pulumi names and shapes it."""
    plain = camel(name)
    plurals = (f"{plain}s", f"{plain}es", f"{plain[:-1]}ies")
    key = next((each for each in (plain, *plurals) if each in fields), plain)
    about = fields.get(key, "")
    kind, below = (about, {}) if isinstance(about, str) else (about[0], about[1])
    if kind == "o" and isinstance(value, list):
        value = value[0] if value else None
    return key, value if kind == "m" else _shaped(value, below)


def _shaped(value: Value, fields: Mapping[str, Any]) -> Value:
    if isinstance(value, Mapping):
        found = dict(_property(str(name), item, fields) for name, item in value.items())
        return {key: item for key, item in found.items() if item is not None}
    return [_shaped(item, fields) for item in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class _Documents:
    """The data sources of a plan that write policies: known but for what is made of resources."""

    items: Mapping[str, Mapping[str, Any]]
    references: References

    def at(self, address: str, depth: int = _DEEPEST) -> Value:
        """The policy that a data source will write; None where it is no such one, `UNKNOWN` where it takes in one that is not known."""
        item = self.items.get(address)
        if item is None or item["type"] not in _WRITERS:
            return None
        change = item["change"]
        values = _merged(change.get("after") or {}, change.get("after_unknown") or {}, {})
        if item["type"] == "google_iam_policy":
            return {"bindings": list(values.get("binding") or [])}
        own = [_statement(one) for one in values.get("statement") or []]
        names = ("source_policy_documents", "override_policy_documents")
        sources, overrides = (self._taken(address, name, values.get(name), depth) for name in names)
        if sources is None or overrides is None:
            return UNKNOWN
        return {"Version": "2012-10-17", "Statement": _overridden([*sources, *own, *overrides])}

    def _taken(self, address: str, name: str, listed: Any, depth: int) -> list[Any] | None:
        """The statements of the policies that one takes in; None where not all of them are known."""
        written: list[Value] = [json.loads(text) for text in _known_texts(listed)]
        if listed is UNKNOWN or has_unknown(listed):
            told = self.references.of(address)
            sources = told.targets(name) if told is not None and depth else ()
            hidden = listed.count(UNKNOWN) if isinstance(listed, list) else 1
            found = [self.at(at, depth - 1) for at in sources]
            written += found if len(found) >= hidden else [UNKNOWN]
        if not all(isinstance(one, Mapping) for one in written):
            return None
        return [statement for one in written if isinstance(one, Mapping) for statement in _statements(one)]


def _known_texts(listed: Any) -> list[str]:
    return [text for text in listed if isinstance(text, str) and text] if isinstance(listed, list) else []


def _overridden(statements: list[Any]) -> list[Any]:
    """The statements that stay: of those with the same `Sid`, the last."""
    last = {one["Sid"]: at for at, one in enumerate(statements) if isinstance(one, Mapping) and one.get("Sid")}
    return [
        one for at, one in enumerate(statements) if not isinstance(one, Mapping) or last.get(one.get("Sid"), at) == at
    ]


def _statements(document: Mapping[str, Any]) -> list[Any]:
    found = document.get("Statement") or []
    return found if isinstance(found, list) else [found]


def _statement(block: Any) -> Value:
    if not isinstance(block, Mapping):
        return UNKNOWN
    said: dict[str, Any] = {"Effect": block.get("effect") or "Allow", "Sid": block.get("sid") or ""}
    for name, element in (
        ("actions", "Action"),
        ("not_actions", "NotAction"),
        ("resources", "Resource"),
        ("not_resources", "NotResource"),
    ):
        if block.get(name):
            said[element] = block[name]
    for name, element in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
        listed = [one for one in block.get(name) or [] if isinstance(one, Mapping)]
        if any(one.get("type") == "*" for one in listed):
            said[element] = "*"
        elif listed:
            said[element] = {str(one.get("type")): one.get("identifiers") for one in listed}
    tests: dict[str, dict[str, Any]] = {}
    for one in block.get("condition") or []:
        if isinstance(one, Mapping):
            tests.setdefault(str(one.get("test")), {})[str(one.get("variable"))] = one.get("values")
    return {**said, "Condition": tests} if tests else said


def _stack(document: Mapping[str, Any]) -> Iterator[PlannedResource]:
    """The outputs, which whoever reads the state sees."""
    told = (document.get("planned_values") or {}).get("outputs") or {}
    outputs: Properties = {
        str(name): Secret(each.get("value")) if each.get("sensitive") else each.get("value")
        for name, each in told.items()
        if isinstance(each, Mapping)
    }
    if outputs:
        type = "pulumi:pulumi:Stack"
        yield PlannedResource(
            f"urn:pulumi:terraform::terraform::{type}::outputs", type, "outputs", Operation.SAME, False, outputs=outputs
        )


def _provider_urn(key: str) -> str:
    return f"urn:pulumi:terraform::terraform::pulumi:providers:{_cloud(key.partition('.')[0])}::{key}"


def _providers(document: Mapping[str, Any]) -> Iterator[PlannedResource]:
    """The providers, which say a region, a project and whose account may be touched, where the configuration says so itself or by a variable."""
    variables = _map(document.get("variables"))
    for key, about in ((document.get("configuration") or {}).get("provider_config") or {}).items():
        expressions = about.get("expressions") or {}
        said = {
            camel(name): value
            for name, each in expressions.items()
            if isinstance(each, Mapping) and (value := _told(each, variables)) is not None
        }
        kind = f"pulumi:providers:{_cloud(str(about.get('name')))}"
        yield PlannedResource(_provider_urn(key), kind, key, Operation.SAME, inputs=said)


def _told(expression: Mapping[str, Any], variables: Mapping[str, Any]) -> Any:
    """The value of an expression that is a constant or one variable and nothing else; None for any other."""
    if "constant_value" in expression:
        return expression["constant_value"]
    names = [str(one).removeprefix("var.") for one in expression.get("references") or () if str(one).startswith("var.")]
    return (
        _map(variables.get(names[0])).get("value")
        if len(expression.get("references") or ()) == len(names) == 1
        else None
    )
