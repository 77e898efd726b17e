"""Buckets."""

import re
from collections.abc import Mapping
from typing import Any, Final

from soundstage.simulator.gcp import rules, seeds
from soundstage.simulator.gcp.checking import merged
from soundstage.simulator.gcp.generic import fingerprint
from soundstage.simulator.gcp.listing import listed
from soundstage.simulator.gcp.refusals import Refused, invalid, unmet
from soundstage.simulator.gcp.work import Handler, Work, seconds_of, stamp_of
from soundstage.simulator.gcp.world import Thing, World

START: Final = "/storage/v1/b/"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
_WIDE: Final = {
    **dict.fromkeys(("US", "EU", "ASIA"), "multi-region"),
    **dict.fromkeys(("EUR4", "NAM4", "ASIA1"), "dual-region"),
}
_CLASSES: Final = (
    "STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE", "MULTI_REGIONAL", "REGIONAL", "DURABLE_REDUCED_AVAILABILITY",
)  # fmt: skip
_SOFT_SECONDS: Final = 604800
_LONGEST_SOFT: Final = 7776000
_LONGEST_RETENTION: Final = 3155760000
_FIXED: Final = ("location", "name", "project", "projectNumber")
_KEPT: Final = (
    *_FIXED, "kind", "id", "selfLink", "generation", "timeCreated", "locationType", "storageClass", "iamConfiguration",
)  # fmt: skip
"""What stays of a bucket that is replaced as a whole and is not said again."""


def bucket_of(work: Work, place: str = "bucket") -> Thing:
    """The bucket of a call; `place` is the part of its path that names it."""
    held = work.world.things.get(START + work.call.params[place])
    if held is None:
        raise Refused(404, "notFound", "The specified bucket does not exist.")
    return held


def check_marks(work: Work, thing: Thing | None) -> None:
    """Raise `Refused` where a thing is not as the caller last saw it."""
    for what in ("Generation", "Metageneration"):
        now = str(thing.get(what.lower(), "0")) if thing else "0"
        match, other = work.call.one(f"if{what}Match"), work.call.one(f"if{what}NotMatch")
        unchanged = bool(other) and other == now
        if unchanged and work.method.verb == "GET" and match in ("", now):
            raise Refused(304, "notModified", "Not Modified")
        if unchanged or (match and match != now):
            unmet()


def insert(work: Work) -> Thing:
    """Make a bucket."""
    name = work.body.get("name", "")
    if not _NAME.fullmatch(name) or "goog" in name[:4] or ".." in name:
        invalid(f"Invalid bucket name: '{name}'")
    path = START + name
    if path in work.world.things:
        raise Refused(
            409, "conflict", "Your previous request to create the named bucket succeeded and you already own it."
        )
    project = work.call.one("project")
    location = work.body.get("location", "US").upper()
    if location not in _WIDE and location.lower() not in seeds.regions():
        invalid("The specified location constraint is not valid.")
    rules.check_region(work, location.lower())
    generation = str(int(work.now * 1_000_000))
    bucket: Thing = {
        "kind": "storage#bucket", "id": name, "name": name, "selfLink": work.link(path), "generation": generation, "metageneration": "1",
        "projectNumber": rules.number_of(work.world, project), "timeCreated": work.stamp, "updated": work.stamp, "storageClass": "STANDARD",
        "rpo": "DEFAULT", **work.body, "location": location, "locationType": _WIDE.get(location, "region"),
    }  # fmt: skip
    bucket.setdefault("softDeletePolicy", {"retentionDurationSeconds": str(_SOFT_SECONDS)})
    if work.call.flag("enableObjectRetention"):
        bucket["objectRetention"] = {"mode": "Enabled"}
    _complete(work, bucket, {})
    work.world.things[path] = bucket
    return dict(bucket)


def _complete(work: Work, bucket: Thing, before: Thing) -> None:
    """What Google adds and refuses, for a new bucket or a changed one."""
    if bucket["storageClass"] not in _CLASSES:
        invalid(f"Invalid storage class {bucket['storageClass']}.")
    access = bucket.setdefault("iamConfiguration", {})
    uniform = access.setdefault("uniformBucketLevelAccess", {"enabled": False})
    if uniform.get("enabled"):
        uniform.setdefault("lockedTime", stamp_of(work.now + 90 * 86400))
    access.setdefault("publicAccessPrevention", "inherited")
    access["bucketPolicyOnly"] = dict(uniform)
    if rules.enforced(work, "storage.uniformBucketLevelAccess") and not uniform.get("enabled"):
        rules.violated(work, "storage.uniformBucketLevelAccess", "Uniform bucket-level access must be enabled.")
    key = bucket.get("encryption", {}).get("defaultKmsKeyName")
    if key and key != before.get("encryption", {}).get("defaultKmsKeyName"):
        rules.check_key(work, key, "storage")
    _retention(work, bucket, before.get("retentionPolicy", {}))
    soft = bucket.get("softDeletePolicy", {})
    seconds = int(soft.get("retentionDurationSeconds", _SOFT_SECONDS))
    if seconds and not _SOFT_SECONDS <= seconds <= _LONGEST_SOFT:
        invalid(f"Soft delete retention must be 0 or from {_SOFT_SECONDS} to {_LONGEST_SOFT} seconds.")
    soft.setdefault("effectiveTime", work.stamp)
    for number, rule in enumerate(bucket.get("lifecycle", {}).get("rule", [])):
        if not rule.get("action", {}).get("type") or not rule.get("condition"):
            invalid(f"A lifecycle management rule must have an action and a condition (rule {number}).")
    bucket["etag"] = fingerprint([bucket["name"], bucket["metageneration"]])


