"""IAM policies of whatever can have one: read, replaced by whoever knows the present one, and asked about."""

import hashlib
import re
from typing import Any, Final, NoReturn

from soundstage.simulator.gcp import expressions, permits, rules
from soundstage.simulator.gcp.generic import fingerprint
from soundstage.simulator.gcp.refusals import aborted, invalid, not_found, precondition, unmet
from soundstage.simulator.gcp.work import Work, named
from soundstage.simulator.gcp.world import Thing

METHODS: Final = frozenset({"getIamPolicy", "setIamPolicy", "testIamPermissions"})
_MEMBER: Final = re.compile(
    r"allUsers|allAuthenticatedUsers|(?:user|serviceAccount|group):[^@\s]+@[^@\s]+|domain:\S+|principal(?:Set)?://\S+|"
    r"project(?:Owner|Editor|Viewer):\S+|deleted:(?:user|serviceAccount|group):\S+\?uid=\d+"
)
_OWN: Final = re.compile(r"serviceAccount:[^@]+@([a-z0-9-]+)\.iam\.gserviceaccount\.com")
_CONDITIONS: Final = 3
"""The first version of a policy that holds conditions."""


def serve(work: Work) -> Thing:
    """The answer to one of `METHODS`."""
    path = _path(work)
    if work.method.name == "testIamPermissions":
        asked = work.call.query.get("permissions") or work.body.get("permissions", [])
        granted = [each for each in asked if permits.may(work.world, work.call.caller, each, path, work.now, work.call)]
        return {"permissions": granted} if granted else {}
    if work.method.name == "getIamPolicy":
        return _shown(work, path)
    policy = work.body if work.method.api == "storage.v1" else work.body.get("policy", work.body)
    return _replace(work, path, policy, str(work.body.get("updateMask", "")))


def _path(work: Work) -> str:
    """The path of what the policy is bound to, which must be there."""
    path = work.call.path
    path = path.rpartition(":")[0] if ":" in path.rpartition("/")[2] else path.rpartition("/")[0]
    if "/iap_" in path:
        found = re.search(r"/projects/([^/]+)/iap_tunnel/(zones/[^/]+/instances/[^/]+)", path)
        if found:
            work.must(f"/compute/v1/projects/{work.call.project}/{found[2]}")
        return path
    if work.method.api == "run.v2":
        functions = path.replace("/services/", "/functions/")
        if work.find(path) is None and work.find(functions) is None:
            not_found(named(path))
        return path
    work.must(path)
    return path


def _shown(work: Work, path: str) -> Thing:
    """A policy as it is told: without conditions to whoever does not ask for a version that has them."""
    policy = work.world.policies.get(path) or _empty(work)
    options = work.body.get("options", {}) if isinstance(work.body, dict) else {}
    asked = (
        work.call.one("optionsRequestedPolicyVersion")
        or work.call.one("options.requestedPolicyVersion")
        or options.get("requestedPolicyVersion", 1)
    )
    if int(asked) >= _CONDITIONS or not any("condition" in each for each in policy.get("bindings", [])):
        return dict(policy)
    return {**policy, "version": 1, "bindings": [_plain(each) for each in policy["bindings"]]}


def _plain(binding: Thing) -> Thing:
    if "condition" not in binding:
        return binding
    mark = hashlib.sha256(binding["condition"]["expression"].encode()).hexdigest()[:20]
    return {"role": f"{binding['role']}_withcond_{mark}", "members": binding["members"]}


def _empty(work: Work) -> Thing:
    policy: Thing = {"version": 1, "etag": "ACAB"}
    if work.method.api == "storage.v1":
        policy |= {"kind": "storage#policy", "bindings": []}
    return policy


def _replace(work: Work, path: str, policy: Any, mask: str) -> Thing:
    if not isinstance(policy, dict):
        invalid("Required field 'policy' not specified", "required")
    held = work.world.policies.get(path) or _empty(work)
    if policy.get("etag") and policy["etag"] != held["etag"]:
        _changed_meanwhile(work)
    bindings = [dict(each) for each in policy.get("bindings", [])]
    for binding in bindings:
        _check(work, binding, int(policy.get("version", 1)))
    access = work.world.things.get(path, {}).get("iamConfiguration", {})
    everyone = {"allUsers", "allAuthenticatedUsers"} & {one for each in bindings for one in each.get("members", [])}
    if everyone and (
        access.get("publicAccessPrevention") == "enforced" or rules.enforced(work, "storage.publicAccessPrevention")
    ):
        precondition(
            f"The member bindings {' and '.join(sorted(everyone))} are not allowed since public access prevention is enforced."
        )
    if any("condition" in each for each in held.get("bindings", [])) and int(policy.get("version", 1)) < _CONDITIONS:
        invalid(
            "The policy has conditions; to change it, ask for version 3 and say version 3. A change by version 1 would drop them."
        )
    kept = (
        {"auditConfigs": held["auditConfigs"]} if mask and "auditConfigs" not in mask and "auditConfigs" in held else {}
    )
    new = {
        **({"kind": "storage#policy", "resourceId": named(path)} if work.method.api == "storage.v1" else {}),
        "version": _CONDITIONS if any("condition" in each for each in bindings) else 1,
        **kept,
        "bindings": [each for each in bindings if each.get("members")],
    }
    if "auditConfigs" in policy:
        new["auditConfigs"] = policy["auditConfigs"]
    new["etag"] = fingerprint([new, work.stamp, work.text(4)])
    work.world.policies[path] = new
    return dict(new)


def _changed_meanwhile(work: Work) -> NoReturn:
    if work.method.api == "storage.v1":
        unmet()
    aborted("There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff.")


def _check(work: Work, binding: Thing, version: int) -> None:
    role = binding.get("role", "")
    if not permits.is_role(work.world, role):
        known = (
            "is not supported for this resource"
            if role.startswith("roles/")
            else "does not exist in the resource's hierarchy"
        )
        invalid(f"Role {role} {known}.")
    for member in binding.get("members", []):
        if not _MEMBER.fullmatch(member):
            invalid(
                f"The member {member} is of an unknown type. Allowed: user:, serviceAccount:, group:, domain:, allUsers."
            )
        own = _OWN.fullmatch(member)
        if own and f"/v3/projects/{own[1]}" in work.world.things:
            email = member.partition(":")[2]
            if f"/v1/projects/{own[1]}/serviceAccounts/{email}" not in work.world.things:
                invalid(f"Service account {email} does not exist.")
    condition = binding.get("condition")
    if condition:
        if version < _CONDITIONS:
            invalid("A policy with conditions must have version 3.")
        try:
            expressions.holds(condition.get("expression", ""), {})
        except (expressions.Unreadable, ValueError, IndexError) as problem:
            invalid(f"The condition of {role} cannot be read: {problem}.")
