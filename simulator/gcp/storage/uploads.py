"""What is sent and fetched of objects: whole, with what is said of it, or in parts that may stop and go on."""

import json
import re
from typing import Any, Final

from soundstage.simulator.answer import Answer
from soundstage.simulator.bodies import Content, shelf
from soundstage.simulator.gcp.checking import checked
from soundstage.simulator.gcp.refusals import JSON, Refused, invalid
from soundstage.simulator.gcp.storage import objects
from soundstage.simulator.gcp.storage.buckets import bucket_of, check_marks
from soundstage.simulator.gcp.work import GoogleCall, Work
from soundstage.simulator.gcp.world import Thing, World

_PART: Final = 256 * 1024
"""Bytes of which each part but the last holds a multiple (Cloud Storage, "Resumable uploads", read 2026-11)."""
_RANGE: Final = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")


def medium(work: Work) -> Answer:
    """The answer to whoever sends or fetches a content."""
    if work.method.id == "storage.objects.get":
        return fetch(work)
    kind = work.call.one("uploadType")
    if work.call.one("upload_id"):
        return _go_on(work)
    if kind == "resumable":
        return _begin(work)
    if kind == "multipart":
        about, content, sent_as = _parts(work)
        return _kept(work, about, content, sent_as)
    if kind == "media":
        return _kept(work, {}, work.call.body, work.call.headers.get("content-type", ""))
    raise Refused(
        400, "invalid", f"Invalid upload request: uploadType is '{kind}'. Allowed: media, multipart, resumable."
    )


def told_of(call: GoogleCall, world: World) -> Any:
    """What is said of an object that is sent: the body where the call sends none. None for what cannot be read."""
    number, kind = call.one("upload_id"), call.headers.get("content-type", "")
    try:
        if number:
            return {"name": world.uploads.get(number, {}).get("name", "")}
        if call.one("uploadType") == "multipart":
            return json.loads(_pieces(call.body, kind)[0][2])
        if call.one("uploadType") == "media":
            return None
        return json.loads(call.body) if call.body else None
    except (ValueError, IndexError):
        return None


def fetch(work: Work) -> Answer:
    """The content of an object, or a range of it."""
    thing = objects.found(work)
    check_marks(work, thing)
    content = work.world.blobs[objects.blob_of(thing)]
    headers = {
        "Content-Type": thing["contentType"], "X-Goog-Hash": f"crc32c={thing['crc32c']},md5={thing['md5Hash']}", "ETag": thing["etag"],
        "X-Goog-Generation": thing["generation"], "X-Goog-Metageneration": thing["metageneration"],
        "X-Goog-Storage-Class": thing["storageClass"],
    }  # fmt: skip
    asked = re.fullmatch(r"bytes=(\d*)-(\d*)", work.call.headers.get("range", ""))
    if not asked or not (asked[1] or asked[2]):
        return Answer(200, content, headers)
    first = int(asked[1]) if asked[1] else max(len(content) - int(asked[2]), 0)
    last = min(int(asked[2]), len(content) - 1) if asked[1] and asked[2] else len(content) - 1
    if first >= len(content):
        raise Refused(416, "requestedRangeNotSatisfiable", "The requested range cannot be satisfied.")
    return Answer(206, content[first : last + 1], {**headers, "Content-Range": f"bytes {first}-{last}/{len(content)}"})


def _kept(work: Work, about: Any, content: Content, sent_as: str) -> Answer:
    bucket = bucket_of(work)
    told = checked(work.document, "Object", about, work.method.id)
    # What is told of the content is marked as Google's own in the document, and is compared.
    told |= {key: about[key] for key in ("md5Hash", "crc32c", "name", "contentType") if key in about}
    if sent_as and not told.get("contentType"):
        told["contentType"] = sent_as
    made = objects.store(work, bucket, work.call.one("name") or told.get("name", ""), told, content)
    return Answer(200, json.dumps(made).encode(), JSON)


