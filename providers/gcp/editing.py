"""Edits of a part of something that Google Cloud takes as a whole: one member in a policy, one NAT of a router, one label, some metadata.

Each reads the whole, changes its part, and writes the whole with the mark that it was read with; where somebody else wrote in between,
it begins again. They are called as operations that no document has: `buckets.addMember`, `routers.getNat`.
"""

import random
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from soundstage.providers.calls import Declined
from soundstage.providers.gcp.discovery import method
from soundstage.providers.gcp.links import region_of

Ask: TypeAlias = Callable[[str, Mapping[str, Any]], Any]
"""Makes a call by the name of its method, and gives the answer."""
_LOCKS: Final = tuple(threading.Lock() for _ in range(64))
"""Edits of one thing wait for each other in this process, so that they seldom meet in the cloud."""
_ATTEMPTS: Final = 12
_PAUSE: Final = 0.05
_OTHERS_WROTE: Final = frozenset({"conflict", "conditionNotMet", "aborted", "ABORTED", "resourceNotReady"})
_VERSION: Final = 3
"""The version of policies that may have conditions."""


def _edited(key: str, once: Callable[[], Any]) -> Any:
    """What an edit gives, begun again while others write."""
    with _LOCKS[hash(key) % len(_LOCKS)]:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return once()
            except Declined as error:
                if attempt == _ATTEMPTS or error.code not in _OTHERS_WROTE:
                    raise
            time.sleep(_PAUSE * attempt * random.uniform(0.5, 1.5))  # noqa: S311 - spreads retries, hides nothing
    raise AssertionError("the last attempt returns or raises")


# -- policies


def _policy(ask: Ask, service: str, collection: str, where: Mapping[str, Any]) -> dict[str, Any]:
    name = f"{collection}.getIamPolicy"
    about = method(f"{service}.{name.lstrip('.')}")
    asked: dict[str, Any] = {key: _VERSION for key in about.parameters if key.endswith("equestedPolicyVersion")}
    if about.request:
        asked["options"] = {"requestedPolicyVersion": _VERSION}
    return dict(ask(name, {**where, **asked}))


def _set_policy(ask: Ask, service: str, collection: str, where: Mapping[str, Any], policy: Mapping[str, Any]) -> Any:
    name = f"{collection}.setIamPolicy"
    whole = {**policy, "version": _VERSION}
    bare = method(f"{service}.{name.lstrip('.')}").request == "Policy"
    return ask(name, {**where, "body": whole if bare else {"policy": whole}})


