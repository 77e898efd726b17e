"""What is shared and with whom: policies, snapshots, file systems and review pages."""

from collections.abc import Iterator

from soundstage.policies.checks.identity import unread
from soundstage.policies.policy import (
    CRITICAL,
    HIGH,
    MANDATORY,
    Blind,
    Verdict,
    breach,
    policy,
)
from soundstage.policies.views.access_lists import Door, doors
from soundstage.policies.views.documents import Document, resource_documents
from soundstage.policies.views.members import Given, given, unread_policies
from soundstage.policies.views.networks import SUBNET
from soundstage.policies.views.node import Node, Resource, all_of, any_of, no
from soundstage.policies.views.own_keys import lacks_own_key
from soundstage.policies.views.probes import federated_to_others
from soundstage.policies.views.shares import Share, shares
from soundstage.policies.views.stack import Stack


@policy(
    "STO-10",
    "Nothing is shared with everyone",
    severity=CRITICAL,
    level=MANDATORY,
    why="A policy that names everyone gives the media, the keys or the images to the whole internet.",
    fix="Name the accounts or roles, or add a condition on the principal's account or organisation.",
    references="cis-aws-7.0:2.21 cis-gcp-5.0:1.10 cis-gcp-5.0:5.1 fsbp:KMS.5 fsbp:EC2.1 fsbp:Lambda.1 fsbp:S3.2 fsbp:S3.3 mpa-5.1:T31 gdpr:25",
    over=lambda stack: [
        *stack.view(resource_documents),
        *stack.view(shares),
        *stack.view(doors),
        *stack.view(given),
        *stack.view(unread_policies),
    ],
)
def shared_with_everyone(subject: Document | Share | Door | Given | Node, stack: Stack) -> Iterator[Verdict]:
    if isinstance(subject, Document):
        yield from unread([subject])
        for statement in subject.statements:
            yield from breach(
                statement.open_to_strangers(stack.settings.wide_prefix_v4),
                subject.resource,
                f"its policy admits everyone ({statement.sid or ', '.join(statement.actions)})",
                statement.node,
            )
            for host in statement.token_hosts:
                yield from breach(
                    statement.allows and federated_to_others(host, statement.condition),
                    subject.resource,
                    f"its policy admits tokens of {host} that were made for others",
                    statement.node,
                )
        return
    if isinstance(subject, Share):
        everyone = False if stack.targets(subject.to) else subject.everyone
        yield from breach(everyone, subject.resource, "is shared with everyone", subject.to, *subject.limits)
        return
    if isinstance(subject, Door):
        yield from breach(subject.everyone, subject.resource, subject.what, subject.node)
        return
    if isinstance(subject, Node):
        yield Blind(subject.resource, subject.path, "the policy cannot be read before up")
        return
    yield from breach(subject.everyone, subject.resource, f"admits {subject.member.text}", subject.member)


_SNAPSHOTS = (
    "aws:ebs/snapshotCopy:SnapshotCopy",
    "aws:ec2/amiCopy:AmiCopy",
    "aws:ec2/ami:Ami",
)
_SNAPSHOT_BLOCK = "aws:ebs/snapshotBlockPublicAccess:SnapshotBlockPublicAccess"
_IMAGE_BLOCK = "aws:ec2/imageBlockPublicAccess:ImageBlockPublicAccess"
_GCP_SNAPSHOT = "gcp:compute/snapshot:Snapshot"


@policy(
    "STO-15",
    "Snapshots and images stay private and encrypted",
    severity=CRITICAL,
    level=MANDATORY,
    why="A snapshot holds the whole disk: if it is shared, or copied without its key, others can read all media on it.",
    fix="Keep the key on each copy, share with no group, and block public sharing for the account.",
    references="fsbp:EC2.182 mpa-5.1:T5",
    over=lambda stack: stack.of(*_SNAPSHOTS, _SNAPSHOT_BLOCK, _IMAGE_BLOCK, _GCP_SNAPSHOT),
)
def private_snapshots(subject: Resource, _stack: Stack) -> Iterator[Verdict]:
    if subject.type in (_SNAPSHOT_BLOCK, _IMAGE_BLOCK):
        state = subject.get("state")
        every = ("block-all-sharing",) if subject.type == _SNAPSHOT_BLOCK else ("block-new-sharing",)
        yield from breach(no(state.equals(*every)), subject, "does not block all sharing", state)
    elif subject.type == _GCP_SNAPSHOT:
        key = subject.get("snapshotEncryptionKey")
        yield from breach(key.absent, subject, "has no key of the studio", key)
    elif subject.type == "aws:ec2/ami:Ami":
        for device in subject.get("ebsBlockDevices").each():
            flag = device.get("encrypted")
            plain = all_of(no(flag.true), device.get("snapshotId").absent)
            yield from breach(plain, subject, "has a disk that is not encrypted", flag)
    else:
        flag = subject.get("encrypted")
        yield from breach(no(flag.true), subject, "makes a copy that is not encrypted", flag)


_FILE_SYSTEMS = {
    "aws:fsx/windowsFileSystem:WindowsFileSystem": ("kmsKeyId", "automaticBackupRetentionDays"),
    "aws:fsx/lustreFileSystem:LustreFileSystem": ("kmsKeyId", "automaticBackupRetentionDays"),
    "aws:fsx/ontapFileSystem:OntapFileSystem": ("kmsKeyId", "automaticBackupRetentionDays"),
    "aws:fsx/openZfsFileSystem:OpenZfsFileSystem": ("kmsKeyId", "automaticBackupRetentionDays"),
    "aws:efs/fileSystem:FileSystem": ("kmsKeyId", ""),
    "gcp:filestore/instance:Instance": ("kmsKeyName", ""),
}


