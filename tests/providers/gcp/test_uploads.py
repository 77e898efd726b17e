"""What is uploaded is the same, whichever engine wrote it down."""

from typing import Any

import pytest

from soundstage.core.values import SIGNATURE_KEY
from soundstage.providers.gcp.table import TYPES

ASSET, ARCHIVE = "c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7"


def asset(text: str = "words", **more: str) -> dict[str, Any]:
    return {SIGNATURE_KEY: ASSET, "text": text, **more}


def archive(of: dict[str, Any], **more: str) -> dict[str, Any]:
    return {SIGNATURE_KEY: ARCHIVE, "assets": {"main.py": of}, **more}


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        (asset(hash="51ee"), asset(), False),
        (asset(), asset(hash="51ee"), False),
        (asset("words", hash="51ee"), asset("more words"), True),
        (archive(asset(hash="51ee"), hash="77aa"), archive(asset()), False),
        (archive(asset(hash="51ee"), hash="77aa"), archive(asset("more words")), True),
        # What is in a file does not stand in the state: its hash alone tells.
        ({SIGNATURE_KEY: ASSET, "path": "a", "hash": "1"}, {SIGNATURE_KEY: ASSET, "path": "a", "hash": "2"}, True),
    ],
    ids=["genuine to embedded", "embedded to genuine", "another text", "archive", "archive of another text", "file"],
)
def test_an_object_that_moved_between_the_engines_was_to_be_replaced(before: Any, after: Any, changed: bool) -> None:
    (source,) = (one for one in TYPES["gcp:storage/bucketObject:BucketObject"].fields if one.name == "source")
    assert source.form.same(before, after) is not changed
