"""How AWS is called with boto3, which knows all its calls."""

from collections.abc import Mapping
from typing import Any, Protocol

from soundstage.core.errors import CloudError
from soundstage.providers.calls import Account, Declined, Unanswered


class AwsAccount(Account, Protocol):
    """An account that boto3 can reach."""

    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client that does not retry by itself."""


class Endpoint(AwsAccount, Protocol):
    """Where the simulated cloud answers (`simulator.process.Endpoint`)."""

    @property
    def url(self) -> str:
        """`http://<host>:<port>`"""

    @property
    def access_key(self) -> str: ...

    @property
    def secret_key(self) -> str: ...


def asked(client: Any, operation: str, params: Mapping[str, Any]) -> Any:
    """Make one call of a boto3 client that does not retry by itself. Raises `Declined`, `Unanswered`, or botocore's `BotoCoreError`
    where the call cannot be made at all."""
    from botocore import xform_name
    from botocore.exceptions import ClientError, HTTPClientError
    from botocore.exceptions import ConnectionError as Lost
    from botocore.parsers import ResponseParserError

    try:
        answer = getattr(client, xform_name(operation))(**params)
    except ClientError as error:
        raise declined(error.response) from error
    except (HTTPClientError, Lost, ResponseParserError) as error:
        raise Unanswered(error) from error
    # Some calls of EC2 answer well and say inside what they did not do.
    for undone in answer.get("Unsuccessful") or ():
        raise declined({**answer, **undone})
    return answer


def declined(response: Mapping[str, Any]) -> Declined:
    """What a refusal says, as botocore has read it (`ClientError.response`)."""
    told, about = response.get("Error", {}), response.get("ResponseMetadata", {})
    date = str(about.get("HTTPHeaders", {}).get("date", ""))
    return Declined(str(told.get("Code", "")), str(told.get("Message", "")), int(about.get("HTTPStatusCode", 0)), date)


def by_boto3(account: AwsAccount, service: str, region: str, operation: str, params: Mapping[str, Any]) -> Any:
    """Make one call. See `calls.Send`."""
    from botocore.exceptions import BotoCoreError

    try:
        return asked(account.client(service, region), operation, params)
    except BotoCoreError as error:
        action = f"{service}:{operation}"
        raise CloudError(f"{action} cannot be called: {error}", action=action) from error
