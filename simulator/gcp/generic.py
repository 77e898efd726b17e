"""What most methods do, by their names and schemas: make, read, list, change, delete, and compute's setters."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from soundstage.components.naming import camel_case
from soundstage.providers.gcp.discovery import Value
from soundstage.simulator.gcp import operations
from soundstage.simulator.gcp.checking import masked, merged
from soundstage.simulator.gcp.listing import aggregated, all_below, listed
from soundstage.simulator.gcp.refusals import Refused, aborted, in_use, invalid, not_found, precondition
from soundstage.simulator.gcp.work import Handler, Work, named
from soundstage.simulator.gcp.world import Thing


def serve(work: Work, made: Mapping[str, Handler]) -> Thing:
    """The answer to a method that has no function of its own. `made` are those that complete what was made, by collection."""
    name = work.method.name
    if name in ("insert", "create"):
        return create(work, made.get(f"{work.method.api.partition('.')[0]}.{work.method.collection}"))
    if "perations" in work.method.collection and name in ("get", "wait"):
        return operation(work)
    if name == "list":
        return listed(work)
    if name == "aggregatedList":
        return aggregated(work)
    if name == "get":
        return dict(work.must(work.call.path))
    if name == "delete":
        return delete(work)
    if name in ("patch", "update"):
        return change(work)
    return setter(work)


def create(work: Work, made: Handler | None = None) -> Thing:
    """Make a thing, and let `made` complete it (it finds the thing as the body)."""
    name, body = _named_body(work)
    path = work.call.path if work.method.verb == "PUT" else f"{work.call.path}/{name}"
    absent(work, path)
    if work.is_compute:
        body = full_links(work, body)
    thing = born(work, path, body)
    work.world.things[path] = thing
    try:
        if made:
            work.body = thing
            made(work)
    except Refused:
        del work.world.things[path]
        raise
    if work.is_compute:
        then = {"status": thing["status"]} if "status" in thing else {}
        if then:
            thing["status"] = "CREATING" if "CREATING" in work.properties()["status"].enum else thing["status"]
        return operations.begun(work, path, "status" if then else "", then)
    return operations.finished(work, thing) if work.method.response == "Operation" else thing


def absent(work: Work, path: str) -> None:
    """Raise `Refused` where there is something at a path."""
    if path in work.world.things:
        raise Refused(409, "alreadyExists", f"The resource '{named(path)}' already exists")


def _named_body(work: Work) -> tuple[str, Thing]:
    """The name of what is to be made, and what it is to be."""
    body, query = work.body, work.call.query
    item = work.schema_of_item()
    wrapped = [
        name for name, value in (work.document.schema(work.method.request).properties or {}).items()
        if value.ref and work.document.schema(value.ref) is item
    ]  # fmt: skip
    if wrapped:
        names = [str(value) for key, value in body.items() if key.endswith("Id")]
        body = dict(body.get(wrapped[0]) or {})
    else:
        names = [values[0] for key, values in query.items() if key.endswith("Id") and key != "requestId"]
    given = body.get("name", "")
    if not names and given:
        names = [str(given).rpartition("/")[2]]
    return names[0] if names else work.number(), dict(body)


def born(work: Work, path: str, body: Thing) -> Thing:
    """What was asked for, with what Google adds to it."""
    properties = work.properties()
    thing = dict(body)
    if work.is_compute:
        thing |= {"id": work.number(), "selfLink": work.link(path), "creationTimestamp": work.stamp}
        for place in ("zone", "region"):
            found = re.search(rf"(.*/{place}s/[^/]+)/", path)
            if place in properties and found:
                thing[place] = work.link(found[1])
        if "labelFingerprint" in properties:
            thing["labelFingerprint"] = fingerprint(thing.get("labels", {}))
        if "fingerprint" in properties:
            thing["fingerprint"] = fingerprint([path, 0])
    elif "name" in properties and work.method.api != "dns.v1":
        thing["name"] = named(path)
    for key, value in (("createTime", work.stamp), ("updateTime", work.stamp)):
        if key in properties:
            thing[key] = value
    if "etag" in properties:
        thing["etag"] = fingerprint([path, work.stamp])
    if "kind" in properties and properties["kind"].default:
        thing["kind"] = properties["kind"].default
    states = properties.get("status", Value()).enum
    for state in ("RUNNING", "READY", "ACTIVE", "RESERVED"):
        if state in states:
            thing.setdefault("status", state)
            break
    return thing


def fingerprint(content: Any) -> str:
    """What changes when the content does: eight bytes in base 64, as compute has them."""
    text = json.dumps(content, sort_keys=True).encode()
    return base64.b64encode(hashlib.sha256(text).digest()[:8]).decode()


def check_fingerprint(given: Any, now: str, what: str) -> None:
    """Raise `Refused` (412) where a change was made by what somebody read before another change."""
    if given != now:
        precondition(
            "Labels fingerprint either invalid or resource labels have changed"
            if what == "labels"
            else f"Supplied fingerprint does not match current {what} fingerprint."
        )


def full_links(work: Work, node: Any, key: str = "") -> Any:
    """The same with every partial address of a thing made full. Raises `Refused` where it names nothing."""
    if isinstance(node, dict):
        return {name: full_links(work, value, name) for name, value in node.items() if name != "metadata"} | (
            {"metadata": node["metadata"]} if "metadata" in node else {}
        )
    if isinstance(node, list):
        return [full_links(work, value, key) for value in node]
    if not isinstance(node, str) or key in ("name", "description", "nextHopGateway", "kmsKeyName"):
        return node
    found = re.fullmatch(
        r"(?:https?://[^/]+/(?:compute/v1/)?)?((?:projects/[^/]+/)?(?:global|zones/[^/]+|regions/[^/]+)/\w+(?:/family)?/[\w.-]+)",
        node,
    )
    if not found:
        return node
    path = work.path_of(found[1])
    if "/images/family/" in path:
        path = newest_image(work, path)
    if "/licenses/" not in path:
        work.must(path)
    return work.link(path)


def newest_image(work: Work, path: str) -> str:
    """The path of the newest image of a family that is not deprecated."""
    images, _, family = path.partition("/images/family/")
    found = [
        each for each in all_below(work, f"{images}/images")
        if each.get("family") == family and "deprecated" not in each
    ]  # fmt: skip
    if not found:
        not_found(f"{named(images)}/images/family/{family}")
    return f"{images}/images/{max(found, key=lambda each: each['creationTimestamp'])['name']}"


def operation(work: Work) -> Thing:
    """An operation, as far as it is."""
    path = work.call.path.removesuffix("/wait")
    return dict(work.world.operations.get(path) or not_found(named(path)))


def delete(work: Work) -> Thing:
    """Take a thing away."""
    path = work.call.path
    work.must(path)
    unused(work, path)
    if work.is_compute:
        return operations.begun(work, path, "remove")
    operations.EFFECTS["remove"](work.world, path, {}, work.now)
    return operations.finished(work, {}) if work.method.response == "Operation" else {}


def unused(work: Work, path: str) -> None:
    """Raise `Refused` where something of compute names a thing, or it is being deleted."""
    if any(what == "remove" and target == path for _, what, target, _ in work.world.pending):
        raise Refused(400, "resourceNotReady", f"The resource '{named(path)}' is not ready")
    link = f'"{work.link(path)}"'
    for other, thing in work.world.things.items():
        if other == path or other.startswith(path + "/") or not other.startswith("/compute/"):
            continue
        told = {
            key: value
            for key, value in thing.items()
            if key not in ("users", "sourceDisk", "sourceSnapshot", "sourceImage")
        }
        if link in json.dumps(told):
            kind = path.rsplit("/", 2)[1].removesuffix("s")
            in_use(kind, named(path), named(other))


def change(work: Work) -> Thing:
    """A thing with some of it changed, by a mask or by what the body holds."""
    path = work.call.path
    thing = work.must(path)
    body = full_links(work, work.body) if work.is_compute else work.body
    body = body.get(_wrapped(work), body)
    if work.is_compute and "fingerprint" in body:
        check_fingerprint(body["fingerprint"], thing.get("fingerprint", ""), "resource")
    if not work.is_compute and body.get("etag") and body["etag"] != thing.get("etag"):
        aborted("There were concurrent changes of the resource: its etag has changed. Read it, and try again.")
    fixed = [
        name for name, value in work.properties().items()
        if value.immutable and name in body and name in thing and body[name] != thing[name] and name != "name"
    ]  # fmt: skip
    if fixed:
        invalid(f"The field '{fixed[0]}' cannot be changed once the resource is made.")
    body = {
        key: value
        for key, value in body.items()
        if key not in ("name", "etag", "fingerprint") or (work.is_compute and key == "name")
    }
    mask = work.call.one("updateMask") or str(work.body.get("updateMask", ""))
    if mask:
        known = work.properties()
        wrong = [
            each for each in mask.split(",") if camel_case(each.strip().partition(".")[0]) not in known and each != "*"
        ]
        if wrong:
            invalid(f"Invalid field mask '{mask}': there is no field '{wrong[0]}'.")
        changed = masked(thing, body, mask) if mask != "*" else merged(thing, body)
    elif work.method.name == "update" and not work.is_compute:
        kept = {key: thing[key] for key in thing if key not in work.properties() or work.properties()[key].read_only}
        changed = {**kept, "name": thing.get("name"), **body}
    else:
        changed = merged(thing, body)
    touched(work, path, changed)
    work.world.things[path] = changed
    if work.is_compute:
        return operations.begun(work, path)
    return operations.finished(work, changed) if work.method.response == "Operation" else dict(changed)


def _wrapped(work: Work) -> str:
    """Under which name of the body the thing itself stands, as in `{policy: {…}, updateMask: …}`."""
    item = work.schema_of_item()
    for name, value in (work.document.schema(work.method.request).properties or {}).items():
        if value.ref and work.document.schema(value.ref) is item and name in work.body:
            return name
    return ""


def touched(work: Work, path: str, thing: Thing) -> None:
    """Give a changed thing its new marks."""
    if "etag" in thing:
        thing["etag"] = fingerprint([path, work.stamp, work.text(4)])
    if "fingerprint" in thing:
        thing["fingerprint"] = fingerprint([path, work.stamp, work.text(4)])
    if "updateTime" in thing:
        thing["updateTime"] = work.stamp
    if "labelFingerprint" in thing:
        thing["labelFingerprint"] = fingerprint(thing.get("labels", {}))


def setter(work: Work) -> Thing:
    """One of compute's setters: its body is one property of the thing, or holds some of them; without a body its query does."""
    path = work.target
    thing = work.must(path)
    properties = work.properties()
    request = work.method.request
    if request:
        body = full_links(work, work.body)
        name = next((key for key, value in properties.items() if value.ref == request), "")
        if name:
            given = body.pop("fingerprint", None)
            if "fingerprint" in thing.get(name, {}):
                check_fingerprint(
                    given, thing[name]["fingerprint"], {"metadata": "metadata", "tags": "tags"}.get(name, "resource")
                )
                body["fingerprint"] = fingerprint(body)
            thing[name] = body
            return operations.begun(work, path)
        if set(work.document.schema(request).properties or {}) <= set(properties) | {"fingerprint"}:
            if "labels" in (work.document.schema(request).properties or {}):
                check_fingerprint(body.pop("labelFingerprint", None), thing["labelFingerprint"], "labels")
                thing["labels"] = body.get("labels", {})
                thing["labelFingerprint"] = fingerprint(thing["labels"])
                return operations.begun(work, path)
            body.pop("fingerprint", None)
            thing.update(body)
            return operations.begun(work, path)
    plain = {key: values[0] for key, values in work.call.query.items() if key in properties}
    if plain:
        thing.update(
            {key: value == "true" if properties[key].type == "boolean" else value for key, value in plain.items()}
        )
        return operations.begun(work, path)
    raise Refused(501, "notImplemented", f"The simulated Google Cloud does not do {work.method.id}.")
