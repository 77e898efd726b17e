"""What reaches the simulated Google Cloud as the provider does."""

from soundstage.providers.gcp.rest import GoogleProject
from soundstage.simulator.process import GOOGLE_PROJECT, Endpoint


def simulated_project(endpoint: Endpoint, caller: str = "owner") -> GoogleProject:
    """The simulated project as `caller` sees it: its owner, or someone by name (`Endpoint.google_token`)."""
    from google.oauth2.credentials import Credentials

    credentials = Credentials(token=endpoint.google_token(caller))  # type: ignore[no-untyped-call]
    return GoogleProject(GOOGLE_PROJECT, credentials, endpoint.url)


def variables(endpoint: Endpoint) -> dict[str, str]:
    """Variables that keep what is started with them to the simulated clouds: Google's project by name, and a token that no real account
    takes, which the genuine provider and `gcloud` prefer to a person's own credentials (read 2026-11)."""
    token = endpoint.google_token()
    return {
        **endpoint.environment(),
        "GOOGLE_CLOUD_PROJECT": GOOGLE_PROJECT,
        "CLOUDSDK_CORE_PROJECT": GOOGLE_PROJECT,
        "GOOGLE_OAUTH_ACCESS_TOKEN": token,
        "CLOUDSDK_AUTH_ACCESS_TOKEN": token,
    }