def _retention(work: Work, bucket: Thing, before: Thing) -> None:
    policy = bucket.get("retentionPolicy") or {}
    period, old = int(policy.get("retentionPeriod", 0)), int(before.get("retentionPeriod", 0))
    if before.get("isLocked") and period < old:
        message = f"Cannot reduce retention duration of a locked Retention Policy for bucket '{bucket['name']}'."
        raise Refused(403, "forbidden", message)
    if not policy:
        bucket.pop("retentionPolicy", None)
        return
    if not 1 <= period < _LONGEST_RETENTION:
        invalid(f"Invalid retention period {period}: it must be from 1 second to 100 years.")
    policy["effectiveTime"] = before.get("effectiveTime", work.stamp) if period == old else work.stamp
    if before.get("isLocked"):
        policy["isLocked"] = True


def get(work: Work) -> Thing:
    """A bucket."""
    held = bucket_of(work)
    check_marks(work, held)
    return dict(held)


def patch(work: Work) -> Thing:
    """Change a bucket: with `update` what is not said is gone."""
    held = bucket_of(work)
    check_marks(work, held)
    for fixed in _FIXED:
        if work.body.get(fixed) and str(work.body[fixed]).upper() != str(held.get(fixed, "")).upper():
            invalid(f"The {fixed} of a bucket cannot be changed.")
    given = {key: value for key, value in work.body.items() if key not in _FIXED}
    for key in ("lifecycle", "retentionPolicy", "encryption", "logging", "website", "softDeletePolicy"):
        if key in given and given[key] == {}:
            given[key] = None
    if work.method.name == "update":
        changed: Thing = {**{key: held[key] for key in _KEPT if key in held}, **given}
    else:
        changed = merged(held, given)
    changed |= {"metageneration": str(int(held["metageneration"]) + 1), "updated": work.stamp}
    _complete(work, changed, held)
    work.world.things[START + held["name"]] = changed
    return dict(changed)


def lock(work: Work) -> Thing:
    """Lock the retention policy for ever."""
    held = bucket_of(work)
    check_marks(work, held)
    if "retentionPolicy" not in held:
        invalid("The bucket has no retention policy.")
    held["retentionPolicy"]["isLocked"] = True
    held["metageneration"] = str(int(held["metageneration"]) + 1)
    return dict(held)


def delete(work: Work) -> Thing:
    """Take a bucket away that holds nothing."""
    held = bucket_of(work)
    check_marks(work, held)
    name = held["name"]
    if any(
        key.startswith((f"{START}{name}/o/", f"/old/{name}/")) and "softDeleteTime" not in thing
        for key, thing in work.world.things.items()
    ):
        raise Refused(409, "conflict", "The bucket you tried to delete is not empty.")
    soft = int(held.get("softDeletePolicy", {}).get("retentionDurationSeconds", 0))
    if soft:
        gone = {**held, "softDeleteTime": work.stamp, "hardDeleteTime": stamp_of(work.now + soft)}
        work.world.things[f"/gone{START}{name}#{held['generation']}"] = gone
    del work.world.things[START + name]
    work.world.policies.pop(START + name, None)
    return {}


def restore(work: Work) -> Thing:
    """Bring a bucket back that was deleted."""
    name = work.call.params["bucket"]
    key = f"/gone{START}{name}#{work.call.one('generation')}"
    held = work.world.things.get(key)
    if held is None or seconds_of(held["hardDeleteTime"]) < work.now or START + name in work.world.things:
        raise Refused(404, "notFound", "The specified bucket does not exist.")
    del work.world.things[key]
    work.world.things[START + name] = {
        name: value for name, value in held.items() if name not in ("softDeleteTime", "hardDeleteTime")
    }
    return dict(work.world.things[START + name])


def list_buckets(work: Work) -> Thing:
    """The buckets of a project."""
    number = rules.number_of(work.world, work.call.one("project"))
    start = f"/gone{START}" if work.call.flag("softDeleted") else START
    found = [
        thing for key, thing in sorted(work.world.things.items())
        if key.startswith(start) and "/" not in key[len(start) :] and thing["projectNumber"] == number
        and thing["name"].startswith(work.call.one("prefix"))
    ]  # fmt: skip
    return listed(work, found)


def agent(work: Work) -> Thing:
    """The account with which Cloud Storage uses keys."""
    number = rules.number_of(work.world, work.call.params["projectId"])
    return {
        "kind": "storage#serviceAccount",
        "email_address": f"service-{number}@{rules.AGENTS['storage']}.iam.gserviceaccount.com",
    }


def is_versioned(world: World, name: str) -> bool:
    """Whether a bucket keeps what is replaced."""
    enabled: Any = world.things[START + name].get("versioning", {}).get("enabled", False)
    return bool(enabled)


HANDLERS: Final[Mapping[str, Handler]] = {
    "storage.buckets.insert": insert,
    "storage.buckets.get": get,
    "storage.buckets.patch": patch,
    "storage.buckets.update": patch,
    "storage.buckets.lockRetentionPolicy": lock,
    "storage.buckets.delete": delete,
    "storage.buckets.restore": restore,
    "storage.buckets.list": list_buckets,
    "storage.projects.serviceAccount.get": agent,
}
