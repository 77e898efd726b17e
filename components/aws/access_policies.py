"""What the people of a project may do, as values: three roles and the boundary around them.

The boundary alone already fences the project: whatever policy somebody hangs on one of its roles, the role reaches this
project's bucket, key and machines and nothing else. The roles' own policies say who does what within it.

Facts of IAM used here (AWS IAM user guide and the service authorisation references of EC2, S3, KMS and Systems Manager,
read 2026-11): starting a machine whose disks are under a customer's key needs `kms:CreateGrant` by the person who
starts it; a session's owner is found in its tag `aws:ssmmessages:session-id`; documents of AWS have no account in their
ARN.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from soundstage.components.aws.place import Place
from soundstage.components.layout import EXPORTS, FOLDERS, MASTERS, TRANSFER
from soundstage.components.naming import budget_name, log_group_name, session_documents
from soundstage.components.policydoc import Conditions, Statement, allow, deny
from soundstage.components.tags import PROJECT, STUDIO

MAX_SESSION_HOURS: Final = 12

_LOOK_AT_MACHINES: Final = ("ec2:DescribeInstanceStatus", "ec2:DescribeInstances", "ec2:DescribeVolumes")
_LOOK_AT_SESSIONS: Final = ("ssm:DescribeInstanceInformation", "ssm:DescribeSessions", "ssm:GetConnectionStatus")
_RUN_MACHINES: Final = ("ec2:StartInstances", "ec2:StopInstances")
_READ_MEDIA: Final = ("s3:GetObject", "s3:GetObjectAttributes", "s3:GetObjectTagging", "s3:GetObjectVersion")
_WRITE_MEDIA: Final = ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject", "s3:PutObjectTagging")
_LIST_MEDIA: Final = (
    "s3:GetBucketLocation",
    "s3:ListBucket",
    "s3:ListBucketMultipartUploads",
    "s3:ListBucketVersions",
)
_USE_KEY: Final = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*")
_READ_METRICS: Final = ("cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData", "cloudwatch:ListMetrics")
_READ_LOGS: Final = ("logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents")

_CHANGE_BUCKET: Final = (
    "s3:BypassGovernanceRetention",
    "s3:DeleteBucket*",
    "s3:PutAccelerateConfiguration",
    "s3:PutAccessPoint*",
    "s3:PutAccountPublicAccessBlock",
    "s3:PutBucket*",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutObjectAcl",
    "s3:PutObjectVersionAcl",
    "s3:PutReplicationConfiguration",
)
_CHANGE_LOCK: Final = ("s3:PutObjectLegalHold", "s3:PutObjectRetention")


_EVER: Final = (
    *("budgets:ViewBudget", "kms:*", "s3:*", "sts:GetCallerIdentity", "ssmmessages:OpenDataChannel"),
    *("cloudwatch:Describe*", "cloudwatch:Get*", "cloudwatch:List*"),
    *("logs:Describe*", "logs:FilterLogEvents", "logs:Get*"),
    *("ec2:Describe*", "ec2:RebootInstances", *_RUN_MACHINES),
    *("ssm:Describe*", "ssm:GetConnectionStatus", "ssm:ResumeSession", "ssm:StartSession", "ssm:TerminateSession"),
)
"""All that a person of a project may be permitted, by whatever policy, bucket, key or role. What is not among it is denied: a
list of denials would have to grow with the cloud, and a boundary has few characters."""
_CHANGE_KEYS: Final = (
    "kms:DisableKey*",
    "kms:ImportKeyMaterial",
    "kms:PutKeyPolicy",
    "kms:ScheduleKeyDeletion",
    "kms:UpdateAlias",
)


@dataclass(frozen=True)
class Project:
    """The one project that its roles may touch. `bucket` is a name, `key_arn` an ARN; both may be patterns."""

    place: Place
    studio: str
    name: str
    bucket: str
    key_arn: str
    network: str = ""
    """Id of the network from inside which alone artists reach media; empty where they may from anywhere."""

    @property
    def region(self) -> str:
        """The region, as the value of a condition."""
        return self.place.region

    @property
    def bucket_arn(self) -> str:
        return self.place.bucket_arn(self.bucket)

    @property
    def inside(self) -> Conditions:
        """The conditions of what is done with media."""
        return {"StringEquals": {"aws:SourceVpc": self.network}} if self.network else {}

    @property
    def machines(self) -> list[str]:
        """Every machine of the account; always used with `mine`."""
        return [self.place.arn("ec2", "instance/*")]

    @property
    def mine(self) -> dict[str, str]:
        """The tags that make a machine one of this project. No role may change tags."""
        return {f"aws:ResourceTag/{STUDIO}": self.studio, f"aws:ResourceTag/{PROJECT}": self.name}

    @property
    def log_groups(self) -> list[str]:
        return [self.place.arn("logs", f"log-group:{log_group_name(self.studio, self.name)}/*")]

    @property
    def documents(self) -> tuple[str, ...]:
        """The session documents that let a person in, reach the display, and reach SSH."""
        return session_documents(self.studio, self.name)

    @property
    def starts(self) -> list[str]:
        """The streams in which machines tell of their starts: whether they are ready, and what went wrong."""
        return [f"{group}:log-stream:*/{stream}" for group in self.log_groups for stream in ("boot", "ready")]

    def document_arn(self, document: str) -> str:
        """A session document: of AWS when its name starts so, otherwise of the account."""
        account = "" if document.startswith("AWS-") else self.place.account
        return f"arn:{self.place.partition}:ssm:{self.place.region}:{account}:document/{document}"

    def via(self, *services: str) -> dict[str, list[str]]:
        return {"kms:ViaService": [f"{service}.{self.region}.amazonaws.com" for service in services]}

    @property
    def own_key(self) -> dict[str, str]:
        """What a key must carry besides its ARN to be the project's."""
        return {}

    def other_keys(self, sid: str) -> Statement:
        """A denial of every key but the project's."""
        return Statement(sid, "Deny", actions=("kms:*",), not_resources=(self.key_arn,))


