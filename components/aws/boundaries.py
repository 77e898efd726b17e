"""RoleBoundaries: the most that any role of a studio's projects can do, whoever writes the role."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict, cast

import pulumi
import pulumi_aws as aws

from soundstage.components.arguments import refuse
from soundstage.components.aws.boundary_policies import people_boundary, services_boundary
from soundstage.components.aws.place import Place, place_of, rendered
from soundstage.components.component import Component
from soundstage.components.fields import conformed
from soundstage.components.naming import boundary_name, label_faults, role_path
from soundstage.components.ownership import Tags, plain_tags
from soundstage.components.policydoc import Statement
from soundstage.components.tags import named, tag_faults


class RoleBoundariesArgs(TypedDict):
    studio: str
    """Name of the studio, and the first part of the names of its projects' media buckets."""
    keep: NotRequired[bool]
    """Whether the boundaries survive when the stack is destroyed, as roles of projects may still stand under them. True
    when absent."""
    tags: NotRequired[Tags]
    """Tags of the policies, such as `soundstage:studio` and `soundstage:project`."""
    foreign_tags: NotRequired[list[str]]
    """Keys of tags that somebody else sets on what is made here, such as a tool for cost: whatever they hold stays. None when
    absent: a tag that the program does not set is taken away once it has been seen."""


@dataclass(frozen=True)
class _Boundaries:
    studio: str
    keep: bool
    tags: Tags


def _resolve(name: str, args: RoleBoundariesArgs) -> _Boundaries:
    args, faults = conformed(args, RoleBoundariesArgs)
    wanted = _Boundaries(studio=args.get("studio", ""), keep=args.get("keep", True), tags=args.get("tags", {}))
    faults += label_faults("studio", wanted.studio) + tag_faults(plain_tags(wanted.tags))
    refuse("RoleBoundaries", name, faults)
    return wanted


class RoleBoundaries(Component):
    """Two permission boundaries for all projects of a studio: whatever policy hangs on a role, it reaches no further.

    A role counts as one of the project in its tag `soundstage:project`, which must be the project of its path
    `/soundstage/STUDIO/PROJECT/`. It then reaches that project's buckets, keys, machines and logs at the most. So
    somebody who may write roles only under these boundaries can hand them to machines without becoming an administrator.
    """

    people_arn: pulumi.Output[str]
    """ARN of the boundary for roles that people take."""
    services_arn: pulumi.Output[str]
    """ARN of the boundary for the roles of workstations and of services."""

    def __init__(self, name: str, args: RoleBoundariesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        wanted = _resolve(name, args)
        super().__init__(name, args, opts)
        place = place_of(self)
        self.people_arn = self._boundary(name, "people", wanted, place, people_boundary)
        self.services_arn = self._boundary(name, "services", wanted, place, services_boundary)
        self.record_outputs()

    def _boundary(
        self,
        name: str,
        whose: str,
        wanted: _Boundaries,
        place: pulumi.Output[Place],
        statements: Callable[..., list[Statement]],
    ) -> pulumi.Output[str]:
        """The policy's ARN, from its name: a preview knows it, and what uses it still waits for the policy."""
        title, path = boundary_name(wanted.studio, whose), role_path(wanted.studio)
        policy = aws.iam.Policy(
            f"{name}-{whose}",
            name=title,
            description=f"The most that roles of {whose} of {wanted.studio} can do",
            path=path,
            policy=rendered(statements, place=place, studio=wanted.studio),
            tags=named(wanted.tags, title),
            opts=pulumi.ResourceOptions(parent=self, protect=wanted.keep),
        )

        def arn(known: list[Any]) -> str:
            where = cast("Place", known[0])
            return f"arn:{where.partition}:iam::{where.account}:policy{path}{title}"

        return pulumi.Output.all(place, policy.urn).apply(arn)
