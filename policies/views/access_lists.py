"""Access lists of buckets and objects, and buckets that are served as web sites: doors that no policy document shows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from soundstage.policies.views.buckets import ACL, S3_BUCKETS
from soundstage.policies.views.node import Node, Resource, Truth, any_of
from soundstage.policies.views.stack import Stack

OBJECTS: Final = (
    "aws:s3/bucketObject:BucketObject",
    "aws:s3/bucketObjectv2:BucketObjectv2",
    "aws:s3/objectCopy:ObjectCopy",
)
WEBSITES: Final = (
    "aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration",
    "aws:s3/bucketWebsiteConfigurationV2:BucketWebsiteConfigurationV2",
)
GCS_LISTS: Final = (
    "gcp:storage/bucketACL:BucketACL",
    "gcp:storage/bucketAccessControl:BucketAccessControl",
    "gcp:storage/objectACL:ObjectACL",
    "gcp:storage/objectAccessControl:ObjectAccessControl",
    "gcp:storage/defaultObjectACL:DefaultObjectACL",
    "gcp:storage/defaultObjectAccessControl:DefaultObjectAccessControl",
)
_PUBLIC: Final = (
    "public-read",
    "public-read-write",
    "authenticated-read",
    "publicread",
    "publicreadwrite",
    "authenticatedread",
)
_GROUPS: Final = ("AllUsers", "AuthenticatedUsers", "allUsers", "allAuthenticatedUsers")


@dataclass(frozen=True, eq=False)
class Door:
    """One access list entry, or one web site."""

    resource: Resource
    node: Node
    everyone: Truth
    what: str


def doors(stack: Stack) -> list[Door]:
    """Every access list and web site of the stack."""
    return list(_doors(stack))


def _doors(stack: Stack) -> Iterator[Door]:
    for resource in stack.of(*S3_BUCKETS, *ACL, *OBJECTS, *GCS_LISTS):
        for node in map(resource.get, ("acl", "predefinedAcl", "defaultAcl")):
            if node.value is not None:
                said = node.is_(lambda value: str(value).lower() in _PUBLIC)
                yield Door(resource, node, said, f"its access list is {node.text}")
        grants = [*resource.get("grants").each(), *resource.get("accessControlPolicy.grants").each()]
        for node in [*grants, resource.get("entity"), *resource.get("roleEntities").each()]:
            if node.value is not None:
                named = (
                    any_of(*(_group(node.get(key)) for key in ("uri", "grantee.uri", "entity")))
                    if isinstance(node.value, dict)
                    else _group(node)
                )
                yield Door(resource, node, named, "its access list names everyone")
    for site in stack.of(*WEBSITES):
        yield Door(
            site,
            site.get("indexDocument"),
            site.get("redirectAllRequestsTo").absent,
            "serves a bucket as a web site, to everyone",
        )
    for bucket in stack.of(*S3_BUCKETS):
        for inline in (*bucket.get("website").each(), *bucket.get("websites").each()):
            yield Door(
                bucket, inline, inline.get("redirectAllRequestsTo").absent, "is served as a web site, to everyone"
            )


def _group(node: Node) -> Truth:
    return node.is_(lambda value: re.split("[/:]", str(value or ""))[-1] in _GROUPS)
