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


def by_boto3(account: AwsAccount, service: str, region: str, operation: str, params: Mapping[str, Any]) -> Any:
    """Make one call. See `calls.Send`."""
    from botocore import xform_name
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
    from botocore.exceptions import ConnectionError as Lost
    from botocore.parsers import ResponseParserError

    try:
        return getattr(account.client(service, region), xform_name(operation))(**params)
    except ClientError as error:
        told: Mapping[str, Any] = error.response.get("Error", {})
        about: Mapping[str, Any] = error.response.get("ResponseMetadata", {})
        date = str(about.get("HTTPHeaders", {}).get("date", ""))
        raise Declined(
            str(told.get("Code", "")), str(told.get("Message", "")), int(about.get("HTTPStatusCode", 0)), date
        ) from error
    except (HTTPClientError, Lost, ResponseParserError) as error:
        raise Unanswered(error) from error
    except BotoCoreError as error:
        action = f"{service}:{operation}"
        raise CloudError(f"{action} cannot be called: {error}", action=action) from error
