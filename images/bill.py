"""The bill of materials of an image: everything that is installed in it, as CycloneDX.

CycloneDX 1.6, https://cyclonedx.org/docs/1.6/json/, read 2026-11; package URLs by https://github.com/package-url/purl-spec.
"""

import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from soundstage.images.recipes import Composed
from soundstage.images.steps.command import System

SEPARATOR: Final = "\t"
_NAMESPACE: Final = uuid.UUID("9b1f6a1e-6a5e-4d57-9b8e-4f3a8f0c2d11")


def inventory(system: System) -> str:
    """The question for everything that is installed: name, version and architecture, one a line."""
    if system == "windows":
        return (
            "Get-ItemProperty 'HKLM:\\Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\*', "
            "'HKLM:\\Software\\WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\*' -ErrorAction SilentlyContinue | "
            'Where-Object DisplayName | ForEach-Object { "$($_.DisplayName)`t$($_.DisplayVersion)`tx64" } | Sort-Object -Unique'
        )
    if system == "redhat":
        return "rpm -qa --qf '%{NAME}\\t%{VERSION}-%{RELEASE}\\t%{ARCH}\\n' | sort"
    return "dpkg-query -W -f='${db:Status-Status}\\t${Package}\\t${Version}\\t${Architecture}\\n' | sed -n 's/^installed\\t//p' | sort"


def bill_of(
    recipe: Composed, printed: str, sums: Mapping[str, str], distribution: str, made: datetime
) -> dict[str, Any]:
    """The bill as JSON. `printed` answers `inventory`, `sums` are the downloads' checksums as the bake found them, `distribution` is
    the system's own name for itself (`ubuntu`, `debian`)."""
    components = []
    for line in printed.splitlines():
        name, version, architecture = ([*line.split(SEPARATOR), "", ""])[:3]
        if name:
            components.append(_package(recipe.system, distribution, name, version, architecture))
    for name, source in sorted(recipe.downloads.items()):
        one: dict[str, Any] = {
            "type": "application",
            "bom-ref": f"download:{name}",
            "name": name,
            "version": source.version,
        }
        if found := sums.get(name):
            one["hashes"] = [{"alg": "SHA-256", "content": found}]
        if source.url:
            one["externalReferences"] = [{"type": "distribution", "url": source.url}]
        components.append(one)
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": made.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "tools": {"components": [{"type": "application", "name": "soundstage"}]},
            "component": {
                "type": "operating-system",
                "bom-ref": "image",
                "name": recipe.name,
                "version": recipe.digest[:12],
                "description": recipe.about,
                "properties": [
                    {"name": "soundstage:recipe-digest", "value": recipe.digest},
                    {"name": "soundstage:base", "value": recipe.base.name},
                ],
            },
        },
        "components": components,
    }
    bill["serialNumber"] = uuid.uuid5(_NAMESPACE, json.dumps(bill, sort_keys=True)).urn
    return bill


def digest_of(bill: Mapping[str, Any]) -> str:
    """What an image is tagged with, so that its bill cannot be exchanged: SHA-256 of `text_of`, hexadecimal."""
    return hashlib.sha256(text_of(bill).encode()).hexdigest()


def text_of(bill: Mapping[str, Any]) -> str:
    """The bill as it is written."""
    return json.dumps(bill, indent=1, sort_keys=True) + "\n"


def _package(system: System, distribution: str, name: str, version: str, architecture: str) -> dict[str, Any]:
    kind = {"debian": "deb", "redhat": "rpm", "windows": "generic"}[system]
    space = "" if kind == "generic" else f"{quote(distribution or system)}/"
    at = f"@{quote(version, safe='.+-')}" if version else ""
    where = f"?arch={quote(architecture)}" if architecture and kind != "generic" else ""
    url = f"pkg:{kind}/{space}{quote(name, safe='.+-')}{at}{where}"
    return {"type": "library", "bom-ref": url, "name": name, "version": version or "unknown", "purl": url}
