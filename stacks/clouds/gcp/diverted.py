"""Whether calls for Google Cloud reach Google Cloud. A setting that sends them elsewhere is refused before a real project is asked
anything.

Sources: Terraform Google provider, "Provider configuration reference", custom endpoints, whose variables `pulumi-gcp` reads too; Cloud
SDK, "gcloud topic configurations"; Cloud Storage, client libraries (2026-11).
"""

import re
from collections.abc import Mapping
from typing import Final

from soundstage.core.errors import PreflightRefused

_VARIABLE: Final = re.compile(
    r"GOOGLE_\w*CUSTOM_ENDPOINT|CLOUDSDK_API_ENDPOINT_OVERRIDES_\w+|STORAGE_EMULATOR_HOST|PUBSUB_EMULATOR_HOST"
    r"|GOOGLE_CLOUD_UNIVERSE_DOMAIN|GCE_METADATA_HOST"
)


def refuse_diverted(environment: Mapping[str, str]) -> None:
    """Raise `PreflightRefused` when a variable names another address."""
    variables = sorted(name for name, value in environment.items() if _VARIABLE.fullmatch(name) and value)
    if variables:
        raise PreflightRefused(
            f"{variables[0]} sends calls for Google Cloud to {environment[variables[0]]}, and this project is on a real one.",
            f"Run `unset {' '.join(variables)}`, or use a shell that was not set up for the simulated cloud.",
        )
