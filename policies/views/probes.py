"""Whom and what a pattern of a policy document reaches, tried with the names of things that it must not reach.

One question decides what is "wide" and what is "public": does the pattern match somebody else's? Somebody else's project has a
bucket, a role and a key in this account or another; a stranger has an account, an organisation, a network and an address of his
own. A pattern that some name of theirs fits reaches them, however it is written.

Sources: IAM User Guide, "IAM JSON policy elements: Condition operators", "Using wildcards in resource ARNs", "AWS global condition
context keys"; Service Authorization Reference (read 2026-11).
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple, TypeAlias

from soundstage.policies.views.addresses import network, private, union_size

STRANGER: Final = "999999999999"
"""The account of somebody who must not get in."""
_OTHER: Final = "??q9-*"
"""How the names of other projects look: any first two characters, then what no name of ours has."""


@cache
def meets(one: str, other: str) -> bool:
    """Whether some text fits both patterns, in which `*` stands for any characters and `?` for any one."""
    seen = set()
    open_pairs = [(0, 0)]
    while open_pairs:
        pair = open_pairs.pop()
        if pair in seen:
            continue
        seen.add(pair)
        here, there = pair
        mine, theirs = one[here : here + 1], other[there : there + 1]
        if not mine and not theirs:
            return True
        if mine == "*":
            open_pairs.append((here + 1, there))
            if theirs:
                open_pairs.append((here, there + 1))
        if theirs == "*":
            open_pairs.append((here, there + 1))
            if mine:
                open_pairs.append((here + 1, there))
        if mine and theirs and "*" not in (mine, theirs) and (mine == theirs or "?" in (mine, theirs)):
            open_pairs.append((here + 1, there + 1))
    return False


class Arn(NamedTuple):
    """The parts of an ARN that tell things apart; each may be a pattern."""

    service: str
    account: str
    resource: str


@cache
def arn(text: str) -> Arn:
    """An ARN or a pattern of one. A `*` at the end stands for all the parts that are not written."""
    parts = text.split(":", 5) if text != "*" else ["*"] * 6
    if len(parts) < 6:
        rest = "*" if text.endswith("*") else ""
        parts += [rest] * (6 - len(parts))
    return Arn(parts[2].lower(), parts[4], parts[5])


_VARIABLE: Final = re.compile(r"\$\{([^}]*)\}")


def plain(text: str) -> str:
    """A pattern without policy variables: what they stand for is the caller's own, and never another's."""
    return _VARIABLE.sub(lambda match: match[1] if match[1] in ("*", "?", "$") else "~", text)


THINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "s3": (_OTHER, f"accesspoint/{_OTHER}"),
    "iam": tuple(f"{kind}/{_OTHER}" for kind in ("role", "user", "group", "policy", "instance-profile")),
    "kms": (f"key/{_OTHER}",),
    "secretsmanager": (f"secret:{_OTHER}",),
    "ssm": (f"parameter/{_OTHER}", f"document/{_OTHER}"),
    "ec2": (
        "instance/i-??q9*",
        "volume/vol-??q9*",
        "snapshot/snap-??q9*",
        "image/ami-??q9*",
        f"security-group/{_OTHER}",
    ),
    "lambda": (f"function:{_OTHER}",),
    "dynamodb": (f"table/{_OTHER}",),
    "logs": (f"log-group:{_OTHER}",),
    "sns": (_OTHER,),
    "sqs": (_OTHER,),
    "ecr": (f"repository/{_OTHER}",),
    "elasticfilesystem": ("file-system/fs-??q9*",),
    "fsx": ("file-system/fs-??q9*", "backup/backup-??q9*"),
}
"""What other projects have, by service, as the last part of its ARN."""
_ANYTHING: Final = (f"q9/{_OTHER}", f"q9:{_OTHER}")
"""The same for services that are not in the table: only a pattern for all of them fits."""
_BY_ACTION: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "sts:assumerole": (("iam", f"role/{_OTHER}"),),
    "iam:passrole": (("iam", f"role/{_OTHER}"),),
    "ssm:sendcommand": (("ec2", "instance/i-??q9*"), ("ssm", "managed-instance/mi-??q9*")),
    "ssm:startsession": (("ec2", "instance/i-??q9*"), ("ssm", "managed-instance/mi-??q9*")),
    "ssm:resumesession": (("ssm", f"session/{_OTHER}"),),
}
"""Actions on another service's things."""


def others(action: str) -> tuple[tuple[str, str], ...]:
    """What other projects have that an action could be done to: (service, last part of the ARN)."""
    service = action.lower().partition(":")[0]
    known = _BY_ACTION.get(action.lower())
    return known or tuple((service, thing) for thing in THINGS.get(service, _ANYTHING))


@cache
def reaches_others(pattern: str, action: str) -> bool:
    """Whether a resource pattern matches something that another project has, for an action on it."""
    if pattern == "*":
        return True
    found = arn(plain(pattern))
    return any(meets(found.service, service) and meets(found.resource, thing) for service, thing in others(action))