PORT_FORWARDING: Final = "AWS-StartPortForwardingSession"
"""AWS's own: it gives no shell, but reaches any port that listens on the machine."""
SHELLS: Final = ("AWS-StartSSHSession", "SSM-SessionManagerRunShell")


def artist_statements(project: Project) -> list[Statement]:
    """Read and write media, start, stop and enter the project's machines, as the person that each is for. No shell of root's, no port
    but those of the display and of SSH, nothing that cannot be undone.

    With a `network`, media only from inside it. Overwriting or deleting outside `masters/` keeps the old version; versions themselves are out of reach.
    """
    objects = f"{project.bucket_arn}/*"
    deletable = [f"{project.bucket_arn}/{folder}*" for folder in (*FOLDERS, TRANSFER) if folder != MASTERS]
    on_the_way = f"{project.bucket_arn}/{TRANSFER}*"
    return [
        allow("ListsMedia", _LIST_MEDIA, [project.bucket_arn], conditions=project.inside),
        allow("ReadsAndWritesMedia", (*_READ_MEDIA, *_WRITE_MEDIA), [objects], conditions=project.inside),
        allow("DeletesOutsideMasters", ["s3:DeleteObject"], deletable, conditions=project.inside),
        deny("NeverDeletesOriginals", ["s3:DeleteObject"], [f"{project.bucket_arn}/{MASTERS}*"]),
        allow("ClearsWhatIsOnTheWay", ["s3:DeleteObjectVersion"], [on_the_way], conditions=project.inside),
        Statement("NeverDeletesVersions", "Deny", actions=("s3:DeleteObjectVersion",), not_resources=(on_the_way,)),
        deny("NeverTouchesLockOrBucket", (*_CHANGE_LOCK, *_CHANGE_BUCKET), ["*"]),
        *_key_statements(project),
        *_machine_statements(project, _RUN_MACHINES),
        *_session_statements(project, project.documents),
        allow("ReadsStarts", ["logs:GetLogEvents"], project.starts),
    ]


