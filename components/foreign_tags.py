"""Tags that somebody else keeps on what a program makes, such as a tool for cost: they are left as they are found."""

from collections.abc import Callable, Iterable

import pulumi


def leave_alone(
    keys: Iterable[str],
) -> Callable[[pulumi.ResourceTransformationArgs], pulumi.ResourceTransformationResult | None]:
    """A transformation for a component, by which no resource in it that has tags minds what becomes of those with these keys.

    A refresh records what it finds under them; the next `up` neither takes it away nor puts it back.
    """
    paths = [f'{tags}["{key}"]' for key in keys for tags in ("tags", "tagsAll")]

    def left(made: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if "tags" not in made.props or not isinstance(made.resource, pulumi.CustomResource):
            return None
        own = pulumi.ResourceOptions(ignore_changes=paths)
        return pulumi.ResourceTransformationResult(made.props, pulumi.ResourceOptions.merge(made.opts, own))

    return left
