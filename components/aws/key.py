"""EncryptionKey: a customer-managed KMS key whose administrators cannot read with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from soundstage.components import choices
from soundstage.components.arguments import choice_fault, refuse
from soundstage.components.aws.place import Place, place_of, rendered
from soundstage.components.component import Component
from soundstage.components.fields import conformed
from soundstage.components.naming import key_alias
from soundstage.components.ownership import Tags, label_of_stack, ownership, plain_tags
from soundstage.components.policydoc import ANYONE, Conditions, Statement, allow
from soundstage.components.tags import named, tag_faults

DELETION_WINDOW_DAYS: Final = 30
"""The longest that KMS offers: thirty days to notice that somebody wants all media to become unreadable."""

_ADMINISTRATION: Final = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RetireGrant",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)
_USE: Final = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*")
_WRITE: Final = ("kms:Decrypt", "kms:GenerateDataKey*")

_PUBLISHERS: Final = {
    "budgets": "BudgetsPublish",
    "cloudwatch": "AlarmsPublish",
    "costalerts": "AnomaliesPublish",
}
"""Services that publish to an encrypted topic, and the name of the statement that lets each."""

USED_THROUGH: Final = ("ec2", "elasticfilesystem", "fsx", "s3", "secretsmanager", "sns", "sqs", "ssm")
"""Services through which people and roles may use a key, as `kms:ViaService` names them."""
_HOLDERS: Final = {
    "ec2": "VolumesHoldGrants",
    "elasticfilesystem": "FileSystemsHoldGrants",
    "fsx": "FileServersHoldGrants",
}
"""Services that keep a grant for what they encrypt, and the name of the statement that lets each."""
USED_BY: Final = ("cloudtrail", "logs", "spot", *_PUBLISHERS)
"""Services that use a key on their own: AWS Budgets, CloudTrail, CloudWatch alarms, Cost Anomaly Detection, EC2 for spot machines, Logs."""


class EncryptionKeyArgs(TypedDict):
    description: str
    """What the key protects, as the console will show it."""
    used_through: NotRequired[list[choices.KeyService]]
    """Services through which principals of this account may use the key, if their own policies allow it too: `ec2`
    (volumes), `elasticfilesystem` (Amazon EFS), `fsx` (Amazon FSx), `s3`, `secretsmanager`, `sns`, `sqs`, `ssm`. `ec2` and `s3`
    when absent."""
    used_by: NotRequired[list[choices.KeyUser]]
    """Services that use the key on their own: `budgets`, `cloudtrail`, `cloudwatch`, `costalerts`, `logs`, `spot`
    (machines of EC2 bought as spot, whose encrypted disks it opens itself). No service when absent. Each may do so only
    for resources of this account."""
    studio: NotRequired[str]
    """Name of the studio, a part of the alias. When absent, what the tag `soundstage:studio` says, or none."""
    project: NotRequired[str]
    """Name of the project, a part of the alias. When absent, what the tag `soundstage:project` says, or none for a key of the
    studio's. Where neither is named, the alias has a name made of those of the Pulumi program and stack."""
    region: NotRequired[str]
    """Region of the key. That of the provider when absent."""
    keep: NotRequired[bool]
    """Whether the key survives when its stack is destroyed. True when absent: without it the media are lost."""
    tags: NotRequired[Tags]
    """Tags of the key, such as `soundstage:studio` and `soundstage:project`."""
    foreign_tags: NotRequired[list[str]]
    """Keys of tags that somebody else sets on what is made here, such as a tool for cost: whatever they hold stays. None when
    absent: a tag that the program does not set is taken away once it has been seen."""


@dataclass(frozen=True)
class _Key:
    description: str
    alias: str
    used_through: tuple[str, ...]
    used_by: tuple[str, ...]
    region: str | None
    keep: bool
    tags: Tags


def _resolve(name: str, args: EncryptionKeyArgs) -> _Key:
    args, faults = conformed(args, EncryptionKeyArgs)
    owner = ownership(args, faults, tagged=("studio", "project"), of_stack=False)
    key = _Key(
        description=args.get("description", ""),
        alias=key_alias(name, owner.studio, owner.project or ("" if owner.studio else label_of_stack())),
        used_through=tuple(args.get("used_through", ("ec2", "s3"))),
        used_by=tuple(args.get("used_by", ())),
        region=args.get("region"),
        keep=args.get("keep", True),
        tags=owner.tags,
    )
    if not key.description:
        faults.append("description is empty; say what the key protects")
    if not key.used_through and not key.used_by:
        faults.append("used_through and used_by are both empty; name at least one service")
    for service in key.used_through:
        faults += choice_fault("used_through", service, USED_THROUGH)
    for service in key.used_by:
        faults += choice_fault("used_by", service, USED_BY)
    refuse("EncryptionKey", name, faults + tag_faults(plain_tags(key.tags)))
    return key