def _binding(policy: Mapping[str, Any], role: str, condition: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The members of a role under one condition. Without one, that without."""
    found = [one for one in policy.get("bindings", ()) if one.get("role") == role]
    return next((one for one in found if _same_condition(one.get("condition"), condition)), None)


def _same_condition(left: Mapping[str, Any] | None, right: Mapping[str, Any] | None) -> bool:
    ours, theirs = left or {}, right or {}
    if set(theirs) == {"title"}:  # all that an id says of it
        return bool(ours.get("title") == theirs["title"])
    return all(ours.get(key, "") == theirs.get(key, "") for key in ("title", "description", "expression"))


def _split(params: Mapping[str, Any], *own: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Where something is, and what is said of it."""
    return {k: v for k, v in params.items() if k not in own}, {k: v for k, v in params.items() if k in own}


def get_member(ask: Ask, service: str, collection: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Role, member, condition and the policy's mark; empty when the member does not have the role under the condition."""
    where, told = _split(params, "role", "member", "condition")
    policy = _policy(ask, service, collection, where)
    found = _binding(policy, told["role"], told.get("condition"))
    if found is None or told["member"] not in found.get("members", ()):
        return {}
    return {
        "role": told["role"],
        "member": told["member"],
        "condition": found.get("condition"),
        "etag": policy.get("etag"),
    }


def _with_member(bindings: list[dict[str, Any]], told: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = _binding({"bindings": bindings}, told["role"], told.get("condition"))
    if found is None:
        made = {"role": told["role"], "members": [told["member"]], "condition": told.get("condition")}
        return [*bindings, {key: value for key, value in made.items() if value is not None}]
    members = [*found["members"], *([] if told["member"] in found["members"] else [told["member"]])]
    return [{**one, "members": members} if one is found else one for one in bindings]


def _without_member(bindings: list[dict[str, Any]], told: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = _binding({"bindings": bindings}, told["role"], told.get("condition"))
    left = [
        {**one, "members": [each for each in one["members"] if each != told["member"]]} if one is found else one
        for one in bindings
    ]
    return [one for one in left if one.get("members")]


def _member_edit(change: Callable[[list[dict[str, Any]], Mapping[str, Any]], list[dict[str, Any]]]) -> "Edit":
    def edit(ask: Ask, service: str, collection: str, params: Mapping[str, Any]) -> Any:
        where, told = _split(params, "role", "member", "condition")

        def once() -> Any:
            policy = _policy(ask, service, collection, where)
            before = list(policy.get("bindings", ()))
            after = change(before, told)
            if after == before:
                return policy
            return _set_policy(ask, service, collection, where, {**policy, "bindings": after})

        return _edited(f"{service}.{collection}{where}", once)

    return edit


def get_audit(ask: Ask, service: str, collection: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """What is recorded of a service (`of`); empty for nothing."""
    where, told = _split(params, "of", "logs")
    policy = _policy(ask, service, collection, where)
    found = next((one for one in policy.get("auditConfigs", ()) if one.get("service") == told["of"]), None)
    return {**found, "etag": policy.get("etag")} if found else {}


def _put_audit(ask: Ask, service: str, collection: str, params: Mapping[str, Any]) -> Any:
    where, told = _split(params, "of", "logs")

    def once() -> Any:
        policy = _policy(ask, service, collection, where)
        kept = [one for one in policy.get("auditConfigs", ()) if one.get("service") != told["of"]]
        ours = [{"service": told["of"], "auditLogConfigs": told["logs"]}] if told.get("logs") else []
        # `updateMask` must name what else than bindings is set (Resource Manager API, `setIamPolicy`, read 2026-11).
        whole = {**policy, "version": _VERSION, "auditConfigs": [*kept, *ours]}
        return ask(
            f"{collection}.setIamPolicy",
            {**where, "body": {"policy": whole, "updateMask": "bindings,etag,auditConfigs"}},
        )

    return _edited(f"{service}.{collection}{where}", once)


# -- elements of lists


def get_nat(ask: Ask, _service: str, collection: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """One NAT of a router, by its name; empty when the router has none of that name."""
    where, told = _split(params, "nat", "body")
    router = ask(f"{collection}.get", where)
    return next((one for one in router.get("nats", ()) if one["name"] == told["nat"]), {})


def _put_nat(ask: Ask, service: str, collection: str, params: Mapping[str, Any]) -> Any:
    where, told = _split(params, "nat", "body")

    def once() -> Any:
        held = ask(f"{collection}.get", where).get("nats", [])
        same: Mapping[str, Any] = next((one for one in held if one["name"] == told["nat"]), {})
        ours = [{**same, "name": told["nat"], **told["body"]}] if told.get("body") else []
        if not same and not ours:
            return {}
        kept = [one for one in held if one["name"] != told["nat"]]
        return ask(f"{collection}.patch", {**where, "body": {"nats": [*kept, *ours]}})

    return _edited(f"{service}.{collection}{where}", once)


def get_attached_policy(ask: Ask, _service: str, collection: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """A resource policy of a disk, by its name; empty when the disk has none of that name."""
    where, told = _split(params, "policy")
    found = ask(f"{collection}.get", where).get("resourcePolicies", ())
    return next(({"name": told["policy"]} for one in found if one.rpartition("/")[2] == told["policy"]), {})


def _attach_policy(ask: Ask, _service: str, collection: str, params: Mapping[str, Any]) -> Any:
    where, told = _split(params, "policy")
    policy = f"projects/{where['project']}/regions/{region_of(where['zone'])}/resourcePolicies/{told['policy']}"
    return ask(f"{collection}.addResourcePolicies", {**where, "resourcePolicies": [policy]})


def _detach_policy(ask: Ask, _service: str, collection: str, params: Mapping[str, Any]) -> Any:
    where, told = _split(params, "policy")
    held = ask(f"{collection}.get", where).get("resourcePolicies", ())
    ours = [one for one in held if one.rpartition("/")[2] == told["policy"]]
    return ask(f"{collection}.removeResourcePolicies", {**where, "resourcePolicies": ours}) if ours else {}


def _label_edit(ask: Ask, service: str, collection: str, params: Mapping[str, Any]) -> Any:
    """Put a label on something, or with no `value` take it away."""
    where, told = _split(params, "label", "value")

    def once() -> Any:
        held = ask(f"{collection}.get", where)
        labels = {key: value for key, value in held.get("labels", {}).items() if key != told["label"]}
        if told.get("value"):
            labels[told["label"]] = told["value"]
        mark = {"labels": labels, "labelFingerprint": held.get("labelFingerprint")}
        return ask(f"{collection}.setLabels", {**where, "body": mark})

    return _edited(f"{service}.{collection}{where}", once)


def _put_metadata(ask: Ask, service: str, collection: str, params: Mapping[str, Any]) -> Any:
    """Set these items of a machine's metadata, and take away those of `gone` that are none of them. What others put beside them stays, such
    as the moment until which a machine is kept awake."""
    where, told = _split(params, "items", "gone")

    def once() -> Any:
        held = ask(f"{collection}.get", where).get("metadata", {})
        items = {
            one["key"]: one.get("value", "") for one in held.get("items", ()) if one["key"] not in told.get("gone", ())
        }
        items |= told.get("items", {})
        body = {"fingerprint": held.get("fingerprint"), "items": [{"key": k, "value": v} for k, v in items.items()]}
        return ask(f"{collection}.setMetadata", {**where, "body": body})

    return _edited(f"{service}.{collection}{where}", once)


Edit: TypeAlias = Callable[[Ask, str, str, Mapping[str, Any]], Any]
EDITS: Final[Mapping[str, Edit]] = {
    "getMember": get_member,
    "addMember": _member_edit(_with_member),
    "removeMember": _member_edit(_without_member),
    "getAudit": get_audit,
    "putAudit": _put_audit,
    "removeAudit": _put_audit,
    "getNat": get_nat,
    "putNat": _put_nat,
    "removeNat": _put_nat,
    "getAttachedPolicy": get_attached_policy,
    "attachPolicy": _attach_policy,
    "removeAttachedPolicy": _detach_policy,
    "addLabel": _label_edit,
    "removeLabel": _label_edit,
    "putMetadata": _put_metadata,
}
"""The last part of an operation's name → what it does."""
MADE_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "getMember": ("getIamPolicy",),
    "addMember": ("setIamPolicy", "getIamPolicy"),
    "removeMember": ("setIamPolicy", "getIamPolicy"),
    "getAudit": ("getIamPolicy",),
    "putAudit": ("setIamPolicy", "getIamPolicy"),
    "removeAudit": ("setIamPolicy", "getIamPolicy"),
    "getNat": ("get",),
    "putNat": ("patch", "get"),
    "removeNat": ("patch", "get"),
    "getAttachedPolicy": ("get",),
    "attachPolicy": ("addResourcePolicies",),
    "removeAttachedPolicy": ("removeResourcePolicies", "get"),
    "addLabel": ("setLabels", "get"),
    "removeLabel": ("setLabels", "get"),
    "putMetadata": ("setMetadata", "get"),
}
"""The same → the methods that it calls, the one first that names it in a refusal."""
