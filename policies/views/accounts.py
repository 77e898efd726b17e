"""Accounts: the studio's own, AWS's, and everybody else's."""

import re
from collections.abc import Iterator
from typing import Final

from soundstage.core.values import UNKNOWN
from soundstage.policies.views.node import Truth
from soundstage.policies.views.probes import arn
from soundstage.policies.views.stack import Stack

_ACCOUNT: Final = re.compile(r"[0-9]{12}")
OF_AWS: Final = frozenset(
    {
        # Elastic Load Balancing, which writes access logs (Application Load Balancer guide, "Enable access logs", read 2026-11)
        "127311923021", "033677994240", "027434742980", "797873946194", "098369216593", "754344448648", "589379963580",
        "718504428378", "383597477331", "600734575887", "114774131450", "783225319266", "582318560864", "985666609251",
        "054676820928", "156460612806", "652711504416", "635631232127", "009996457667", "897822967062", "076674570225",
        "507241528517", "190560391635", "048591011584",
        # CloudTrail and AWS Config, before they had service principals (CloudTrail user guide, read 2026-11)
        "113285607260", "086441151436", "388731089494",
    }
)  # fmt: skip
"""Accounts of AWS itself that bucket policies name because AWS's documentation says so."""


def own_accounts(stack: Stack) -> list[str]:
    """The accounts that are known to be the studio's: those of the settings, and those in which this stack's own resources are."""
    return sorted(dict.fromkeys(_own(stack)))


def _own(stack: Stack) -> Iterator[str]:
    yield from (item for item in stack.settings.accounts if _ACCOUNT.fullmatch(item))
    for resource in stack.resources:
        if resource.cloud not in ("aws", "pulumi"):
            continue
        made = resource.planned.outputs.get("arn")
        if isinstance(made, str) and _ACCOUNT.fullmatch(arn(made).account):
            yield arn(made).account
        if resource.type == "pulumi:providers:aws":
            for node in resource.get("allowedAccountIds").each():
                if isinstance(node.value, str):
                    yield from _ACCOUNT.findall(node.value)


def account_of(text: str) -> str:
    """The account in a principal: of its ARN, or the principal itself. Empty when it names none."""
    found = arn(text).account if text.startswith("arn:") else text
    return found if _ACCOUNT.fullmatch(found) else ""


_ORGANISATION: Final = re.compile(r"o-[a-z0-9]{4,32}")
_OPAQUE: Final = re.compile(r"[0-9a-f]{64}|A(?:ROA|IDA|GPA|NPA|NVA|PKA|IPA|KIA|SIA)[A-Z0-9]{12,}")
"""Canonical user ids, and unique ids of principals: neither shows an account (IAM User Guide, "IAM identifiers", read 2026-11)."""
_LOG_DELIVERY: Final = "c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0"
"""The canonical user of the service that writes CloudFront's logs (CloudFront Developer Guide, read 2026-11)."""


def opaque(text: str) -> bool:
    """Whether somebody is named in a way that shows no account: by a canonical or unique id, by the identity of a CloudFront
    distribution, by an address, or by an organisation."""
    return (
        bool(_OPAQUE.fullmatch(text) or _ORGANISATION.fullmatch(text))
        or ":iam::cloudfront:user/" in text
        or "@" in text
    )


def outside(stack: Stack, text: str) -> Truth:
    """Whether a principal belongs to an account outside the studio; `UNKNOWN` while no account is known to be its own."""
    if opaque(text):
        return False if text == _LOG_DELIVERY or text in stack.settings.accounts else UNKNOWN
    account = account_of(text)
    if not account or account in OF_AWS:
        return False
    own = stack.view(own_accounts)
    return account not in own if own else UNKNOWN
