"""`aws.iam.getPolicyDocument`: a policy document from its parts. Pure.

It writes what the Terraform data source `aws_iam_policy_document`, which pulumi-aws bridges, is documented to write:
one value is written as a text and several as a sorted list, `&{name}` stands for the policy variable `${name}`, statements
of source documents come first, and overriding ones replace those of the same `sid`.
"""

import json
from typing import Any, Final

from soundstage.core.errors import UsageError
from soundstage.core.values import Properties

_VERSION: Final = "2012-10-17"
_PARTS: Final = {"actions": "Action", "notActions": "NotAction", "resources": "Resource", "notResources": "NotResource"}
_PRINCIPALS: Final = {"principals": "Principal", "notPrincipals": "NotPrincipal"}


def policy_document(args: Properties) -> Properties:
    """The data source's outputs. `UsageError` when a source is no JSON or a statement's id occurs twice."""
    statements = _sourced(args.get("sourcePolicyDocuments") or ()) + [
        _own(item) for item in args.get("statements") or ()
    ]
    sids = [statement["Sid"] for statement in statements if statement.get("Sid")]
    double = sorted({sid for sid in sids if sids.count(sid) > 1})
    if double:
        raise UsageError(f"The policy document has two statements with the sid {double[0]!r}.", "Rename one of them.")
    for override in _sourced(args.get("overridePolicyDocuments") or ()):
        place = next(
            (i for i, old in enumerate(statements) if old.get("Sid") and old["Sid"] == override.get("Sid")), None
        )
        if place is None:
            statements.append(override)
        else:
            statements[place] = override
    document: dict[str, Any] = {"Version": args.get("version") or _VERSION}
    if args.get("policyId"):
        document["Id"] = args["policyId"]
    document["Statement"] = statements
    text, short = json.dumps(document, indent=2), json.dumps(document, separators=(",", ":"))
    return {**args, "json": text, "minifiedJson": short, "id": str(len(short))}


def _sourced(documents: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for document in documents:
        try:
            statements = json.loads(document)["Statement"]
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError("A source of a policy document is no policy.", "Give the JSON of one.") from error
        found += statements if isinstance(statements, list) else [statements]
    return found


def _own(statement: Properties) -> dict[str, Any]:
    result: dict[str, Any] = {}
    if statement.get("sid"):
        result["Sid"] = statement["sid"]
    result["Effect"] = statement.get("effect") or "Allow"
    for name, key in _PRINCIPALS.items():
        if statement.get(name):
            result[key] = _principals(statement[name])
    for name, key in _PARTS.items():
        if statement.get(name):
            result[key] = _listed(_variables(statement[name]))
    conditions: dict[str, dict[str, Any]] = {}
    for condition in statement.get("conditions") or ():
        values = conditions.setdefault(condition["test"], {})
        values[condition["variable"]] = _listed(_variables(condition["values"]))
    if conditions:
        result["Condition"] = conditions
    return result


def _principals(given: Any) -> Any:
    if [item["type"] for item in given] == ["*"]:
        return "*"
    kinds: dict[str, list[str]] = {}
    for item in given:
        kinds.setdefault(item["type"], []).extend(item["identifiers"])
    return {kind: _listed(names) for kind, names in kinds.items()}


def _variables(values: Any) -> list[str]:
    return [str(value).replace("&{", "${") for value in values]


def _listed(values: list[str]) -> Any:
    unique = sorted(set(values))
    return unique[0] if len(unique) == 1 else unique
