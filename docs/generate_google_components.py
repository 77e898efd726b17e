"""Writes docs/components/gcp/*.md from the components for Google Cloud, or with `--check` says which pages are out of date. Without the
extra `gcp` there is nothing to read them from, and the pages stay as they are."""

import sys
from importlib.util import find_spec
from typing import Any

from component_page import listed, names, page
from pages import ROOT, deliver

from soundstage.components.package.provider import SoundstageProvider

FOLDER = ROOT / "docs/components/gcp"
KEY = "projects/northlight-film/locations/europe-west4/keyRings/teaser/cryptoKeys/teaser"
EXAMPLES: dict[str, dict[str, Any]] = {
    "AccessLogBucket": {"studio": "northlight", "days": 400},
    "AccessRoles": {
        "studio": "northlight",
        "project": "teaser",
        "bucket_name": "northlight-media-teaser",
        "artists": ["group:editors@studio.example"],
        "reviewers": ["user:client@northlight.example"],
    },
    "AccountGuardrails": {"regions": ["europe-west4"], "image_projects": ["northlight-film", "ubuntu-os-cloud"]},
    "AuditTrail": {"studio": "northlight", "alert_emails": ["ana@example.com"]},
    "EncryptionKey": {"description": "Media and disks of teaser"},
    "MediaBucket": {"studio": "northlight", "project": "teaser", "lifecycle": "footage"},
    "ProjectBudget": {
        "studio": "northlight",
        "project": "teaser",
        "billing_account": "012345-6789AB-CDEF01",
        "monthly_usd": 500,
        "emails": ["ana@example.com"],
        "at_limit": "stop",
    },
    "StudioNetwork": {"project": "teaser", "zone": "content"},
    "TransferBucket": {"studio": "northlight", "project": "teaser", "people": ["user:ana@studio.example"]},
    "Workstation": {
        "project": "teaser",
        "user": "ana",
        "people": ["user:ana@studio.example"],
        "role": "editing",
        "subnet_id": "projects/northlight-film/regions/europe-west4/subnetworks/teaser",
        "availability_zone": "europe-west4-a",
        "key_id": KEY,
        "image": "projects/northlight-film/global/images/edit-linux-2026-11-20",
    },
}
AT_REST: dict[str, str] = {
    "AccessLogBucket": "What the logs take in Cloud Storage; a key of its own, by the month, when none is given.",
    "AccessRoles": "Nothing.",
    "AccountGuardrails": "Nothing.",
    "AuditTrail": "The log by size (Cloud Logging), above all the data-access logs of media; its key by the month.",
    "EncryptionKey": "Each version of the key that is not destroyed, by the month (Cloud KMS), and its uses.",
    "MediaBucket": "What the media take in Cloud Storage, by storage class, deleted ones for as long as they can be restored; a key of its own, by the month, when none is given.",
    "ProjectBudget": "Nothing; with `atLimit: stop` the key and the few kilobytes of the function's source.",
    "StudioNetwork": "Flow logs by size (Cloud Logging), their key by the month; with `nat` Cloud NAT and its address by the hour.",
    "TransferBucket": "What is on its way, for as long as it is; a key of its own, by the month, when none is given.",
    "Workstation": "While stopped: its disks, by size, and snapshots. While it runs: machine, GPU and its licence as well, by the second.",
}  # fmt: skip
README = """# Components for Google Cloud
Written by `make docs` from the components. Each is usable alone, with secure defaults, from Python by import and from every other
language as a [Pulumi package](../../../examples/typescript). They need the extra `gcp`: `pip install '.[gcp]'` in a checkout.
[examples/gcp](../../../examples/gcp) holds a whole project.

{listed}

The command `workstation` uses them on a simulated Google Cloud (`cloud: simulated-gcp`); `cloud: gcp`, a real project, is refused
([which cloud can do what](../../clouds.md)). No real project has been built with them.

## Tags are labels
Arguments are called `tags` as on AWS. Google's labels take 63 characters of lower-case letters, digits, `-` and `_`. Every tag becomes a
label that can be read back (`soundstage.components.labels`): `soundstage:` becomes `soundstage-`, and any other character `_` and its two
hexadecimal digits, so that `ana@studio.example` is `ana_40studio_2eexample`. What does not fit is refused before anything is made.
Labels that somebody else sets stay as they are. Networks, subnets, firewall policies, log buckets and roles have no labels.

## What differs from AWS, and why
| | here |
|---|---|
| access | through Identity-Aware Proxy alone. `allowlist` and `vpn` are not offered: with IAP nobody needs a public address |
| `image` | required: no list of Google's images is pinned here yet, and the newest of a family differs from day to day |
| display | comes with the image, on port 8443 (Linux) or as RDP (Windows): Amazon DCV is free on EC2 alone. What a session lets out is the image's business, and policies WS-15 to WS-17 ask for a label that says so |
| idle stop | the same guard on Linux, told by metadata. On Windows only `hours` and `longestRunHours` stop a machine so far |
| hours | one stretch, no holidays; at its end the machine is stopped whatever it does |
| local disks | encrypted with Google's key, because they take no other |
| retention | a bucket has versions or a retention, not both. `retentionDays` is for deliveries that are written once |
| second copy | none: `backupRegion` is not offered |
| budgets | only tell. `atLimit: stop` is a function of ours; Google tells it what was spent some hours late |
| keys and key rings | are never deleted on Google Cloud, only their versions |
| names in DNS | in a closed network Google's services are reached at private addresses; other names are still resolved |
"""


def pages() -> dict[str, str]:
    """Every page by its file name."""
    schema = SoundstageProvider("0.0.0").schema_of("gcp")
    written = {
        f"{name}.md": page("gcp", name, schema, EXAMPLES[name], [f"## What it costs at rest\n{AT_REST[name]}"])
        for name in names(schema)
    }
    return {**written, "README.md": README.replace("{listed}", listed(schema))}


if __name__ == "__main__":
    if not find_spec("pulumi_gcp"):
        print("The extra gcp is not installed: docs/components/gcp stays as it is.", file=sys.stderr)
        sys.exit(0)
    made = {FOLDER / name: text for name, text in pages().items()}
    sys.exit(deliver(made, "the components for Google Cloud say", nothing_else=sorted(FOLDER.glob("*.md"))))