def spares_others(pattern: str, action: str) -> bool:
    """Whether a `NotResource` leaves out all that other projects have."""
    found = arn(plain(pattern))
    return found.resource == "*" and all(meets(found.service, service) for service, _ in others(action))


def foreign(pattern: str) -> bool:
    """Whether an ARN, an account or a pattern of one is, or may be, a stranger's."""
    text = plain(pattern)
    if not text.startswith("arn:"):
        return meets(text, STRANGER) or meets(text, f"arn:aws:iam::{STRANGER}:*")
    found = arn(text)
    return meets(found.account, STRANGER) if found.account else meets(found.resource, _OTHER)


_ACCOUNTS: Final = frozenset(
    {
        "aws:principalaccount", "aws:sourceaccount", "aws:sourceowner", "aws:vpceaccount", "kms:calleraccount",
        "s3:dataaccesspointaccount",
    }
)  # fmt: skip
_ARNS: Final = frozenset(
    {"aws:principalarn", "aws:sourcearn", "s3:dataaccesspointarn", "elasticfilesystem:accesspointarn"}
)
_ORGANISATIONS: Final = frozenset(
    {"aws:principalorgid", "aws:principalorgpaths", "aws:sourceorgid", "aws:sourceorgpaths"}
)
WHO: Final[Mapping[str, tuple[str, ...]]] = {
    "aws:principalorgid": (f"o-{_OTHER}",),
    "aws:sourceorgid": (f"o-{_OTHER}",),
    "aws:vpceorgid": (f"o-{_OTHER}",),
    "aws:principalorgpaths": (f"o-{_OTHER}",),
    "aws:sourceorgpaths": (f"o-{_OTHER}",),
    "aws:vpceorgpaths": (f"o-{_OTHER}",),
    "aws:sourcevpc": ("vpc-??q9*",),
    "aws:sourcevpcarn": (f"arn:aws:ec2:??-*-?:{STRANGER}:vpc/*",),
    "aws:sourcevpce": ("vpce-??q9*",),
    "aws:userid": ("aroa??q9*", "aida??q9*"),
    "aws:principalservicename": ("??q9*.amazonaws.com",),
    "aws:principalisawsservice": ("false",),
    "elasticfilesystem:accessedviamounttarget": ("false",),
}
"""What a stranger's request says of him, by condition key in lower case. A key that is not here says nothing that he could not
arrange: tags of his own role, a second factor, encryption, a referer, a private address in a network of his own."""
OWNERS: Final[Mapping[str, tuple[str, ...]]] = {
    "aws:resourceaccount": (STRANGER,),
    "aws:resourceorgid": (f"o-{_OTHER}",),
    "aws:resourceorgpaths": (f"o-{_OTHER}",),
}
"""What is true of a stranger's things."""
_ADDRESS: Final = "aws:sourceip"
_TOGETHER: Final = 12
"""All IPv4 ranges of one condition together may cover fewer addresses than this prefix."""
WHAT: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("aws:requesttag/", (_OTHER,)),
    ("aws:resourcetag/", (_OTHER,)),
    ("dynamodb:leadingkeys", (_OTHER,)),
    ("ec2:resourcetag/", (_OTHER,)),
    ("ec2:sourceinstancearn", ("arn:aws:ec2:??-*-?:????????????:instance/i-??q9*",)),
    ("ec2:instanceid", ("i-??q9*",)),
    ("iam:permissionsboundary", (f"arn:aws:iam::????????????:policy/{_OTHER}", "arn:aws:iam::aws:policy/??q9*")),
    ("iam:policyarn", (f"arn:aws:iam::????????????:policy/{_OTHER}", "arn:aws:iam::aws:policy/??q9*")),
    ("iam:resourcetag/", (_OTHER,)),
    ("kms:encryptioncontext:", (_OTHER, f"arn:aws:s3:::{_OTHER}")),
    ("kms:resourcealiases", (f"alias/{_OTHER}",)),
    ("s3:dataaccesspointarn", (f"arn:aws:s3:??-*-?:????????????:accesspoint/{_OTHER}",)),
    ("s3:existingobjecttag/", (_OTHER,)),
    ("secretsmanager:resourcetag/", (_OTHER,)),
    ("ssm:resourcetag/", (_OTHER,)),
)
"""What is true of another project's things, by the beginning of the condition key in lower case. Other keys say who asks, from
where, when or through which service, and leave everything within reach."""


def texts(value: Any) -> tuple[str, ...]:
    """A value that may be a list or a single text, as texts."""
    if value is None:
        return ()
    return tuple(str(item) for item in value) if isinstance(value, list) else (str(value),)


Fits: TypeAlias = Callable[[str], bool]
"""Whether a value of a condition is met by what must not get through."""


def _about_owner(key: str) -> Fits | None:
    return _any_of(OWNERS.get(key))


def _about_whom(prefix_v4: int, key: str) -> Fits | None:
    if key in _ACCOUNTS or key in _ARNS:
        return foreign
    if key == _ADDRESS:
        return lambda text: _wide_address(text, prefix_v4)
    return _any_of(WHO.get(key))


def _about_what(key: str) -> Fits | None:
    return _any_of(next((found for start, found in WHAT if key.startswith(start)), None))


