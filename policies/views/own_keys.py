"""Whether a key is the studio's own. AWS's managed keys (`alias/aws/…`) belong to AWS: nobody can change who reads with them."""

import re
from typing import Final

from soundstage.policies.views.node import Node, Truth, any_of
from soundstage.policies.views.stack import Stack

_OF_AWS: Final = re.compile(r"(arn:[^:]*:kms:[^:]*:[^:]*:)?alias/aws/.*")


def lacks_own_key(stack: Stack, key: Node) -> Truth:
    """Whether no key is named, or one of AWS's (KMS Developer Guide, "AWS managed keys", read 2026-11)."""
    if stack.targets(key):
        return False
    return any_of(key.absent, key.is_(lambda value: bool(_OF_AWS.fullmatch(str(value)))))
