"""Arguments of which every component for Google Cloud can be made, with everything asked for."""

from typing import Any

from soundstage.components.tags import base_tags

NAME = "some"
TAGS = base_tags("home", "teaser", client="northlight", owner="ana@studio.example")
KEY = "projects/tinyorange-film/locations/europe-west3/keyRings/teaser/cryptoKeys/teaser"
PLACED = {"project_id": "tinyorange-film", "region": "europe-west3"}
MACHINES = {"edit-1": "projects/tinyorange-film/zones/europe-west3-a/instances/teaser-edit-1-instance-1234567"}
PEOPLE = ["user:ana@studio.example"]

PROGRAMS: dict[str, dict[str, Any]] = {
    "AccessLogBucket": {"studio": "home", "days": 400, **PLACED, "tags": TAGS},
    "AccessRoles": {
        "studio": "home",
        "project": "teaser",
        "bucket_name": "home-media-teaser-1",
        "admins": PEOPLE,
        "artists": PEOPLE,
        "reviewers": ["group:clients@studio.example"],
        "machines": MACHINES,
        "project_id": "tinyorange-film",
    },
    "AccountGuardrails": {
        "regions": ["europe-west3"],
        "image_projects": ["ubuntu-os-cloud"],
        "project_id": "tinyorange-film",
    },
    "AuditTrail": {"studio": "home", "alert_emails": ["ana@studio.example"], "log_days": 400, **PLACED, "tags": TAGS},
    "EncryptionKey": {
        "description": "Everything",
        "used_by": ["compute", "storage", "pubsub", "secretmanager", "logging"],
        **PLACED,
        "tags": TAGS,
    },
    "MediaBucket": {
        "studio": "home",
        "project": "teaser",
        "log_bucket": "home-access-logs-1",
        "soft_delete_days": 60,
        **PLACED,
        "tags": TAGS,
    },
    "ProjectBudget": {
        "studio": "home",
        "project": "teaser",
        "billing_account": "012345-6789AB-CDEF01",
        "monthly_usd": 500,
        "alert_at_percent": [50, 100],
        "emails": ["ana@studio.example"],
        "at_limit": "stop",
        "machines": MACHINES,
        **PLACED,
        "tags": TAGS,
    },
    "StudioNetwork": {
        "project": "teaser",
        "zone": "io",
        "nat": True,
        "windows": True,
        "dns_query_log": True,
        "flow_log_days": 400,
        **PLACED,
        "tags": TAGS,
    },
    "TransferBucket": {
        "studio": "home",
        "project": "teaser",
        "people": PEOPLE,
        "log_bucket": "home-access-logs-1",
        **PLACED,
        "tags": TAGS,
    },
    "Workstation": {
        "project": "teaser",
        "workstation": "edit-1",
        "user": "ana",
        "people": PEOPLE,
        "subnet_id": "projects/tinyorange-film/regions/europe-west3/subnetworks/teaser",
        "availability_zone": "europe-west3-b",
        "key_id": KEY,
        "image": "projects/ubuntu-os-cloud/global/images/ubuntu-2404-noble-amd64-v20261104",
        "bucket_name": "home-media-teaser-1",
        "prefix": "footage/",
        "scratch_gib": 300,
        "hours": {"days": ["MON", "FRI"], "start": "09:00", "stop": "19:00", "timezone": "Europe/Lisbon"},
        "boot_commands": ["echo ready"],
        "project_id": "tinyorange-film",
        "tags": TAGS,
    },
}
ALSO: dict[str, dict[str, Any]] = {"StudioNetwork": {"zone": "content", "nat": False}}
"""What makes the children that the sample programs leave out."""
