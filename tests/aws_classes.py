"""The classes of pulumi-aws, by the type that Pulumi calls them."""

import re
from importlib import import_module
from typing import Any


def class_of(token: str) -> Any:
    """The class of a type such as `aws:s3/bucket:Bucket`; it has to be in the module that the type names.

    The service comes first: pulumi-aws loads it when something of it is asked for, and a service of which only a module was
    imported stays empty for whatever runs later in this process.
    """
    _, place, name = token.split(":")
    service, _, file = place.partition("/")
    module = re.sub(r"(?<=[a-z0-9])([A-Z])", lambda letter: f"_{letter[1]}", file).lower()
    found = getattr(import_module(f"pulumi_aws.{service}"), name)
    assert found is getattr(import_module(f"pulumi_aws.{service}.{module}"), name)
    return found
