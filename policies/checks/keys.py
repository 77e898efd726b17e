"""Encryption keys: rotation, deletion, and the separation of those who manage from those who read."""

from collections.abc import Iterator

from soundstage.core.values import UNKNOWN
from soundstage.policies.checks.identity import unread
from soundstage.policies.policy import HIGH, MANDATORY, MEDIUM, Blind, Edit, Verdict, breach, policy
from soundstage.policies.views.accounts import outside
from soundstage.policies.views.documents import Statement, document
from soundstage.policies.views.members import Given, given, named_projects
from soundstage.policies.views.node import Node, Resource, Truth, all_of, no
from soundstage.policies.views.own_keys import named_keys
from soundstage.policies.views.stack import Stack

KEY = "aws:kms/key:Key"
KEY_POLICY = "aws:kms/keyPolicy:KeyPolicy"
GCP_KEY = "gcp:kms/cryptoKey:CryptoKey"


def _seconds(value: object) -> float:
    """A duration as Google writes it, `7776000s`, in seconds."""
    return float(str(value).rstrip("s"))


@policy(
    "KMS-01",
    "Keys rotate and cannot vanish overnight",
    severity=MEDIUM,
    level=MANDATORY,
    why="Without their key, media cannot be read again; a wait of thirty days leaves time to cancel a mistaken deletion.",
    fix="Set `enable_key_rotation=True` and `deletion_window_in_days=30`; on Google a rotation period of at most "
    "ninety days and `destroy_scheduled_duration` of thirty days.",
    references="cis-aws-7.0:4.6 fsbp:KMS.3 fsbp:KMS.4 cis-gcp-5.0:1.11 mpa-5.1:T5",
    over=lambda stack: stack.of(KEY, GCP_KEY),
    remedy=lambda resource: (
        [Edit("enableKeyRotation", True), Edit("deletionWindowInDays", 30)] if resource.type == KEY else []
    ),
)
def key_care(subject: Resource, stack: Stack) -> Iterator[Verdict]:
    settings = stack.settings
    if subject.type == GCP_KEY:
        period = subject.get("rotationPeriod")
        days = settings.kms_rotation_days
        slow = period.is_(lambda value: not value or _seconds(value) > days * 86400)
        asymmetric = no(subject.get("purpose").equals(None, "ENCRYPT_DECRYPT"))
        yield from breach(all_of(slow, no(asymmetric)), subject, f"does not rotate within {days} days", period)
        wait = subject.get("destroyScheduledDuration")
        hasty = wait.is_(lambda value: value is not None and _seconds(value) < settings.kms_window_days * 86400)
        yield from breach(hasty, subject, f"can be gone after {wait.text}", wait)
        return
    symmetric = subject.get("customerMasterKeySpec").equals(None, "SYMMETRIC_DEFAULT")
    rotation = subject.get("enableKeyRotation")
    yield from breach(
        all_of(symmetric, no(rotation.true)), subject, "does not rotate", rotation, subject.get("customerMasterKeySpec")
    )
    period = subject.get("rotationPeriodInDays")
    slow = period.is_(lambda value: value is not None and int(value) > 366)
    yield from breach(all_of(symmetric, slow), subject, f"rotates after {period.text} days only", period)
    window = subject.get("deletionWindowInDays")
    least = settings.kms_window_days
    brief = window.is_(lambda value: value is not None and int(value) < least)
    yield from breach(brief, subject, f"can be gone after {window.text} days", window)


_READS = "kms:Decrypt"
_MANAGES = "kms:ScheduleKeyDeletion"
_VIA = (
    "kms:viaservice",
    "aws:principalarn",
    "kms:encryptioncontext",
    "aws:sourceaccount",
    "aws:sourcearn",
    "kms:calleraccount",
    "kms:grantisforawsresource",
)


def _leaves_it_to_iam(statement: Statement) -> bool:
    """Whether it names the account alone, as AWS's default policy of a key does: then IAM says who may do what (KMS Developer
    Guide, "Default key policy", read 2026-11)."""
    named = statement.principals
    return bool(named) and all(text.endswith(":root") or text.isdigit() for text in named)


def _google_duties(stack: Stack) -> list[tuple[Given, Given, Truth]]:
    """Members who are given the administration of keys and the use of one, or may be."""
    duties = [item for item in stack.view(given) if _role(item, "roles/cloudkms.") is not False]
    found: list[tuple[Given, Given, Truth]] = []
    for manages in duties:
        for reads in duties:
            same: Truth = UNKNOWN
            if manages.member.known and reads.member.known:
                same = manages.member.value == reads.member.value
            both = all_of(_role(manages, "roles/cloudkms.admin"), _role(reads, "roles/cloudkms.cryptoKey"), same)
            if manages is not reads and both is not False:
                found.append((manages, reads, both))
    return found


def _role(item: Given, start: str) -> Truth:
    return item.gives(lambda value: value.startswith(start))


@policy(
    "KMS-02",
    "Who manages a key does not read with it",
    severity=HIGH,
    level=MANDATORY,
    why="An administrator who can delete a key does not need to read media, and an editor does not need to delete the key.",
    fix="Write a key policy with one statement for administration and another, with conditions, for use.",
    references="cis-gcp-5.0:1.12 mpa-5.1:T5",
    over=lambda stack: [*stack.of(KEY), *stack.view(_google_duties)],
)
def separated_duties(key: Resource | tuple[Given, Given, Truth], stack: Stack) -> Iterator[Verdict]:
    if isinstance(key, tuple):
        manages, reads, both = key
        told = f"{reads.member.text} both manages keys and reads with them"
        yield from breach(both, reads.resource, told, reads.role, reads.member, manages.role, manages.member)
        return
    split = stack.parts(key, (KEY_POLICY,), "keyId")
    nodes = [
        node for node in (key.get("policy"), *(part.get("policy") for part in split.found)) if node.value is not None
    ]
    for node in nodes:
        item = document(node)
        yield from unread([item])
        for statement in item.statements:
            both = statement.grants(_READS) and statement.grants(_MANAGES)
            limited = any(name.startswith(_VIA) for name in statement.requires()) or _leaves_it_to_iam(statement)
            yield from breach(
                both and not limited, node.resource, "one statement both manages and reads", statement.node
            )


@policy(
    "KMS-03",
    "Nothing is encrypted with a stranger's key",
    severity=HIGH,
    level=MANDATORY,
    why="Whoever owns the key takes it away, and the media with it, on the day of their choice.",
    fix="Name a key of the studio's own account or project; list the account or project in `accounts` where it is one of yours.",
    references="mpa-5.1:T5",
    over=named_keys,
)
def strange_keys(subject: tuple[Node, str], stack: Stack) -> Iterator[Verdict]:
    node, owner = subject
    if stack.targets(node):
        return
    if node.resource.cloud == "aws":
        yield from breach(outside(stack, owner), node.resource, f"is encrypted with a key of account {owner}", node)
        return
    projects = stack.view(named_projects)
    if projects and owner not in (*stack.settings.accounts, *projects):
        why = f"whether {owner}, which has its key, is the studio's own is not known; list it in `accounts`"
        yield Blind(node.resource, node.path, why)
