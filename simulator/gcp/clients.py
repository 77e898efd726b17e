"""What reaches the simulated Google Cloud as the provider does."""

from soundstage.providers.gcp.rest import GoogleProject
from soundstage.simulator.process import GOOGLE_PROJECT, Endpoint


def simulated_project(endpoint: Endpoint, caller: str = "owner") -> GoogleProject:
    """The simulated project as `caller` sees it: its owner, or someone by name (`Endpoint.google_token`)."""
    from google.oauth2.credentials import Credentials

    credentials = Credentials(token=endpoint.google_token(caller))  # type: ignore[no-untyped-call]
    return GoogleProject(GOOGLE_PROJECT, credentials, endpoint.url)
