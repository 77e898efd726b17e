"""Roles, policies, instance profiles and the account's password policy."""

from typing import Any, Final

from soundstage.providers.aws.table.tagging import retag
from soundstage.providers.entry import AutoName, Call, Entry, Update, sets
from soundstage.providers.mapping import DOCUMENT, WORDS, Blocks, Field, Tags

_TAGS = Field("tags", form=Tags())


def _retag(kind: str, params: dict[str, Any]) -> Update:
    return retag(params, tag=f"Tag{kind}", untag=f"Untag{kind}")


_ROLE = {"RoleName": "{id}"}
_FORCED = "{in.forceDetachPolicies}"
_PROFILE = {"InstanceProfileName": "{id}"}
_PASSWORD_POLICY = (
    Field("allowUsersToChangePassword", default=True),
    Field("hardExpiry", computed=True),
    Field("maxPasswordAge", computed=True),
    Field("minimumPasswordLength", default=6),
    Field("passwordReusePrevention", computed=True),
    Field("requireLowercaseCharacters", computed=True),
    Field("requireNumbers", computed=True),
    Field("requireSymbols", computed=True),
    Field("requireUppercaseCharacters", computed=True),
)

TYPES: Final = (
    Entry(
        "aws:iam/role:Role",
        "iam",
        fields=(
            Field("name", "RoleName", replaces=True),
            Field("assumeRolePolicy", "AssumeRolePolicyDocument", required=True, form=DOCUMENT),
            Field("description"),
            Field("forceDetachPolicies", read=None, default=False),
            Field("maxSessionDuration", default=3600),
            Field("path", default="/", replaces=True),
            Field("permissionsBoundary", read="PermissionsBoundary.PermissionsBoundaryArn"),
            Field(
                "inlinePolicies",
                computed=True,
                read=None,
                form=Blocks(Field("name", "PolicyName"), Field("policy", "PolicyDocument", form=DOCUMENT)),
            ),
            Field("managedPolicyArns", read=None, computed=True, form=WORDS),
            _TAGS,
        ),
        id="{in.name}",
        unsent=("forceDetachPolicies",),
        create=Call("CreateRole", gives="Role", needs=("iam:TagRole",)),
        read=Call("GetRole", _ROLE, "Role"),
        updates=(
            sets(
                "assumeRolePolicy", Call("UpdateAssumeRolePolicy", {**_ROLE, "PolicyDocument": "{in.assumeRolePolicy}"})
            ),
            sets(
                ("description", "maxSessionDuration"),
                Call("UpdateRole", {**_ROLE, "Description": "{in.description}"}),
                sends=("maxSessionDuration",),
            ),
            sets(
                "permissionsBoundary",
                Call("DeleteRolePermissionsBoundary", _ROLE, when="{off.permissionsBoundary}"),
                Call(
                    "PutRolePermissionsBoundary",
                    {**_ROLE, "PermissionsBoundary": "{in.permissionsBoundary}"},
                    when="{in.permissionsBoundary}",
                ),
            ),
            sets(
                "inlinePolicies",
                Call("DeleteRolePolicy", {**_ROLE, "PolicyName": "{item.PolicyName}"}, each="{removed.inlinePolicies}"),
                Call(
                    "PutRolePolicy",
                    {**_ROLE, "PolicyName": "{item.PolicyName}", "PolicyDocument": "{item.PolicyDocument}"},
                    each="{added.inlinePolicies}",
                ),
                on_create=True,
            ),
            sets(
                "managedPolicyArns",
                Call("DetachRolePolicy", {**_ROLE, "PolicyArn": "{item}"}, each="{removed.managedPolicyArns}"),
                Call("AttachRolePolicy", {**_ROLE, "PolicyArn": "{item}"}, each="{added.managedPolicyArns}"),
                on_create=True,
            ),
            _retag("Role", _ROLE),
        ),
        before_delete=(
            Call("DeleteRolePolicy", {**_ROLE, "PolicyName": "{item.PolicyName}"}, each="{api.inlinePolicies}"),
            Call("DetachRolePolicy", {**_ROLE, "PolicyArn": "{item}"}, each="{api.managedPolicyArns}"),
            Call("ListRolePolicies", _ROLE, "PolicyNames", when=_FORCED, into="inline"),
            Call("DeleteRolePolicy", {**_ROLE, "PolicyName": "{item}"}, each="{seen.inline}", when=_FORCED),
            Call("ListAttachedRolePolicies", _ROLE, "AttachedPolicies[].PolicyArn", when=_FORCED, into="attached"),
            Call("DetachRolePolicy", {**_ROLE, "PolicyArn": "{item}"}, each="{seen.attached}", when=_FORCED),
        ),
        delete=Call("DeleteRole", _ROLE),
        outputs={"uniqueId": "@RoleId"},
        arn="arn:{partition}:iam::{account}:role{in.path}{in.name}",
        name=AutoName(longest=64),
        regional=False,
        blockers=(
            Call("ListAttachedRolePolicies", _ROLE, "AttachedPolicies[].PolicyName"),
            Call("ListRolePolicies", _ROLE, "PolicyNames"),
            Call("ListInstanceProfilesForRole", _ROLE, "InstanceProfiles[].InstanceProfileName"),
        ),
        every=Call("ListRoles", gives="Roles[].RoleName"),
    ),
    Entry(
        "aws:iam/rolePolicy:RolePolicy",
        "iam",
        fields=(
            Field("role", "RoleName", required=True, replaces=True),
            Field("name", "PolicyName", replaces=True),
            Field("policy", "PolicyDocument", required=True, form=DOCUMENT),
        ),
        id="{in.role}:{in.name}",
        create=Call("PutRolePolicy"),
        puts=True,
        read=Call("GetRolePolicy", {"RoleName": "{in.role}", "PolicyName": "{in.name}"}),
        delete=Call("DeleteRolePolicy", {"RoleName": "{in.role}", "PolicyName": "{in.name}"}),
        name=AutoName(longest=128),
        regional=False,
        every=Call("ListRolePolicies", {"RoleName": "{in.role}"}, gives="PolicyNames"),
    ),
    Entry(
        "aws:iam/policy:Policy",
        "iam",
        fields=(
            Field("name", "PolicyName", replaces=True),
            Field("policy", "PolicyDocument", "Version.Document", required=True, form=DOCUMENT),
            Field("description", replaces=True),
            Field("path", default="/", replaces=True),
            _TAGS,
        ),
        id="@Arn",
        create=Call("CreatePolicy", gives="Policy", needs=("iam:TagPolicy",)),
        read=Call("GetPolicy", {"PolicyArn": "{id}"}, "Policy"),
        more=(
            Call("ListPolicyVersions", {"PolicyArn": "{id}"}, "Versions", into="Versions"),
            # A policy keeps up to five versions; the one in force is the default.
            Call(
                "GetPolicyVersion",
                {"PolicyArn": "{id}", "VersionId": "{seen.DefaultVersionId}"},
                "PolicyVersion",
                into="Version",
            ),
        ),
        updates=(
            sets(
                "policy",
                Call(
                    "DeletePolicyVersion",
                    {"PolicyArn": "{id}", "VersionId": "{seen.Versions[IsDefaultVersion=False].VersionId}"},
                    when="{seen.Versions.4.VersionId}",
                ),
                Call(
                    "CreatePolicyVersion", {"PolicyArn": "{id}", "PolicyDocument": "{in.policy}", "SetAsDefault": True}
                ),
            ),
            _retag("Policy", {"PolicyArn": "{id}"}),
        ),
        looks=True,
        before_delete=(
            Call(
                "DeletePolicyVersion",
                {"PolicyArn": "{id}", "VersionId": "{item.VersionId}"},
                each="{seen.Versions[*IsDefaultVersion=False]}",
            ),
        ),
        delete=Call("DeletePolicy", {"PolicyArn": "{id}"}),
        outputs={"policyId": "@PolicyId", "attachmentCount": "@AttachmentCount"},
        arn="{id}",
        name=AutoName(longest=128),
        regional=False,
        blockers=(Call("ListEntitiesForPolicy", {"PolicyArn": "{id}"}, "PolicyRoles[].RoleName"),),
        finder=Call(
            "GetPolicy", {"PolicyArn": "arn:{partition}:iam::{account}:policy{in.path}{in.name}"}, "Policy.Arn"
        ),
        every=Call("ListPolicies", {"Scope": "Local"}, gives="Policies[].Arn"),
    ),
    Entry(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "iam",
        fields=(
            Field("role", "RoleName", read=None, required=True, replaces=True),
            Field("policyArn", required=True, replaces=True),
        ),
        id="{in.role}/{in.policyArn}",
        create=Call("AttachRolePolicy"),
        puts=True,
        read=Call("ListAttachedRolePolicies", {"RoleName": "{in.role}"}, "AttachedPolicies[PolicyArn={in.policyArn}]"),
        delete=Call("DetachRolePolicy", {"RoleName": "{in.role}", "PolicyArn": "{in.policyArn}"}),
        regional=False,
    ),
    Entry(
        "aws:iam/instanceProfile:InstanceProfile",
        "iam",
        fields=(
            Field("name", "InstanceProfileName", replaces=True),
            Field("path", default="/", replaces=True),
            Field("role", read="Roles.0.RoleName"),
            _TAGS,
        ),
        id="{in.name}",
        create=Call("CreateInstanceProfile", gives="InstanceProfile", needs=("iam:TagInstanceProfile",)),
        read=Call("GetInstanceProfile", _PROFILE, "InstanceProfile"),
        updates=(
            sets(
                "role",
                Call("RemoveRoleFromInstanceProfile", {**_PROFILE, "RoleName": "{old.role}"}, when="{old.role}"),
                Call(
                    "AddRoleToInstanceProfile",
                    {**_PROFILE, "RoleName": "{in.role}"},
                    when="{in.role}",
                    # It holds one role at most, and the old one is gone: it is in already.
                    absent=("LimitExceeded", "LimitExceededException"),
                    needs=("iam:PassRole",),
                ),
                on_create=True,
            ),
            _retag("InstanceProfile", _PROFILE),
        ),
        before_delete=(Call("RemoveRoleFromInstanceProfile", {**_PROFILE, "RoleName": "{in.role}"}, when="{in.role}"),),
        delete=Call("DeleteInstanceProfile", _PROFILE),
        outputs={"uniqueId": "@InstanceProfileId", "createDate": "@CreateDate"},
        arn="arn:{partition}:iam::{account}:instance-profile{in.path}{in.name}",
        name=AutoName(longest=128),
        regional=False,
        passes_to="ec2.amazonaws.com",
        every=Call("ListInstanceProfiles", gives="InstanceProfiles[].InstanceProfileName"),
    ),
    Entry(
        "aws:iam/accountPasswordPolicy:AccountPasswordPolicy",
        "iam",
        fields=_PASSWORD_POLICY,
        id="iam-account-password-policy",
        create=Call("UpdateAccountPasswordPolicy"),
        puts=True,
        read=Call("GetAccountPasswordPolicy", gives="PasswordPolicy"),
        delete=Call("DeleteAccountPasswordPolicy"),
        outputs={"expirePasswords": "@ExpirePasswords"},
        regional=False,
        settle=True,
        recorded="Passwords are not held to it.",
    ),
)
