"""The permissions that calls of Google Cloud take."""

from soundstage.providers.gcp.editing import MADE_OF

_VERBS = {"insert": "create", "patch": "update", "destroy": "destroy"}


def methods_of(service: str, operation: str) -> tuple[str, ...]:
    """The methods of the documents that a call is made of, the one first that a refusal is about."""
    collection, _, verb = operation.rpartition(".")
    return tuple(".".join(part for part in (service, collection, one) if part) for one in MADE_OF.get(verb, (verb,)))


def action_of(service: str, operation: str) -> str:
    """The permission that a call asks for first of all."""
    path = methods_of(service, operation)[0].split(".")
    return f"{path[0]}.{path[-2]}.{_VERBS.get(path[-1], path[-1])}"
