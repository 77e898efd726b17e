"""Data sources that the components ask."""

from collections.abc import Mapping
from typing import Final

from soundstage.core.values import Properties
from soundstage.providers.entry import Cloud, Invoke


def _project(cloud: Cloud, args: Properties) -> Properties:
    """A project by its id; the provider's own when none is named."""
    found = cloud.call(
        "cloudresourcemanager", "projects.get", {"name": f"projects/{args.get('projectId') or cloud.account}"}
    )
    return {
        "id": f"projects/{found['projectId']}",
        "projectId": found["projectId"],
        "number": found["name"].rpartition("/")[2],
        "name": found.get("displayName", ""),
        "labels": found.get("labels", {}),
        "effectiveLabels": found.get("labels", {}),
        "orgId": _above(found, "organizations"),
        "folderId": _above(found, "folders"),
        "billingAccount": "",
        "autoCreateNetwork": False,
    }


def _above(found: Properties, kind: str) -> str:
    parent = str(found.get("parent", ""))
    return parent.rpartition("/")[2] if parent.startswith(f"{kind}/") else ""


def _client(cloud: Cloud, _args: Properties) -> Properties:
    """Where the provider works. Its token is nobody's business."""
    return {
        "id": f'projects/"{cloud.account}"/regions/"{cloud.region}"/zones/""',
        "project": cloud.account,
        "region": cloud.region,
        "zone": "",
        "accessToken": "",
        "defaultLabels": {},
    }


LOOKUPS: Final[Mapping[str, Invoke]] = {
    "gcp:organizations/getProject:getProject": _project,
    "gcp:organizations/getClientConfig:getClientConfig": _client,
}
