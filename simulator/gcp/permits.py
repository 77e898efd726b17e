"""Who may do what: the permissions that a method asks for (`providers.gcp.permissions`), the roles that hold them, and the policies that
bind roles to callers, with their conditions."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from soundstage.providers.gcp import permissions
from soundstage.simulator.gcp import expressions, seeds
from soundstage.simulator.gcp.caller import OWNER
from soundstage.simulator.gcp.work import GoogleCall, named
from soundstage.simulator.gcp.world import Thing, World
from soundstage.simulator.process import GOOGLE_PROJECT_NUMBER

_KINDS: Final = {
    "instances": "compute.googleapis.com/Instance", "disks": "compute.googleapis.com/Disk", "objects": "storage.googleapis.com/Object",
    "buckets": "storage.googleapis.com/Bucket", "cryptoKeys": "cloudkms.googleapis.com/CryptoKey",
    "serviceAccounts": "iam.googleapis.com/ServiceAccount", "projects": "cloudresourcemanager.googleapis.com/Project",
    "snapshots": "compute.googleapis.com/Snapshot", "iap_tunnel": "iap.googleapis.com/TunnelInstance",
}  # fmt: skip
"""Collection → what conditions call the type of its things (IAM, "Attribute reference for IAM Conditions", read 2026-11)."""


_PUBLIC: Final = frozenset(f"compute.images.{each}" for each in ("get", "getFromFamily", "list", "useReadOnly"))
"""What everybody who is signed in may do with the images of Google's own projects (Compute Engine, "Public images", read 2026-11)."""


def refused(world: World, call: GoogleCall, body: Any, now: float) -> str:
    """The permission that a caller lacks for a call; empty when it may."""
    for permission in asked(world, call, body):
        if not may(world, call.caller, permission, target(call, permission, body), now, call):
            return permission
    return ""


def asked(world: World, call: GoogleCall, body: Any) -> Iterator[str]:
    """The permissions that a call asks for."""
    yield from permissions.asked(call.method.id, body)
    if (
        call.method.id == "storage.objects.insert"
        and f"/storage/v1/b/{call.params['bucket']}/o/{_object(call, body)}" in world.things
    ):
        yield "storage.objects.delete"


def _object(call: GoogleCall, body: Any) -> str:
    given = body.get("name") if isinstance(body, dict) else None
    return str(call.params.get("object") or call.one("name") or given or "")


def target(call: GoogleCall, permission: str, body: Any) -> str:
    """The path of what a permission is asked for: the thing of the call, or one that the body names."""
    if permission == "iam.serviceAccounts.actAs" and isinstance(body, dict):
        for account in body.get("serviceAccounts", [{}]):
            if account.get("email"):
                return f"/v1/projects/{call.project}/serviceAccounts/{account['email']}"
    if call.method.api == "logging.v2" and call.method.collection == "entries" and isinstance(body, dict):
        # Their paths name nobody: whose they are is in what is sent, for all entries or in the first.
        (first,) = (body.get("entries") or [{}])[:1]
        named_in = body.get("logName") or first.get("logName") or next(iter(body.get("resourceNames") or ()), "")
        return f"/v2/{named_in}"
    if call.method.api == "storage.v1" and "bucket" in call.params:
        name = _object(call, body) if call.method.collection == "objects" else ""
        bucket = f"/storage/v1/b/{call.params['bucket']}"
        return f"{bucket}/o/{name}" if name else bucket
    if call.method.api == "storage.v1" and call.one("project"):  # of a bucket that is to be, or of all
        return f"/v3/projects/{call.one('project')}"
    return call.path.partition(":")[0] if "/iap_" not in call.path else call.path.rpartition(":")[0]


def may(
    world: World,
    caller: str,
    permission: str,
    path: str,
    now: float,
    call: GoogleCall | None = None,
    more: Mapping[str, Any] | None = None,
) -> bool:
    """Whether a caller has a permission on what is at a path, by its own policy or that of something above it. `more` is what conditions
    may ask about besides (`destination.port`)."""
    if caller == OWNER or (permission in _PUBLIC and _project(path) in seeds.data("images.json")):
        return True
    told = {**known(path, call), "request.time": now, **(more or {})}
    for above in _above(world, path):
        for binding in world.policies.get(above, {}).get("bindings", []):
            if is_bound(caller, binding.get("members", [])) and permission in permissions_of(world, binding["role"]):
                condition = binding.get("condition", {}).get("expression", "")
                if not condition or expressions.holds(condition, told):
                    return True
    return False


def is_bound(caller: str, members: list[str]) -> bool:
    """Whether a caller is one of the members of a binding."""
    return caller in members or "allUsers" in members or "allAuthenticatedUsers" in members


def _project(path: str) -> str:
    """Whose a path is; empty for one that names no project."""
    found = re.search(r"/projects/([^/:]+)", path)
    return found[1] if found else ""


def _above(world: World, path: str) -> Iterator[str]:
    """Where policies hold for a path: there, at everything above it, at its project."""
    parts = path.split("/")
    for number in range(len(parts), 2, -1):
        yield "/".join(parts[:number])
    if project := _project(path):
        yield f"/v3/projects/{project}"
    bucket = re.match(r"/storage/v1/b/([^/]+)", path)
    if bucket:
        owner = world.things.get(bucket[0], {}).get("projectNumber", GOOGLE_PROJECT_NUMBER)
        yield from (
            key
            for key, thing in world.things.items()
            if key.startswith("/v3/projects/") and thing.get("name") == f"projects/{owner}"
        )


def known(path: str, call: GoogleCall | None) -> dict[str, Any]:
    """What conditions may ask about a thing."""
    bucket = re.match(r"/storage/v1/b/([^/]+)(?:/o/(.*))?$", path)
    attributes: Mapping[str, str] = {}
    if bucket:
        name = f"projects/_/buckets/{bucket[1]}" + (f"/objects/{bucket[2]}" if bucket[2] else "")
        kind = "objects" if bucket[2] else "buckets"
        if call:
            attributes = {"storage.googleapis.com/objectListPrefix": call.one("prefix")}
    else:
        name = named(path)
        parts = name.split("/")
        kind = "iap_tunnel" if "iap_tunnel" in parts else parts[-2] if len(parts) > 1 else ""
    whole = _KINDS.get(kind, "")
    return {
        "resource.name": name,
        "resource.type": whole,
        "resource.service": whole.partition("/")[0],
        "api": attributes,
    }


def permissions_of(world: World, role: str) -> frozenset[str] | set[str]:
    """What a role holds; nothing for one that is not there."""
    if role.startswith("roles/"):
        return predefined(role)
    held: Thing = world.things.get(f"/v1/{role}", {})
    return set() if held.get("deleted") or held.get("stage") == "DISABLED" else set(held.get("includedPermissions", ()))


@cache
def predefined(role: str) -> frozenset[str]:
    """What one of Google's own roles holds."""
    held = seeds.data("roles.json").get(role, {}).get("holds", {})
    return frozenset(f"{service}.{each}" for service, rest in held.items() for each in rest.split())


def is_role(world: World, role: str) -> bool:
    """Whether there is such a role."""
    if role.startswith("roles/"):
        return role in seeds.data("roles.json")
    return not world.things.get(f"/v1/{role}", {"deleted": True}).get("deleted")


@cache
def testable() -> frozenset[str]:
    """Every permission that the simulated cloud knows: a custom role may hold these."""
    asked = {permission for rows in permissions.rows().values() for permission, *_ in rows}
    return frozenset(asked.union(*(predefined(role) for role in seeds.data("roles.json"))))
