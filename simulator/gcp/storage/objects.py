"""Objects with their generations, holds and retention. What was replaced or deleted is kept beside as long as its bucket says."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any, Final
from urllib.parse import quote

from soundstage.simulator.bodies import Content, shelf, steps_of
from soundstage.simulator.gcp import rules
from soundstage.simulator.gcp.checking import merged
from soundstage.simulator.gcp.refusals import Refused, invalid, unmet
from soundstage.simulator.gcp.storage.buckets import START, bucket_of, check_marks, is_versioned
from soundstage.simulator.gcp.work import Handler, Work, seconds_of, stamp_of
from soundstage.simulator.gcp.world import Thing, World

_HOLDS: Final = {"temporaryHold": "Temporary hold", "eventBasedHold": "Event-Based hold"}
_SET: Final = (
    "contentType", "contentEncoding", "contentDisposition", "contentLanguage", "cacheControl", "metadata", "customTime",
    "temporaryHold", "eventBasedHold", "storageClass", "kmsKeyName", "retention",
)  # fmt: skip
"""What whoever sends an object may say of it."""
_POLYNOMIAL: Final = 0x82F63B78
_LONGEST_NAME: Final = 1024


def key_of(bucket: str, name: str) -> str:
    """The path of a live object."""
    return f"{START}{bucket}/o/{name}"


def old_key(thing: Thing) -> str:
    """The path of an object that was replaced or deleted."""
    return f"/old/{thing['bucket']}/{thing['name']}#{thing['generation']}"


def blob_of(thing: Thing) -> str:
    """Where the content of an object is."""
    return f"{thing['bucket']}/{thing['name']}#{thing['generation']}"


@cache
def _crc_table() -> tuple[int, ...]:
    rows = []
    for number in range(256):
        value = number
        for _ in range(8):
            value = (value >> 1) ^ (_POLYNOMIAL if value & 1 else 0)
        rows.append(value)
    return tuple(rows)


def crc32c(content: Content) -> str:
    """The checksum that Google's clients check (RFC 3720, appendix B.4), in base 64."""
    table, value = _crc_table(), 0xFFFFFFFF
    for step in steps_of(content):
        for byte in step:
            value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
    return base64.b64encode((value ^ 0xFFFFFFFF).to_bytes(4, "big")).decode()


def store(work: Work, bucket: Thing, name: str, given: Thing, content: Content, **more: Any) -> Thing:
    """Keep an object; what was there under its name goes as if it were deleted."""
    if not name or len(name.encode()) > _LONGEST_NAME or name in (".", "..") or "\n" in name or "\r" in name:
        invalid(f"Invalid object name: '{name}'")
    held = work.world.things.get(key_of(bucket["name"], name))
    check_marks(work, held)
    key = (
        work.call.one("kmsKeyName") or given.get("kmsKeyName") or bucket.get("encryption", {}).get("defaultKmsKeyName")
    )
    if key:
        rules.check_key(work, key, "storage")
    newest = max([int(each["generation"]) for each in versions(work.world, bucket["name"], name)], default=0)
    generation = str(max(int(work.now * 1_000_000), newest + 1))
    path = key_of(bucket["name"], name)
    digest = hashlib.md5(usedforsecurity=False)
    for step in steps_of(content):
        digest.update(step)
    md5 = base64.b64encode(digest.digest()).decode()
    thing: Thing = {
        "kind": "storage#object", "id": f"{bucket['name']}/{name}/{generation}", "selfLink": work.link(f"{START}{bucket['name']}/o/{quote(name, safe='')}"), "name": name,
        "bucket": bucket["name"], "generation": generation, "metageneration": "1", "contentType": "application/octet-stream",
        "storageClass": bucket["storageClass"], "size": str(len(content)), "md5Hash": md5, "crc32c": crc32c(content),
        "mediaLink": work.link(f"/download{START}{bucket['name']}/o/{quote(name, safe='')}?generation={generation}&alt=media"), "timeCreated": work.stamp, "updated": work.stamp,
        "timeStorageClassUpdated": work.stamp, "timeFinalized": work.stamp, **{field: given[field] for field in _SET if field in given}, **more,
    }  # fmt: skip
    for sent in ("md5Hash", "crc32c"):
        if given.get(sent) and given[sent] != thing[sent]:
            invalid(f'Provided {sent} "{given[sent]}" doesn\'t match calculated {sent} "{thing[sent]}".')
    if held:
        put_away(work, held, bucket)
    if key:
        primary = work.world.things[f"/v1/{key.partition('/cryptoKeyVersions/')[0]}"]["primary"]["name"]
        thing["kmsKeyName"] = primary
    if bucket.get("defaultEventBasedHold"):
        thing.setdefault("eventBasedHold", True)
    _mark(thing, bucket)
    work.world.things[path] = thing
    work.world.blobs[blob_of(thing)] = shelf().held(content)
    return dict(thing)