def admin_statements(project: Project) -> list[Statement]:
    """What artists may, and also: delete originals and old versions, extend locks, restore from archive, open a shell,
    restart machines, read logs, metrics and the budget. Nothing that changes who may do what.
    """
    objects = [f"{project.bucket_arn}/*"]
    return [
        allow("ListsMedia", _LIST_MEDIA, [project.bucket_arn]),
        allow(
            "ManagesMedia",
            (
                *_READ_MEDIA,
                *_WRITE_MEDIA,
                *_CHANGE_LOCK,
                "s3:DeleteObject",
                "s3:DeleteObjectVersion",
                "s3:GetObjectLegalHold",
                "s3:GetObjectRetention",
                "s3:RestoreObject",
            ),
            objects,
        ),
        *_key_statements(project),
        *_machine_statements(project, (*_RUN_MACHINES, "ec2:RebootInstances")),
        *_session_statements(project, [*project.documents, PORT_FORWARDING, *SHELLS]),
        allow("ReadsMetrics", _READ_METRICS, ["*"]),
        allow("ReadsLogs", _READ_LOGS, project.log_groups),
        allow("ReadsBudget", ["budgets:ViewBudget"], [_budget_arn(project)]),
    ]


def reviewer_statements(project: Project) -> list[Statement]:
    """See and download what lies in `exports/`, and nothing else: no other folder, no old version, no machine."""
    return [
        allow(
            "ListsExports",
            ["s3:ListBucket"],
            [project.bucket_arn],
            conditions={"StringLike": {"s3:prefix": f"{EXPORTS}*"}},
        ),
        allow("ReadsExports", ["s3:GetObject"], [f"{project.bucket_arn}/{EXPORTS}*"]),
        allow(
            "OpensExports",
            ["kms:Decrypt"],
            [project.key_arn],
            conditions={"StringEquals": project.via("s3")},
        ),
    ]


def boundary_statements(project: Project) -> list[Statement]:
    """The most that any role of the project can ever do, and what it can never do even if a bucket or key allowed it."""
    bucket = [project.bucket_arn, f"{project.bucket_arn}/*"]
    return [
        allow("Media", ["s3:Abort*", "s3:Delete*", "s3:Get*", "s3:List*", "s3:PutObject*", "s3:RestoreObject"], bucket),
        *_key_statements(project),
        *_machine_statements(project, (*_RUN_MACHINES, "ec2:RebootInstances")),
        *_session_statements(project, [*project.documents, PORT_FORWARDING, *SHELLS]),
        allow("Metrics", _READ_METRICS, ["*"]),
        allow("Logs", _READ_LOGS, project.log_groups),
        allow("Budget", ["budgets:ViewBudget"], [_budget_arn(project)]),
        Statement("NoOtherBucket", "Deny", actions=("s3:*",), not_resources=bucket),
        project.other_keys("NoOtherKey"),
        deny(
            "NoOtherMachine",
            ["ec2:RebootInstances", "ssm:StartSession", *_RUN_MACHINES],
            project.machines,
            conditions={"StringNotEquals": {f"aws:ResourceTag/{PROJECT}": project.name}},
        ),
        deny(
            "NoKeysGivenAway", ["kms:CreateGrant"], ["*"], conditions={"Bool": {"kms:GrantIsForAWSResource": "false"}}
        ),
        Statement("NothingElse", "Deny", not_actions=_EVER, resources=("*",)),
        deny("NoChangesOfBucketsAndKeys", (*_CHANGE_BUCKET, *_CHANGE_KEYS), ["*"]),
        Statement(
            "NoOtherRegion",
            "Deny",
            not_actions=("budgets:*", "sts:GetCallerIdentity"),
            resources=("*",),
            conditions={"StringNotEquals": {"aws:RequestedRegion": project.region}},
        ),
    ]


