"""What a role may do and what a group lets through is what its component says, and nothing that was added elsewhere.

A rule or a policy that is not a resource of the stack is invisible to it. These resources own the whole list: a refresh
shows what somebody added, and the next `up` takes it away. They wait for everything they list, so that nothing is taken
away before what replaces it is there. They end before their role does, which therefore has `force_detach_policies`: AWS
deletes no role that still holds a policy.

They cannot tell what was added by hand from a rule or a policy that the same program declares for a group or role that a
component hands out: that one is taken away too, comes back, and is taken away again. So a role or group that is an output of a
component has them only where `exclusive` is asked for, as projects of the command do; a role that only a service takes, and
that no output names, has them always.
"""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws


def only_these_policies(
    name: str,
    role: aws.iam.Role,
    policies: Sequence[aws.iam.RolePolicy],
    options: pulumi.ResourceOptions,
) -> None:
    """The role holds these inline policies and no managed one. `name` is the role's, `options` are those of the role."""
    aws.iam.RolePoliciesExclusive(
        f"{name}-exclusive-policies",
        role_name=role.name,
        policy_names=[policy.name for policy in policies],
        opts=options,
    )
    aws.iam.RolePolicyAttachmentsExclusive(
        f"{name}-exclusive-attachments", role_name=role.name, policy_arns=[], opts=options
    )


def only_these_rules(
    name: str,
    group: aws.ec2.SecurityGroup,
    *,
    ingress: Sequence[aws.vpc.SecurityGroupIngressRule],
    egress: Sequence[aws.vpc.SecurityGroupEgressRule],
    region: str | None,
    options: pulumi.ResourceOptions,
) -> None:
    """The group holds these rules and no other. `name` is the group's; `region` is the provider's when absent."""
    aws.ec2.VpcSecurityGroupRulesExclusive(
        f"{name}-exclusive-rules",
        security_group_id=group.id,
        ingress_rule_ids=[rule.id for rule in ingress],
        egress_rule_ids=[rule.id for rule in egress],
        region=region,
        opts=options,
    )
