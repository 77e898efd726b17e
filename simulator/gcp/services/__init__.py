"""What the smaller APIs do beyond what names and schemas say."""

import re
from collections.abc import Mapping
from typing import Final

from soundstage.simulator.gcp.services import dns, functions, iam, keys, logins, logs, projects, secrets, topics
from soundstage.simulator.gcp.work import Handler
from soundstage.simulator.gcp.world import World

_MODULES: Final = (dns, functions, iam, keys, logins, logs, projects, secrets, topics)
HANDLERS: Final[Mapping[str, Handler]] = {key: value for each in _MODULES for key, value in each.HANDLERS.items()}
"""By the id of the method."""
MADE: Final[Mapping[str, Handler]] = {
    key: value for each in _MODULES for key, value in getattr(each, "MADE", {}).items()
}
"""What completes a thing that was made, by collection."""


def known_path(path: str, world: World) -> str:
    """The path under which we keep what a request calls by another name: a service account by its number or without its project."""
    found = re.fullmatch(r"(/v1/projects/)([^/]+)(/serviceAccounts/)([^/:]+)(.*)", path)
    if not found:
        return path
    start, project, middle, name, rest = found.groups()
    if "@" in name and project == "-":
        project = name.partition("@")[2].removesuffix(".iam.gserviceaccount.com")
    if name.isdecimal():
        for key, thing in world.things.items():
            if key.startswith("/v1/") and thing.get("uniqueId") == name:
                return f"{start}{thing['projectId']}{middle}{thing['email']}{rest}"
    return f"{start}{project}{middle}{name}{rest}"