def _mark(thing: Thing, bucket: Thing) -> None:
    """Its etag, and until when it must stay."""
    thing["etag"] = f"C{thing['generation'][-10:]}{thing['metageneration']}="
    period = bucket.get("retentionPolicy", {}).get("retentionPeriod")
    thing.pop("retentionExpirationTime", None)
    if period and not thing.get("eventBasedHold"):
        thing["retentionExpirationTime"] = stamp_of(seconds_of(thing["timeCreated"]) + int(period))


def check_kept(work: Work, thing: Thing, bucket: Thing, *, becoming_old: bool) -> None:
    """Raise `Refused` where an object must stay. One whose bucket keeps generations may be replaced, as it is not lost."""
    for hold, words in _HOLDS.items():
        if thing.get(hold):
            raise Refused(
                403, "objectUnderActiveHold", f"Object '{thing['bucket']}/{thing['name']}' is under active {words} and cannot be deleted, "
                "overwritten or archived until hold is removed.",
            )  # fmt: skip
    _mark(thing, bucket)
    until = thing.get("retentionExpirationTime")
    if until and seconds_of(until) > work.now and not becoming_old:
        raise Refused(
            403, "retentionPolicyNotMet", f"Object '{thing['bucket']}/{thing['name']}' is subject to bucket's retention policy or object "
            f"retention and cannot be deleted or overwritten until {until}",
        )  # fmt: skip


def put_away(work: Work, thing: Thing, bucket: Thing) -> None:
    """What becomes of an object that is no longer the live one."""
    versioned = is_versioned(work.world, bucket["name"])
    check_kept(work, thing, bucket, becoming_old=versioned)
    del work.world.things[key_of(bucket["name"], thing["name"])]
    if versioned:
        work.world.things[old_key(thing)] = {**thing, "timeDeleted": work.stamp}
    else:
        _bury(work, thing, bucket)


def _bury(work: Work, thing: Thing, bucket: Thing) -> None:
    """Keep what was deleted for as long as the bucket softly deletes."""
    seconds = int(bucket.get("softDeletePolicy", {}).get("retentionDurationSeconds", 0))
    work.world.things.pop(old_key(thing), None)
    if seconds:
        until = stamp_of(work.now + seconds)
        work.world.things[old_key(thing)] = {**thing, "softDeleteTime": work.stamp, "hardDeleteTime": until}
    else:
        work.world.blobs.pop(blob_of(thing), None)


def versions(world: World, bucket: str, name: str) -> list[Thing]:
    """Every generation of an object that was replaced or deleted, and the live one last."""
    start = f"/old/{bucket}/{name}#"
    found = [thing for key, thing in sorted(world.things.items()) if key.startswith(start)]
    live = world.things.get(key_of(bucket, name))
    return [*found, live] if live else found


def found(work: Work) -> Thing:
    """The object of a call: the live one, or a generation of it."""
    bucket, name, generation = bucket_of(work), work.call.params["object"], work.call.one("generation")
    soft = work.call.flag("softDeleted") or work.method.name == "restore"
    for thing in versions(work.world, bucket["name"], name)[::-1]:
        is_live = "timeDeleted" not in thing and "softDeleteTime" not in thing
        if ((generation and thing["generation"] == generation) or (not generation and is_live)) and (
            "softDeleteTime" in thing
        ) == soft:
            return thing
    raise Refused(404, "notFound", f"No such object: {bucket['name']}/{name}")


def get(work: Work) -> Thing:
    """What is known of an object."""
    thing = found(work)
    check_marks(work, thing)
    return dict(thing)


def delete(work: Work) -> Thing:
    """Take an object away, or one generation of it."""
    thing, bucket = found(work), bucket_of(work)
    check_marks(work, thing)
    if work.call.one("generation"):
        check_kept(work, thing, bucket, becoming_old=False)
        work.world.things.pop(key_of(bucket["name"], thing["name"]) if "timeDeleted" not in thing else "", None)
        _bury(work, thing, bucket)
    else:
        put_away(work, thing, bucket)
    return {}


def patch(work: Work) -> Thing:
    """Change what is said of an object; `update` forgets what is not said."""
    thing, bucket = found(work), bucket_of(work)
    check_marks(work, thing)
    given = {key: value for key, value in work.body.items() if key in _SET}
    before = thing.get("eventBasedHold")
    if work.method.name == "update":
        changed = {
            key: value for key, value in thing.items() if key not in _SET or key in ("storageClass", "kmsKeyName")
        } | given
    else:
        changed = merged(thing, given)
    changed |= {"metageneration": str(int(thing["metageneration"]) + 1), "updated": work.stamp}
    if before and not changed.get("eventBasedHold"):
        changed["timeCreated"] = work.stamp  # an event-based hold ends: retention counts from now
    _mark(changed, bucket)
    thing.clear()
    thing.update(changed)
    return dict(thing)


