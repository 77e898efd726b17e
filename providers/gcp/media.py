"""What Pulumi hands over to be uploaded: texts, and its assets and archives."""

import io
import zipfile
from pathlib import Path
from typing import Any, Final

from soundstage.core.values import Value
from soundstage.providers.mapping import Form

_DAY: Final = (1980, 1, 1, 0, 0, 0)
"""The date of everything in an archive, so that equal archives are equal."""


def content_of(value: Any) -> bytes:
    """The bytes of a text, an asset or an archive (bytes are theirs already), as they stand on Pulumi's wire (pulumi/pulumi, `sdk/go/common/resource/asset`, read
    2026-11). An archive becomes a ZIP file, always the same for the same contents."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    if "assets" in value:
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, one in sorted(value["assets"].items()):
                archive.writestr(zipfile.ZipInfo(name, _DAY), content_of(one))
        return made.getvalue()
    return str(value["text"]).encode() if "text" in value else Path(value["path"]).read_bytes()


class Upload(Form):
    """An asset or an archive. The genuine engine notes a hash beside what is in it and the embedded one none, and both mean the same."""

    def same(self, left: Value, right: Value) -> bool:
        return bool(_told(left) == _told(right))


def _told(value: Value) -> Value:
    """What is in it, without a hash that says so once more. Of a file only its hash does."""
    if not isinstance(value, dict):
        return value
    said = not value.keys().isdisjoint(("text", "assets"))
    return {key: _told(one) for key, one in value.items() if not (said and key == "hash")}
