"""Look-ups of moto's that take long. Two it does anew for every request, though their answers never change: they took half of its time.
For the tags of one thing it goes through those of all things: to describe 500 machines by a tag took more than ten seconds of the processor."""

from functools import cache
from typing import Any

import moto.backends
import moto.core.responses
import moto.core.utils
from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, get_prefix

_modules = tuple(moto.backends.list_of_moto_modules())


def apply() -> None:
    """Remember which services moto has and which methods their classes have."""
    backends: Any = moto.backends
    backends.list_of_moto_modules = lambda: _modules
    remembered = cache(moto.core.utils.method_names_from_class)
    for module in (moto.core.utils, moto.core.responses):
        vars(module)["method_names_from_class"] = remembered
    thing: Any = TaggedEC2Resource
    thing.get_tags = _tags


def _tags(thing: Any) -> list[dict[str, str]]:
    """The tags of a thing in EC2, in moto's form."""
    if not thing.id:
        return []
    kind = EC2_PREFIX_TO_RESOURCE.get(get_prefix(thing.id), "")
    tags = thing.ec2_backend.tags.get(thing.id, {})
    return [{"resource_id": thing.id, "key": key, "value": value, "resource_type": kind} for key, value in tags.items()]
