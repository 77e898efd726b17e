"""Soundstage's components in a Pulumi program of your own: no project file, no command.

Run it with `pulumi up` on a real account, or under the SDK's mocks as `tests/test_library_example.py` does.
"""

import pulumi

from soundstage.components.aws import EncryptionKey, MediaBucket, StudioNetwork, Workstation
from soundstage.components.tags import base_tags

tags = base_tags("northlight", "teaser", owner="ana@tinyorange.example")
key = EncryptionKey("teaser-key", {"description": "Media and disks of teaser", "used_by": ["logs"], "tags": tags})
media = MediaBucket("teaser-media", {"studio": "northlight", "project": "teaser", "key_arn": key.arn, "tags": tags})
network = StudioNetwork(
    "teaser-network",
    {"project": "teaser", "media_bucket_arns": pulumi.Output.all(media.bucket_arn), "key_arn": key.arn, "tags": tags},
)
edit = Workstation(
    "teaser-edit-1",
    {
        "project": "teaser",
        "user": "ana",
        "role": "editing",
        "vpc_id": network.vpc_id,
        "subnet_id": network.subnet_ids[0],
        "availability_zone": network.availability_zones[0],
        "endpoint_security_group_id": network.endpoint_security_group_id,
        "s3_prefix_list_id": network.s3_prefix_list_id,
        "key_arn": key.arn,
        "bucket_name": media.bucket_name,
        "bucket_arn": media.bucket_arn,
        "tags": tags,
    },
)
pulumi.export("instance", edit.instance_id)
pulumi.export("bucket", media.bucket_name)