def listed(work: Work) -> Thing:
    """The objects of a bucket, by name."""
    bucket = bucket_of(work)
    one = work.call.one
    prefix, delimiter, start = one("prefix"), one("delimiter"), f"{START}{bucket['name']}/o/"
    soft = work.call.flag("softDeleted")
    things = [] if soft else [thing for key, thing in work.world.things.items() if key.startswith(start)]
    if work.call.flag("versions") or soft:
        things += [
            thing
            for key, thing in work.world.things.items()
            if key.startswith(f"/old/{bucket['name']}/") and ("softDeleteTime" in thing) == soft
        ]
    things.sort(key=lambda thing: (thing["name"], int(thing["generation"])))
    rows: list[Thing | str] = []
    for thing in things:
        name = thing["name"]
        if not name.startswith(prefix) or name < one("startOffset") or (one("endOffset") and name >= one("endOffset")):
            continue
        folder, _, rest = name[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
        if delimiter and (rest or name[len(prefix) :].endswith(delimiter)):
            if prefix + folder + delimiter not in rows:
                rows.append(prefix + folder + delimiter)
        else:
            rows.append(thing)
    begin, size = int(one("pageToken") or 0), int(one("maxResults") or 1000)
    page = rows[begin : begin + size]
    out: Thing = {"kind": "storage#objects"}
    if items := [each for each in page if isinstance(each, dict)]:
        out["items"] = items
    if folders := [each for each in page if isinstance(each, str)]:
        out["prefixes"] = folders
    if begin + size < len(rows):
        out["nextPageToken"] = str(begin + size)
    return out


def restore(work: Work) -> Thing:
    """Make what was softly deleted the live object again."""
    thing, bucket = found(work), bucket_of(work)
    if seconds_of(thing["hardDeleteTime"]) < work.now:
        raise Refused(404, "notFound", f"No such object: {bucket['name']}/{thing['name']}")
    return store(work, bucket, thing["name"], thing, work.world.blobs[blob_of(thing)])


def _source(work: Work) -> tuple[Thing, Content]:
    params = work.call.params
    bucket = bucket_of(work, "sourceBucket")
    generation = work.call.one("sourceGeneration")
    for thing in versions(work.world, bucket["name"], params["sourceObject"])[::-1]:
        live = "timeDeleted" not in thing and "softDeleteTime" not in thing
        if (generation and thing["generation"] == generation) or (not generation and live):
            match = work.call.one("ifSourceGenerationMatch")
            if match and match != thing["generation"]:
                unmet()
            return thing, work.world.blobs[blob_of(thing)]
    raise Refused(404, "notFound", f"No such object: {bucket['name']}/{params['sourceObject']}")


def copy(work: Work) -> Thing:
    """Copy an object, also onto itself with another key or class."""
    params, bucket = work.call.params, bucket_of(work, "destinationBucket")
    thing, content = _source(work)
    given = {
        key: value
        for key, value in thing.items()
        if key in _SET and key not in ("temporaryHold", "eventBasedHold", "kmsKeyName", "storageClass")
    }
    given |= {key: value for key, value in work.body.items() if key in _SET}
    key = work.call.one("destinationKmsKeyName")
    made = store(work, bucket, params["destinationObject"], {**given, **({"kmsKeyName": key} if key else {})}, content)
    if work.method.name == "copy":
        return made
    size = str(len(content))
    return {
        "kind": "storage#rewriteResponse",
        "totalBytesRewritten": size,
        "objectSize": size,
        "done": True,
        "resource": made,
    }


def compose(work: Work) -> Thing:
    """One object of several."""
    bucket = bucket_of(work, "destinationBucket")
    parts = work.body.get("sourceObjects", [])
    if not 1 <= len(parts) <= 32:
        invalid(f"The number of source components provided ({len(parts)}) must be from 1 to 32")
    contents: list[Content] = []
    for part in parts:
        live = work.world.things.get(key_of(bucket["name"], part.get("name", "")))
        if live is None:
            raise Refused(404, "notFound", f"Object {part.get('name', '')} not found.")
        contents.append(work.world.blobs[blob_of(live)])
    name, about = work.call.params["destinationObject"], work.body.get("destination", {})
    made = store(work, bucket, name, about, shelf().joined(contents), componentCount=len(parts))
    made.pop("md5Hash")
    return made


HANDLERS: Final[Mapping[str, Handler]] = {
    "storage.objects.get": get,
    "storage.objects.delete": delete,
    "storage.objects.patch": patch,
    "storage.objects.update": patch,
    "storage.objects.list": listed,
    "storage.objects.restore": restore,
    "storage.objects.copy": copy,
    "storage.objects.rewrite": copy,
    "storage.objects.compose": compose,
}
