"""Secret Manager: secrets, and their versions, of which each holds what was given once.

Source: Secret Manager API, "projects.secrets" and "projects.secrets.versions" (read 2026-11).
"""

import base64
from collections.abc import Mapping
from typing import Final

from soundstage.simulator.gcp import operations
from soundstage.simulator.gcp.checking import bytes_of
from soundstage.simulator.gcp.refusals import Refused, invalid, not_found
from soundstage.simulator.gcp.rules import check_key
from soundstage.simulator.gcp.work import Handler, Work, named
from soundstage.simulator.gcp.world import Thing

_LARGEST: Final = 65536
"""Bytes of a version (Secret Manager, "Quotas and limits", read 2026-11)."""
_STATES: Final = {"enable": "ENABLED", "disable": "DISABLED", "destroy": "DESTROYED"}


def secret(work: Work) -> Thing:
    """A secret that was made; without a version it holds nothing."""
    kept = work.body.get("replication") or {}
    if len(kept) != 1 or not {"automatic", "userManaged"} & kept.keys():
        invalid("Field [secret.replication] must be 'automatic' or 'userManaged'.", "required")
    places = (kept.get("userManaged") or {}).get("replicas", []) if "userManaged" in kept else [kept["automatic"]]
    if not places or ("userManaged" in kept and not all(one.get("location") for one in places)):
        invalid("Field [secret.replication.user_managed.replicas] must name a location each.", "required")
    for one in places:
        if key := (one.get("customerManagedEncryption") or {}).get("kmsKeyName"):
            check_key(work, key, "secretmanager")
    return work.body


def add_version(work: Work) -> Thing:
    """Give a secret its next content."""
    path = work.call.path.partition(":")[0]
    work.must(path)
    content = bytes_of((work.body.get("payload") or {}).get("data", ""))
    if not 1 <= len(content) <= _LARGEST:
        invalid(f"The payload must have 1 to {_LARGEST} bytes, not {len(content)}.")
    number = 1 + len(work.world.below(path, "versions"))
    key = f"{path}/versions/{number}"
    made = {"name": named(key), "createTime": work.stamp, "state": "ENABLED", "etag": f'"{work.text(12)}"'}
    work.world.things[key] = made
    work.world.blobs[f"secret {key}"] = content
    return dict(made)


def _version(work: Work) -> str:
    """Where a version is, also the one that is called `latest`."""
    path = work.call.path.partition(":")[0]
    if not path.endswith("/versions/latest"):
        work.must(path)
        return path
    above = path.removesuffix("/versions/latest")
    work.must(above)
    count = len(work.world.below(above, "versions"))
    if not count:
        not_found(named(path))
    return f"{above}/versions/{count}"


def get(work: Work) -> Thing:
    """What is said of a version."""
    return dict(work.world.things[_version(work)])


def access(work: Work) -> Thing:
    """The content of a version."""
    key = _version(work)
    held = work.world.things[key]
    if held["state"] != "ENABLED":
        raise Refused(400, "FAILED_PRECONDITION", f"Secret Version [{held['name']}] is in {held['state']} state.")
    content = base64.b64encode(bytes(work.world.blobs[f"secret {key}"])).decode()
    return {"name": held["name"], "payload": {"data": content}}


def turn(work: Work) -> Thing:
    """Switch a version on or off, or destroy its content for good."""
    key = _version(work)
    held, state = work.world.things[key], _STATES[work.method.name]
    if held["state"] == "DESTROYED":
        raise Refused(400, "FAILED_PRECONDITION", f"Secret Version [{held['name']}] is in DESTROYED state.")
    held["state"] = state
    if state == "DESTROYED":
        held["destroyTime"] = work.stamp
        work.world.blobs.pop(f"secret {key}", None)
    return dict(held)


def delete(work: Work) -> Thing:
    """Take a secret away, with everything it held."""
    path = work.call.path
    work.must(path)
    for key in [one for one in work.world.blobs if one.startswith(f"secret {path}/")]:
        del work.world.blobs[key]
    operations.EFFECTS["remove"](work.world, path, {}, work.now)
    return {}


_VERSIONS: Final = "secretmanager.projects.secrets.versions"
HANDLERS: Final[Mapping[str, Handler]] = {
    "secretmanager.projects.secrets.addVersion": add_version,
    "secretmanager.projects.secrets.delete": delete,
    f"{_VERSIONS}.get": get,
    f"{_VERSIONS}.access": access,
    **{f"{_VERSIONS}.{name}": turn for name in _STATES},
}
MADE: Final[Mapping[str, Handler]] = {"secretmanager.projects.secrets": secret}