@policy(
    "STO-17",
    "Shared file systems have the studio's key, backups and a private network",
    severity=HIGH,
    level=MANDATORY,
    why="A shared file system holds media of every project, so a leak or a loss affects all of them.",
    fix="Set the KMS key, keep automatic backups, and place it in private subnets.",
    references="cis-aws-7.0:3.3.1 mpa-5.1:T5",
    over=lambda stack: stack.of(*_FILE_SYSTEMS),
)
def file_systems(subject: Resource, stack: Stack) -> Iterator[Verdict]:
    key_name, backup_name = _FILE_SYSTEMS[subject.type]
    key = subject.get(key_name)
    yield from breach(lacks_own_key(stack, key), subject, "has no key of the studio", key)
    if subject.type.startswith("aws:efs"):
        encrypted = subject.get("encrypted")
        yield from breach(no(encrypted.true), subject, "is not encrypted", encrypted)
    if backup_name:
        days = subject.get(backup_name)
        scratch = subject.get("deploymentType").is_(lambda value: str(value).startswith("SCRATCH"))
        yield from breach(
            all_of(no(scratch), days.equals(0)),
            subject,
            "keeps no automatic backup",
            days,
            subject.get("deploymentType"),
        )
    for clients in _exports(subject):
        everyone = clients.is_(lambda value: str(value) in ("*", "0.0.0.0/0", "::/0"))
        yield from breach(everyone, subject, "is exported to every address", clients)
    for node in subject.get("subnetIds").each():
        for subnet in stack.targets(node, SUBNET):
            public = subnet.get("mapPublicIpOnLaunch")
            yield from breach(public.true, subject, f"sits in the public subnet {subnet.name}", node, public)


def _exports(subject: Resource) -> list[Node]:
    """To whom a file system gives its files over NFS."""
    places = (
        "rootVolumeConfiguration.nfsExports.clientConfigurations[*].clients",
        "fileShares.nfsExportOptions[*].ipRanges",
    )
    return [node for place in places for end in subject.root.all(place) for node in end.each()]


_DISTRIBUTION = "aws:cloudfront/distribution:Distribution"


_ACCESS_CONTROL = "aws:cloudfront/originAccessControl:OriginAccessControl"


@policy(
    "STO-19",
    "Review pages are served safely",
    severity=HIGH,
    level=MANDATORY,
    why="The review page is the one part of a job that faces the internet on purpose.",
    fix="Redirect to HTTPS with TLS 1.2, read the bucket through origin access control, log, and add a web ACL.",
    references="fsbp:CloudFront.3 fsbp:CloudFront.5 fsbp:CloudFront.6 fsbp:CloudFront.10 "
    "fsbp:CloudFront.13 cis-aws-7.0:4.10 mpa-5.1:T29",
    clouds="aws",
    over=lambda stack: stack.of(_DISTRIBUTION),
)
def review_pages(subject: Resource, stack: Stack) -> Iterator[Verdict]:
    for behaviour in (subject.get("defaultCacheBehavior"), *subject.get("orderedCacheBehaviors").each()):
        scheme = behaviour.get("viewerProtocolPolicy")
        yield from breach(scheme.equals("allow-all", None), subject, "answers without TLS", scheme)
    certificate = subject.get("viewerCertificate")
    minimum = certificate.get("minimumProtocolVersion")
    plain = certificate.get("cloudfrontDefaultCertificate")
    old = any_of(plain.true, no(minimum.is_(lambda value: str(value).startswith(("TLSv1.2", "TLSv1.3")))))
    told = minimum.text if minimum.value is not None and plain.true is not True else "TLSv1, CloudFront's default"
    yield from breach(old, subject, f"accepts {told}", minimum, plain)
    for origin in subject.get("origins").each():
        if origin.get("customOriginConfig").value is None:
            control = origin.get("originAccessControlId")
            missing = False if stack.targets(control, _ACCESS_CONTROL) else control.absent
            yield from breach(missing, subject, "reads the bucket without origin access control", control)
        way = origin.get("customOriginConfig.originProtocolPolicy")
        yield from breach(way.equals("http-only"), subject, "reads its origin without TLS", way)
        spoken = origin.get("customOriginConfig.originSslProtocols")
        old = spoken.is_(lambda value: bool({"SSLv3", "TLSv1", "TLSv1.1"} & set(value or [])))
        yield from breach(old, subject, f"speaks {spoken.text} to its origin", spoken)
    log = subject.get("loggingConfig")
    yield from breach(log.absent, subject, "keeps no log", log)
    acl = subject.get("webAclId")
    yield from breach(acl.absent, subject, "has no web ACL", acl)


@policy(
    "STO-20",
    "Review links expire",
    severity=HIGH,
    level=MANDATORY,
    why="A link that is not signed never expires, and whoever receives it can pass it on.",
    fix="Set `trusted_key_groups` on every behaviour and sign links with an expiry.",
    references="mpa-5.1:T29",
    clouds="aws",
    over=lambda stack: stack.of(_DISTRIBUTION),
)
def signed_links(subject: Resource, _stack: Stack) -> Iterator[Verdict]:
    for behaviour in (subject.get("defaultCacheBehavior"), *subject.get("orderedCacheBehaviors").each()):
        groups, signers = behaviour.get("trustedKeyGroups"), behaviour.get("trustedSigners")
        yield from breach(all_of(groups.absent, signers.absent), subject, "serves unsigned links", groups, signers)
