"""Whether a key is the studio's own. AWS's managed keys (`alias/aws/…`) belong to AWS: nobody can change who reads with them."""

import re
from collections.abc import Sequence
from typing import Final

from soundstage.policies.views.node import Node, Truth, any_of, leaves
from soundstage.policies.views.stack import Stack

_OF_AWS: Final = re.compile(r"(arn:[^:]*:kms:[^:]*:[^:]*:)?alias/aws/.*")


def lacks_own_key(stack: Stack, key: Node) -> Truth:
    """Whether no key is named, or one of AWS's (KMS Developer Guide, "AWS managed keys", read 2026-11)."""
    if stack.targets(key):
        return False
    return any_of(key.absent, key.is_(lambda value: bool(_OF_AWS.fullmatch(str(value)))))


_KEY_OF_AWS: Final = re.compile(r"arn:[^:]+:kms:[^:]*:([0-9]{12}):(?:key|alias)/[^*?$]+")
_KEY_OF_GOOGLE: Final = re.compile(r"(?:.*/)?projects/([^/]+)/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+(?:/.*)?")

_IN_POLICY: Final = re.compile(r"(?:^|\.)Statement(?:[.\[]|$)")


def named_keys(stack: Stack) -> Sequence[tuple[Node, str]]:
    """Every key that a resource names in full, with the account or project that it belongs to, whatever the property is called. What a
    policy lets somebody do with a key encrypts nothing."""
    found = []
    for resource in stack.resources:
        pattern = {"aws": _KEY_OF_AWS, "gcp": _KEY_OF_GOOGLE}.get(resource.cloud)
        for path, value in leaves(resource.inputs) if pattern else ():
            named = pattern.fullmatch(value) if pattern and isinstance(value, str) and len(value) < 300 else None
            if named and not _IN_POLICY.search(path):
                found.append((Node(resource, path, value), named[1]))
    return found
