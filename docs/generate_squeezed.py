"""Writes components/data/squeezed.json: what most boot scripts have in common, squeezed beforehand.

With `--check` it writes nothing and says whether it is out of date.
"""

import base64
import hashlib
import json
import sys

from pages import ROOT, deliver

from soundstage.components.boot import linux, tools_document, windows
from soundstage.components.boot.facts import BootFacts
from soundstage.components.boot.squeeze import squeezed


def table() -> dict[str, str]:
    """SHA-256 of the bytes → the gzip file, in base64."""
    plain = BootFacts(project="p", workstation="w", user="u", profile="studio", access="session")
    parts = (
        linux.common_part(plain),
        windows.common_part(),
        *(tools_document.packed(windows=system) for system in (False, True)),
    )
    return {hashlib.sha256(part).hexdigest(): base64.b64encode(squeezed(part)).decode() for part in parts}


if __name__ == "__main__":
    page = ROOT / "components" / "data" / "squeezed.json"
    sys.exit(deliver({page: json.dumps(table(), indent=0, sort_keys=True) + "\n"}, "the boot scripts say"))
