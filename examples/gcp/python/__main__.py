"""One project on Google Cloud: closed network, media, a workstation, who may reach it, and a budget that stops it."""

import pulumi

from soundstage.components.gcp import (
    AccessLogBucket,
    AccessRoles,
    EncryptionKey,
    MediaBucket,
    ProjectBudget,
    StudioNetwork,
    Workstation,
)
from soundstage.components.tags import base_tags

ZONE = "europe-west4-a"
EDITORS = ["user:ana@studio.example"]
config = pulumi.Config()
tags = base_tags("northlight", "teaser", client="northlight", owner="ana@studio.example", expires="2027-03-31")
# Said by whoever bakes the image: what a session on it lets out, that it shows who watches, and how it is kept current.
vouched = {
    "soundstage:session-policy": "content-2026-11",
    "soundstage:watermark": "image",
    "soundstage:patching": "rebuilt-monthly",
}

key = EncryptionKey(
    "teaser-key",
    {"description": "Media, disks and logs of teaser", "used_by": ["compute", "storage", "logging"], "tags": tags},
)
logs = AccessLogBucket("teaser-logs", {"studio": "northlight", "key_id": key.key_id, "tags": tags})
media = MediaBucket(
    "teaser-media",
    {
        "studio": "northlight",
        "project": "teaser",
        "lifecycle": "footage",
        "key_id": key.key_id,
        "log_bucket": logs.bucket_name,
        "tags": tags,
    },
)
network = StudioNetwork("teaser-network", {"project": "teaser", "zone": "content", "key_id": key.key_id, "tags": tags})
machine = Workstation(
    "teaser-edit-1",
    {
        "project": "teaser",
        "workstation": "edit-1",
        "user": "ana",
        "people": EDITORS,
        "role": "editing",
        "profile": "content",
        "subnet_id": network.subnet_ids[0],
        "availability_zone": ZONE,
        "key_id": key.key_id,
        "image": config.require("image"),
        "bucket_name": media.bucket_name,
        "hours": {
            "days": ["MON", "TUE", "WED", "THU", "FRI"],
            "start": "09:00",
            "stop": "19:00",
            "timezone": "Europe/Lisbon",
        },
        "tags": {**tags, "soundstage:zone": "content", **vouched},
    },
)
AccessRoles(
    "teaser-access",
    {
        "studio": "northlight",
        "project": "teaser",
        "bucket_name": media.bucket_name,
        "machines": {"edit-1": machine.instance_id},
        "artists": EDITORS,
        "reviewers": ["user:client@northlight.example"],
    },
)
ProjectBudget(
    "teaser-budget",
    {
        "studio": "northlight",
        "project": "teaser",
        "billing_account": config.require("billing"),
        "monthly_usd": 500,
        "emails": ["ana@studio.example"],
        "at_limit": "stop",
        "machines": {"edit-1": machine.instance_id},
        "tags": tags,
    },
)
pulumi.export("bucket", media.bucket_name)
pulumi.export("machine", machine.instance_name)
pulumi.export("display", machine.display_url)
