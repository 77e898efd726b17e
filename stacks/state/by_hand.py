"""What a person types to make the place for a studio's state where the studio does not make it itself.

Sources: Google Cloud `gcloud storage buckets create` and `update` references, Azure CLI `az storage account create`,
`account blob-service-properties update` and `container create` references, read 2026-11.
"""

from urllib.parse import urlparse

from soundstage.projectfile.spec import Studio


def by_hand(studio: Studio) -> str:
    """The commands that make the place that studio.yaml names, private and versioned; empty where there is nothing to make."""
    parsed = urlparse(studio.state.backend or "")
    lines = {"gs": _google, "azblob": _azure}.get(parsed.scheme)
    if lines is None:
        return ""
    return "\n".join(["If it is not there yet, make it, then run this again:", *lines(parsed.netloc, studio.studio)])


def _google(bucket: str, _studio: str) -> list[str]:
    return [
        "  gcloud auth application-default login",
        (
            f"  gcloud storage buckets create gs://{bucket} --location=LOCATION --uniform-bucket-level-access "
            "--public-access-prevention"
        ),
        f"  gcloud storage buckets update gs://{bucket} --versioning --soft-delete-duration=90d",
    ]


def _azure(container: str, studio: str) -> list[str]:
    account = f"{studio.replace('-', '')[:16]}state"
    return [
        "  az login",
        (
            f"  az storage account create --name {account} --resource-group GROUP --location LOCATION --sku Standard_ZRS "
            "--allow-blob-public-access false --min-tls-version TLS1_2"
        ),
        (
            f"  az storage account blob-service-properties update --account-name {account} --resource-group GROUP "
            "--enable-versioning true --enable-delete-retention true --delete-retention-days 90"
        ),
        f"  az storage container create --name {container} --account-name {account} --auth-mode login",
        f"  export AZURE_STORAGE_ACCOUNT={account}",
    ]
