"""boto3's clients for the simulated cloud, one for each service and region."""

import functools
import os
import threading
from typing import Any

from soundstage.simulator.process import ACCOUNT_ID, Endpoint

_clients = threading.Lock()


@functools.cache
def _session() -> Any:
    import boto3
    import botocore.session

    # No profile, credential or setting of the person may lead a call anywhere else. AWS_PROFILE is not looked at: it names none here.
    settings = botocore.session.Session({"profile": (None, None, None, None)})
    settings.set_config_variable("config_file", os.devnull)
    settings.set_config_variable("credentials_file", os.devnull)
    return boto3.Session(botocore_session=settings)


_made: dict[tuple[Endpoint, str, str], Any] = {}


def client(endpoint: Endpoint, service: str, region: str) -> Any:
    """The client of `service` in `region`. It never retries, and no setting of the person leads it anywhere else."""
    key = (endpoint, service, region)
    made = _made.get(key)
    if made is not None:
        return made
    from botocore.config import Config

    with _clients:  # botocore's session is not safe for making clients from several threads
        if key not in _made:
            new = _session().client(
                service,
                region_name=region,
                endpoint_url=endpoint.url,
                aws_access_key_id=endpoint.access_key,
                aws_secret_access_key=endpoint.secret_key,
                config=Config(
                    connect_timeout=5,
                    read_timeout=60,
                    retries={"total_max_attempts": 1},
                    max_pool_connections=32,
                    proxies={},
                    inject_host_prefix=False,
                    parameter_validation=True,
                    # botocore puts its own together anew for each call, which takes a third of what a call takes here.
                    user_agent="soundstage",
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                    s3={"addressing_style": "path"},
                    signature_version="s3v4" if service == "s3" else None,  # also for presigned URLs
                ),
            )
            new.meta.events.register("before-sign.s3-control", _without_account_in_host)
            _made[key] = new
        return _made[key]


def _without_account_in_host(request: Any, **_: object) -> None:
    """S3 Control asks at `<account>.<host>` whatever the endpoint; before an address that makes no name."""
    request.url = request.url.replace(f"//{ACCOUNT_ID}.", "//", 1)
