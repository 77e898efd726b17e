"""Where a component lives: project and region, as plain values that names and members can be made of."""

from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_gcp as gcp

AGENTS: Final = {
    "compute": "service-{number}@compute-system.iam.gserviceaccount.com",
    "storage": "service-{number}@gs-project-accounts.iam.gserviceaccount.com",
    "pubsub": "service-{number}@gcp-sa-pubsub.iam.gserviceaccount.com",
    "secretmanager": "service-{number}@gcp-sa-secretmanager.iam.gserviceaccount.com",
    "logging": "cmek-p{number}@gcp-sa-logging.iam.gserviceaccount.com",
}
"""The accounts with which Google's services act in a project, by service (Google Cloud IAM, "Service agents", read 2026-11). The one of
Cloud Logging for keys: Cloud Logging, "Configure CMEK for log buckets"."""


@dataclass(frozen=True)
class Place:
    """A Google Cloud project, by its id (`tinyorange-film`) and number, and a region (`europe-west4`)."""

    project_id: str
    number: str
    region: str

    def agent(self, service: str) -> str:
        """The IAM member that is a service of Google in this project, such as `compute`."""
        return "serviceAccount:" + AGENTS[service].format(number=self.number)


def place_of(
    component: pulumi.Resource, project_id: str | None = None, region: str | None = None
) -> pulumi.Output[Place]:
    """Where the children of `component` are created: what is named, or else what its provider says.

    Known in a preview, because it is looked up and not created.
    """
    options = pulumi.InvokeOptions(parent=component)
    project = gcp.organizations.get_project_output(project_id=project_id, opts=options)
    where = (
        pulumi.Output.from_input(region)
        if region
        else gcp.organizations.get_client_config_output(opts=options).apply(lambda told: told.region)
    )
    return pulumi.Output.all(project.project_id, project.number, where).apply(
        lambda known: Place(project_id=known[0] or "", number=known[1], region=known[2])
    )
