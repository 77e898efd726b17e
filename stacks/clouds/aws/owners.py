"""Who uses an account of AWS, as its roles tell, which carry studio and project in their path."""

import re
from typing import Any, Final

from soundstage.components.naming import ROLE_ROOT
from soundstage.stacks.clouds.aws.calls import Clients, call

_KEPT: Final = re.compile(r".*-replication-[0-9a-f]{7}", re.ASCII)
"""The name, as the engine ends it, of the role that copies media to a second region. It stays with the media after `down`."""


def owners(clients: Clients) -> set[tuple[str, str]]:
    """Studio and project of every role that is ours, the project empty for a studio's own."""
    iam, found = clients.client("iam"), set()
    arguments: dict[str, Any] = {"PathPrefix": ROLE_ROOT}
    while True:
        answer = call(iam, "ListRoles", "roles of the account", **arguments)
        for role in answer["Roles"]:
            studio, _, project = str(role["Path"]).removeprefix(ROLE_ROOT).strip("/").partition("/")
            if studio and not _KEPT.fullmatch(role["RoleName"]):
                found.add((studio, project))
        if not answer.get("IsTruncated"):
            return found
        arguments["Marker"] = answer["Marker"]