def _parts(work: Work) -> tuple[Any, bytes, str]:
    """What is said, the content, and its type, of a body that holds both."""
    pieces = _pieces(work.call.body, work.call.headers.get("content-type", ""))
    if len(pieces) != 2:
        invalid("Malformed multipart body.", "badContent")
    said, sent = pieces
    kind = re.search(rb"content-type:\s*([^\r\n]+)", sent[0], re.IGNORECASE)
    try:
        return json.loads(said[2]), sent[2], kind[1].decode() if kind else ""
    except ValueError:
        invalid("Malformed multipart body: its first part is no JSON.", "parseError")


def _pieces(body: bytes, kind: str) -> list[tuple[bytes, bytes, bytes]]:
    """The parts of a multipart body: head, its end, content."""
    found = re.search(r'boundary="?([^";]+)"?', kind)
    pieces = body.split(b"--" + (found[1].encode() if found else b"\0"))[1:-1]
    return [piece.removeprefix(b"\r\n").removesuffix(b"\r\n").partition(b"\r\n\r\n") for piece in pieces]


def _begin(work: Work) -> Answer:
    """Begin an upload in parts."""
    bucket = bucket_of(work)
    try:
        about = json.loads(work.call.body) if work.call.body else {}
    except ValueError:
        invalid("Parse Error", "parseError")
    name = work.call.one("name") or about.get("name", "")
    check_marks(work, work.world.things.get(objects.key_of(bucket["name"], name)))
    number = work.text(24)
    work.world.uploads[number] = {
        "name": name, "about": about, "type": work.call.headers.get("x-upload-content-type", ""), "bucket": bucket["name"],
        "query": {key: values for key, values in work.call.query.items() if key.startswith("if") or key == "kmsKeyName"},
    }  # fmt: skip
    work.world.blobs[f"upload {number}"] = b""
    where = work.link(f"/upload/storage/v1/b/{bucket['name']}/o?uploadType=resumable&upload_id={number}")
    return Answer(200, b"", {"Location": where, "X-GUploader-UploadID": number})


def _go_on(work: Work) -> Answer:
    """Take another part, say how far an upload is, or end it."""
    number = work.call.one("upload_id")
    upload, key = work.world.uploads.get(number), f"upload {number}"
    if upload is None:
        raise Refused(404, "notFound", f"There is no upload {number}.")
    if work.call.verb == "DELETE":
        del work.world.uploads[number], work.world.blobs[key]
        return Answer(499, b"")
    held, sent = work.world.blobs[key], work.call.body
    said = _RANGE.fullmatch(
        work.call.headers.get("content-range", f"bytes 0-{len(sent) - 1}/{len(sent)}" if sent else "bytes */0")
    )
    if said is None:
        invalid("Invalid Content-Range.")
    first = int(said[1]) if said[1] else len(held)
    if said[1]:
        if int(said[2]) - first + 1 != len(sent):
            invalid("The Content-Range does not fit the body.")
        if first > len(held):
            raise Refused(503, "backendError", f"The upload is at byte {len(held)}, not {first}.")
        held = shelf().joined([held[:first], sent])
    is_last = said[3] != "*" and len(held) >= int(said[3])
    if said[1] and not is_last and len(sent) % _PART:
        invalid(f"A part that is not the last must hold a multiple of {_PART} bytes, not {len(sent)}.")
    work.world.blobs[key] = held
    if not is_last:
        return Answer(308, b"", {"Range": f"bytes=0-{len(held) - 1}"} if held else {})
    return _finished(work, number, upload, held)


def _finished(work: Work, number: str, upload: Thing, content: Content) -> Answer:
    query = {**work.call.query, **upload["query"], "name": [upload["name"]]}
    whole = Work(work.world, type(work.call)(**{**vars(work.call), "query": query}), work.now, work.random)
    answer = _kept(whole, upload["about"], content, upload["type"])
    del work.world.uploads[number], work.world.blobs[f"upload {number}"]
    return answer