def trust_statements(place: Place, principals: Sequence[str], permission_sets: Sequence[str] = ()) -> list[Statement]:
    """Who may take a role: the named principals, or who in the account is permitted to, with a second factor that was shown
    at most twelve hours ago; and who signed in through one of the permission sets of IAM Identity Center. Its sessions carry
    no `aws:MultiFactorAuthPresent`: whether a second factor is asked for is decided there.

    Roles of a permission set are called `AWSReservedSSO_NAME_` and sixteen hexadecimal digits, in a path in which nobody else
    can make roles (AWS IAM Identity Center User Guide, "Referencing permission sets in resource policies", read 2026-11).
    """
    conditions: Conditions = {
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
        "NumericLessThanEquals": {"aws:MultiFactorAuthAge": str(MAX_SESSION_HOURS * 3600)},
    }
    who = {"AWS": tuple(principals) or (place.root,)}
    statements = [allow("PeopleWithSecondFactor", ["sts:AssumeRole"], principals=who, conditions=conditions)]
    if permission_sets:
        path = f"arn:{place.partition}:iam::{place.account}:role/aws-reserved/sso.amazonaws.com"
        roles = [f"{path}/*AWSReservedSSO_{name}_{'?' * 16}" for name in permission_sets]
        signed_in: Conditions = {"ArnLike": {"aws:PrincipalArn": roles}}
        account = {"AWS": (place.root,)}
        statements.append(allow("PeopleWhoSignedIn", ["sts:AssumeRole"], principals=account, conditions=signed_in))
    return statements


def _key_statements(project: Project) -> list[Statement]:
    """Use the project's key through storage and disks, never directly."""
    return [
        allow(
            "UsesKey",
            _USE_KEY,
            [project.key_arn],
            conditions={"StringEquals": {**project.via("s3", "ec2"), **project.own_key}},
        ),
        allow(
            "StartsEncryptedDisks",
            ["kms:CreateGrant"],
            [project.key_arn],
            conditions={
                "StringEquals": {**project.via("ec2"), **project.own_key},
                "Bool": {"kms:GrantIsForAWSResource": "true"},
            },
        ),
    ]


def _machine_statements(project: Project, actions: Sequence[str]) -> list[Statement]:
    return [
        allow("LooksAtMachines", _LOOK_AT_MACHINES, ["*"]),
        allow("RunsMachines", actions, project.machines, conditions={"StringEquals": project.mine}),
    ]


def _session_statements(project: Project, documents: Sequence[str]) -> list[Statement]:
    """Connect to the project's machines with the named documents only, and end one's own sessions."""
    checked = {"BoolIfExists": {"ssm:SessionDocumentAccessCheck": "true"}}
    return [
        allow("LooksAtSessions", _LOOK_AT_SESSIONS, ["*"]),
        allow(
            "ConnectsToMachines",
            ["ssm:StartSession"],
            project.machines,
            conditions={"StringEquals": project.mine, **checked},
        ),
        allow(
            "ConnectsByDocument",
            ["ssm:StartSession"],
            [project.document_arn(name) for name in documents],
            # In every statement that allows a session, or the default document goes unchecked.
            conditions=checked,
        ),
        allow(
            "EndsOwnSessions",
            ["ssm:ResumeSession", "ssm:TerminateSession"],
            [project.place.arn("ssm", "session/*")],
            conditions={"StringLike": {"ssm:resourceTag/aws:ssmmessages:session-id": "${aws:userid}"}},
        ),
        # AWS Systems Manager User Guide, "Sample IAM policies for Session Manager", has it since 2025; read 2026-11.
        allow(
            "OpensOwnChannels",
            ["ssmmessages:OpenDataChannel"],
            [f"arn:{project.place.partition}:ssm:*:*:session/${{aws:userid}}-*"],
        ),
    ]


def _budget_arn(project: Project) -> str:
    place = project.place
    return f"arn:{place.partition}:budgets::{place.account}:budget/{budget_name(project.studio, project.name)}"