def key_policy(place: Place, used_through: Sequence[str], used_by: Sequence[str]) -> list[Statement]:
    """Who may do what with a key.

    The usual `kms:*` for the account would make every reader of every bucket a reader of this key. Here administration
    includes no cryptographic operation, and use is possible only through the named services, where the caller's
    permission on the bucket or volume is checked as well.
    """
    account = {"AWS": (place.root,)}
    statements = [allow("AccountAdministers", _ADMINISTRATION, ["*"], principals=account)]
    if used_through:
        through = {
            "kms:CallerAccount": place.account,
            "kms:ViaService": [f"{service}.{place.region}.amazonaws.com" for service in used_through],
        }
        statements.append(
            allow("AccountUsesThroughServices", _USE, ["*"], principals=account, conditions={"StringEquals": through})
        )
    for service, sid in _HOLDERS.items():
        if service in used_through:
            # An encrypted volume needs a grant that outlives the call; only the service itself may ask for one.
            granted: Conditions = {
                "StringEquals": {
                    "kms:CallerAccount": place.account,
                    "kms:ViaService": f"{service}.{place.region}.amazonaws.com",
                },
                "Bool": {"kms:GrantIsForAWSResource": "true"},
            }
            statements.append(allow(sid, ["kms:CreateGrant"], ["*"], principals=account, conditions=granted))
    for service in used_by:
        statements += _service_statements(place, service)
    return statements


def _service_statements(place: Place, service: str) -> list[Statement]:
    """What one service may do on its own. Each condition is the one its documentation gives against a confused deputy.

    Read 2026-11: CloudWatch Logs "Encrypt log data using KMS", CloudTrail "Configure KMS key policies", Amazon SNS
    "Enable compatibility between event sources and encrypted topics".
    """
    if service == "spot":
        return _spot_statements(place)
    principals = {"Service": (f"{service}.amazonaws.com",)}
    if service == "logs":
        return [
            allow(
                "LogsEncrypt",
                _USE,
                ["*"],
                principals={"Service": (f"logs.{place.region}.amazonaws.com",)},
                conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": place.arn("logs", "log-group:*")}},
            )
        ]
    if service == "cloudtrail":
        trails = f"arn:{place.partition}:cloudtrail:*:{place.account}:trail/*"
        from_trail: Conditions = {"ArnLike": {"aws:SourceArn": place.arn("cloudtrail", "trail/*")}}
        in_context: Conditions = {"StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": trails}}
        return [
            allow("TrailLooksUp", ["kms:DescribeKey"], ["*"], principals=principals, conditions=from_trail),
            allow(
                "TrailEncrypts",
                ["kms:GenerateDataKey*"],
                ["*"],
                principals=principals,
                conditions={**from_trail, **in_context},
            ),
        ]
    mine: Conditions = {"StringEquals": {"aws:SourceAccount": place.account}}
    return [allow(_PUBLISHERS[service], _WRITE, ["*"], principals=principals, conditions=mine)]


def _spot_statements(place: Place) -> list[Statement]:
    """What the service-linked role of spot machines may do: start and stop machines with encrypted disks.

    Its own policy names no key and cannot be changed, so the key must name the role (Amazon EC2 User Guide, "Service-linked
    role for Spot Instance requests", read 2026-11: the operations are those that it grants there). It is named in a
    condition: KMS refuses a key policy whose principal does not exist, and an account has this role only from its first
    spot machine on.
    """
    role = (
        f"arn:{place.partition}:iam::{place.account}:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot"
    )
    spot: Conditions = {"ArnLike": {"aws:PrincipalArn": role}}
    granted: Conditions = {**spot, "Bool": {"kms:GrantIsForAWSResource": "true"}}
    return [
        allow("SpotMachinesUse", _USE, ["*"], principals=ANYONE, conditions=spot),
        allow("SpotMachinesHoldGrants", ["kms:CreateGrant"], ["*"], principals=ANYONE, conditions=granted),
    ]


class EncryptionKey(Component):
    """A symmetric KMS key with yearly rotation, a 30-day deletion window and an alias.

    Principals of the account use it only through the services named in `used_through`; administrators of the key
    cannot decrypt with it.
    """

    arn: pulumi.Output[str]
    """ARN of the key."""
    key_id: pulumi.Output[str]
    """Id of the key (a UUID)."""
    alias_name: pulumi.Output[str]
    """Alias of the key, `alias/soundstage/STUDIO/NAME`; with the name of program and stack where no studio and no project is named."""

    def __init__(self, name: str, args: EncryptionKeyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        wanted = _resolve(name, args)
        super().__init__(name, args, opts)
        kept = pulumi.ResourceOptions(parent=self, protect=wanted.keep)
        self.key: aws.kms.Key = aws.kms.Key(
            f"{name}-key",
            description=wanted.description,
            enable_key_rotation=True,
            deletion_window_in_days=DELETION_WINDOW_DAYS,
            policy=rendered(
                key_policy,
                place=place_of(self, wanted.region),
                used_through=wanted.used_through,
                used_by=wanted.used_by,
            ),
            region=wanted.region,
            tags=named(wanted.tags, name),
            opts=kept,
        )
        """The key."""
        self.alias: aws.kms.Alias = aws.kms.Alias(
            f"{name}-alias", name=wanted.alias, target_key_id=self.key.key_id, region=wanted.region,
            # An alias of before names carried the studio stays: another name would replace what is protected.
            opts=pulumi.ResourceOptions.merge(kept, pulumi.ResourceOptions(ignore_changes=["name"])),
        )  # fmt: skip
        """Its alias."""
        self.arn = self.key.arn
        self.key_id = self.key.key_id
        self.alias_name = self.alias.name
        self.record_outputs()
