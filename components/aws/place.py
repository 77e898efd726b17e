"""Where a component lives: account, region and partition, as plain values that policy functions can use."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from soundstage.components.policydoc import Statement, document


@dataclass(frozen=True)
class Place:
    """An AWS account (12 digits), a region (`eu-west-1`) and a partition (`aws`, `aws-cn`, `aws-us-gov`)."""

    account: str
    region: str
    partition: str = "aws"

    @property
    def root(self) -> str:
        """The principal that stands for the account, whose IAM policies then decide who within it."""
        return f"arn:{self.partition}:iam::{self.account}:root"

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a regional resource of this account, for example `arn("ec2", "instance/*")`."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def bucket_arn(self, bucket: str) -> str:
        """The ARN of a bucket, by its name."""
        return f"arn:{self.partition}:s3:::{bucket}"


def place_of(component: pulumi.Resource, region: str | None = None) -> pulumi.Output[Place]:
    """Where the children of `component` are created: its provider's account, and `region` or its provider's region.

    Known in a preview, because it is looked up and not created.
    """
    options = pulumi.InvokeOptions(parent=component)
    caller = aws.get_caller_identity_output(opts=options)
    where = pulumi.Output.from_input(region) if region else aws.get_region_output(opts=options).region
    return pulumi.Output.all(caller.account_id, caller.arn, where).apply(
        lambda known: Place(account=known[0], region=known[2], partition=known[1].split(":")[1])
    )


def region_of_provider(options: pulumi.ResourceOptions | None) -> str | None:
    """The region in which a component with these options creates its children; None when a preview cannot know it.

    Asked at once, and not as an output, for what decides which children there are.
    """
    options = options or pulumi.ResourceOptions()
    given = options.providers or []
    offered = [options.provider, *(given.values() if isinstance(given, Mapping) else given)]
    provider = next((one for one in offered if one is not None and one.package == "aws"), None)
    found: str | None = aws.get_region(opts=pulumi.InvokeOptions(parent=options.parent, provider=provider)).region
    return found or None


def rendered(statements: Callable[..., Iterable[Statement]], **inputs: pulumi.Input[object]) -> pulumi.Output[str]:
    """The JSON of a policy whose statements depend on values that only the cloud knows.

    `statements` is called with the plain values behind `inputs`.
    """
    return pulumi.Output.all(**inputs).apply(lambda known: document(statements(**known)))