def _any_of(probes: tuple[str, ...] | None) -> Fits | None:
    if probes is None:
        return None
    return lambda text: any(meets(plain(text).lower(), probe) for probe in probes)


def _lets_through(operator: str, key: str, value: Any, fits: Fits | None) -> bool:
    """Whether one test lets a request through. What is also met without the key, or by all but some, limits nobody."""
    set_operator, _, rest = operator.lower().rpartition(":")
    if fits is None or set_operator == "forallvalues" or rest.endswith("ifexists") or rest == "null" or "not" in rest:
        return True
    own = f"${{{key}}}"
    if key == _ADDRESS and _adds_up(texts(value)):
        return True
    return any(fits("*" if text.lower() == own else text) for text in texts(value))


def _tests(condition: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for operator, tests in condition.items():
        if isinstance(tests, Mapping):
            for key, value in tests.items():
                yield operator, key.lower(), value


def _wide_address(text: str, prefix_v4: int) -> bool:
    try:
        found = network(text)
    except ValueError:
        return "*" in text
    return not private(text) and found.prefixlen < (prefix_v4 if found.version == 4 else 32)


def _adds_up(ranges: Sequence[str]) -> bool:
    """Whether ranges that are narrow one by one are together a part of the internet that no office has."""
    try:
        return union_size(ranges) > int(2 ** (32 - _TOGETHER))
    except ValueError:
        return False


def named_by(condition: Mapping[str, Any]) -> list[str]:
    """The accounts, ARNs and organisations to which a condition limits who asks, or for whom a service asks."""
    return [
        text.partition("/")[0] if text.startswith("o-") else text
        for operator, key, value in _tests(condition)
        if (key in _ACCOUNTS or key in _ARNS or key in _ORGANISATIONS)
        and not _lets_through(operator, key, value, _about_whom(16, key))
        for text in texts(value)
        if "${" not in text
    ]


def admits_stranger(condition: Mapping[str, Any], prefix_v4: int = 16) -> bool:
    """Whether a condition lets through somebody of another account, organisation and network.

    `prefix_v4`: an IPv4 range with a shorter prefix admits strangers."""
    return all(
        _lets_through(operator, key, value, _about_whom(prefix_v4, key)) for operator, key, value in _tests(condition)
    )


def admits_others(condition: Mapping[str, Any]) -> bool:
    """Whether a condition lets through a request about another project's things."""
    return all(_lets_through(operator, key, value, _about_what(key)) for operator, key, value in _tests(condition))


def limiting_keys(condition: Mapping[str, Any]) -> set[str]:
    """The keys, in lower case, whose tests keep somebody or something out."""
    return {
        key
        for operator, key, value in _tests(condition)
        if not _lets_through(
            operator, key, value, _about_whom(16, key) or _about_what(key) or _about_owner(key) or _any_value
        )
    }


def _any_value(text: str) -> bool:
    return text.lower() in ("", "false") or not text.replace(".amazonaws.com", "").strip("*?")


_SUBJECTS: Final = tuple(
    f"{start}{_OTHER}" for start in ("", "repo:", "project_path:", "organization:", "system:serviceaccount:")
)
"""How the subjects of others look, whichever service makes the tokens (GitHub, GitLab, Terraform Cloud, EKS)."""


_OWN_ISSUERS: Final = (
    r"api\.bitbucket\.org/2\.0/workspaces/[^/*?]+/pipelines-config/identity/oidc",
    r"oidc\.circleci\.com/org/[^/*?]+",
    r"api\.pulumi\.com/oidc",
)
"""Issuers that make tokens for one customer, or whose audience names the customer: there the audience says whose a token is (their
guides to sign-in at AWS, read 2026-11)."""


def federated_to_others(host: str, condition: Mapping[str, Any]) -> bool:
    """Whether a trust in the tokens of `host` accepts tokens that were made for other people's repositories, pools or clients.

    Whom a token is for is said by its subject. That of Cognito is the pool's user; there the pool, `aud`, says it, unless the pool
    gives tokens to guests. Google's, Amazon's and Facebook's own tokens say it by the client that they were made for.
    """
    own = any(re.fullmatch(pattern, host) for pattern in _OWN_ISSUERS)
    pools = own or host in (
        "cognito-identity.amazonaws.com",
        "accounts.google.com",
        "www.amazon.com",
        "graph.facebook.com",
    )
    pinned = False
    for operator, key, value in _tests(condition):
        if not key.startswith(f"{host.lower()}:"):
            continue
        claim = key[len(host) + 1 :]
        if claim == "amr" and "unauthenticated" in {text.lower() for text in texts(value)}:
            return True
        if claim == "amr" or (claim in ("aud", "azp", "app_id") and not pools):
            continue
        pinned = pinned or not _lets_through(operator, key, value, _of_another)
    return not pinned


def _of_another(text: str) -> bool:
    """Whether a subject may be another's; for a repository, whether it is not one but many."""
    found = plain(text)
    many = found.startswith(("repo:", "project_path:")) and "*" in found.split(":")[1]
    return many or any(meets(found, subject) for subject in _SUBJECTS)
