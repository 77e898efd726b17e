"""Whether calls for AWS reach AWS. A setting that sends them elsewhere is refused before a real account is asked anything, on the
side of boto3 and of the AWS provider plugin, which reads the same environment and the same configuration file.

Sources: AWS SDKs and Tools reference guide, "Service-specific endpoints"; Terraform AWS provider 5.100, "Custom service endpoints",
whose older variables `pulumi-aws` reads too (2026-11).
"""

import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

from soundstage.core.errors import PreflightRefused

_VARIABLE: Final = re.compile(r"(?:TF_)?AWS_(?:ENDPOINT_URL(?:_\w+)?|(?:DYNAMODB|IAM|S3|STS)_ENDPOINT)")
_KEY: Final = "endpoint_url"


def refuse_diverted(session: Any, environment: Mapping[str, str]) -> None:
    """Raise `PreflightRefused` when a variable, or the configuration of the profile of a boto3 session, names an endpoint.

    Also where `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` would let this program ignore it: the plugin need not.
    """
    variables = sorted(name for name, value in environment.items() if _VARIABLE.fullmatch(name) and value)
    if variables:
        raise PreflightRefused(
            f"{variables[0]} sends calls for AWS to {environment[variables[0]]}, and this project is on a real account.",
            f"Run `unset {' '.join(variables)}`, or use a shell that was not set up for the simulated cloud.",
        )
    for place, value in _configured(session):
        raise PreflightRefused(
            f"{_KEY} in {place} sends calls for AWS to {value}, and this project is on a real account.",
            "Take that line out, or choose another profile with AWS_PROFILE.",
        )


def refuse_foreign(client: Any) -> None:
    """Raise `PreflightRefused` when a client's calls would go anywhere else than to AWS, however that came about."""
    address = urlsplit(str(client.meta.endpoint_url))
    host = address.hostname or ""
    if address.scheme == "https" and any(host.endswith(f".{suffix}") for suffix in _suffixes()):
        return
    service = client.meta.service_model.service_name
    raise PreflightRefused(
        f"Calls for {service} would go to {client.meta.endpoint_url}, which is not AWS, and this project is on a real account.",
        f"Take the endpoint out of the AWS configuration ({_config_file()}) and of the environment.",
    )


def _configured(session: Any) -> Iterator[tuple[str, str]]:
    """Where the configuration file names an endpoint for the session's profile, and which."""
    whole: Mapping[str, Any] = session._session.full_config  # boto3 has no public door to it
    profile = session.profile_name
    chosen = whole.get("profiles", {}).get(profile, {})
    section = "[default]" if profile == "default" else f"[profile {profile}]"
    if value := chosen.get(_KEY):
        yield f"{section} of {_config_file()}", str(value)
    services = chosen.get("services")
    for service, settings in whole.get("services", {}).get(services, {}).items() if services else ():
        if isinstance(settings, Mapping) and (value := settings.get(_KEY)):
            yield f"[services {services}], {service}, of {_config_file()}", str(value)


def _config_file() -> str:
    return os.environ.get("AWS_CONFIG_FILE") or "~/.aws/config"


@cache
def _suffixes() -> frozenset[str]:
    """How the names of AWS's own hosts end, in every partition, as botocore's data has them."""
    from botocore.loaders import create_loader

    outputs = [partition["outputs"] for partition in create_loader().load_data("partitions")["partitions"]]
    return frozenset(output[key] for output in outputs for key in ("dnsSuffix", "dualStackDnsSuffix"))
